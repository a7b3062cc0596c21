namespace Tidegate.Hosting.Background;

/// <summary>Work that is repeated for as long as nobody stops it: no exception ends it, and it does not keep the process from its end.</summary>
public sealed class BackgroundLoop : IAsyncDisposable
{
    // A turn that is cancelled ends at once, unless the system holds it.
    private static readonly TimeSpan EndTime = TimeSpan.FromSeconds(2);

    private readonly BackgroundWork _work;
    private readonly string _name;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _running;

    internal BackgroundLoop(BackgroundWork work, string name, Func<CancellationToken, Task> turn, Action? ended)
    {
        _work = work;
        _name = name;
        _running = Task.Run(async () =>
        {
            await RunAsync(turn).ConfigureAwait(false);
            if (ended is not null)
            {
                work.Guard(name, ended);
            }
        });
    }

    /// <summary>Whether it was told to stop.</summary>
    public bool IsStopping => _stopping.IsCancellationRequested;

    /// <summary>Lets it end, and does not wait for that.</summary>
    public void Stop() => _stopping.Cancel();

    /// <summary>Lets it end, and waits for that; a turn that hangs is left behind.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        if (await Task.WhenAny(_running, Task.Delay(EndTime)).ConfigureAwait(false) != _running)
        {
            _work.ReportHanging(_name);
        }
    }

    private async Task RunAsync(Func<CancellationToken, Task> turn)
    {
        int failures = 0;
        string? told = null;
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                await turn(_stopping.Token).ConfigureAwait(false);
                if (told is not null)
                {
                    _work.ReportRecovered(_name);
                }

                told = null;
                failures = 0;
            }
            catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                // 1. The same again is counted and not told again.
                string failure = $"{exception.GetType()}: {exception.Message}";
                if (failure == told)
                {
                    _work.Count();
                }
                else
                {
                    _work.Report(_name, exception);
                }

                told = failure;

                // 2. A pause, so that what fails at once does not take a processor.
                await Task.Delay(_work.Pause.After(++failures), _work.Time, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }
}
