using Tidegate.Hosting.Background;
using Tidegate.Proxy.Clusters;
using Tidegate.Proxy.Telemetry;

namespace Tidegate.Proxy.Upstream.Health;

/// <summary>
/// Ejects a cluster's endpoints that answer badly, and takes them back after a while (Envoy: outlier detection). Workers tell the monitors and nothing
/// else; what is decided here, is decided on control threads, under a lock of its own.
/// </summary>
internal sealed class OutlierDetector : IDisposable
{
    private const string Purpose = "judging endpoints by their answers";

    private readonly Lock _lock = new();
    private readonly OutlierStats _stats;
    private readonly TimeProvider _time;
    private readonly Random _random;
    private readonly Action _onHealthChanged;
    private readonly Action<Action> _run;
    private readonly ITimer _timer;
    private volatile OutlierPolicy _policy;
    private volatile OutlierMonitor?[] _byIndex = [];
    private int _count;
    private bool _isDisposed;

    /// <summary>A detector without endpoints.</summary>
    /// <param name="policy">What it goes by.</param>
    /// <param name="stats">Where it counts.</param>
    /// <param name="work">Runs what is done off the workers.</param>
    /// <param name="random">Draws whether it acts where it is to act at times only; used under the lock.</param>
    /// <param name="onHealthChanged">Is called, without the lock, when flags of endpoints have changed.</param>
    /// <param name="run">Runs what must not hold up a worker; null for the thread pool.</param>
    public OutlierDetector(OutlierPolicy policy, OutlierStats stats, BackgroundWork work, Random random, Action onHealthChanged, Action<Action>? run = null)
    {
        _run = run ?? (action => work.Queue(Purpose, action));
        _policy = policy;
        _stats = stats;
        _time = work.Time;
        _random = random;
        _onHealthChanged = onHealthChanged;
        var interval = TimeSpan.FromMilliseconds(policy.IntervalMs);
        _timer = work.Every(Purpose, interval, OnInterval);
    }

    /// <summary>What it goes by. Any thread.</summary>
    public OutlierPolicy Policy => _policy;

    private long NowMs => (long)_time.GetElapsedTime(0).TotalMilliseconds;

    /// <summary>What watches an endpoint; null when it is not (any more) an endpoint of the cluster. Any thread, without a lock.</summary>
    public OutlierMonitor? MonitorOf(RuntimeEndpoint endpoint)
    {
        OutlierMonitor?[] byIndex = _byIndex;
        return (uint)endpoint.Index < (uint)byIndex.Length && byIndex[endpoint.Index] is { } monitor && monitor.Endpoint == endpoint ? monitor : null;
    }

    /// <summary>The policy or the endpoints have changed. What was counted of endpoints that stay is kept.</summary>
    public void Follow(OutlierPolicy policy, IReadOnlyList<RuntimeEndpoint> endpoints)
    {
        lock (_lock)
        {
            if (_isDisposed)
            {
                return;
            }

            if (policy.IntervalMs != _policy.IntervalMs)
            {
                var interval = TimeSpan.FromMilliseconds(policy.IntervalMs);
                _timer.Change(interval, interval);
            }

            _policy = policy;
            var next = new OutlierMonitor?[endpoints.Count == 0 ? 0 : endpoints.Max(static endpoint => endpoint.Index) + 1];
            foreach (RuntimeEndpoint endpoint in endpoints)
            {
                next[endpoint.Index] = MonitorOf(endpoint) ?? new OutlierMonitor(this, endpoint);
            }

            foreach (OutlierMonitor? gone in _byIndex)
            {
                if (gone is { IsEjected: true } && Array.IndexOf(next, gone) < 0)
                {
                    TakeBack(gone);
                }
            }

            _byIndex = next;
            _count = endpoints.Count;
        }
    }

    /// <summary>A worker has seen an endpoint reach a threshold: the rest is done on the thread pool.</summary>
    public void Report(OutlierMonitor monitor, OutlierKind kind) => _run(() => OnThreshold(monitor, kind));

    /// <summary>An active health check found an endpoint well.</summary>
    public void OnActiveCheckPassed(RuntimeEndpoint endpoint)
    {
        bool isChanged = false;
        lock (_lock)
        {
            if (_policy.EndsWithActiveCheck && MonitorOf(endpoint) is { IsEjected: true } monitor)
            {
                TakeBack(monitor);
                isChanged = true;
            }
        }

        if (isChanged)
        {
            _onHealthChanged();
        }
    }

    /// <summary>Ends it: nothing is ejected any more.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _isDisposed = true;
            foreach (OutlierMonitor? monitor in _byIndex)
            {
                if (monitor is { IsEjected: true })
                {
                    TakeBack(monitor);
                }
            }

            _byIndex = [];
        }

        _timer.Dispose();
    }

    private void OnThreshold(OutlierMonitor monitor, OutlierKind kind)
    {
        bool isChanged;
        lock (_lock)
        {
            // Counting begins anew also where nothing follows from it (Envoy resets the counter too).
            monitor.Forget(kind);
            if (_isDisposed || MonitorOf(monitor.Endpoint) != monitor || monitor.IsEjected)
            {
                return;
            }

            isChanged = Eject(monitor, kind);
        }

        if (isChanged)
        {
            _onHealthChanged();
        }
    }

    private void OnInterval()
    {
        bool isChanged = false;
        lock (_lock)
        {
            if (_isDisposed)
            {
                return;
            }

            // 1. Ejections that end; who behaved since the last time is forgiven one (Envoy: ejection multiplier).
            long now = NowMs;
            foreach (OutlierMonitor? monitor in _byIndex)
            {
                if (monitor is { IsEjected: true } && now >= monitor.EjectionEndMs)
                {
                    TakeBack(monitor);
                    isChanged = true;
                }
                else if (monitor is { IsEjected: false, EjectionTimes: > 0 })
                {
                    monitor.EjectionTimes--;
                }
            }

            // 2. Rates.
            if (_policy.CountsRates)
            {
                isChanged |= EjectByRate(isLocalOrigin: false);
                isChanged |= _policy.SplitsLocalOrigin && EjectByRate(isLocalOrigin: true);
            }
        }

        if (isChanged)
        {
            _onHealthChanged();
        }
    }

    private bool EjectByRate(bool isLocalOrigin)
    {
        List<(OutlierMonitor Monitor, long Total, double GoodPercent)> rates = [];
        foreach (OutlierMonitor? monitor in _byIndex)
        {
            if (monitor is not null)
            {
                (long total, long good) = monitor.TakeRate(isLocalOrigin);
                Tell(monitor, isLocalOrigin, total >= _policy.SuccessRate.RequestVolume && total > 0 ? 100.0 * good / total : -1);
                if (!monitor.IsEjected && total > 0)
                {
                    rates.Add((monitor, total, 100.0 * good / total));
                }
            }
        }

        bool isChanged = false;
        SuccessRatePolicy success = _policy.SuccessRate;
        if (rates.Where(rate => rate.Total >= success.RequestVolume).ToArray() is { Length: > 0 } known && known.Length >= success.MinimumHosts)
        {
            double mean = known.Average(static rate => rate.GoodPercent);
            double deviation = Math.Sqrt(known.Average(rate => (rate.GoodPercent - mean) * (rate.GoodPercent - mean)));
            double limit = mean - (deviation * success.DeviationFactor / 1000);
            foreach ((OutlierMonitor monitor, _, _) in known.Where(rate => rate.GoodPercent < limit))
            {
                isChanged |= Eject(monitor, isLocalOrigin ? OutlierKind.LocalOriginSuccessRate : OutlierKind.SuccessRate);
            }
        }

        FailurePercentagePolicy failure = _policy.FailurePercentage;
        if (rates.Where(rate => rate.Total >= failure.RequestVolume).ToArray() is { Length: > 0 } counted && counted.Length >= failure.MinimumHosts)
        {
            foreach ((OutlierMonitor monitor, _, _) in counted.Where(rate => !rate.Monitor.IsEjected && 100 - rate.GoodPercent >= failure.Threshold))
            {
                isChanged |= Eject(monitor, isLocalOrigin ? OutlierKind.LocalOriginFailurePercentage : OutlierKind.FailurePercentage);
            }
        }

        return isChanged;
    }

    private static void Tell(OutlierMonitor monitor, bool isLocalOrigin, double rate)
    {
        if (isLocalOrigin)
        {
            monitor.Endpoint.Counters.LocalOriginSuccessRate = rate;
        }
        else
        {
            monitor.Endpoint.Counters.SuccessRate = rate;
        }
    }

    private bool Eject(OutlierMonitor monitor, OutlierKind kind)
    {
        _stats.CountDetected(kind);
        bool mayEject = (_policy.MayAlwaysEjectOne && _stats.EjectionsActive == 0 && _policy.MaxEjectionPercent > 0)
            || 100.0 * (_stats.EjectionsActive + 1) / _count <= _policy.MaxEjectionPercent;
        if (!mayEject)
        {
            _stats.EjectionsOverflow++;
            return false;
        }

        _stats.EjectionsTotal += kind is OutlierKind.Consecutive5xx or OutlierKind.SuccessRate ? 1 : 0;
        if (_random.Next(100) >= EnforcingPercentOf(kind))
        {
            return false;
        }

        // The next ejection is longer, up to the limit.
        if ((monitor.EjectionTimes * _policy.BaseEjectionTimeMs) < _policy.MaxEjectionTimeMs + _policy.BaseEjectionTimeMs)
        {
            monitor.EjectionTimes++;
        }

        long lengthMs = Math.Min(_policy.MaxEjectionTimeMs, monitor.EjectionTimes * _policy.BaseEjectionTimeMs);
        long jitterMs = _policy.MaxEjectionTimeJitterMs > 0 ? _random.NextInt64(_policy.MaxEjectionTimeJitterMs + 1) : 0;
        monitor.EjectionEndMs = NowMs + lengthMs + jitterMs;
        monitor.IsEjected = true;
        monitor.Endpoint.SetHealthFlag(EndpointHealthFlags.FailedOutlierCheck);
        _stats.EjectionsActive++;
        _stats.CountEnforced(kind);
        return true;
    }

    private void TakeBack(OutlierMonitor monitor)
    {
        monitor.IsEjected = false;
        monitor.Forget(OutlierKind.Consecutive5xx);
        monitor.Forget(OutlierKind.ConsecutiveGatewayFailure);
        monitor.Forget(OutlierKind.ConsecutiveLocalOriginFailure);
        monitor.Endpoint.ClearHealthFlag(EndpointHealthFlags.FailedOutlierCheck);
        _stats.EjectionsActive--;
    }

    private uint EnforcingPercentOf(OutlierKind kind) => kind switch
    {
        OutlierKind.Consecutive5xx => _policy.Consecutive5xx.EnforcingPercent,
        OutlierKind.ConsecutiveGatewayFailure => _policy.ConsecutiveGatewayFailure.EnforcingPercent,
        OutlierKind.ConsecutiveLocalOriginFailure => _policy.ConsecutiveLocalOriginFailure.EnforcingPercent,
        OutlierKind.SuccessRate => _policy.SuccessRate.EnforcingPercent,
        OutlierKind.LocalOriginSuccessRate => _policy.SuccessRate.EnforcingLocalOriginPercent,
        OutlierKind.FailurePercentage => _policy.FailurePercentage.EnforcingPercent,
        _ => _policy.FailurePercentage.EnforcingLocalOriginPercent,
    };
}
