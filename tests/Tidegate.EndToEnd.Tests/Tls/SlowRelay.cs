using System.Net;
using System.Net.Sockets;

namespace Tidegate.EndToEnd.Tests.Tls;

/// <summary>Passes one connection on, and what the client sends in small pieces, each a segment of its own.</summary>
public sealed class SlowRelay : IDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly CancellationTokenSource _stopping = new();
    private readonly IPEndPoint _server;
    private readonly int _pieceBytes;

    /// <summary>A relay to a server.</summary>
    public SlowRelay(IPEndPoint server, int pieceBytes)
    {
        _server = server;
        _pieceBytes = pieceBytes;
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
        EndPoint = (IPEndPoint)_listener.LocalEndPoint!;
        _ = RelayAsync();
    }

    /// <summary>Where it listens.</summary>
    public IPEndPoint EndPoint { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        _stopping.Cancel();
        _listener.Dispose();
        _stopping.Dispose();
    }

    private async Task RelayAsync()
    {
        CancellationToken stopping = _stopping.Token;
        try
        {
            using Socket client = await _listener.AcceptAsync(stopping);
            using var server = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await server.ConnectAsync(_server, stopping);
            await Task.WhenAll(CopyAsync(client, server, _pieceBytes, stopping), CopyAsync(server, client, int.MaxValue, stopping));
        }
        catch (Exception over) when (over is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // One side closed, or the test is over: that ends the relay.
            return;
        }
    }

    private static async Task CopyAsync(Socket from, Socket to, int pieceBytes, CancellationToken stopping)
    {
        byte[] buffer = new byte[16 * 1024];
        int count;
        while ((count = await from.ReceiveAsync(buffer, stopping)) > 0)
        {
            for (int i = 0; i < count; i += pieceBytes)
            {
                await to.SendAsync(buffer.AsMemory(i, Math.Min(pieceBytes, count - i)), stopping);
                if (pieceBytes < int.MaxValue)
                {
                    await Task.Yield();
                }
                else
                {
                    break;
                }
            }
        }

        to.Shutdown(SocketShutdown.Send);
    }
}
