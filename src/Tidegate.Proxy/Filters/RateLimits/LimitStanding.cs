using System.Globalization;
using System.Text;
using Envoy.Service.Ratelimit.V3;
using Tidegate.Http.Headers;
using Unit = Envoy.Service.Ratelimit.V3.RateLimitResponse.Types.RateLimit.Types.Unit;
using XRateLimitOption = Envoy.Config.Route.V3.RateLimit.Types.XRateLimitOption;

namespace Tidegate.Proxy.Filters.RateLimits;

/// <summary>How a client stands with its limits: that of which least is left, and the policies of all (draft-polli-ratelimit-headers-03).</summary>
/// <param name="Limit">The value of <c>x-ratelimit-limit</c>.</param>
/// <param name="Remaining">How many hits are left.</param>
/// <param name="ResetSeconds">In how many seconds there are all of them again.</param>
internal sealed record LimitStanding(byte[] Limit, long Remaining, long ResetSeconds)
{
    /// <summary>Reads what the service says of each descriptor; null when there is nothing to be told.</summary>
    /// <param name="response">What the service says.</param>
    /// <param name="tells">Whether the filter tells it where a descriptor does not say.</param>
    /// <param name="telling">What each descriptor says, in the order of the question.</param>
    public static LimitStanding? Of(RateLimitResponse response, bool tells, IReadOnlyList<XRateLimitOption> telling)
    {
        RateLimitResponse.Types.DescriptorStatus? nearest = null;
        var policies = new StringBuilder();
        for (int i = 0; i < response.Statuses.Count; i++)
        {
            RateLimitResponse.Types.DescriptorStatus status = response.Statuses[i];
            XRateLimitOption own = i < telling.Count ? telling[i] : XRateLimitOption.Unspecified;
            if (status.CurrentLimit is not { } limit || !(own == XRateLimitOption.Unspecified ? tells : own == XRateLimitOption.DraftVersion03))
            {
                continue;
            }

            nearest = nearest is null || status.LimitRemaining < nearest.LimitRemaining ? status : nearest;
            if (SecondsOf(limit.Unit) is > 0 and int window)
            {
                policies.Append(CultureInfo.InvariantCulture, $", {limit.RequestsPerUnit};w={window}");
                if (limit.Name.Length > 0)
                {
                    policies.Append(CultureInfo.InvariantCulture, $";name=\"{limit.Name}\"");
                }
            }
        }

        return nearest is null ? null : new LimitStanding(
            Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{nearest.CurrentLimit!.RequestsPerUnit}{policies}")),
            nearest.LimitRemaining,
            nearest.DurationUntilReset?.Seconds ?? 0);
    }

    /// <summary>Adds it to an answer.</summary>
    public void AddTo(HeaderMap headers)
    {
        headers.Add("x-ratelimit-limit"u8, Limit);
        RateLimitFields.Add(headers, "x-ratelimit-remaining"u8, Remaining);
        RateLimitFields.Add(headers, "x-ratelimit-reset"u8, ResetSeconds);
    }

    private static int SecondsOf(Unit unit) => unit switch
    {
        Unit.Second => 1,
        Unit.Minute => 60,
        Unit.Hour => 3600,
        Unit.Day => 86_400,
        Unit.Week => 7 * 86_400,
        Unit.Month => 30 * 86_400,
        Unit.Year => 365 * 86_400,
        _ => 0,
    };
}
