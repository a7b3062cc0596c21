using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Tidegate.EndToEnd.Tests.Harness;

/// <summary>A request as the backend got it.</summary>
/// <param name="Method">As on the wire.</param>
/// <param name="Target">As on the wire.</param>
/// <param name="Headers">The fields.</param>
/// <param name="BodyBytes">The body, decoded from chunks.</param>
public sealed record BackendRequest(string Method, string Target, WireHeaders Headers, byte[] BodyBytes)
{
    /// <summary>The body as text.</summary>
    public string Body => Encoding.UTF8.GetString(BodyBytes);
}

/// <summary>
/// A backend on a raw socket: records what it gets, answers as told. It reads with <see cref="WireReader"/>, so that anything
/// ambiguous that the gateway might send is a violation, which <see cref="AssertSawNothingAmbiguous"/> reports.
/// </summary>
public sealed class ScriptedBackend : IAsyncDisposable
{
    /// <summary>A complete answer with the text "ok".</summary>
    public const string Ok = "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 2\r\n\r\nok";

    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentQueue<BackendRequest> _requests = new();
    private readonly ConcurrentQueue<BackendConnection> _connections = new();
    private readonly ConcurrentQueue<string> _violations = new();
    private readonly Task _accepting;

    private ScriptedBackend(IPAddress address)
    {
        _listener.Bind(new IPEndPoint(address, 0));
        _listener.Listen(512);
        EndPoint = (IPEndPoint)_listener.LocalEndPoint!;
        _accepting = AcceptAsync();
    }

    /// <summary>Where it listens.</summary>
    public IPEndPoint EndPoint { get; }

    /// <summary>What happens on a new connection; answers every request with <see cref="Answer"/> unless set.</summary>
    public Func<BackendConnection, Task>? Script { get; set; }

    /// <summary>The bytes that answer a request.</summary>
    public Func<BackendRequest, string> Answer { get; set; } = _ => Ok;

    /// <summary>Everything that was read as a request, in the order of arrival.</summary>
    public IReadOnlyList<BackendRequest> Requests => [.. _requests];

    /// <summary>The one request that must have come.</summary>
    public BackendRequest SingleRequest => Assert.Single(_requests);

    /// <summary>All connections so far.</summary>
    public IReadOnlyList<BackendConnection> Connections => [.. _connections];

    /// <summary>All bytes of all connections.</summary>
    public string Received => string.Concat(_connections.Select(connection => Encoding.Latin1.GetString(connection.Reader.Transcript)));

    /// <summary>Starts to listen on a free port of the address.</summary>
    public static ScriptedBackend Start(IPAddress address) => new(address);

    /// <summary>Fails when something that came was not plain, unambiguous HTTP/1.1.</summary>
    public void AssertSawNothingAmbiguous() => Assert.Empty(_violations);

    /// <summary>Keeps the request.</summary>
    internal void Record(BackendRequest request) => _requests.Enqueue(request);

    /// <summary>No more connections are taken: connecting is refused from now on.</summary>
    public void StopListening() => _listener.Close();

    /// <summary>Ends as a killed process does: nothing is taken any more, and every connection is reset.</summary>
    public void Kill()
    {
        StopListening();
        foreach (BackendConnection connection in _connections)
        {
            connection.Reset();
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Close();
        await _accepting;
        foreach (BackendConnection connection in _connections)
        {
            connection.Close();
        }

        _stopping.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            Socket socket;
            try
            {
                socket = await _listener.AcceptAsync(_stopping.Token);
            }
            catch (Exception closed) when (closed is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                return;
            }

            var connection = new BackendConnection(this, socket, _stopping.Token);
            _connections.Enqueue(connection);
            _ = ServeAsync(connection);
        }
    }

    private async Task ServeAsync(BackendConnection connection)
    {
        try
        {
            await (Script ?? AnswerAllAsync)(connection);
        }
        catch (WireException violation)
        {
            _violations.Enqueue(violation.Message);
        }
        catch (Exception gone) when (gone is IOException or OperationCanceledException or ObjectDisposedException or SocketException)
        {
            // The gateway may close at any time; what it had sent until then is recorded.
            connection.Close();
            return;
        }

        connection.Close();
    }

    private async Task AnswerAllAsync(BackendConnection connection)
    {
        while (await connection.ReadRequestAsync() is { } request)
        {
            await connection.SendAsync(Answer(request));
        }
    }
}
