namespace Tidegate.Pilot.Resources.SecurityPolicies;

/// <summary>Browsers log in at an OpenID provider (Envoy Gateway: <c>OIDC</c>).</summary>
public sealed record OidcSettings
{
    /// <summary><c>provider</c>.</summary>
    public OidcProviderSettings? Provider { get; init; }

    /// <summary><c>clientID</c>; null where <see cref="ClientIdRef"/> says it.</summary>
    public string? ClientId { get; init; }

    /// <summary><c>clientIDRef</c>: a Secret with the key <c>client-id</c>.</summary>
    public NamedObject? ClientIdRef { get; init; }

    /// <summary><c>clientSecret</c>: a Secret with the key <c>client-secret</c>.</summary>
    public NamedObject? ClientSecret { get; init; }

    /// <summary><c>cookieNames.accessToken</c>; empty for a name of the policy's own.</summary>
    public string AccessTokenCookie { get; init; } = string.Empty;

    /// <summary><c>cookieNames.idToken</c>; empty for a name of the policy's own.</summary>
    public string IdTokenCookie { get; init; } = string.Empty;

    /// <summary><c>cookieConfig.sameSite</c>; null to leave it to browsers.</summary>
    public OidcSameSite? SameSite { get; init; }

    /// <summary><c>cookieDomain</c>; empty for the host of the request.</summary>
    public string CookieDomain { get; init; } = string.Empty;

    /// <summary><c>scopes</c>, beside <c>openid</c>.</summary>
    public IReadOnlyList<string> Scopes { get; init; } = [];

    /// <summary><c>resources</c>.</summary>
    public IReadOnlyList<string> Resources { get; init; } = [];

    /// <summary><c>redirectURL</c>; null for <c>/oauth2/callback</c> of the host that was asked for.</summary>
    public string? RedirectUrl { get; init; }

    /// <summary><c>denyRedirect.headers</c>: requests that are refused instead.</summary>
    public IReadOnlyList<OidcHeaderMatch> DenyRedirect { get; init; } = [];

    /// <summary><c>logoutPath</c>; null for <c>/logout</c>.</summary>
    public string? LogoutPath { get; init; }

    /// <summary><c>forwardAccessToken</c>: the service gets it in <c>authorization</c>.</summary>
    public bool ForwardsAccessToken { get; init; }

    /// <summary><c>forwardIDToken.header</c>: the field in which the service gets the ID token; empty for none.</summary>
    public string IdTokenHeader { get; init; } = string.Empty;

    /// <summary><c>defaultTokenTTL</c>.</summary>
    public TimeSpan? DefaultTokenTtl { get; init; }

    /// <summary><c>refreshToken</c>; null for true.</summary>
    public bool? UsesRefreshToken { get; init; }

    /// <summary><c>defaultRefreshTokenTTL</c>.</summary>
    public TimeSpan? DefaultRefreshTokenTtl { get; init; }

    /// <summary><c>csrfTokenTTL</c>.</summary>
    public TimeSpan? CsrfTokenTtl { get; init; }

    /// <summary><c>disableTokenEncryption</c>.</summary>
    public bool DisablesEncryption { get; init; }

    /// <summary><c>passThroughAuthHeader</c>: a request with a token that <c>jwt</c> looks for needs no login.</summary>
    public bool PassesTokens { get; init; }
}

/// <summary>Envoy Gateway: <c>OIDCProvider</c>. What it does not say of endpoints the provider is asked.</summary>
public sealed record OidcProviderSettings
{
    /// <summary><c>issuer</c>.</summary>
    public string Issuer { get; init; } = string.Empty;

    /// <summary><c>authorizationEndpoint</c>.</summary>
    public string? AuthorizationEndpoint { get; init; }

    /// <summary><c>tokenEndpoint</c>.</summary>
    public string? TokenEndpoint { get; init; }

    /// <summary><c>endSessionEndpoint</c>.</summary>
    public string? EndSessionEndpoint { get; init; }

    /// <summary><c>backendRefs</c>: the service that the token endpoint is; empty for that of its host.</summary>
    public IReadOnlyList<BackendReference> Backends { get; init; } = [];
}

/// <summary>A condition on a field (Envoy Gateway: <c>OIDCDenyRedirectHeader</c>).</summary>
/// <param name="Name"><c>name</c>.</param>
/// <param name="Type"><c>type</c>.</param>
/// <param name="Value"><c>value</c>.</param>
public sealed record OidcHeaderMatch(string Name, OidcMatchType Type, string Value);

/// <summary>How a value is compared.</summary>
public enum OidcMatchType
{
    /// <summary>It is that.</summary>
    Exact,

    /// <summary>It begins with that.</summary>
    Prefix,

    /// <summary>It ends with that.</summary>
    Suffix,

    /// <summary>All of it fits that expression.</summary>
    RegularExpression,
}

/// <summary>From which sites browsers send cookies.</summary>
public enum OidcSameSite
{
    /// <summary>Their own, and links from others.</summary>
    Lax,

    /// <summary>Their own.</summary>
    Strict,

    /// <summary>All.</summary>
    None,
}
