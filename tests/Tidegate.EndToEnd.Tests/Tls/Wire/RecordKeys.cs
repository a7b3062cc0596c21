using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Tidegate.EndToEnd.Tests.Tls.Wire;

/// <summary>The keys of one direction in TLS 1.3, with AES-128-GCM and SHA-256 (RFC 8446, sections 5.2 and 7).</summary>
internal sealed class RecordKeys
{
    private const int TagBytes = 16;

    private byte[] _secret;
    private byte[] _key = [];
    private byte[] _iv = [];
    private long _sequence;

    /// <summary>The keys that follow from a traffic secret.</summary>
    public RecordKeys(byte[] secret)
    {
        _secret = secret;
        Derive();
    }

    /// <summary>HKDF-Expand-Label.</summary>
    public static byte[] Expand(byte[] secret, string label, byte[] context, int length) => HKDF.Expand(
        HashAlgorithmName.SHA256,
        secret,
        length,
        [0, (byte)length, (byte)(6 + label.Length), .. Encoding.ASCII.GetBytes("tls13 " + label), (byte)context.Length, .. context]);

    /// <summary>The next keys, after a KeyUpdate.</summary>
    public void Update()
    {
        _secret = Expand(_secret, "traffic upd", [], 32);
        Derive();
    }

    /// <summary>Encrypts a record.</summary>
    public byte[] Seal(byte type, byte[] payload)
    {
        byte[] plain = [.. payload, type];
        byte[] header = [23, 3, 3, (byte)((plain.Length + TagBytes) >> 8), (byte)(plain.Length + TagBytes)];
        byte[] sealedBytes = new byte[plain.Length + TagBytes];
        using var aes = new AesGcm(_key, TagBytes);
        aes.Encrypt(Nonce(), plain, sealedBytes.AsSpan(0, plain.Length), sealedBytes.AsSpan(plain.Length), header);
        return [.. header, .. sealedBytes];
    }

    /// <summary>Decrypts a record.</summary>
    public (byte Type, byte[] Payload) Open(byte[] header, byte[] payload)
    {
        byte[] plain = new byte[payload.Length - TagBytes];
        using var aes = new AesGcm(_key, TagBytes);
        aes.Decrypt(Nonce(), payload.AsSpan(0, plain.Length), payload.AsSpan(plain.Length), plain, header);
        int end = plain.AsSpan().LastIndexOfAnyExcept((byte)0);
        return (plain[end], plain[..end]);
    }

    private void Derive()
    {
        _key = Expand(_secret, "key", [], 16);
        _iv = Expand(_secret, "iv", [], 12);
        _sequence = 0;
    }

    private byte[] Nonce()
    {
        byte[] nonce = [.. _iv];
        Span<byte> low = nonce.AsSpan(4);
        BinaryPrimitives.WriteInt64BigEndian(low, BinaryPrimitives.ReadInt64BigEndian(low) ^ _sequence++);
        return nonce;
    }
}
