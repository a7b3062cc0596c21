namespace Tidegate.Pilot.Resources;

/// <summary>A Kubernetes Pod (<c>v1</c>): what an endpoint is that refers to it.</summary>
/// <param name="Metadata">Name, namespace, labels, annotations.</param>
/// <param name="Origin">Where it was read.</param>
/// <param name="Spec">What it says.</param>
public sealed record Pod(ResourceMetadata Metadata, Origin Origin, PodSpec Spec) : Resource(Metadata, Origin), IHasApiKind
{
    /// <inheritdoc/>
    public static ApiKind KindOfType { get; } = new(ApiGroups.Core, "Pod");

    /// <inheritdoc/>
    public override ApiKind ApiKind => KindOfType;
}

/// <summary>What of <c>Pod.spec</c> and <c>Pod.status</c> matters to those who send it traffic.</summary>
public sealed record PodSpec
{
    /// <summary><c>spec.serviceAccountName</c>; empty when it is not known.</summary>
    public string ServiceAccountName { get; init; } = string.Empty;

    /// <summary>What keeps it running, of its <c>metadata.ownerReferences</c>; null when nothing does, or it is not known.</summary>
    public OwnerReference? Controller { get; init; }

    /// <summary><c>spec.nodeName</c>.</summary>
    public string NodeName { get; init; } = string.Empty;

    /// <summary>The ports of its containers that have a name.</summary>
    public IReadOnlyDictionary<string, uint> Ports { get; init; } = new Dictionary<string, uint>();

    /// <summary><c>status.podIP</c>; empty for a pod that does not run.</summary>
    public string Ip { get; init; } = string.Empty;

    /// <summary>Whether its condition <c>Ready</c> is not <c>False</c>.</summary>
    public bool IsReady { get; init; } = true;
}

/// <summary>An object that another belongs to.</summary>
/// <param name="Kind">Its kind.</param>
/// <param name="Name">Its name, in the same namespace.</param>
/// <param name="IsController">Whether it is the one that manages the other.</param>
public sealed record OwnerReference(string Kind, string Name, bool IsController);
