namespace Tidegate.Proxy.Telemetry;

/// <summary>What Envoy counts of keys, under <c>http.STAT_PREFIX.api_key_auth.</c> Owned by one worker.</summary>
public sealed class ApiKeyAuthStats
{
    /// <summary><c>allowed</c>: Requests that were let in.</summary>
    public long Allowed;

    /// <summary><c>unauthorized</c>: Requests without a key that is known.</summary>
    public long Unauthorized;

    /// <summary><c>forbidden</c>: Requests of clients that the route does not let in.</summary>
    public long Forbidden;
}
