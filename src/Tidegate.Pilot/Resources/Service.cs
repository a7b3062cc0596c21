namespace Tidegate.Pilot.Resources;

/// <summary>A Kubernetes Service (<c>v1</c>).</summary>
public sealed record Service(ResourceMetadata Metadata, Origin Origin, ServiceSpec Spec) : Resource(Metadata, Origin), IHasApiKind
{
    /// <inheritdoc/>
    public static ApiKind KindOfType { get; } = new(ApiGroups.Core, "Service");

    /// <inheritdoc/>
    public override ApiKind ApiKind => KindOfType;
}

/// <summary><c>spec.type</c>.</summary>
public enum ServiceType
{
    /// <summary>ClusterIP.</summary>
    ClusterIp,

    /// <summary>NodePort.</summary>
    NodePort,

    /// <summary>LoadBalancer.</summary>
    LoadBalancer,

    /// <summary>ExternalName.</summary>
    ExternalName,
}

/// <summary><c>Service.spec</c>, with what of <c>status</c> matters.</summary>
public sealed record ServiceSpec
{
    /// <summary><c>type</c>.</summary>
    public ServiceType Type { get; init; }

    /// <summary><c>clusterIP</c>; <c>None</c> for a headless service.</summary>
    public string ClusterIp { get; init; } = string.Empty;

    /// <summary><c>externalName</c>.</summary>
    public string ExternalName { get; init; } = string.Empty;

    /// <summary><c>selector</c>.</summary>
    public IReadOnlyDictionary<string, string> Selector { get; init; } = ResourceMetadata.NoEntries;

    /// <summary><c>ports</c>.</summary>
    public IReadOnlyList<KubernetesServicePort> Ports { get; init; } = [];

    /// <summary><c>externalIPs</c>.</summary>
    public IReadOnlyList<string> ExternalIps { get; init; } = [];

    /// <summary><c>publishNotReadyAddresses</c>.</summary>
    public bool PublishNotReadyAddresses { get; init; }

    /// <summary><c>internalTrafficPolicy</c>.</summary>
    public string InternalTrafficPolicy { get; init; } = string.Empty;

    /// <summary><c>trafficDistribution</c>.</summary>
    public string TrafficDistribution { get; init; } = string.Empty;

    /// <summary><c>status.loadBalancer.ingress</c>: addresses or host names.</summary>
    public IReadOnlyList<string> LoadBalancerIngress { get; init; } = [];
}

/// <summary><c>spec.ports[]</c>.</summary>
public sealed record KubernetesServicePort
{
    /// <summary><c>name</c>.</summary>
    public string Name { get; init; } = string.Empty;

    /// <summary><c>protocol</c>; empty means TCP.</summary>
    public string Protocol { get; init; } = string.Empty;

    /// <summary><c>appProtocol</c>.</summary>
    public string AppProtocol { get; init; } = string.Empty;

    /// <summary><c>port</c>.</summary>
    public int Port { get; init; }

    /// <summary><c>targetPort</c>; null means the port itself.</summary>
    public IntOrString? TargetPort { get; init; }

    /// <summary><c>nodePort</c>; 0 when none is given.</summary>
    public int NodePort { get; init; }
}

/// <summary>A port by number or by name (Kubernetes: <c>IntOrString</c>).</summary>
/// <param name="Number">The number; 0 when it is a name.</param>
/// <param name="Name">The name; empty when it is a number.</param>
public sealed record IntOrString(int Number, string Name);
