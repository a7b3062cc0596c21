using Tidegate.Running;

namespace Tidegate.Composition;

/// <summary>
/// The end of the process: is asked for once, and comes in bounded time. Whatever hangs while parts are stopped (a file, a lock, the thread pool), the process ends: that is
/// waited for on a thread of its own.
/// </summary>
/// <param name="limit">How long a gentle end may take.</param>
/// <param name="logger">Is told why the gateway ends.</param>
internal sealed partial class ProcessEnd(TimeSpan limit, ILogger logger) : IDisposable
{
    private const int ForcedExitCode = 1;

    private readonly TaskCompletionSource<EndRequest> _request = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ManualResetEventSlim _reached = new();

    /// <summary>Done when the end is asked for.</summary>
    public Task<EndRequest> Requested => _request.Task;

    /// <summary>Asks for the end; false when that was asked for before.</summary>
    public bool TryBegin(EndRequest request)
    {
        if (!_request.TrySetResult(request))
        {
            return false;
        }

        LogEnding(logger, request.Reason);
        new Thread(Wait) { IsBackground = true, Name = "end" }.Start();
        return true;
    }

    /// <summary>The end is reached.</summary>
    public void Dispose() => _reached.Set();

    private void Wait()
    {
        if (!_reached.Wait(limit))
        {
            LogForced(logger);
            Environment.Exit(ForcedExitCode);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "ending: {Reason}; a second signal ends at once")]
    private static partial void LogEnding(ILogger logger, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "the gateway did not come to its end in time; the process ends as it is")]
    private static partial void LogForced(ILogger logger);
}
