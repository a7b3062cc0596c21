using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Tidegate.Net.Interop;

/// <summary>The kernel's sockaddr structures from and to our addresses.</summary>
internal static class SocketAddressBytes
{
    /// <summary>sizeof(sockaddr_storage).</summary>
    internal const int MaxLength = 128;

    internal static int FamilyOf(EndPoint endPoint) => endPoint switch
    {
        IPEndPoint { AddressFamily: AddressFamily.InterNetwork } => SocketCalls.IPv4Family,
        IPEndPoint { AddressFamily: AddressFamily.InterNetworkV6 } => SocketCalls.IPv6Family,
        UnixDomainSocketEndPoint => SocketCalls.UnixFamily,
        _ => throw new ArgumentException($"{endPoint.GetType().Name} is not an IP or Unix domain address.", nameof(endPoint)),
    };

    /// <summary>Writes the sockaddr and gives its length.</summary>
    internal static int Write(EndPoint endPoint, Span<byte> destination)
    {
        SocketAddress address = endPoint.Serialize();
        address.Buffer.Span[..address.Size].CopyTo(destination);
        return address.Size;
    }

    /// <summary>Reads an IP sockaddr; any other family gives no address.</summary>
    internal static NetAddress Read(ReadOnlySpan<byte> address)
    {
        int port = BinaryPrimitives.ReadUInt16BigEndian(address[2..]);
        return MemoryMarshal.Read<ushort>(address) switch
        {
            SocketCalls.IPv4Family => NetAddress.FromIPv4(address.Slice(4, 4), port),
            SocketCalls.IPv6Family => NetAddress.FromIPv6(address.Slice(8, 16), port),
            _ => default,
        };
    }
}
