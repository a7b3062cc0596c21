using System.Text;
using Tidegate.Proxy.Routing;

namespace Tidegate.Proxy.Filters;

/// <summary>
/// Which pages of other origins may ask for what (Envoy: <c>CorsPolicy</c>; istio-gateway.md 4.13). What a level leaves out is the level
/// above's to say. Immutable.
/// </summary>
internal sealed record CorsPolicy
{
    private static readonly byte[] Nothing = [];

    /// <summary>The origins that are allowed, any of them; empty when this level does not say.</summary>
    public ValueMatcher[] AllowedOrigins { get; init; } = [];

    /// <summary>Value of <c>access-control-allow-methods</c>; empty for none, <c>*</c> for whatever is asked.</summary>
    public byte[] AllowMethods { get; init; } = Nothing;

    /// <summary>Value of <c>access-control-allow-headers</c>; empty for none, <c>*</c> for whatever is asked.</summary>
    public byte[] AllowHeaders { get; init; } = Nothing;

    /// <summary>Value of <c>access-control-expose-headers</c>; empty for none.</summary>
    public byte[] ExposeHeaders { get; init; } = Nothing;

    /// <summary>Value of <c>access-control-max-age</c>, seconds; empty for none.</summary>
    public byte[] MaxAge { get; init; } = Nothing;

    /// <summary>Whether requests may carry credentials.</summary>
    public bool? AllowsCredentials { get; init; }

    /// <summary>Whether public pages may ask for what is in a private network.</summary>
    public bool? AllowsPrivateNetwork { get; init; }

    /// <summary>Whether a preflight of another origin is the upstream's to answer; else it is answered without permission.</summary>
    public bool? ForwardsOtherPreflights { get; init; }

    /// <summary>The share of requests that the policy acts on.</summary>
    public RequestFraction EnabledShare { get; init; } = new(100, 100);

    /// <summary>The share of other requests whose origins are only counted.</summary>
    public RequestFraction ShadowShare { get; init; } = new(0, 100);

    /// <summary>A value as it is sent.</summary>
    public static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    /// <summary>This with what the level above says where this says nothing.</summary>
    public CorsPolicy Over(CorsPolicy above) => this with
    {
        AllowedOrigins = AllowedOrigins.Length > 0 ? AllowedOrigins : above.AllowedOrigins,
        AllowMethods = AllowMethods.Length > 0 ? AllowMethods : above.AllowMethods,
        AllowHeaders = AllowHeaders.Length > 0 ? AllowHeaders : above.AllowHeaders,
        ExposeHeaders = ExposeHeaders.Length > 0 ? ExposeHeaders : above.ExposeHeaders,
        MaxAge = MaxAge.Length > 0 ? MaxAge : above.MaxAge,
        AllowsCredentials = AllowsCredentials ?? above.AllowsCredentials,
        AllowsPrivateNetwork = AllowsPrivateNetwork ?? above.AllowsPrivateNetwork,
        ForwardsOtherPreflights = ForwardsOtherPreflights ?? above.ForwardsOtherPreflights,
    };

    /// <summary>Whether pages of an origin may ask.</summary>
    public bool Allows(ReadOnlySpan<byte> origin)
    {
        foreach (ValueMatcher allowed in AllowedOrigins)
        {
            // A condition that fits "*" fits every origin.
            if (allowed.Matches("*"u8) || allowed.Matches(origin))
            {
                return true;
            }
        }

        return false;
    }
}
