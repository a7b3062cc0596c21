using System.Security.Cryptography;
using System.Text;
using Tidegate.Proxy.Tls.Secrets;

namespace Tidegate.Proxy.Filters.OAuth2;

/// <summary>What is derived from one version of the HMAC secret. Immutable.</summary>
internal sealed class OAuth2Key
{
    private readonly byte[] _secret;
    private readonly byte[] _seal;

    /// <param name="secret">The HMAC secret.</param>
    public OAuth2Key(ReadOnlySpan<byte> secret)
    {
        _secret = secret.ToArray();
        _seal = HKDF.DeriveKey(HashAlgorithmName.SHA256, _secret, CookieSeal.KeyBytes, info: "tidegate oauth2 cookies"u8.ToArray());
    }

    /// <summary>Seals a value for a context.</summary>
    public string Seal(string context, ReadOnlySpan<byte> value) => CookieSeal.Seal(_seal, Encoding.UTF8.GetBytes(context), value);

    /// <summary>Opens a value of a context; null when it is none.</summary>
    public byte[]? Open(string context, ReadOnlySpan<byte> text) => CookieSeal.Open(_seal, Encoding.UTF8.GetBytes(context), text);

    /// <summary>The HMAC (SHA-256) of some parts with line breaks between them, as Envoy has it: in base64.</summary>
    public string Sign(params ReadOnlySpan<byte[]> parts)
    {
        using var hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, _secret);
        for (int i = 0; i < parts.Length; i++)
        {
            hmac.AppendData(i == 0 ? default : "\n"u8);
            hmac.AppendData(parts[i]);
        }

        return Convert.ToBase64String(hmac.GetHashAndReset());
    }

    /// <summary>Whether a text is the HMAC of these parts; takes the same time whatever it is.</summary>
    public bool Verifies(ReadOnlySpan<byte> signature, params ReadOnlySpan<byte[]> parts) =>
        CryptographicOperations.FixedTimeEquals(signature, Encoding.ASCII.GetBytes(Sign(parts)));
}

/// <summary>The keys of a moment: that with which cookies are made, and that before it, with which those may still be that clients have. Immutable.</summary>
internal sealed class OAuth2KeyRing
{
    private readonly OAuth2Key[] _all;
    private readonly OAuth2Key[] _last;
    private readonly long _overlapEndsTicks;

    /// <param name="source">The version of the secret.</param>
    /// <param name="overlapMs">How long what the version before it has made is still read.</param>
    public OAuth2KeyRing(GenericSecretValue source, long overlapMs)
    {
        Source = source;
        Current = new OAuth2Key(source.Value);
        _last = [Current];
        _all = source.Before is { } before ? [Current, new OAuth2Key(before.Value)] : _last;
        _overlapEndsTicks = (source.Since + TimeSpan.FromMilliseconds(overlapMs)).UtcTicks;
    }

    /// <summary>The version of the secret that it is of.</summary>
    public GenericSecretValue Source { get; }

    /// <summary>The key with which cookies are made.</summary>
    public OAuth2Key Current { get; }

    /// <summary>The keys of which cookies are read, the newest first.</summary>
    /// <param name="nowTicks">The time, UTC ticks.</param>
    public ReadOnlySpan<OAuth2Key> Readable(long nowTicks) => nowTicks < _overlapEndsTicks ? _all : _last;

    /// <summary>Whether what a key has made is still read.</summary>
    public bool Reads(OAuth2Key key, long nowTicks) => key == Current || (nowTicks < _overlapEndsTicks && Array.IndexOf(_all, key) >= 0);
}
