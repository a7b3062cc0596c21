namespace Tidegate.Proxy.Filters.OAuth2;

/// <summary>A session that a client's cookies say, once they were verified. Immutable.</summary>
/// <param name="settings">Whose it is.</param>
/// <param name="key">The key that its cookies are made with.</param>
/// <param name="tokens">Its tokens.</param>
/// <param name="expires">Until when it is good, in seconds since 1970.</param>
internal sealed class OAuth2Session(OAuth2Settings settings, OAuth2Key key, OAuth2Tokens tokens, long expires)
{
    private static readonly byte[] Bearer = "Bearer "u8.ToArray();

    /// <summary>Whose it is.</summary>
    public OAuth2Settings Settings => settings;

    /// <summary>The key that its cookies are made with.</summary>
    public OAuth2Key Key => key;

    /// <summary>Its tokens.</summary>
    public OAuth2Tokens Tokens => tokens;

    /// <summary>Until when it is good, in seconds since 1970.</summary>
    public long Expires => expires;

    /// <summary>The value of <c>authorization</c> that the upstream gets; empty where there is no access token.</summary>
    public byte[] AccessField { get; } = tokens.Access.Length == 0 ? [] : [.. Bearer, .. tokens.Access];

    /// <summary>The value of the field that the ID token is told in; empty where there is none.</summary>
    public byte[] IdField { get; } = tokens.Id.Length == 0 ? [] : settings.IdTokenField.AsSpan().SequenceEqual("authorization"u8) ? [.. Bearer, .. tokens.Id] : tokens.Id;
}
