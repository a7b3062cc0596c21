namespace Tidegate.Proxy.Telemetry;

/// <summary>What Envoy counts of names and passwords, under <c>http.STAT_PREFIX.basic_auth.</c> Owned by one worker.</summary>
public sealed class BasicAuthStats
{
    /// <summary><c>allowed</c>: Requests that were let in.</summary>
    public long Allowed;

    /// <summary><c>denied</c>: Requests that were kept out.</summary>
    public long Denied;
}
