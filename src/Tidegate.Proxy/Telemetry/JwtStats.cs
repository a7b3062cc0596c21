namespace Tidegate.Proxy.Telemetry;

/// <summary>What Envoy counts of tokens, under <c>http.STAT_PREFIX.jwt_authn.</c> Owned by one worker.</summary>
public sealed class JwtStats
{
    /// <summary><c>allowed</c>: Requests that were let in.</summary>
    public long Allowed;

    /// <summary><c>denied</c>: Requests that were kept out.</summary>
    public long Denied;

    /// <summary><c>cors_preflight_bypassed</c>: Requests that a browser asks before others, which need no token.</summary>
    public long PreflightsBypassed;

    /// <summary><c>jwks_fetch_success</c>: Key sets that were fetched.</summary>
    public long KeysFetched;

    /// <summary><c>jwks_fetch_failed</c>: Key sets that could not be fetched.</summary>
    public long KeysNotFetched;

    /// <summary><c>jwt_cache_hit</c>: Tokens that were verified before.</summary>
    public long CacheHits;

    /// <summary><c>jwt_cache_miss</c>: Tokens whose signature had to be verified.</summary>
    public long CacheMisses;
}
