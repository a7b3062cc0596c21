using System.Net.Sockets;
using System.Text;
using Tidegate.EndToEnd.Tests.Harness;

namespace Tidegate.EndToEnd.Tests.Tcp;

/// <summary>A client that sends and receives bytes of no protocol.</summary>
internal sealed class StreamClient : IDisposable
{
    private StreamClient(Socket socket) => Socket = socket;

    /// <summary>The socket.</summary>
    public Socket Socket { get; }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Connects to a port of the gateway.</summary>
    public static async Task<StreamClient> ConnectAsync(GatewayProcess gateway, int port = 31400)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(gateway.At(port), Cancellation);
        return new StreamClient(socket);
    }

    /// <summary>What a new connection says first: backends of these tests begin with their name.</summary>
    public static async Task<string> NameAtAsync(GatewayProcess gateway, int port = 31400)
    {
        using StreamClient client = await ConnectAsync(gateway, port);
        return await client.ReceiveToEndAsync();
    }

    /// <summary>Sends text.</summary>
    public async Task SendAsync(string text) => await Socket.SendAsync(Encoding.Latin1.GetBytes(text), Cancellation);

    /// <summary>Sends and waits until as much has come back.</summary>
    public async Task EchoAsync(string text)
    {
        await SendAsync(text);
        Assert.Equal(text, await ReceiveAsync(text.Length));
    }

    /// <summary>So many bytes.</summary>
    public async Task<string> ReceiveAsync(int length)
    {
        byte[] bytes = new byte[length];
        for (int received = 0; received < length;)
        {
            int count = await Socket.ReceiveAsync(bytes.AsMemory(received)).AsTask().WithinPatienceAsync("bytes come");
            Assert.NotEqual(0, count);
            received += count;
        }

        return Encoding.Latin1.GetString(bytes);
    }

    /// <summary>All until the end. A reset is an exception.</summary>
    public Task<string> ReceiveToEndAsync() => ReceiveToEndAsync(Socket);

    /// <summary>All until the end, of any socket.</summary>
    public static async Task<string> ReceiveToEndAsync(Socket socket)
    {
        var text = new StringBuilder();
        byte[] buffer = new byte[4096];
        while (await socket.ReceiveAsync(buffer.AsMemory()).AsTask().WithinPatienceAsync("the end comes") is > 0 and int count)
        {
            text.Append(Encoding.Latin1.GetString(buffer, 0, count));
        }

        return text.ToString();
    }

    /// <summary>Waits for the end, with nothing before it. A reset will do: with bytes unread the gateway's system sends one.</summary>
    public async Task AssertClosedAsync()
    {
        try
        {
            Assert.Equal("", await ReceiveToEndAsync());
        }
        catch (SocketException exception)
        {
            // On a busy machine the end may come before the system has told that the connection was made.
            Assert.True(exception.SocketErrorCode is SocketError.ConnectionReset or SocketError.NotConnected, exception.ToString());
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Socket.Dispose();
}
