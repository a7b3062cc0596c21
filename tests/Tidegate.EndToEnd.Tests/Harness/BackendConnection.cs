using System.Net.Sockets;
using System.Text;

namespace Tidegate.EndToEnd.Tests.Harness;

/// <summary>One connection that the gateway opened to a <see cref="ScriptedBackend"/>; a script drives it.</summary>
public sealed class BackendConnection : IDisposable
{
    private readonly ScriptedBackend _backend;
    private readonly Socket _socket;
    private readonly NetworkStream _stream;
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal BackendConnection(ScriptedBackend backend, Socket socket, CancellationToken stopping)
    {
        _backend = backend;
        _socket = socket;
        _socket.NoDelay = true;
        _stream = new NetworkStream(socket, ownsSocket: true);
        Reader = new WireReader(_stream);
        Stopping = stopping;
    }

    /// <summary>What arrives.</summary>
    public WireReader Reader { get; }

    /// <summary>Ends when the test is over.</summary>
    public CancellationToken Stopping { get; }

    /// <summary>Done when this side has closed the connection, be it because the gateway had.</summary>
    public Task Closed => _closed.Task;

    /// <summary>Start line and fields of the next request; null when the gateway closed the connection. Not recorded.</summary>
    public Task<(string StartLine, WireHeaders Headers)?> ReadHeadAsync() => Reader.ReadHeadAsync(Stopping);

    /// <summary>The next request with its body, recorded; null when the gateway closed the connection.</summary>
    public async Task<BackendRequest?> ReadRequestAsync()
    {
        if (await ReadHeadAsync() is not ({ } startLine, { } headers))
        {
            return null;
        }

        string[] words = startLine.Split(' ');
        if (words is not [var method, var target, "HTTP/1.1"])
        {
            throw new WireException($"not a request line: \"{startLine}\"");
        }

        if (headers.All("host").Length != 1)
        {
            throw new WireException($"host fields: {string.Join(" and ", headers.All("host"))}");
        }

        byte[] body = headers.BodyLength() switch
        {
            null => [],
            -1 => await Reader.ReadChunkedAsync(Stopping),
            { } length => await Reader.ReadExactlyAsync(length, Stopping),
        };
        var request = new BackendRequest(method, target, headers, body);
        _backend.Record(request);
        return request;
    }

    /// <summary>Sends Latin-1 text.</summary>
    public async Task SendAsync(string text) => await SendAsync(Encoding.Latin1.GetBytes(text));

    /// <summary>Sends bytes.</summary>
    public async Task SendAsync(ReadOnlyMemory<byte> bytes) => await _stream.WriteAsync(bytes, Stopping);

    /// <summary>Reads until the gateway closes the connection, so that a script can hold it open.</summary>
    public async Task UntilClosedByGatewayAsync()
    {
        while (!await Reader.IsAtEndAsync(Stopping))
        {
            await Reader.ReadExactlyAsync(Reader.UnreadBytes, Stopping);
        }
    }

    /// <summary>Ends it cleanly.</summary>
    public void Close()
    {
        _stream.Dispose();
        _closed.TrySetResult();
    }

    /// <inheritdoc/>
    public void Dispose() => Close();

    /// <summary>Ends it with a reset.</summary>
    public void Reset()
    {
        // Not by way of the stream: its end would be an orderly one before the reset.
        _socket.LingerState = new LingerOption(true, 0);
        _socket.Close();
        Close();
    }
}
