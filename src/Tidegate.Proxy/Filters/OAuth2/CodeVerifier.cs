using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Tidegate.Proxy.Filters.OAuth2;

/// <summary>The code verifier of a login (RFC 7636, section 4.1), which the client keeps sealed, with the time until which it counts.</summary>
internal sealed class CodeVerifier
{
    private CodeVerifier(string text) => Text = text;

    /// <summary>The verifier.</summary>
    public string Text { get; }

    /// <summary>Its hash, which the provider gets first (RFC 7636, section 4.2: S256).</summary>
    public string Challenge => Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(Text)));

    /// <summary>The login's name in the ID token (OpenID Connect Core 1.0, section 15.5.2), which follows from it, so that the client has nothing more to keep.</summary>
    public string Nonce => Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes($"nonce\n{Text}")));

    /// <summary>A new one, of 32 random bytes.</summary>
    public static CodeVerifier Create() => new(Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32)));

    /// <summary>What the client keeps.</summary>
    /// <param name="key">Seals it.</param>
    /// <param name="context">What it is sealed for.</param>
    /// <param name="expires">Until when it counts, in seconds since 1970.</param>
    public string Seal(OAuth2Key key, string context, long expires) => key.Seal(context, Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{expires}.{Text}")));

    /// <summary>Opens what the client has kept; null when it does not count, or no more.</summary>
    public static CodeVerifier? TryOpen(OAuth2Key key, string context, ReadOnlySpan<byte> kept, long now)
    {
        string[] parts = key.Open(context, kept) is { } opened ? Encoding.ASCII.GetString(opened).Split('.') : [];
        return parts.Length == 2 && long.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out long expires) && expires > now ? new CodeVerifier(parts[1]) : null;
    }
}
