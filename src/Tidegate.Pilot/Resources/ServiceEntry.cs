namespace Tidegate.Pilot.Resources;

/// <summary>A service that no Kubernetes Service describes (Istio: <c>networking/v1alpha3/service_entry.proto</c>).</summary>
public sealed record ServiceEntry(ResourceMetadata Metadata, Origin Origin, ServiceEntrySpec Spec) : Resource(Metadata, Origin), IHasApiKind
{
    /// <inheritdoc/>
    public static ApiKind KindOfType { get; } = new(ApiGroups.Networking, "ServiceEntry");

    /// <inheritdoc/>
    public override ApiKind ApiKind => KindOfType;
}

/// <summary>Istio: <c>ServiceEntry.Location</c>.</summary>
public enum ServiceEntryLocation
{
    /// <summary>MESH_EXTERNAL.</summary>
    MeshExternal,

    /// <summary>MESH_INTERNAL.</summary>
    MeshInternal,
}

/// <summary>Istio: <c>ServiceEntry.Resolution</c>.</summary>
public enum ServiceEntryResolution
{
    /// <summary>NONE.</summary>
    None,

    /// <summary>STATIC.</summary>
    Static,

    /// <summary>DNS.</summary>
    Dns,

    /// <summary>DNS_ROUND_ROBIN.</summary>
    DnsRoundRobin,

    /// <summary>DYNAMIC_DNS.</summary>
    DynamicDns,
}

/// <summary><c>ServiceEntry.spec</c>.</summary>
public sealed record ServiceEntrySpec
{
    /// <summary><c>hosts</c>.</summary>
    public IReadOnlyList<string> Hosts { get; init; } = [];

    /// <summary><c>addresses</c>.</summary>
    public IReadOnlyList<string> Addresses { get; init; } = [];

    /// <summary><c>ports</c>.</summary>
    public IReadOnlyList<ServiceEntryPort> Ports { get; init; } = [];

    /// <summary><c>location</c>.</summary>
    public ServiceEntryLocation Location { get; init; }

    /// <summary><c>resolution</c>.</summary>
    public ServiceEntryResolution Resolution { get; init; }

    /// <summary><c>endpoints</c>.</summary>
    public IReadOnlyList<WorkloadEntrySpec> Endpoints { get; init; } = [];

    /// <summary><c>workloadSelector.labels</c>; null when there is no selector.</summary>
    public IReadOnlyDictionary<string, string>? WorkloadSelector { get; init; }

    /// <summary><c>exportTo</c>.</summary>
    public IReadOnlyList<string> ExportTo { get; init; } = [];

    /// <summary><c>subjectAltNames</c>.</summary>
    public IReadOnlyList<string> SubjectAltNames { get; init; } = [];
}

/// <summary>Istio: <c>ServicePort</c>.</summary>
public sealed record ServiceEntryPort
{
    /// <summary><c>number</c>.</summary>
    public uint Number { get; init; }

    /// <summary><c>protocol</c>.</summary>
    public string Protocol { get; init; } = string.Empty;

    /// <summary><c>name</c>.</summary>
    public string Name { get; init; } = string.Empty;

    /// <summary><c>targetPort</c>.</summary>
    public uint TargetPort { get; init; }
}
