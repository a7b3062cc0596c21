using System.Collections.Frozen;
using System.Globalization;
using System.Net;
using Tidegate.Pilot.Resources;
using Tidegate.Rules.Values;

namespace Tidegate.Pilot.Validation;

/// <summary>Checks <c>retries</c> of an HTTP route (Istio: <c>ValidateHTTPRetry</c>).</summary>
internal static class RetryValidation
{
    // What Envoy takes in x-envoy-retry-on and x-envoy-retry-grpc-on.
    private static readonly FrozenSet<string> Policies = FrozenSet.Create(
        "5xx", "gateway-error", "reset", "reset-before-request", "connect-failure", "retriable-4xx", "refused-stream", "retriable-status-codes",
        "retriable-headers", "envoy-ratelimited", "http3-post-connect-failure", "cancelled", "deadline-exceeded", "internal",
        "resource-exhausted", "unavailable");

    public static void Check(HttpRetry? retries, Findings findings, string field)
    {
        if (retries is null)
        {
            return;
        }

        if (retries.Attempts < 0)
        {
            findings.Error($"{field}.attempts", "attempts cannot be negative");
        }

        if (retries.Attempts == 0 && (retries.PerTryTimeout is not null || retries.RetryOn.Length > 0 || retries.RetryRemoteLocalities is not null))
        {
            findings.Error(field, "http retry policy configured when attempts are set to 0 (disabled)");
        }

        findings.Check($"{field}.perTryTimeout", DurationRules.Check(retries.PerTryTimeout));
        findings.Check($"{field}.backoff", DurationRules.Check(retries.Backoff));
        foreach (string policy in retries.RetryOn.Length > 0 ? retries.RetryOn.Split(',') : [])
        {
            if (!Policies.Contains(policy) && !IsKnownStatus(policy))
            {
                findings.Error($"{field}.retryOn", $"{GoText.Quote(policy)} is not a valid retryOn policy");
            }
        }
    }

    // Go's net/http and .NET know the same statuses, but for 306, 418 and 425.
    private static bool IsKnownStatus(string text) =>
        int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int status)
        && (status is 418 or 425 || (status != 306 && Enum.IsDefined((HttpStatusCode)status)));
}
