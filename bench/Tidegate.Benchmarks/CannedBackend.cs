using System.Net;
using System.Net.Sockets;

namespace Tidegate.Benchmarks;

/// <summary>A backend that answers every request on every connection with the same bytes, from one thread, allocating nothing.</summary>
public sealed class CannedBackend : IDisposable
{
    private static readonly byte[] Answer =
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 88\r\n\r\n{\"id\":\"0123456789\",\"name\":\"Tide clock\",\"price\":58.75,\"department\":\"instruments\",\"n\":111}"u8.ToArray();

    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    /// <summary>Starts it at a free port of an address.</summary>
    public CannedBackend(IPAddress address)
    {
        _listener.Bind(new IPEndPoint(address, 0));
        _listener.Listen();
        new Thread(AcceptAll) { IsBackground = true }.Start();
    }

    /// <summary>Where it is.</summary>
    public IPEndPoint EndPoint => (IPEndPoint)_listener.LocalEndPoint!;

    /// <inheritdoc/>
    public void Dispose() => _listener.Dispose();

    private void AcceptAll()
    {
        while (true)
        {
            Socket connection;
            try
            {
                connection = _listener.Accept();
            }
            catch (SocketException)
            {
                return; // disposed
            }

            connection.NoDelay = true;
            new Thread(() => AnswerAll(connection)) { IsBackground = true }.Start();
        }
    }

    private static void AnswerAll(Socket connection)
    {
        byte[] request = new byte[4096];
        using (connection)
        {
            // A request without a body fits one segment on loopback.
            while (connection.Receive(request, SocketFlags.None, out SocketError error) > 0 && error == SocketError.Success)
            {
                connection.Send(Answer, SocketFlags.None, out error);
            }
        }
    }
}
