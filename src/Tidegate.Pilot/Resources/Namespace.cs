namespace Tidegate.Pilot.Resources;

/// <summary>A Kubernetes Namespace (<c>v1</c>).</summary>
public sealed record Namespace(ResourceMetadata Metadata, Origin Origin) : Resource(Metadata, Origin)
{
    /// <inheritdoc/>
    public override string Kind => "Namespace";
}
