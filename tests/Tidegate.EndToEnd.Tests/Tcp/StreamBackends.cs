using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using Tidegate.EndToEnd.Tests.Tls;

namespace Tidegate.EndToEnd.Tests.Tcp;

/// <summary>What backends of these tests do with a connection.</summary>
internal static class StreamBackends
{
    /// <summary>Sends back what comes, and ends when the client does.</summary>
    public static StreamBackend Echo() => new(static async socket =>
    {
        byte[] buffer = new byte[32 * 1024];
        while (await socket.ReceiveAsync(buffer) is > 0 and int count)
        {
            for (int sent = 0; sent < count;)
            {
                sent += await socket.SendAsync(buffer.AsMemory(sent, count - sent));
            }
        }

        socket.Shutdown(SocketShutdown.Send);
    });

    /// <summary>Says its name, and ends.</summary>
    public static StreamBackend Named(string name) => new(async socket =>
    {
        await socket.SendAsync(Encoding.Latin1.GetBytes(name));
        socket.Shutdown(SocketShutdown.Send);
        await DrainAsync(socket);
    });

    /// <summary>Says its name inside of TLS, and ends.</summary>
    public static StreamBackend NamedTls(string name, TestCertificate certificate) => new(async socket =>
    {
        using var tls = new SslStream(new NetworkStream(socket));
        await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions
        {
            ServerCertificate = certificate.Usable,
            ApplicationProtocols = [new SslApplicationProtocol("istio"), new SslApplicationProtocol("http/1.1")],
        });
        await tls.WriteAsync(Encoding.Latin1.GetBytes(name + "\n"));
        await tls.ShutdownAsync();
        socket.Shutdown(SocketShutdown.Send);
        await DrainAsync(socket);
    });

    /// <summary>An address where nobody listens.</summary>
    public static IPEndPoint Refusing()
    {
        using var backend = Echo();
        return backend.EndPoint;
    }

    private static async Task DrainAsync(Socket socket)
    {
        byte[] buffer = new byte[4096];
        while (await socket.ReceiveAsync(buffer) > 0)
        {
            // A close with bytes unread would be a reset.
        }
    }
}
