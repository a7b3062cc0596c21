namespace Tidegate.Pilot.Resources;

/// <summary>A Kubernetes ConfigMap. The one named <c>istio</c> in the mesh's root namespace configures the mesh.</summary>
/// <param name="Metadata">Name, namespace, labels, annotations.</param>
/// <param name="Origin">Where it was read.</param>
public sealed record ConfigMap(ResourceMetadata Metadata, Origin Origin) : Resource(Metadata, Origin), IHasApiKind
{
    /// <summary>The name of the ConfigMap that configures the mesh.</summary>
    public const string MeshName = "istio";

    /// <summary>Its key that does.</summary>
    public const string MeshKey = "mesh";

    /// <inheritdoc/>
    public static ApiKind KindOfType { get; } = new(ApiGroups.Core, "ConfigMap");

    /// <inheritdoc/>
    public override ApiKind ApiKind => KindOfType;

    /// <summary><c>data</c>, without the mesh's configuration.</summary>
    public IReadOnlyDictionary<string, string> Data { get; init; } = ResourceMetadata.NoEntries;

    /// <summary><c>data.mesh</c> of a ConfigMap named <c>istio</c>; null when it has none.</summary>
    public MeshConfig? Mesh { get; init; }
}
