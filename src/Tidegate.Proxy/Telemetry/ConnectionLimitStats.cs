namespace Tidegate.Proxy.Telemetry;

/// <summary>What Envoy counts of a rate of connections, under <c>local_rate_limit.STAT_PREFIX.</c> Owned by one worker.</summary>
public sealed class ConnectionRateStats
{
    /// <summary><c>rate_limited</c>: Connections that were refused.</summary>
    public long RateLimited;
}

/// <summary>What Envoy counts of a limit of connections, under <c>connection_limit.STAT_PREFIX.</c> Owned by one worker.</summary>
public sealed class ConnectionLimitStats
{
    /// <summary><c>limited_connections</c>: Connections that were refused.</summary>
    public long LimitedConnections;

    /// <summary><c>active_connections</c>: Connections that are there.</summary>
    public long ActiveConnections;
}
