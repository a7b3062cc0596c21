using System.Net;
using System.Net.Sockets;
using Tidegate.EndToEnd.Tests.Harness;

namespace Tidegate.EndToEnd.Tests.Upstream;

/// <summary>A listening socket whose queue is full: attempts to connect are dropped, as by a firewall.</summary>
public sealed class BlackHole : IDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly List<Socket> _clients = [];

    /// <summary>Listens, and fills its own queue.</summary>
    public BlackHole()
    {
        _listener.Bind(new IPEndPoint(Loopback.Next(), 0));
        _listener.Listen(0);
        for (int i = 0; i < 4; i++)
        {
            var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { Blocking = false };
            _clients.Add(client);
            try
            {
                client.Connect(EndPoint);
            }
            catch (SocketException underWay) when (underWay.SocketErrorCode is SocketError.WouldBlock or SocketError.InProgress)
            {
                continue; // it fills the queue
            }
        }
    }

    /// <summary>Where nothing is ever taken.</summary>
    public IPEndPoint EndPoint => (IPEndPoint)_listener.LocalEndPoint!;

    /// <inheritdoc/>
    public void Dispose()
    {
        _clients.ForEach(static client => client.Dispose());
        _listener.Dispose();
    }
}
