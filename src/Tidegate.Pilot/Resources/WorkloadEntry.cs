namespace Tidegate.Pilot.Resources;

/// <summary>One workload outside of Kubernetes (Istio: <c>networking/v1alpha3/workload_entry.proto</c>).</summary>
public sealed record WorkloadEntry(ResourceMetadata Metadata, Origin Origin, WorkloadEntrySpec Spec) : Resource(Metadata, Origin), IHasApiKind
{
    /// <inheritdoc/>
    public static ApiKind KindOfType { get; } = new(ApiGroups.Networking, "WorkloadEntry");

    /// <inheritdoc/>
    public override ApiKind ApiKind => KindOfType;

    /// <summary>
    /// Whether it can take requests. Only one whose health is watched (annotation <c>proxy.istio.io/health-checks-enabled</c>) can be said not to:
    /// then its <c>status</c> has to have the condition <c>Healthy</c>.
    /// </summary>
    public bool IsHealthy { get; init; } = true;
}

/// <summary><c>WorkloadEntry.spec</c>, and an endpoint of a ServiceEntry.</summary>
public sealed record WorkloadEntrySpec
{
    /// <summary><c>address</c>.</summary>
    public string Address { get; init; } = string.Empty;

    /// <summary><c>ports</c>: service port name to port.</summary>
    public IReadOnlyDictionary<string, uint> Ports { get; init; } = new Dictionary<string, uint>();

    /// <summary><c>labels</c>.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = ResourceMetadata.NoEntries;

    /// <summary><c>network</c>.</summary>
    public string Network { get; init; } = string.Empty;

    /// <summary><c>locality</c>.</summary>
    public string Locality { get; init; } = string.Empty;

    /// <summary><c>weight</c>.</summary>
    public uint Weight { get; init; }

    /// <summary><c>serviceAccount</c>.</summary>
    public string ServiceAccount { get; init; } = string.Empty;
}
