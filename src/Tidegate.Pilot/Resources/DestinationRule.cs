namespace Tidegate.Pilot.Resources;

/// <summary>How to talk to a service once a route has chosen it (Istio: <c>networking/v1alpha3/destination_rule.proto</c>).</summary>
public sealed record DestinationRule(ResourceMetadata Metadata, Origin Origin, DestinationRuleSpec Spec) : Resource(Metadata, Origin), IHasApiKind
{
    /// <inheritdoc/>
    public static ApiKind KindOfType { get; } = new(ApiGroups.Networking, "DestinationRule");

    /// <inheritdoc/>
    public override ApiKind ApiKind => KindOfType;
}

/// <summary><c>DestinationRule.spec</c>.</summary>
public sealed record DestinationRuleSpec
{
    /// <summary><c>host</c>.</summary>
    public string Host { get; init; } = string.Empty;

    /// <summary><c>trafficPolicy</c>.</summary>
    public TrafficPolicy? TrafficPolicy { get; init; }

    /// <summary><c>subsets</c>.</summary>
    public IReadOnlyList<Subset> Subsets { get; init; } = [];

    /// <summary><c>exportTo</c>.</summary>
    public IReadOnlyList<string> ExportTo { get; init; } = [];

    /// <summary><c>workloadSelector.matchLabels</c>; null when there is no selector.</summary>
    public IReadOnlyDictionary<string, string>? WorkloadSelector { get; init; }
}

/// <summary>Istio: <c>Subset</c>.</summary>
public sealed record Subset
{
    /// <summary><c>name</c>.</summary>
    public string Name { get; init; } = string.Empty;

    /// <summary><c>labels</c>.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = ResourceMetadata.NoEntries;

    /// <summary><c>trafficPolicy</c>.</summary>
    public TrafficPolicy? TrafficPolicy { get; init; }
}

/// <summary>Istio: <c>TrafficPolicy</c>.</summary>
public sealed record TrafficPolicy
{
    /// <summary><c>loadBalancer</c>.</summary>
    public LoadBalancerSettings? LoadBalancer { get; init; }

    /// <summary><c>connectionPool</c>.</summary>
    public ConnectionPoolSettings? ConnectionPool { get; init; }

    /// <summary><c>outlierDetection</c>.</summary>
    public OutlierDetection? OutlierDetection { get; init; }

    /// <summary><c>tls</c>.</summary>
    public ClientTlsSettings? Tls { get; init; }

    /// <summary><c>portLevelSettings</c>.</summary>
    public IReadOnlyList<PortTrafficPolicy> PortLevelSettings { get; init; } = [];

    /// <summary><c>tunnel</c>.</summary>
    public TunnelSettings? Tunnel { get; init; }

    /// <summary><c>proxyProtocol.version</c>; null when there is no <c>proxyProtocol</c>.</summary>
    public ProxyProtocolVersion? ProxyProtocol { get; init; }

    /// <summary><c>retryBudget</c>.</summary>
    public RetryBudget? RetryBudget { get; init; }
}

/// <summary>Istio: <c>TrafficPolicy.PortTrafficPolicy</c>.</summary>
public sealed record PortTrafficPolicy
{
    /// <summary><c>port.number</c>.</summary>
    public uint? Port { get; init; }

    /// <summary><c>loadBalancer</c>.</summary>
    public LoadBalancerSettings? LoadBalancer { get; init; }

    /// <summary><c>connectionPool</c>.</summary>
    public ConnectionPoolSettings? ConnectionPool { get; init; }

    /// <summary><c>outlierDetection</c>.</summary>
    public OutlierDetection? OutlierDetection { get; init; }

    /// <summary><c>tls</c>.</summary>
    public ClientTlsSettings? Tls { get; init; }
}

/// <summary>Istio: <c>TrafficPolicy.TunnelSettings</c>.</summary>
public sealed record TunnelSettings
{
    /// <summary><c>protocol</c>.</summary>
    public string Protocol { get; init; } = string.Empty;

    /// <summary><c>targetHost</c>.</summary>
    public string TargetHost { get; init; } = string.Empty;

    /// <summary><c>targetPort</c>.</summary>
    public uint TargetPort { get; init; }
}

/// <summary>Istio: <c>TrafficPolicy.ProxyProtocol.VERSION</c>.</summary>
public enum ProxyProtocolVersion
{
    /// <summary>V1.</summary>
    V1,

    /// <summary>V2.</summary>
    V2,
}

/// <summary>Istio: <c>TrafficPolicy.RetryBudget</c>.</summary>
public sealed record RetryBudget
{
    /// <summary><c>percent</c>.</summary>
    public double? Percent { get; init; }

    /// <summary><c>minRetryConcurrency</c>.</summary>
    public uint? MinRetryConcurrency { get; init; }
}
