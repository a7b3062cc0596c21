using System.Net;
using System.Net.Sockets;

namespace Tidegate.EndToEnd.Tests.Harness;

/// <summary>A listening socket whose queue is full: SYNs are dropped, as by a firewall.</summary>
public sealed class BlackHole : IDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly List<Socket> _clients = [];

    /// <summary>Fills the queue.</summary>
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

    /// <summary>Where nobody answers.</summary>
    public IPEndPoint EndPoint => (IPEndPoint)_listener.LocalEndPoint!;

    /// <inheritdoc/>
    public void Dispose()
    {
        _clients.ForEach(static client => client.Dispose());
        _listener.Dispose();
    }
}
