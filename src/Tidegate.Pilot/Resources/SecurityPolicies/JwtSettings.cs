namespace Tidegate.Pilot.Resources.SecurityPolicies;

/// <summary>Requests carry a token (Envoy Gateway: <c>JWT</c>).</summary>
public sealed record JwtSettings
{
    /// <summary><c>optional</c>: a request without a token goes on.</summary>
    public bool? IsOptional { get; init; }

    /// <summary><c>failOpen</c>: and one with a bad token does.</summary>
    public bool? FailOpen { get; init; }

    /// <summary><c>providers</c>: one of them has to take the token.</summary>
    public IReadOnlyList<JwtProviderSettings> Providers { get; init; } = [];
}

/// <summary>Envoy Gateway: <c>JWTProvider</c>.</summary>
public sealed record JwtProviderSettings
{
    /// <summary><c>name</c>.</summary>
    public string Name { get; init; } = string.Empty;

    /// <summary><c>issuer</c>; empty for any.</summary>
    public string Issuer { get; init; } = string.Empty;

    /// <summary><c>audiences</c>; empty for any.</summary>
    public IReadOnlyList<string> Audiences { get; init; } = [];

    /// <summary><c>remoteJWKS</c>.</summary>
    public RemoteJwksSettings? RemoteJwks { get; init; }

    /// <summary><c>localJWKS</c>.</summary>
    public LocalJwksSettings? LocalJwks { get; init; }

    /// <summary><c>claimToHeaders</c>.</summary>
    public IReadOnlyList<ClaimToHeader> ClaimToHeaders { get; init; } = [];

    /// <summary><c>recomputeRoute</c>: the route is chosen again, by the fields that claims have filled.</summary>
    public bool RecomputeRoute { get; init; }

    /// <summary><c>extractFrom</c>; null for <c>authorization</c> and the parameter <c>access_token</c>.</summary>
    public JwtExtractor? ExtractFrom { get; init; }
}

/// <summary>Envoy Gateway: <c>RemoteJWKS</c>.</summary>
/// <param name="Uri"><c>uri</c>.</param>
/// <param name="Backends"><c>backendRefs</c>: the service that is asked; empty for what the URI says.</param>
/// <param name="CacheDuration"><c>cacheDuration</c>.</param>
public sealed record RemoteJwksSettings(string Uri, IReadOnlyList<BackendReference> Backends, TimeSpan? CacheDuration);

/// <summary>Envoy Gateway: <c>LocalJWKS</c>.</summary>
/// <param name="IsReference"><c>type</c> is <c>ValueRef</c> and not <c>Inline</c>.</param>
/// <param name="Inline"><c>inline</c>; null where it is not given.</param>
/// <param name="ValueRef"><c>valueRef</c>: a ConfigMap.</param>
public sealed record LocalJwksSettings(bool IsReference, string? Inline, NamedObject? ValueRef);

/// <summary>Envoy Gateway: <c>JWTExtractor</c>.</summary>
/// <param name="Headers"><c>headers</c>.</param>
/// <param name="Cookies"><c>cookies</c>.</param>
/// <param name="Params"><c>params</c>.</param>
public sealed record JwtExtractor(IReadOnlyList<JwtHeader> Headers, IReadOnlyList<string> Cookies, IReadOnlyList<string> Params);
