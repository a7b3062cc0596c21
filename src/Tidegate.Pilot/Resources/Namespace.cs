namespace Tidegate.Pilot.Resources;

/// <summary>A Kubernetes Namespace (<c>v1</c>).</summary>
public sealed record Namespace(ResourceMetadata Metadata, Origin Origin) : Resource(Metadata, Origin), IHasApiKind
{
    /// <inheritdoc/>
    public static ApiKind KindOfType { get; } = new(ApiGroups.Core, "Namespace");

    /// <inheritdoc/>
    public override ApiKind ApiKind => KindOfType;
}
