using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using Tidegate.Net.Epoll;

namespace Tidegate.Net.Tests;

/// <summary>
/// A running loop for one test, and what a test needs to work on it from outside. What nobody caught on the loop fails the test.
/// </summary>
internal sealed class LoopFixture : IAsyncDisposable
{
    /// <summary>How long a test waits for what must happen.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    public LoopFixture(Func<EventLoopOptions, EventLoopOptions>? configure = null)
    {
        var options = new EventLoopOptions { Name = "test-loop", OnUnhandled = (exception, context) => Unhandled.Enqueue((exception, context)) };
        Loop = PlatformLoop.Create(0, configure is null ? options : configure(options));
        Loop.Start();
    }

    public EventLoop Loop { get; }

    public ConcurrentQueue<(Exception Exception, string Context)> Unhandled { get; } = new();

    public static IPEndPoint AnyPort => new(IPAddress.Loopback, 0);

    /// <summary>Runs on the loop; the task completes outside of it.</summary>
    public Task<T> RunAsync<T>(Func<ValueTask<T>> action)
    {
        var completion = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        Loop.Post(
            async _ =>
            {
                try
                {
                    completion.SetResult(await action());
                }
                catch (Exception exception)
                {
                    completion.SetException(exception);
                }
            },
            null);
        return completion.Task.WaitAsync(Patience);
    }

    public Task RunAsync(Func<ValueTask> action) => RunAsync(async () =>
    {
        await action();
        return true;
    });

    public Task RunAsync(Action action) => RunAsync(() =>
    {
        action();
        return ValueTask.CompletedTask;
    });

    /// <summary>Lets the loop make some turns, so that what has arrived at its sockets has been seen.</summary>
    public async Task SettleAsync()
    {
        for (int i = 0; i < 3; i++)
        {
            await RunAsync(() => { });
        }
    }

    /// <summary>Listens on a free port of 127.0.0.1.</summary>
    public Task<ListenSocket> ListenAsync(Action<Connection> onAccepted, ListenOptions? options = null) =>
        RunAsync(() => ValueTask.FromResult(Loop.Listen(AnyPort, options ?? new ListenOptions(), new Acceptor(onAccepted), out _)!));

    /// <summary>A connection of the loop with a plain socket at its other end.</summary>
    public async Task<(Connection Connection, Socket Peer)> PairAsync(ListenOptions? options = null)
    {
        var accepted = new TaskCompletionSource<Connection>(TaskCreationOptions.RunContinuationsAsynchronously);
        ListenSocket listener = await ListenAsync(accepted.SetResult, options);
        var peer = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await peer.ConnectAsync(listener.LocalEndPoint).WaitAsync(Patience);
        Connection connection = await accepted.Task.WaitAsync(Patience);
        await RunAsync(listener.Close);
        return (connection, peer);
    }

    public async ValueTask DisposeAsync()
    {
        await Loop.StopAsync().WaitAsync(Patience);
        Assert.Empty(Unhandled);
    }
}

/// <summary>Serves every accepted connection with a function.</summary>
internal sealed class Server(Func<Connection, ValueTask> serve) : IAcceptHandler
{
    public void OnAccepted(Connection connection) => _ = serve(connection).AsTask();

    public void OnAcceptFailed(IoError error) => throw new InvalidOperationException(error.ToString());
}

/// <summary>Hands every accepted connection over and remembers failures.</summary>
internal sealed class Acceptor(Action<Connection> onAccepted) : IAcceptHandler
{
    private readonly Channel<IoError> _failed = Channel.CreateUnbounded<IoError>();

    public ConcurrentQueue<IoError> Failures { get; } = new();

    public void OnAccepted(Connection connection) => onAccepted(connection);

    public void OnAcceptFailed(IoError error)
    {
        Failures.Enqueue(error);
        _ = _failed.Writer.TryWrite(error);
    }

    public async Task WaitForFailuresAsync(int count)
    {
        for (int i = 0; i < count; i++)
        {
            _ = await _failed.Reader.ReadAsync().AsTask().WaitAsync(LoopFixture.Patience);
        }
    }
}

/// <summary>Writes down what a connection tells.</summary>
internal sealed class Recorder(Action? onReadable = null) : IConnectionEvents
{
    private readonly Channel<string> _happened = Channel.CreateUnbounded<string>();

    public ConcurrentQueue<string> Events { get; } = new();

    public void OnReadable() => Record("readable", onReadable);

    public void OnPeerClosed(bool reset) => Record(reset ? "reset" : "closed", null);

    /// <summary>Waits until so many events have come.</summary>
    public async Task<string[]> WaitAsync(int count)
    {
        for (int i = 0; i < count; i++)
        {
            _ = await _happened.Reader.ReadAsync().AsTask().WaitAsync(LoopFixture.Patience);
        }

        return [.. Events];
    }

    private void Record(string what, Action? then)
    {
        Events.Enqueue(what);
        then?.Invoke();
        _ = _happened.Writer.TryWrite(what);
    }
}
