namespace Tidegate.Pilot.Resources;

/// <summary>Istio: <c>LoadBalancerSettings.SimpleLB</c>.</summary>
public enum SimpleLb
{
    /// <summary>UNSPECIFIED.</summary>
    Unspecified,

    /// <summary>LEAST_CONN: deprecated.</summary>
    LeastConn,

    /// <summary>RANDOM.</summary>
    Random,

    /// <summary>PASSTHROUGH.</summary>
    Passthrough,

    /// <summary>ROUND_ROBIN.</summary>
    RoundRobin,

    /// <summary>LEAST_REQUEST.</summary>
    LeastRequest,
}

/// <summary>Istio: <c>LoadBalancerSettings</c>.</summary>
public sealed record LoadBalancerSettings
{
    /// <summary><c>simple</c>; null when it is not given.</summary>
    public SimpleLb? Simple { get; init; }

    /// <summary><c>consistentHash</c>.</summary>
    public ConsistentHashLb? ConsistentHash { get; init; }

    /// <summary><c>localityLbSetting</c>.</summary>
    public LocalityLbSetting? LocalityLbSetting { get; init; }

    /// <summary><c>zoneAwareLbSetting</c>.</summary>
    public ZoneAwareLbSetting? ZoneAwareLbSetting { get; init; }

    /// <summary><c>warmupDurationSecs</c>: deprecated.</summary>
    public TimeSpan? WarmupDurationSecs { get; init; }

    /// <summary><c>warmup</c>.</summary>
    public WarmupConfiguration? Warmup { get; init; }
}

/// <summary>Istio: <c>WarmupConfiguration</c>.</summary>
public sealed record WarmupConfiguration
{
    /// <summary><c>duration</c>.</summary>
    public TimeSpan? Duration { get; init; }

    /// <summary><c>minimumPercent</c>.</summary>
    public double? MinimumPercent { get; init; }

    /// <summary><c>aggression</c>.</summary>
    public double? Aggression { get; init; }
}

/// <summary>Istio: <c>LoadBalancerSettings.ConsistentHashLB</c>.</summary>
public sealed record ConsistentHashLb
{
    /// <summary><c>httpHeaderName</c>.</summary>
    public string? HttpHeaderName { get; init; }

    /// <summary><c>httpCookie</c>.</summary>
    public HttpCookie? HttpCookie { get; init; }

    /// <summary><c>useSourceIp</c>.</summary>
    public bool UseSourceIp { get; init; }

    /// <summary><c>httpQueryParameterName</c>.</summary>
    public string? HttpQueryParameterName { get; init; }

    /// <summary><c>minimumRingSize</c>: deprecated.</summary>
    public ulong MinimumRingSize { get; init; }

    /// <summary><c>ringHash.minimumRingSize</c>; null when there is no <c>ringHash</c>.</summary>
    public ulong? RingHashMinimumRingSize { get; init; }

    /// <summary><c>maglev.tableSize</c>, 0 when it is not given; null when there is no <c>maglev</c>.</summary>
    public ulong? MaglevTableSize { get; init; }
}

/// <summary>Istio: <c>ConsistentHashLB.HTTPCookie</c>.</summary>
public sealed record HttpCookie
{
    /// <summary><c>name</c>.</summary>
    public string Name { get; init; } = string.Empty;

    /// <summary><c>path</c>.</summary>
    public string Path { get; init; } = string.Empty;

    /// <summary><c>ttl</c>.</summary>
    public TimeSpan? Ttl { get; init; }

    /// <summary><c>attributes</c>.</summary>
    public IReadOnlyList<CookieAttribute> Attributes { get; init; } = [];
}

/// <summary>Istio: <c>ConsistentHashLB.HTTPCookie.Attribute</c>.</summary>
public sealed record CookieAttribute(string Name, string Value);

/// <summary>Istio: <c>LocalityLoadBalancerSetting</c>.</summary>
public sealed record LocalityLbSetting
{
    /// <summary><c>distribute</c>.</summary>
    public IReadOnlyList<LocalityDistribute> Distribute { get; init; } = [];

    /// <summary><c>failover</c>.</summary>
    public IReadOnlyList<LocalityFailover> Failover { get; init; } = [];

    /// <summary><c>failoverPriority</c>.</summary>
    public IReadOnlyList<string> FailoverPriority { get; init; } = [];

    /// <summary><c>enabled</c>; null when it is not given.</summary>
    public bool? Enabled { get; init; }
}

/// <summary>Istio: <c>LocalityLoadBalancerSetting.Distribute</c>.</summary>
public sealed record LocalityDistribute
{
    /// <summary><c>from</c>.</summary>
    public string From { get; init; } = string.Empty;

    /// <summary><c>to</c>.</summary>
    public IReadOnlyDictionary<string, uint> To { get; init; } = new Dictionary<string, uint>();
}

/// <summary>Istio: <c>LocalityLoadBalancerSetting.Failover</c>.</summary>
public sealed record LocalityFailover(string From, string To);

/// <summary>Istio: <c>ZoneAwareLoadBalancerSetting</c>.</summary>
public sealed record ZoneAwareLbSetting
{
    /// <summary><c>enabled</c>.</summary>
    public bool? Enabled { get; init; }

    /// <summary><c>failover</c>.</summary>
    public IReadOnlyList<LocalityFailover> Failover { get; init; } = [];

    /// <summary><c>failoverPriority</c>.</summary>
    public IReadOnlyList<string> FailoverPriority { get; init; } = [];

    /// <summary><c>minClusterSize</c>.</summary>
    public uint? MinClusterSize { get; init; }
}
