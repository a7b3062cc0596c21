namespace Tidegate.Pilot.Resources;

/// <summary>Which tokens requests may carry (Istio: <c>security/v1beta1/request_authentication.proto</c>).</summary>
/// <param name="Metadata">Name, namespace, labels, annotations.</param>
/// <param name="Origin">Where it was read.</param>
/// <param name="Spec">What it says.</param>
public sealed record RequestAuthentication(ResourceMetadata Metadata, Origin Origin, RequestAuthenticationSpec Spec) : Resource(Metadata, Origin), IHasApiKind, IGuard
{
    /// <inheritdoc/>
    public static ApiKind KindOfType { get; } = new(ApiGroups.Security, "RequestAuthentication");

    /// <inheritdoc/>
    public override ApiKind ApiKind => KindOfType;

    /// <summary>The fields of a refused object that are wrong; null for one that is good.</summary>
    internal IReadOnlyCollection<string>? WrongFields { get; private init; }

    bool IGuard.IsRefused => WrongFields is not null;

    Resource IGuard.AsRefused(IReadOnlyCollection<string> wrongFields) => this with { WrongFields = wrongFields };
}

/// <summary><c>RequestAuthentication.spec</c>.</summary>
public sealed record RequestAuthenticationSpec
{
    /// <summary><c>selector</c> and <c>targetRefs</c>.</summary>
    public PolicyTargets Targets { get; init; } = new();

    /// <summary><c>jwtRules</c>.</summary>
    public IReadOnlyList<JwtRule> JwtRules { get; init; } = [];
}

/// <summary>Istio: <c>JWTRule</c>.</summary>
public sealed record JwtRule
{
    /// <summary><c>issuer</c>; empty for any.</summary>
    public string Issuer { get; init; } = string.Empty;

    /// <summary><c>audiences</c>, one of which has to be the token's; empty for any.</summary>
    public IReadOnlyList<string> Audiences { get; init; } = [];

    /// <summary><c>jwksUri</c>; empty, with no <see cref="Jwks"/>, for what the issuer itself tells.</summary>
    public string JwksUri { get; init; } = string.Empty;

    /// <summary><c>jwks</c>: the keys themselves.</summary>
    public string Jwks { get; init; } = string.Empty;

    /// <summary><c>fromHeaders</c>.</summary>
    public IReadOnlyList<JwtHeader> FromHeaders { get; init; } = [];

    /// <summary><c>fromParams</c>.</summary>
    public IReadOnlyList<string> FromParams { get; init; } = [];

    /// <summary><c>fromCookies</c>.</summary>
    public IReadOnlyList<string> FromCookies { get; init; } = [];

    /// <summary><c>outputPayloadToHeader</c>; empty for none.</summary>
    public string OutputPayloadToHeader { get; init; } = string.Empty;

    /// <summary><c>outputClaimToHeaders</c>.</summary>
    public IReadOnlyList<ClaimToHeader> OutputClaimToHeaders { get; init; } = [];

    /// <summary><c>forwardOriginalToken</c>.</summary>
    public bool ForwardOriginalToken { get; init; }

    /// <summary><c>timeout</c> of fetching keys; null for 5 s.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary><c>spaceDelimitedClaims</c>: claims that are lists of words, besides <c>scope</c> and <c>permission</c>.</summary>
    public IReadOnlyList<string> SpaceDelimitedClaims { get; init; } = [];
}

/// <summary>Istio: <c>JWTHeader</c>.</summary>
/// <param name="Name"><c>name</c>.</param>
/// <param name="Prefix"><c>prefix</c>.</param>
public sealed record JwtHeader(string Name, string Prefix);

/// <summary>Istio: <c>ClaimToHeader</c>.</summary>
/// <param name="Header"><c>header</c>.</param>
/// <param name="Claim"><c>claim</c>.</param>
public sealed record ClaimToHeader(string Header, string Claim);
