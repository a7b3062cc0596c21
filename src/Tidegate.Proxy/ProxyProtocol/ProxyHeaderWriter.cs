using System.Buffers.Binary;
using Tidegate.Net;

namespace Tidegate.Proxy.ProxyProtocol;

/// <summary>
/// Writes the PROXY header that connections to endpoints begin with (Envoy: <c>envoy.transport_sockets.upstream_proxy_protocol</c>). It has the
/// client's addresses and nothing else.
/// </summary>
internal static class ProxyHeaderWriter
{
    /// <summary>The longest header that is written.</summary>
    public const int MaxBytes = 128;

    /// <summary>Writes.</summary>
    /// <param name="version">1 or 2.</param>
    /// <param name="source">The client; not valid for a connection that no client asked for.</param>
    /// <param name="destination">The address that the client connected to.</param>
    /// <param name="into">Room for <see cref="MaxBytes"/>.</param>
    /// <returns>How many bytes it has.</returns>
    public static int Write(int version, NetAddress source, NetAddress destination, Span<byte> into)
    {
        bool isKnown = source.IsValid && destination.IsValid && source.IsIPv4 == destination.IsIPv4;
        return version == 1 ? WriteVersion1(isKnown, source, destination, into) : WriteVersion2(isKnown, source, destination, into);
    }

    private static int WriteVersion1(bool isKnown, NetAddress source, NetAddress destination, Span<byte> into)
    {
        if (!isKnown)
        {
            "PROXY UNKNOWN\r\n"u8.CopyTo(into);
            return 15;
        }

        (source.IsIPv4 ? "PROXY TCP4 "u8 : "PROXY TCP6 "u8).CopyTo(into);
        int length = 11;
        length += source.TryFormat(into[length..], withPort: false);
        into[length++] = (byte)' ';
        length += destination.TryFormat(into[length..], withPort: false);
        into[length++] = (byte)' ';
        source.Port.TryFormat(into[length..], out int count);
        length += count;
        into[length++] = (byte)' ';
        destination.Port.TryFormat(into[length..], out count);
        length += count;
        "\r\n"u8.CopyTo(into[length..]);
        return length + 2;
    }

    private static int WriteVersion2(bool isKnown, NetAddress source, NetAddress destination, Span<byte> into)
    {
        ProxyHeaderReader.Version2Signature.CopyTo(into);
        into[12] = isKnown ? (byte)0x21 : (byte)0x20;
        if (!isKnown)
        {
            into[13] = 0;
            BinaryPrimitives.WriteUInt16BigEndian(into[14..], 0);
            return 16;
        }

        int size = source.IsIPv4 ? 4 : 16;
        into[13] = source.IsIPv4 ? (byte)0x11 : (byte)0x21;
        int length = (2 * size) + 4;
        BinaryPrimitives.WriteUInt16BigEndian(into[14..], (ushort)length);
        source.ToIPAddress().TryWriteBytes(into[16..], out _);
        destination.ToIPAddress().TryWriteBytes(into[(16 + size)..], out _);
        BinaryPrimitives.WriteUInt16BigEndian(into[(16 + (2 * size))..], (ushort)source.Port);
        BinaryPrimitives.WriteUInt16BigEndian(into[(18 + (2 * size))..], (ushort)destination.Port);
        return 16 + length;
    }
}
