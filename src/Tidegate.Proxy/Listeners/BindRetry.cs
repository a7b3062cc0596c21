using Microsoft.Extensions.Logging;

namespace Tidegate.Proxy.Listeners;

/// <summary>Tries again, after a while and as often as needed, to open addresses that could not be had.</summary>
/// <param name="time">The clock.</param>
/// <param name="intervalMs">How long to wait before the next try, in milliseconds.</param>
/// <param name="retry">Tries; true when something is still missing.</param>
/// <param name="logger">Takes what nobody expected.</param>
internal sealed partial class BindRetry(TimeProvider time, long intervalMs, Func<CancellationToken, Task<bool>> retry, ILogger logger) : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _lock = new();
    private Task _running = Task.CompletedTask;

    /// <summary>Something is missing: tries are made until nothing is. Does nothing when they are already.</summary>
    public void Start()
    {
        lock (_lock)
        {
            if (_running.IsCompleted && !_stop.IsCancellationRequested)
            {
                _running = RunAsync();
            }
        }
    }

    /// <summary>Ends it; a try that is under way is finished.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        Task running;
        lock (_lock)
        {
            running = _running;
        }

        await running;
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        bool isMissing = true;
        while (isMissing)
        {
            try
            {
                await Task.Delay(TimeSpan.FromMilliseconds(intervalMs), time, _stop.Token);
                isMissing = await retry(_stop.Token);
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                LogFailed(logger, exception);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "addresses that could not be had were not tried again; the next try is made as usual")]
    private static partial void LogFailed(ILogger logger, Exception exception);
}
