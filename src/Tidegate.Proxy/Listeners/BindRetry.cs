using Tidegate.Hosting.Background;

namespace Tidegate.Proxy.Listeners;

/// <summary>Tries again, after a while and as often as needed, to open addresses that could not be had.</summary>
internal sealed class BindRetry : IAsyncDisposable
{
    private readonly BackgroundWork _work;
    private readonly TimeSpan _interval;
    private readonly Func<CancellationToken, Task<bool>> _retry;
    private readonly SemaphoreSlim _wanted = new(0);
    private readonly BackgroundLoop _loop;

    /// <param name="work">Where it runs.</param>
    /// <param name="intervalMs">How long to wait before the next try, in milliseconds.</param>
    /// <param name="retry">Tries; true when something is still missing.</param>
    public BindRetry(BackgroundWork work, long intervalMs, Func<CancellationToken, Task<bool>> retry)
    {
        _work = work;
        _interval = TimeSpan.FromMilliseconds(intervalMs);
        _retry = retry;
        _loop = work.Repeat("opening addresses that could not be had", TryAsync);
    }

    /// <summary>Something is missing: tries are made until nothing is.</summary>
    public void Start()
    {
        if (_wanted.CurrentCount == 0)
        {
            _wanted.Release();
        }
    }

    /// <summary>Ends it.</summary>
    public async ValueTask DisposeAsync()
    {
        await _loop.DisposeAsync();
        _wanted.Dispose();
    }

    private async Task TryAsync(CancellationToken stopping)
    {
        await _wanted.WaitAsync(stopping);
        bool isMissing = true;
        try
        {
            await Task.Delay(_interval, _work.Time, stopping);
            isMissing = await _retry(stopping);
        }
        finally
        {
            if (isMissing)
            {
                Start();
            }
        }
    }
}
