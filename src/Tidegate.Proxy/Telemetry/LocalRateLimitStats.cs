namespace Tidegate.Proxy.Telemetry;

/// <summary>What Envoy counts of a local rate limit, under <c>STAT_PREFIX.http_local_rate_limit.</c>. Owned by one worker.</summary>
public sealed class LocalRateLimitStats
{
    /// <summary><c>enabled</c>: Requests that the limit was asked about.</summary>
    public long Enabled;

    /// <summary><c>ok</c>: Requests within the limit.</summary>
    public long Ok;

    /// <summary><c>rate_limited</c>: Requests beyond the limit, refused or not.</summary>
    public long RateLimited;

    /// <summary><c>enforced</c>: Requests that were refused.</summary>
    public long Enforced;

    /// <summary><c>shadow_mode</c>: Requests beyond a limit that only counts.</summary>
    public long ShadowMode;
}
