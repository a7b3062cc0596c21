namespace Tidegate.Pilot.Resources;

/// <summary>The endpoints of the Service of the same name, in the older form (Kubernetes <c>v1</c>).</summary>
public sealed record Endpoints(ResourceMetadata Metadata, Origin Origin, EndpointsSpec Spec) : Resource(Metadata, Origin), IHasApiKind
{
    /// <inheritdoc/>
    public static ApiKind KindOfType { get; } = new(ApiGroups.Core, "Endpoints");

    /// <inheritdoc/>
    public override ApiKind ApiKind => KindOfType;
}

/// <summary>The body of an Endpoints object.</summary>
public sealed record EndpointsSpec
{
    /// <summary><c>subsets</c>.</summary>
    public IReadOnlyList<EndpointSubset> Subsets { get; init; } = [];
}

/// <summary><c>subsets[]</c>: every address with every port.</summary>
public sealed record EndpointSubset
{
    /// <summary><c>addresses</c>.</summary>
    public IReadOnlyList<EndpointAddress> Addresses { get; init; } = [];

    /// <summary><c>notReadyAddresses</c>.</summary>
    public IReadOnlyList<EndpointAddress> NotReadyAddresses { get; init; } = [];

    /// <summary><c>ports</c>.</summary>
    public IReadOnlyList<SlicePort> Ports { get; init; } = [];
}

/// <summary><c>addresses[]</c>.</summary>
public sealed record EndpointAddress
{
    /// <summary><c>ip</c>.</summary>
    public string Ip { get; init; } = string.Empty;

    /// <summary><c>hostname</c>.</summary>
    public string Hostname { get; init; } = string.Empty;

    /// <summary><c>nodeName</c>.</summary>
    public string NodeName { get; init; } = string.Empty;

    /// <summary><c>targetRef</c>.</summary>
    public ObjectReference? TargetRef { get; init; }
}
