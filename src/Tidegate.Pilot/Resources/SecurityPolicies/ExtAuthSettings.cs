namespace Tidegate.Pilot.Resources.SecurityPolicies;

/// <summary>An authorizer is asked (Envoy Gateway: <c>ExtAuth</c>).</summary>
public sealed record ExtAuthSettings
{
    /// <summary><c>grpc</c>; null where it is not given.</summary>
    public AuthorizerSettings? Grpc { get; init; }

    /// <summary><c>http</c>; null where it is not given.</summary>
    public AuthorizerSettings? Http { get; init; }

    /// <summary><c>headersToExtAuth</c>.</summary>
    public IReadOnlyList<string> HeadersToExtAuth { get; init; } = [];

    /// <summary><c>bodyToExtAuth.maxRequestBytes</c>; null where no body is told.</summary>
    public uint? MaxBodyBytes { get; init; }

    /// <summary><c>timeout</c>.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary><c>failOpen</c>: requests go on where the authorizer does not answer, or cannot be asked at all.</summary>
    public bool FailOpen { get; init; }

    /// <summary><c>recomputeRoute</c>: the route is chosen again, by the fields that the authorizer has set.</summary>
    public bool RecomputeRoute { get; init; }

    /// <summary><c>contextExtensions</c>: what the authorizer of type gRPC is told besides.</summary>
    public IReadOnlyList<ContextExtension> ContextExtensions { get; init; } = [];

    /// <summary><c>statusOnError</c>; null for 403.</summary>
    public uint? StatusOnError { get; init; }
}

/// <summary>Envoy Gateway: <c>GRPCExtAuthService</c>, <c>HTTPExtAuthService</c>.</summary>
public sealed record AuthorizerSettings
{
    /// <summary><c>backendRefs</c>, and the older <c>backendRef</c>.</summary>
    public IReadOnlyList<BackendReference> Backends { get; init; } = [];

    /// <summary><c>path</c>: what the path of the question begins with; empty for the request's own.</summary>
    public string Path { get; init; } = string.Empty;

    /// <summary><c>headersToBackend</c>: fields of the answer that go on with the request.</summary>
    public IReadOnlyList<string> HeadersToBackend { get; init; } = [];
}

/// <summary>Envoy Gateway: <c>ContextExtension</c>.</summary>
/// <param name="Name"><c>name</c>.</param>
/// <param name="Value"><c>value</c>; null where it is not given.</param>
/// <param name="ValueRef"><c>valueRef</c>: a ConfigMap or a Secret.</param>
/// <param name="Key"><c>valueRef.key</c>.</param>
public sealed record ContextExtension(string Name, string? Value, NamedObject? ValueRef, string Key);
