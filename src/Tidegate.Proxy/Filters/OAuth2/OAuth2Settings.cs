using System.Text;
using Tidegate.Proxy.Formatting;
using Tidegate.Proxy.Routing;
using Tidegate.Proxy.Tls.Secrets;

namespace Tidegate.Proxy.Filters.OAuth2;

/// <summary>How clients log in, and what becomes of their requests (Envoy: <c>OAuth2Config</c>). Immutable but for keys that follow the secret in force.</summary>
internal sealed class OAuth2Settings
{
    private volatile OAuth2KeyRing? _keys;

    /// <summary>Where codes and refresh tokens become tokens.</summary>
    public required TokenEndpoint TokenEndpoint { get; init; }

    /// <summary>Where clients log in.</summary>
    public required AuthorizationEndpoint AuthorizationEndpoint { get; init; }

    /// <summary>Where clients log out; null where they do at the gateway alone.</summary>
    public EndSessionEndpoint? EndSessionEndpoint { get; init; }

    /// <summary>Who we are to the provider.</summary>
    public required string ClientId { get; init; }

    /// <summary>The secret that cookies are made with.</summary>
    public required SecretSlot HmacSecret { get; init; }

    /// <summary>The cookies.</summary>
    public required OAuth2CookieSet Cookies { get; init; }

    /// <summary>Where the provider sends clients back to.</summary>
    public required TextFormat RedirectUri { get; init; }

    /// <summary>What stands in front of a request's path where clients are sent back to it; null for its own scheme and host.</summary>
    public TextFormat? OriginalRequestUri { get; init; }

    /// <summary>The hosts that clients may be sent to; empty where only their own are.</summary>
    public string[] AllowedDomains { get; init; } = [];

    /// <summary>Which paths the provider sends clients back to.</summary>
    public required ValueMatcher RedirectPath { get; init; }

    /// <summary>Which paths log out.</summary>
    public required ValueMatcher SignoutPath { get; init; }

    /// <summary>Requests that need no login.</summary>
    public HeaderMatcher[] PassThrough { get; init; } = [];

    /// <summary>Requests that are refused instead of being sent to log in.</summary>
    public HeaderMatcher[] DenyRedirect { get; init; } = [];

    /// <summary>Requests that go on as nobody's instead of being sent to log in.</summary>
    public HeaderMatcher[] AllowFailed { get; init; } = [];

    /// <summary>Whether the upstream gets the access token in <c>authorization</c>.</summary>
    public bool ForwardsAccessToken { get; init; }

    /// <summary>The field in which the upstream gets the ID token; empty for none.</summary>
    public byte[] IdTokenField { get; init; } = [];

    /// <summary>Whether a client's <c>authorization</c> stays.</summary>
    public bool PreservesAuthorization { get; init; }

    /// <summary>Whether sessions are renewed with refresh tokens.</summary>
    public bool UsesRefreshToken { get; init; } = true;

    /// <summary>Whether access and ID tokens are in cookies as they are.</summary>
    public bool IsPlain { get; init; }

    /// <summary>Whether it is OpenID Connect, so that an ID token is for this client and this login or is refused.</summary>
    public bool IsOpenId { get; init; }

    /// <summary>How long cookies are kept.</summary>
    public OAuth2Lifetimes Lifetimes { get; init; } = new();

    /// <summary>What the statistics' names have in front; empty for nothing.</summary>
    public string StatPrefix { get; init; } = string.Empty;

    /// <summary>The keys in force; null when there is no secret yet.</summary>
    /// <param name="overlapMs">How long what the secret before has made is still read.</param>
    public OAuth2KeyRing? Keys(long overlapMs)
    {
        if (HmacSecret.Current is not GenericSecretValue secret)
        {
            return null;
        }

        OAuth2KeyRing? keys = _keys;
        if (keys is null || keys.Source != secret)
        {
            keys = new OAuth2KeyRing(secret, overlapMs);
            _keys = keys;
        }

        return keys;
    }
}

/// <summary>How long cookies are kept, in seconds.</summary>
internal sealed record OAuth2Lifetimes
{
    /// <summary>A refresh token that does not say itself how long it is good for.</summary>
    public long RefreshToken { get; init; } = 604_800;

    /// <summary>A login under way.</summary>
    public long Csrf { get; init; } = 600;

    /// <summary>Its code verifier.</summary>
    public long CodeVerifier { get; init; } = 600;

    /// <summary>Whether the cookie of the ID token is kept as long as the access token is good for, rather than the ID token itself.</summary>
    public bool IdTokenFollowsAccessToken { get; init; }
}

/// <summary>All cookies (Envoy: <c>CookieNames</c>, <c>CookieConfigs</c>).</summary>
internal sealed record OAuth2CookieSet
{
    /// <summary>The access token.</summary>
    public required OAuth2Cookie AccessToken { get; init; }

    /// <summary>What holds the others together.</summary>
    public required OAuth2Cookie Hmac { get; init; }

    /// <summary>Until when the session is good, in seconds since 1970.</summary>
    public required OAuth2Cookie Expires { get; init; }

    /// <summary>The ID token.</summary>
    public required OAuth2Cookie IdToken { get; init; }

    /// <summary>The refresh token.</summary>
    public required OAuth2Cookie RefreshToken { get; init; }

    /// <summary>What tells that an answer of the provider belongs to a login that this client has begun.</summary>
    public required OAuth2Cookie Nonce { get; init; }

    /// <summary>The code verifier of a login (RFC 7636).</summary>
    public required OAuth2Cookie CodeVerifier { get; init; }

    /// <summary>The domain that they are for; empty for the host of the request.</summary>
    public string Domain
    {
        get;
        init
        {
            field = value;
            DomainBytes = Encoding.ASCII.GetBytes(value);
        }
    } = string.Empty;

    /// <summary>The same in bytes.</summary>
    public byte[] DomainBytes { get; private init; } = [];

    /// <summary>Whether the access token has a cookie.</summary>
    public bool KeepsAccessToken { get; init; } = true;

    /// <summary>Whether the ID token has one.</summary>
    public bool KeepsIdToken { get; init; } = true;

    /// <summary>Whether the refresh token has one.</summary>
    public bool KeepsRefreshToken { get; init; } = true;

    /// <summary>Of some tokens those that clients keep.</summary>
    public OAuth2Tokens Kept(OAuth2Tokens tokens, bool usesRefreshToken) =>
        new(KeepsAccessToken ? tokens.Access : [], KeepsIdToken ? tokens.Id : [], KeepsRefreshToken && usesRefreshToken ? tokens.Refresh : []);

    /// <summary>Whether a cookie is one of a session, or of a login under way, that no upstream gets to see.</summary>
    public bool IsInternal(ReadOnlySpan<byte> name) =>
        name.SequenceEqual(Hmac.NameBytes) || name.SequenceEqual(Expires.NameBytes) || Is(RefreshToken, name) || IsFlow(name);

    /// <summary>Whether a cookie is one of a login under way.</summary>
    public bool IsFlow(ReadOnlySpan<byte> name) =>
        name.SequenceEqual(Nonce.NameBytes) || name.StartsWith(Nonce.FlowPrefix) || name.SequenceEqual(CodeVerifier.NameBytes) || name.StartsWith(CodeVerifier.FlowPrefix);

    /// <summary>Whether a name is a cookie's, or that of one of its pieces.</summary>
    public static bool Is(OAuth2Cookie cookie, ReadOnlySpan<byte> name) => name.SequenceEqual(cookie.NameBytes) || CookieChunks.IsFurtherPiece(name, cookie);
}
