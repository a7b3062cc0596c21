using Microsoft.Extensions.Logging;
using Tidegate.Proxy.Listeners;
using Tidegate.Proxy.Workers;

namespace Tidegate.Proxy;

/// <summary>
/// How service ends (edge.md, L01 to L03): first it is only said, by readiness and to each client with its answers, then nothing new is accepted, then what is left is cut.
/// For control threads.
/// </summary>
internal sealed partial class DrainSequence(WorkerGroup workers, ServerHealth health, ProxyOptions options, TimeProvider time, ILogger logger) : IDisposable
{
    // What is cut ends within a turn or two of the loops; its log lines are waited for no longer than this.
    private static readonly TimeSpan CutTime = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _stopping = new();
    private int _announced;

    /// <summary>
    /// Ends service. Returns when no connection is left, or those that were left at the limit have been cut.
    /// </summary>
    /// <param name="acceptsMeanwhile">Whether new connections are accepted for the minimum drain, as long as load balancers may take to learn of the end.</param>
    public async Task EndAsync(bool acceptsMeanwhile)
    {
        var limit = TimeSpan.FromMilliseconds(options.DrainMs);
        TimeSpan minimum = acceptsMeanwhile ? TimeSpan.FromMilliseconds(Math.Min(options.MinimumDrainMs, options.DrainMs)) : TimeSpan.Zero;
        int connections = workers.All.Sum(static worker => worker.Listeners.ConnectionCount);
        LogDraining(logger, connections, minimum.TotalSeconds, limit.TotalSeconds);

        // 1. It is said: readiness is denied, answers close. New connections are served like all others.
        health.IsEnding = true;
        await workers.RunAsync(static worker => worker.Listeners.AnnounceDrain(DrainScope.All));
        await Task.Delay(minimum, time);

        // 2. Nothing new: idle connections end now, others with their answer.
        Task ended = Task.WhenAll(await workers.RunAsync(static worker => worker.Listeners.EndAsync()));
        if (await Task.WhenAny(ended, Task.Delay(limit - minimum, time)) == ended)
        {
            return;
        }

        // 3. What is left has had its time.
        int[] cut = await workers.RunAsync(static worker => worker.Listeners.CutConnections());
        LogCut(logger, cut.Sum());
        await Task.WhenAny(ended, Task.Delay(CutTime, time));
    }

    /// <summary>
    /// Ends listeners and not the process (Envoy: <c>/drain_listeners</c>): at once, which leaves their connections alone, or gracefully: clients are told, and the
    /// listeners close after the drain time, unless <paramref name="staysOpen"/>.
    /// </summary>
    public async Task DrainListenersAsync(DrainScope scope, bool isGraceful, bool staysOpen)
    {
        if (isGraceful)
        {
            if (Interlocked.Exchange(ref _announced, Math.Max(_announced, (int)scope)) >= (int)scope)
            {
                return; // it is under way, and goes on as it was begun
            }

            await workers.RunAsync(worker => worker.Listeners.AnnounceDrain(scope));
            if (staysOpen)
            {
                return;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(options.ListenerDrainMs), time, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (_stopping.IsCancellationRequested)
            {
                return;
            }
        }

        await workers.RunAsync(worker => worker.Listeners.StopListeners(scope));
    }

    /// <summary>The process ends: nothing is waited for any more.</summary>
    public void Dispose() => _stopping.Cancel();

    [LoggerMessage(Level = LogLevel.Information, Message = "draining: {Connections} connections are open; new ones are taken for {MinimumSeconds} s more, and what is under way has {LimitSeconds} s to end")]
    private static partial void LogDraining(ILogger logger, int connections, double minimumSeconds, double limitSeconds);

    [LoggerMessage(Level = LogLevel.Warning, Message = "the drain time has passed: {Connections} connections are cut; the access log has their requests")]
    private static partial void LogCut(ILogger logger, int connections);
}
