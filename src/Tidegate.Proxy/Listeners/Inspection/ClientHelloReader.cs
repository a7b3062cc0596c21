using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Tidegate.Proxy.Listeners.Inspection;

/// <summary>
/// Reads a ClientHello out of the first bytes of a connection, as they come, without keeping anything: each call sees all bytes
/// from the first. Strict where two readers could understand two server names; ignorant of all that it does not need.
/// </summary>
internal static class ClientHelloReader
{
    /// <summary>The longest ClientHello, with the headers of its records.</summary>
    public const int MaxBytes = MaxMessageBytes + (4 * 1024);

    // Larger ones exist in theory only.
    private const int MaxMessageBytes = 16 * 1024;

    private const int RecordHeader = 5;
    private const int HandshakeHeader = 4;
    private const int MaxRecordPayload = 16 * 1024;
    private const byte HandshakeRecord = 22;
    private const byte ClientHelloMessage = 1;
    private const int ServerNameExtension = 0;
    private const int SignatureAlgorithmsExtension = 13;
    private const int ProtocolsExtension = 16;
    private const int MaxNameLength = 255;

    private static readonly SearchValues<byte> NameBytes =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_"u8);

    /// <summary>Reads. The bytes are changed: fragments of the message are moved together.</summary>
    public static ClientHelloResult Read(Span<byte> bytes, out ClientHello hello)
    {
        hello = new ClientHello(string.Empty, [], OffersCommonSuite: false, TakesEcdsa: false);

        // 1. Gather the message from the records (RFC 8446, section 5.1): it may be spread over several.
        int record = 0;
        int end = RecordHeader;
        int length = -1;
        while (true)
        {
            ReadOnlySpan<byte> header = bytes[record..];
            if (!IsRecordBegin(header))
            {
                return record == 0 ? ClientHelloResult.NotTls : ClientHelloResult.Malformed;
            }

            if (header.Length < RecordHeader)
            {
                return Wait(bytes);
            }

            int payload = BinaryPrimitives.ReadUInt16BigEndian(header[3..]);
            if (payload is 0 or > MaxRecordPayload)
            {
                return ClientHelloResult.Malformed;
            }

            int present = Math.Min(payload, header.Length - RecordHeader);
            bytes.Slice(record + RecordHeader, present).CopyTo(bytes[end..]);
            end += present;

            // 2. The message's own header: what it is, and how long.
            int gathered = end - RecordHeader;
            if (gathered > 0 && bytes[RecordHeader] != ClientHelloMessage)
            {
                return ClientHelloResult.Malformed;
            }

            if (length < 0 && gathered >= HandshakeHeader)
            {
                length = HandshakeHeader + (bytes[RecordHeader + 1] << 16) + BinaryPrimitives.ReadUInt16BigEndian(bytes[(RecordHeader + 2)..]);
                if (length > MaxMessageBytes)
                {
                    return ClientHelloResult.Malformed;
                }
            }

            // 3. The message.
            if (length >= 0 && gathered >= length)
            {
                var body = new MessageReader(bytes.Slice(RecordHeader + HandshakeHeader, length - HandshakeHeader));
                return TryReadBody(ref body, ref hello) ? ClientHelloResult.Complete : ClientHelloResult.Malformed;
            }

            if (present < payload)
            {
                return Wait(bytes);
            }

            record += RecordHeader + payload;
        }
    }

    private static ClientHelloResult Wait(ReadOnlySpan<byte> bytes) =>
        bytes.Length >= MaxBytes ? ClientHelloResult.Malformed : ClientHelloResult.NeedMore;

    private static bool IsRecordBegin(ReadOnlySpan<byte> header) =>
        (header.Length < 1 || header[0] == HandshakeRecord) && (header.Length < 2 || header[1] == 3);

    private static bool TryReadBody(ref MessageReader body, ref ClientHello hello)
    {
        // legacy_version, random, legacy_session_id, cipher_suites, legacy_compression_methods
        if (!body.TrySkip(2 + 32)
            || !body.TryVector8(out ReadOnlySpan<byte> session) || session.Length > 32
            || !body.TryVector16(out ReadOnlySpan<byte> suites) || suites.Length < 2 || suites.Length % 2 != 0
            || !body.TryVector8(out ReadOnlySpan<byte> compressions) || compressions.Length < 1)
        {
            return false;
        }

        hello = hello with { OffersCommonSuite = HasCommonSuite(suites) };
        bool hasEcdsaSuite = HasEcdsaSuite(suites);
        if (body.IsAtEnd)
        {
            return true; // without extensions, as TLS 1.2 allows
        }

        if (!body.TryVector16(out ReadOnlySpan<byte> list) || !body.IsAtEnd)
        {
            return false;
        }

        var extensions = new MessageReader(list);
        bool hasName = false;
        bool hasProtocols = false;
        while (!extensions.IsAtEnd)
        {
            if (!extensions.TryNumber16(out int type) || !extensions.TryVector16(out ReadOnlySpan<byte> extension))
            {
                return false;
            }

            // Each at most once (RFC 8446, section 4.2).
            if (type == ServerNameExtension)
            {
                if (hasName || !TryReadName(extension, out string name))
                {
                    return false;
                }

                hasName = true;
                hello = hello with { ServerName = name };
            }
            else if (type == ProtocolsExtension)
            {
                if (hasProtocols || !TryReadProtocols(extension, out string[] protocols))
                {
                    return false;
                }

                hasProtocols = true;
                hello = hello with { ApplicationProtocols = protocols };
            }
            else if (type == SignatureAlgorithmsExtension)
            {
                hello = hello with { TakesEcdsa = hasEcdsaSuite && NamesEcdsa(extension) };
            }
        }

        return true;
    }

    // RFC 6066, section 3: one name; no kind but host_name was ever defined.
    private static bool TryReadName(ReadOnlySpan<byte> extension, out string name)
    {
        name = string.Empty;
        var outer = new MessageReader(extension);
        if (!outer.TryVector16(out ReadOnlySpan<byte> list) || !outer.IsAtEnd)
        {
            return false;
        }

        var entry = new MessageReader(list);
        if (!entry.TryNumber8(out int kind) || kind != 0 || !entry.TryVector16(out ReadOnlySpan<byte> host) || !entry.IsAtEnd)
        {
            return false;
        }

        if (host.Length is 0 or > MaxNameLength || host.ContainsAnyExcept(NameBytes))
        {
            return false;
        }

        Span<byte> lower = stackalloc byte[MaxNameLength];
        Ascii.ToLower(host, lower, out int length);
        name = Encoding.ASCII.GetString(lower[..length]);
        return true;
    }

    // TLS_AES_128_GCM_SHA256, TLS_AES_256_GCM_SHA384, TLS_CHACHA20_POLY1305_SHA256; TLS_ECDHE_ECDSA and TLS_ECDHE_RSA with AES_128_GCM_SHA256 and AES_256_GCM_SHA384.
    private static bool HasCommonSuite(ReadOnlySpan<byte> suites)
    {
        for (int i = 0; i + 1 < suites.Length; i += 2)
        {
            if (BinaryPrimitives.ReadUInt16BigEndian(suites[i..]) is 0x1301 or 0x1302 or 0x1303 or 0xC02B or 0xC02C or 0xC02F or 0xC030)
            {
                return true;
            }
        }

        return false;
    }

    // Those of TLS 1.3, which leave the key open, and those of TLS 1.2 that name it (RFC 8422, section 2; RFC 5289; RFC 7905).
    private static bool HasEcdsaSuite(ReadOnlySpan<byte> suites)
    {
        for (int i = 0; i + 1 < suites.Length; i += 2)
        {
            if (BinaryPrimitives.ReadUInt16BigEndian(suites[i..]) is (>= 0x1301 and <= 0x1305) or 0xC009 or 0xC00A or 0xC023 or 0xC024 or 0xC02B or 0xC02C or 0xCCA9)
            {
                return true;
            }
        }

        return false;
    }

    // RFC 8446, section 4.2.3: ecdsa_secp256r1_sha256, ecdsa_secp384r1_sha384, ecdsa_secp521r1_sha512. What is broken is for TLS itself to refuse.
    private static bool NamesEcdsa(ReadOnlySpan<byte> extension)
    {
        for (int i = 2; i + 1 < extension.Length; i += 2)
        {
            if (BinaryPrimitives.ReadUInt16BigEndian(extension[i..]) is 0x0403 or 0x0503 or 0x0603)
            {
                return true;
            }
        }

        return false;
    }

    // RFC 7301, section 3.1.
    private static bool TryReadProtocols(ReadOnlySpan<byte> extension, out string[] protocols)
    {
        protocols = [];
        var outer = new MessageReader(extension);
        if (!outer.TryVector16(out ReadOnlySpan<byte> list) || !outer.IsAtEnd || list.IsEmpty)
        {
            return false;
        }

        List<string> found = [];
        var entries = new MessageReader(list);
        while (!entries.IsAtEnd)
        {
            if (!entries.TryVector8(out ReadOnlySpan<byte> protocol) || protocol.IsEmpty)
            {
                return false;
            }

            found.Add(protocol.SequenceEqual("h2"u8) ? "h2" : protocol.SequenceEqual("http/1.1"u8) ? "http/1.1" : Encoding.Latin1.GetString(protocol));
        }

        protocols = [.. found];
        return true;
    }
}
