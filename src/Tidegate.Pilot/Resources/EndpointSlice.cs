namespace Tidegate.Pilot.Resources;

/// <summary>Some of the endpoints of a Service (Kubernetes <c>discovery.k8s.io/v1</c>).</summary>
public sealed record EndpointSlice(ResourceMetadata Metadata, Origin Origin, EndpointSliceSpec Spec) : Resource(Metadata, Origin), IHasApiKind
{
    /// <inheritdoc/>
    public static ApiKind KindOfType { get; } = new(ApiGroups.Discovery, "EndpointSlice");

    /// <inheritdoc/>
    public override ApiKind ApiKind => KindOfType;
}

/// <summary>The body of an EndpointSlice; its Service is in the label <c>kubernetes.io/service-name</c>.</summary>
public sealed record EndpointSliceSpec
{
    /// <summary><c>addressType</c>: IPv4, IPv6 or FQDN.</summary>
    public string AddressType { get; init; } = string.Empty;

    /// <summary><c>endpoints</c>.</summary>
    public IReadOnlyList<SliceEndpoint> Endpoints { get; init; } = [];

    /// <summary><c>ports</c>.</summary>
    public IReadOnlyList<SlicePort> Ports { get; init; } = [];
}

/// <summary><c>endpoints[]</c>.</summary>
public sealed record SliceEndpoint
{
    /// <summary><c>addresses</c>.</summary>
    public IReadOnlyList<string> Addresses { get; init; } = [];

    /// <summary><c>conditions.ready</c>; null counts as ready.</summary>
    public bool? Ready { get; init; }

    /// <summary><c>conditions.serving</c>.</summary>
    public bool? Serving { get; init; }

    /// <summary><c>conditions.terminating</c>.</summary>
    public bool? Terminating { get; init; }

    /// <summary><c>hostname</c>.</summary>
    public string Hostname { get; init; } = string.Empty;

    /// <summary><c>nodeName</c>.</summary>
    public string NodeName { get; init; } = string.Empty;

    /// <summary><c>zone</c>.</summary>
    public string Zone { get; init; } = string.Empty;

    /// <summary><c>targetRef</c>.</summary>
    public ObjectReference? TargetRef { get; init; }
}

/// <summary><c>ports[]</c>.</summary>
public sealed record SlicePort
{
    /// <summary><c>name</c>.</summary>
    public string Name { get; init; } = string.Empty;

    /// <summary><c>protocol</c>.</summary>
    public string Protocol { get; init; } = string.Empty;

    /// <summary><c>appProtocol</c>.</summary>
    public string AppProtocol { get; init; } = string.Empty;

    /// <summary><c>port</c>.</summary>
    public int? Port { get; init; }
}

/// <summary>Another object (Kubernetes: <c>ObjectReference</c>).</summary>
public sealed record ObjectReference(string Kind, string Namespace, string Name);
