using Tidegate.Pilot.Yaml;

namespace Tidegate.Pilot.Resources;

/// <summary>
/// An object of a kind that the gateway does not run on, and that analysis looks at to judge others: a pod, a policy, a route of the Gateway API. Kept as
/// it was written.
/// </summary>
/// <param name="Metadata">Name, namespace, labels, annotations.</param>
/// <param name="Origin">Where it was read.</param>
/// <param name="ForeignKind">Its kind.</param>
/// <param name="Root">The object as it was written.</param>
internal sealed record ForeignObject(ResourceMetadata Metadata, Origin Origin, ApiKind ForeignKind, Func<YamlMapping> Root) : Resource(Metadata, Origin)
{
    /// <inheritdoc/>
    public override ApiKind ApiKind => ForeignKind;

    /// <summary>The part of the object at a path of names and indices; null when it is not there.</summary>
    public YamlNode? At(params ReadOnlySpan<string> path) => YamlPath.Find(Root(), path);
}
