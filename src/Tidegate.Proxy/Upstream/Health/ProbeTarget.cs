using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using Tidegate.Proxy.Tls;

namespace Tidegate.Proxy.Upstream.Health;

/// <summary>What is asked: an address, and the TLS that requests to it have (Envoy: a health check takes the cluster's transport socket).</summary>
/// <param name="address">The address.</param>
/// <param name="tls">The TLS; null for none.</param>
/// <param name="protocols">The application protocols to offer instead of the cluster's; none for the cluster's.</param>
internal sealed class ProbeTarget(EndPoint address, UpstreamTls? tls, IReadOnlyList<SslApplicationProtocol> protocols)
{
    /// <summary>Makes a connection. Throws as sockets, streams and TLS do.</summary>
    public async Task<Stream> ConnectAsync(CancellationToken cancellation)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, address is IPEndPoint ? ProtocolType.Tcp : ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(address, cancellation);
        }
        catch
        {
            socket.Dispose();
            throw;
        }

        var stream = new NetworkStream(socket, ownsSocket: true);
        return tls is null ? stream : await tls.HandshakeAsync(stream, protocols, cancellation);
    }
}
