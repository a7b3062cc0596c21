using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Text;
using Tidegate.Net;
using Tidegate.Proxy.Workers;

namespace Tidegate.Proxy.Filters.OAuth2;

/// <summary>Tokens that a refresh token has become, or why it has not.</summary>
/// <param name="Answer">What the provider has said.</param>
/// <param name="AtSeconds">When, in seconds since 1970.</param>
internal sealed record RefreshedTokens(TokenAnswer Answer, long AtSeconds);

/// <summary>
/// Refresh tokens that are being exchanged, or were not long ago: each is sent once, whichever requests have it and whichever worker they are on, as providers take it once.
/// A client's requests that were sent before it had the answer of the first get the same tokens. Safe for all workers.
/// </summary>
internal sealed class TokenRefreshes
{
    // How long requests may still come with the token that was exchanged.
    private const long KeptMs = 30_000;

    private readonly ConcurrentDictionary<ContentDigest, Refresh> _refreshes = [];
    private long _sweptMs;

    /// <summary>Exchanges a refresh token, or waits for that.</summary>
    /// <param name="settings">Whose token.</param>
    /// <param name="token">The token.</param>
    /// <param name="run">The request that needs it.</param>
    [AsyncMethodBuilder(typeof(LoopMethodBuilder<>))]
    public async ValueTask<RefreshedTokens> GetAsync(OAuth2Settings settings, byte[] token, FilterRun run)
    {
        var digest = ContentDigest.Of([.. Encoding.UTF8.GetBytes(settings.ClientId), 0, .. settings.TokenEndpoint.Authority, .. settings.TokenEndpoint.Path, 0, .. token]);
        long nowMs = Environment.TickCount64;
        Sweep(nowMs);
        Refresh refresh = _refreshes.GetOrAdd(digest, static _ => new Refresh());
        if (refresh.TryBegin(nowMs, KeptMs, out Task<RefreshedTokens> pending) is { } done)
        {
            // Whoever asks may go away meanwhile; others wait too.
            run.Worker.Run(AskAsync(settings, token, run.Services, run.Worker, refresh, done));
        }

        return await pending.WaitAsync(run.Cancellation);
    }

    [AsyncMethodBuilder(typeof(LoopMethodBuilder))]
    private static async ValueTask AskAsync(
        OAuth2Settings settings, byte[] token, FilterServices services, Worker worker, Refresh refresh, TaskCompletionSource<RefreshedTokens> done)
    {
        TokenAnswer answer = TokenAnswer.None;
        try
        {
            answer = await settings.TokenEndpoint.RefreshAsync(services, worker, Encoding.ASCII.GetString(token), CancellationToken.None);
        }
        finally
        {
            refresh.End(Environment.TickCount64);
            done.SetResult(new RefreshedTokens(answer, (worker.UtcTicks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerSecond));
        }
    }

    private void Sweep(long nowMs)
    {
        long last = Interlocked.Read(ref _sweptMs);
        if (nowMs - last < KeptMs || Interlocked.CompareExchange(ref _sweptMs, nowMs, last) != last)
        {
            return;
        }

        foreach ((ContentDigest digest, Refresh refresh) in _refreshes)
        {
            if (refresh.IsOld(nowMs, KeptMs))
            {
                _refreshes.TryRemove(digest, out _);
            }
        }
    }

    private sealed class Refresh
    {
        private readonly Lock _lock = new();
        private Task<RefreshedTokens>? _asking;
        private long _endedMs = long.MaxValue;

        // Null: it is under way, or was done, and pending has what came of it.
        public TaskCompletionSource<RefreshedTokens>? TryBegin(long nowMs, long keptMs, out Task<RefreshedTokens> pending)
        {
            lock (_lock)
            {
                if (_asking is { } known && (!known.IsCompleted || (known.Result.Answer.Tokens is not null && nowMs - _endedMs < keptMs)))
                {
                    pending = known;
                    return null;
                }

                var source = new TaskCompletionSource<RefreshedTokens>(TaskCreationOptions.RunContinuationsAsynchronously);
                _asking = source.Task;
                _endedMs = long.MaxValue;
                pending = source.Task;
                return source;
            }
        }

        public void End(long nowMs)
        {
            lock (_lock)
            {
                _endedMs = nowMs;
            }
        }

        public bool IsOld(long nowMs, long keptMs)
        {
            lock (_lock)
            {
                return _asking is { IsCompleted: true } && nowMs - _endedMs >= keptMs;
            }
        }
    }
}
