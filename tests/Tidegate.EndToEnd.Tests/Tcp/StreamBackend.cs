using System.Net;
using System.Net.Sockets;

namespace Tidegate.EndToEnd.Tests.Tcp;

/// <summary>A server that handles each connection as a test says, whatever the protocol.</summary>
internal sealed class StreamBackend : IDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly Func<Socket, Task> _serve;

    public StreamBackend(Func<Socket, Task> serve)
    {
        _serve = serve;
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
        EndPoint = (IPEndPoint)_listener.LocalEndPoint!;
        _ = AcceptAsync();
    }

    public IPEndPoint EndPoint { get; }

    public void Dispose() => _listener.Dispose();

    private async Task AcceptAsync()
    {
        while (true)
        {
            Socket socket;
            try
            {
                socket = await _listener.AcceptAsync();
            }
            catch (Exception ended) when (ended is SocketException or ObjectDisposedException)
            {
                return; // the test is over
            }

            _ = ServeAsync(socket);
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        using (socket)
        {
            try
            {
                await _serve(socket);
            }
            catch (Exception gone) when (gone is SocketException or IOException or ObjectDisposedException)
            {
                socket.Dispose(); // the gateway went first, which some tests want
            }
        }
    }
}
