using System.Buffers.Binary;
using Tidegate.Net;

namespace Tidegate.Proxy.ProxyProtocol;

/// <summary>
/// Reads a PROXY header out of the first bytes of a connection, as they come, without keeping anything: each call sees all bytes from
/// the first. Strict: a header that two readers could understand in two ways is refused (edge.md, PP01 to PP05).
/// </summary>
internal static class ProxyHeaderReader
{
    /// <summary>The longest header that is read. Version 2 could announce 64 KiB, and nobody needs that much.</summary>
    public const int MaxBytes = 4096;

    // "PROXY UNKNOWN" with two addresses of the greatest length, CRLF included.
    private const int MaxVersion1Bytes = 107;
    private const int Version2HeadBytes = 16;

    /// <summary>What version 2 begins with.</summary>
    public static ReadOnlySpan<byte> Version2Signature => "\r\n\r\n\0\r\nQUIT\n"u8;

    private static ReadOnlySpan<byte> Version1Signature => "PROXY "u8;

    /// <summary>Reads.</summary>
    public static ProxyHeaderResult Read(ReadOnlySpan<byte> bytes, out ProxyHeader header)
    {
        header = default;
        if (bytes.IsEmpty)
        {
            return ProxyHeaderResult.NeedMore;
        }

        return bytes[0] == (byte)'P' ? ReadVersion1(bytes, out header) : ReadVersion2(bytes, out header);
    }

    private static bool IsBegin(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> signature) =>
        bytes.Length < signature.Length ? signature.StartsWith(bytes) : bytes.StartsWith(signature);

    private static ProxyHeaderResult ReadVersion1(ReadOnlySpan<byte> bytes, out ProxyHeader header)
    {
        header = default;
        if (!IsBegin(bytes, Version1Signature))
        {
            return ProxyHeaderResult.None;
        }

        int end = bytes[..Math.Min(bytes.Length, MaxVersion1Bytes)].IndexOf("\r\n"u8);
        if (end < 0)
        {
            return bytes.Length < MaxVersion1Bytes ? ProxyHeaderResult.NeedMore : ProxyHeaderResult.Malformed;
        }

        int length = end + 2;
        ReadOnlySpan<byte> line = bytes[Version1Signature.Length..end];
        if (line.SequenceEqual("UNKNOWN"u8) || line.StartsWith("UNKNOWN "u8))
        {
            header = new ProxyHeader(default, default, 1, length);
            return ProxyHeaderResult.Complete;
        }

        bool isIPv4 = line.StartsWith("TCP4 "u8);
        if (!isIPv4 && !line.StartsWith("TCP6 "u8))
        {
            return ProxyHeaderResult.Malformed;
        }

        // "TCP4 source destination sourcePort destinationPort", one space between each.
        Span<Range> parts = stackalloc Range[5];
        int count = 0;
        foreach (Range part in line.Split((byte)' '))
        {
            if (count == parts.Length)
            {
                return ProxyHeaderResult.Malformed;
            }

            parts[count++] = part;
        }

        if (count != parts.Length
            || !TryAddress(line[parts[1]], isIPv4, line[parts[3]], out NetAddress source)
            || !TryAddress(line[parts[2]], isIPv4, line[parts[4]], out NetAddress destination))
        {
            return ProxyHeaderResult.Malformed;
        }

        header = new ProxyHeader(source, destination, 1, length);
        return ProxyHeaderResult.Complete;
    }

    private static bool TryAddress(ReadOnlySpan<byte> text, bool isIPv4, ReadOnlySpan<byte> port, out NetAddress address)
    {
        address = default;
        if (!TryPort(port, out int number) || text.Contains((byte)':') == isIPv4 || !NetAddress.TryParse(text, out NetAddress parsed))
        {
            return false;
        }

        address = parsed.WithPort(number);
        return true;
    }

    // Decimal, without leading zeros (2.1 of the specification).
    private static bool TryPort(ReadOnlySpan<byte> text, out int port)
    {
        port = 0;
        if (text.Length is 0 or > 5 || (text.Length > 1 && text[0] == (byte)'0'))
        {
            return false;
        }

        foreach (byte digit in text)
        {
            if (digit is < (byte)'0' or > (byte)'9')
            {
                return false;
            }

            port = (port * 10) + (digit - '0');
        }

        return port <= ushort.MaxValue;
    }

    private static ProxyHeaderResult ReadVersion2(ReadOnlySpan<byte> bytes, out ProxyHeader header)
    {
        header = default;
        if (!IsBegin(bytes, Version2Signature))
        {
            return ProxyHeaderResult.None;
        }

        if (bytes.Length < Version2HeadBytes)
        {
            return ProxyHeaderResult.NeedMore;
        }

        byte versionAndCommand = bytes[12];
        int length = Version2HeadBytes + BinaryPrimitives.ReadUInt16BigEndian(bytes[14..]);
        if (versionAndCommand is not (0x20 or 0x21) || length > MaxBytes)
        {
            return ProxyHeaderResult.Malformed;
        }

        if (bytes.Length < length)
        {
            return ProxyHeaderResult.NeedMore;
        }

        ReadOnlySpan<byte> rest = bytes[Version2HeadBytes..length];
        byte family = bytes[13];
        int addressBytes = family switch
        {
            0x11 => 12, // TCP over IPv4
            0x21 => 36, // TCP over IPv6
            0x31 => 216, // UNIX stream
            0x00 => 0, // unspecified: what follows is not to be read as addresses
            _ => -1,
        };
        bool isLocal = versionAndCommand == 0x20;
        if (isLocal || family == 0)
        {
            // The receiver ignores whatever is in it (2.2).
            header = new ProxyHeader(default, default, 2, length);
            return ProxyHeaderResult.Complete;
        }

        if (addressBytes < 0 || rest.Length < addressBytes || !AreWhole(rest[addressBytes..]))
        {
            return ProxyHeaderResult.Malformed;
        }

        header = family switch
        {
            0x11 => new ProxyHeader(
                NetAddress.FromIPv4(rest[..4], BinaryPrimitives.ReadUInt16BigEndian(rest[8..])),
                NetAddress.FromIPv4(rest[4..8], BinaryPrimitives.ReadUInt16BigEndian(rest[10..])),
                2,
                length),
            0x21 => new ProxyHeader(
                NetAddress.FromIPv6(rest[..16], BinaryPrimitives.ReadUInt16BigEndian(rest[32..])),
                NetAddress.FromIPv6(rest[16..32], BinaryPrimitives.ReadUInt16BigEndian(rest[34..])),
                2,
                length),
            _ => new ProxyHeader(default, default, 2, length),
        };
        return ProxyHeaderResult.Complete;
    }

    // Whether these are whole TLVs, one behind the other, and nothing else.
    private static bool AreWhole(ReadOnlySpan<byte> tlvs)
    {
        while (!tlvs.IsEmpty)
        {
            if (tlvs.Length < 3)
            {
                return false;
            }

            int length = 3 + BinaryPrimitives.ReadUInt16BigEndian(tlvs[1..]);
            if (tlvs.Length < length)
            {
                return false;
            }

            tlvs = tlvs[length..];
        }

        return true;
    }
}
