using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Tidegate.EndToEnd.Tests.Harness;

/// <summary>A client that sends exactly the bytes it is told to and reads answers strictly.</summary>
public sealed class RawClient : IDisposable
{
    private readonly Socket _socket;
    private readonly NetworkStream _stream;

    private RawClient(Socket socket)
    {
        _socket = socket;
        _stream = new NetworkStream(socket, ownsSocket: true);
        Reader = new WireReader(_stream);
    }

    /// <summary>What arrives.</summary>
    public WireReader Reader { get; }

    /// <summary>Our own end.</summary>
    public IPEndPoint LocalEndPoint => (IPEndPoint)_socket.LocalEndPoint!;

    /// <summary>The socket, for tests that need its options.</summary>
    public Socket Socket => _socket;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>
    /// Connects; <paramref name="receiveBuffer"/> keeps the kernel's receive buffer small for tests of back-pressure, and
    /// <paramref name="from"/> is the address that the server is to see.
    /// </summary>
    public static async Task<RawClient> ConnectAsync(IPEndPoint server, int? receiveBuffer = null, IPAddress? from = null)
    {
        var socket = new Socket(server.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        if (receiveBuffer is { } bytes)
        {
            socket.ReceiveBufferSize = bytes;
        }

        if (from is not null)
        {
            socket.Bind(new IPEndPoint(from, 0));
        }

        await socket.ConnectAsync(server, Cancellation);
        return new RawClient(socket);
    }

    /// <summary>Sends Latin-1 text, so that each character is one byte.</summary>
    public Task SendAsync(string text) => SendAsync(Encoding.Latin1.GetBytes(text));

    /// <summary>Sends bytes.</summary>
    public async Task SendAsync(ReadOnlyMemory<byte> bytes) => await _stream.WriteAsync(bytes, Cancellation);

    /// <summary>
    /// Sends what the other side will still take: the gateway may refuse a hostile message and close before all of it is sent.
    /// False when it did.
    /// </summary>
    public async Task<bool> TrySendAsync(string text)
    {
        try
        {
            await SendAsync(text);
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    /// <summary>Sends in pieces, each on its own, so that the gateway sees the message split there.</summary>
    public async Task SendInPiecesAsync(string text, int pieceLength)
    {
        for (int i = 0; i < text.Length; i += pieceLength)
        {
            await SendAsync(text.Substring(i, Math.Min(pieceLength, text.Length - i)));
            await Task.Yield();
        }
    }

    /// <summary>No more from us; the other direction stays open.</summary>
    public void FinishSending() => _socket.Shutdown(SocketShutdown.Send);

    /// <summary>Ends the connection with a reset.</summary>
    public void Reset()
    {
        _socket.LingerState = new LingerOption(true, 0);
        _socket.Close();
    }

    /// <summary>The next response, also an interim one. <paramref name="toHead"/>: it answers a HEAD, so no body follows.</summary>
    public async Task<WireResponse> ReadResponseAsync(bool toHead = false) =>
        await ReadResponseCoreAsync(toHead).WithinPatienceAsync("the response");

    /// <summary>Sends and reads the answer.</summary>
    public async Task<WireResponse> ExchangeAsync(string request)
    {
        await SendAsync(request);
        return await ReadResponseAsync(request.StartsWith("HEAD ", StringComparison.Ordinal));
    }

    /// <summary>Whether the gateway ended the connection and sent nothing more; waits for it.</summary>
    public async Task AssertClosedAsync()
    {
        bool isAtEnd;
        try
        {
            isAtEnd = await Reader.IsAtEndAsync(Cancellation).WithinPatienceAsync("the gateway closes the connection");
        }
        catch (IOException)
        {
            isAtEnd = true; // a reset ends it as well
        }

        Assert.True(isAtEnd, $"the gateway sent more where it should have closed: {Encoding.Latin1.GetString(Reader.Transcript)}");
    }

    /// <inheritdoc/>
    public void Dispose() => _stream.Dispose();

    private async Task<WireResponse> ReadResponseCoreAsync(bool toHead)
    {
        (string StartLine, WireHeaders Headers) head = await Reader.ReadHeadAsync(Cancellation) ?? throw new WireException("closed without an answer");
        if (!System.Text.RegularExpressions.Regex.IsMatch(head.StartLine, @"^HTTP/1\.[01] [1-5]\d\d( .*)?$"))
        {
            throw new WireException($"not a status line: \"{head.StartLine}\"");
        }

        var response = new WireResponse(head.StartLine, head.Headers, []);
        long? length = head.Headers.BodyLength();
        if (toHead || response.Status is < 200 or 204 or 304)
        {
            return response;
        }

        byte[] body = length switch
        {
            null => await Reader.ReadToEndAsync(Cancellation),
            -1 => await Reader.ReadChunkedAsync(Cancellation),
            { } bytes => await Reader.ReadExactlyAsync(bytes, Cancellation),
        };
        return response with { BodyBytes = body };
    }
}
