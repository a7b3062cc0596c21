using Microsoft.Extensions.Logging;
using Tidegate.Hosting.Background;
using Tidegate.Proxy.Clusters;
using Tidegate.Proxy.Clusters.HealthChecks;
using Tidegate.Proxy.Telemetry;

namespace Tidegate.Proxy.Upstream.Health;

/// <summary>What a <see cref="HealthChecker"/> is made of.</summary>
internal sealed record HealthCheckerParts
{
    /// <summary>The name of the cluster.</summary>
    public required string ClusterName { get; init; }

    /// <summary>How endpoints are checked.</summary>
    public required HealthCheckPolicy Policy { get; init; }

    /// <summary>Where it counts.</summary>
    public required HealthCheckStats Stats { get; init; }

    /// <summary>Runs the checks.</summary>
    public required BackgroundWork Work { get; init; }

    /// <summary>Is told when an endpoint becomes ill or well.</summary>
    public required ILogger Logger { get; init; }

    /// <summary>Whether the cluster has ever had a connection.</summary>
    public required Func<bool> HasTraffic { get; init; }

    /// <summary>Is called with an endpoint that a check found well, before <see cref="OnHealthChanged"/>.</summary>
    public required Action<RuntimeEndpoint> OnWell { get; init; }

    /// <summary>Is called when flags of endpoints have changed.</summary>
    public required Action OnHealthChanged { get; init; }

    /// <summary>Makes what asks an endpoint.</summary>
    public required Func<RuntimeEndpoint, HealthProbe> NewProbe { get; init; }
}

/// <summary>
/// Asks a cluster's endpoints whether they are well, each on its own, on the thread pool (Envoy: active health checking). Workers see the result in
/// the flags of the endpoints.
/// </summary>
internal sealed partial class HealthChecker(HealthCheckerParts parts) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<RuntimeEndpoint, BackgroundLoop> _sessions = [];
    private readonly HealthCheckStats _stats = parts.Stats;

    /// <summary>What it goes by.</summary>
    public HealthCheckPolicy Policy => parts.Policy;

    private long NowMs => (long)parts.Work.Time.GetElapsedTime(0).TotalMilliseconds;

    /// <summary>The endpoints have changed: new ones are checked at once, those that went no more.</summary>
    public void Follow(IReadOnlyList<RuntimeEndpoint> endpoints)
    {
        lock (_lock)
        {
            HashSet<RuntimeEndpoint> wanted = [.. endpoints.Where(static endpoint => !endpoint.State.IsActiveCheckDisabled)];
            foreach (RuntimeEndpoint gone in _sessions.Keys.Where(endpoint => !wanted.Contains(endpoint)).ToArray())
            {
                _sessions.Remove(gone, out BackgroundLoop? session);
                session!.Stop();
            }

            foreach (RuntimeEndpoint endpoint in wanted.Where(endpoint => !_sessions.ContainsKey(endpoint)))
            {
                _sessions.Add(endpoint, Begin(endpoint));
            }

            CountHealthy();
        }
    }

    /// <summary>Ends all checks. What they found stays in the flags, for whoever goes on or for <see cref="Clear"/>.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            foreach (BackgroundLoop session in _sessions.Values)
            {
                session.Stop();
            }

            _sessions.Clear();
        }
    }

    /// <summary>Nothing is checked any more: what was found does not count.</summary>
    public static void Clear(IReadOnlyList<RuntimeEndpoint> endpoints)
    {
        foreach (RuntimeEndpoint endpoint in endpoints)
        {
            endpoint.ClearHealthFlag(
                EndpointHealthFlags.FailedActiveHealthCheck | EndpointHealthFlags.PendingActiveHealthCheck | EndpointHealthFlags.ActiveHealthCheckTimeout);
        }
    }

    private BackgroundLoop Begin(RuntimeEndpoint endpoint)
    {
        var verdict = new EndpointVerdict(endpoint, parts.Policy);
        HealthProbe? probe = null;
        async Task TurnAsync(CancellationToken ended)
        {
            // 1. A probe of its own, from the first check to the last.
            if (probe is null)
            {
                probe = parts.NewProbe(endpoint);
                await WaitAsync(Draw(parts.Policy.InitialJitterMs), ended);
            }

            // 2. A check, and what follows from it.
            ProbeResult result = await CheckAsync(probe, ended);
            Take(endpoint, verdict, result, ended);

            // 3. The time until the next.
            long intervalMs = verdict.NextIntervalMs(parts.HasTraffic());
            long jitterMs = Draw(parts.Policy.IntervalJitterMs) + Draw(intervalMs * parts.Policy.IntervalJitterPercent / 100);
            await WaitAsync(intervalMs + jitterMs, ended);
        }

        return parts.Work.Repeat($"checking the health of {endpoint} of cluster {parts.ClusterName}", TurnAsync, () => probe?.Dispose());
    }

    private async Task<ProbeResult> CheckAsync(HealthProbe probe, CancellationToken ended)
    {
        lock (_lock)
        {
            _stats.Attempt++;
        }

        using var timeout = new CancellationTokenSource(TimeSpan.FromMilliseconds(parts.Policy.TimeoutMs), parts.Work.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, ended);
        try
        {
            return await probe.CheckAsync(either.Token);
        }
        catch (OperationCanceledException) when (!ended.IsCancellationRequested)
        {
            return ProbeResult.TimedOut;
        }
    }

    private void Take(RuntimeEndpoint endpoint, EndpointVerdict verdict, ProbeResult result, CancellationToken ended)
    {
        bool isChanged;
        lock (_lock)
        {
            ended.ThrowIfCancellationRequested();
            switch (result)
            {
                case ProbeResult.Well:
                    _stats.Success++;
                    break;
                case ProbeResult.OtherService:
                    _stats.VerifyCluster++;
                    _stats.Failure++;
                    break;
                case ProbeResult.Failed or ProbeResult.TimedOut:
                    _stats.NetworkFailure++;
                    _stats.Failure++;
                    break;
                case ProbeResult.Ill:
                    _stats.Failure++;
                    break;
            }

            isChanged = result != ProbeResult.NotMade && verdict.Take(result);
            if (isChanged && !verdict.IsIll)
            {
                endpoint.BecomeHealthy(NowMs);
            }

            CountHealthy();
        }

        if (result == ProbeResult.Well)
        {
            parts.OnWell(endpoint);
        }

        if (isChanged)
        {
            LogChange(parts.Logger, parts.ClusterName, endpoint, verdict.IsIll ? "unhealthy" : "healthy", result);
            parts.OnHealthChanged();
        }
    }

    private void CountHealthy()
    {
        _stats.Healthy = _sessions.Keys.Count(static endpoint => endpoint.Health == EndpointHealth.Healthy);
        _stats.Degraded = _sessions.Keys.Count(static endpoint => endpoint.Health == EndpointHealth.Degraded);
    }

    private static long Draw(long ceiling) => ceiling > 0 ? Random.Shared.NextInt64(ceiling) : 0;

    private Task WaitAsync(long milliseconds, CancellationToken cancellation) =>
        milliseconds == 0 ? Task.CompletedTask : Task.Delay(TimeSpan.FromMilliseconds(milliseconds), parts.Work.Time, cancellation);

    [LoggerMessage(Level = LogLevel.Information, Message = "cluster {Cluster}: endpoint {Endpoint} is {Health} by its health check ({Result})")]
    private static partial void LogChange(ILogger logger, string cluster, RuntimeEndpoint endpoint, string health, ProbeResult result);
}
