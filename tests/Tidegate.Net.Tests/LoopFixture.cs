using System.Net;

namespace Tidegate.Net.Tests;

/// <summary>A running loop for one test, and what a test needs to work on it from outside.</summary>
internal sealed class LoopFixture : IAsyncDisposable
{
    private readonly List<Exception> _unhandled = [];

    public LoopFixture()
    {
        Loop = EventLoop.Create(0, new EventLoopOptions { Name = "test-loop", OnUnhandled = (exception, _) => _unhandled.Add(exception) });
        Loop.Start();
    }

    public EventLoop Loop { get; }

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
        return completion.Task.WaitAsync(TimeSpan.FromSeconds(20));
    }

    public async ValueTask DisposeAsync()
    {
        await Loop.StopAsync();
        Assert.Empty(_unhandled);
    }
}

/// <summary>Serves every accepted connection with a function.</summary>
internal sealed class Server(Func<Connection, ValueTask> serve) : IAcceptHandler
{
    public void OnAccepted(Connection connection) => _ = serve(connection).AsTask();

    public void OnAcceptFailed(IoError error) => throw new InvalidOperationException(error.ToString());
}
