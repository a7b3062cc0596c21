using System.Buffers.Text;
using System.Security.Cryptography;

namespace Tidegate.Proxy.Filters.OAuth2;

/// <summary>
/// Seals what a client keeps for us: AES-256-GCM (NIST SP 800-38D) as base64url, a random nonce in front and the tag behind. Envoy encrypts with CBC, which does not tell a
/// value that was tampered with from a good one; here nothing is read that was not sealed with the same key for the same context.
/// </summary>
internal static class CookieSeal
{
    /// <summary>Bytes of a key.</summary>
    public const int KeyBytes = 32;

    private const int NonceBytes = 12;
    private const int TagBytes = 16;

    /// <summary>Seals a value.</summary>
    /// <param name="key">The key.</param>
    /// <param name="context">What the value is for; it opens nowhere else.</param>
    /// <param name="value">The value.</param>
    public static string Seal(ReadOnlySpan<byte> key, ReadOnlySpan<byte> context, ReadOnlySpan<byte> value)
    {
        byte[] sealedBytes = new byte[NonceBytes + value.Length + TagBytes];
        Span<byte> nonce = sealedBytes.AsSpan(0, NonceBytes);
        RandomNumberGenerator.Fill(nonce);
        using var aes = new AesGcm(key, TagBytes);
        aes.Encrypt(nonce, value, sealedBytes.AsSpan(NonceBytes, value.Length), sealedBytes.AsSpan(NonceBytes + value.Length), context);
        return Base64Url.EncodeToString(sealedBytes);
    }

    /// <summary>Opens a value; null when it was not sealed with this key for this context.</summary>
    public static byte[]? Open(ReadOnlySpan<byte> key, ReadOnlySpan<byte> context, ReadOnlySpan<byte> text)
    {
        byte[] sealedBytes = new byte[Base64Url.GetMaxDecodedLength(text.Length)];
        if (!Base64Url.IsValid(text) || !Base64Url.TryDecodeFromUtf8(text, sealedBytes, out int length) || length < NonceBytes + TagBytes)
        {
            return null;
        }

        byte[] value = new byte[length - NonceBytes - TagBytes];
        using var aes = new AesGcm(key, TagBytes);
        try
        {
            aes.Decrypt(
                sealedBytes.AsSpan(0, NonceBytes), sealedBytes.AsSpan(NonceBytes, value.Length), sealedBytes.AsSpan(NonceBytes + value.Length, TagBytes), value, context);
            return value;
        }
        catch (AuthenticationTagMismatchException)
        {
            return null; // anybody can send anything
        }
    }
}
