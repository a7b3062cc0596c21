namespace Tidegate.Pilot.Resources;

/// <summary>Istio: <c>ConnectionPoolSettings</c>.</summary>
public sealed record ConnectionPoolSettings
{
    /// <summary><c>tcp</c>.</summary>
    public TcpSettings? Tcp { get; init; }

    /// <summary><c>http</c>.</summary>
    public HttpSettings? Http { get; init; }
}

/// <summary>Istio: <c>ConnectionPoolSettings.TCPSettings</c>.</summary>
public sealed record TcpSettings
{
    /// <summary><c>maxConnections</c>.</summary>
    public int MaxConnections { get; init; }

    /// <summary><c>connectTimeout</c>.</summary>
    public TimeSpan? ConnectTimeout { get; init; }

    /// <summary><c>tcpKeepalive</c>.</summary>
    public TcpKeepalive? TcpKeepalive { get; init; }

    /// <summary><c>maxConnectionDuration</c>.</summary>
    public TimeSpan? MaxConnectionDuration { get; init; }

    /// <summary><c>idleTimeout</c>.</summary>
    public TimeSpan? IdleTimeout { get; init; }
}

/// <summary>Istio: <c>ConnectionPoolSettings.TCPSettings.TcpKeepalive</c>.</summary>
public sealed record TcpKeepalive
{
    /// <summary><c>probes</c>.</summary>
    public uint Probes { get; init; }

    /// <summary><c>time</c>.</summary>
    public TimeSpan? Time { get; init; }

    /// <summary><c>interval</c>.</summary>
    public TimeSpan? Interval { get; init; }
}

/// <summary>Istio: <c>ConnectionPoolSettings.HTTPSettings</c>.</summary>
public sealed record HttpSettings
{
    /// <summary><c>http1MaxPendingRequests</c>.</summary>
    public int Http1MaxPendingRequests { get; init; }

    /// <summary><c>http2MaxRequests</c>.</summary>
    public int Http2MaxRequests { get; init; }

    /// <summary><c>maxRequestsPerConnection</c>.</summary>
    public int MaxRequestsPerConnection { get; init; }

    /// <summary><c>maxRetries</c>.</summary>
    public int MaxRetries { get; init; }

    /// <summary><c>idleTimeout</c>.</summary>
    public TimeSpan? IdleTimeout { get; init; }

    /// <summary><c>h2UpgradePolicy</c>.</summary>
    public H2UpgradePolicy H2UpgradePolicy { get; init; }

    /// <summary><c>useClientProtocol</c>.</summary>
    public bool UseClientProtocol { get; init; }

    /// <summary><c>maxConcurrentStreams</c>.</summary>
    public int MaxConcurrentStreams { get; init; }

    /// <summary><c>http2KeepAlive</c>.</summary>
    public Http2KeepAlive? Http2KeepAlive { get; init; }
}

/// <summary>Istio: <c>HTTPSettings.HTTP2KeepAlive</c>.</summary>
public sealed record Http2KeepAlive
{
    /// <summary><c>interval</c>.</summary>
    public TimeSpan? Interval { get; init; }

    /// <summary><c>timeout</c>.</summary>
    public TimeSpan? Timeout { get; init; }
}

/// <summary>Istio: <c>HTTPSettings.H2UpgradePolicy</c>.</summary>
public enum H2UpgradePolicy
{
    /// <summary>DEFAULT.</summary>
    Default,

    /// <summary>DO_NOT_UPGRADE.</summary>
    DoNotUpgrade,

    /// <summary>UPGRADE.</summary>
    Upgrade,
}
