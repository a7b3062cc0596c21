using Microsoft.Extensions.Logging;
using Tidegate.Hosting.Background;
using Tidegate.Proxy.Clusters;
using Tidegate.Proxy.Clusters.HealthChecks;
using Tidegate.Proxy.Telemetry;
using Tidegate.Proxy.Upstream;
using Tidegate.Proxy.Upstream.Health;

namespace Tidegate.Proxy.Configuration;

/// <summary>
/// Keeps what watches the endpoints of each cluster in step with its configuration: outlier detection and active health checks. They put their findings
/// into the flags of the endpoints; the configuration then sorts these anew, and workers see the new set with their next choice. All members may be
/// called by any control thread.
/// </summary>
internal sealed class HealthWatch(RuntimeConfiguration configuration, StatsStore stats, BackgroundWork work, ILogger logger) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<ClusterSlot, Watched> _watched = [];

    /// <summary>A cluster is new, changed, gone, or has other endpoints.</summary>
    /// <param name="slot">Its place.</param>
    /// <param name="shared">Where workers find what watches; null when the cluster is gone.</param>
    public void Follow(ClusterSlot slot, SharedCluster? shared)
    {
        lock (_lock)
        {
            RuntimeCluster? cluster = shared is null ? null : slot.Current;
            if (!_watched.TryGetValue(slot, out Watched? watched))
            {
                if (cluster is null or { Outliers: null, HealthCheck: null })
                {
                    return;
                }

                watched = new Watched(work, () => configuration.RefreshHealth(slot));
                _watched.Add(slot, watched);
            }

            FollowOutliers(cluster, shared, watched);
            FollowChecks(cluster, shared, watched);
            if (watched is { Outliers: null, Checker: null })
            {
                _watched.Remove(slot);
            }
        }
    }

    /// <summary>Ends all watching.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            foreach (Watched watched in _watched.Values)
            {
                watched.Outliers?.Dispose();
                watched.Checker?.Dispose();
            }

            _watched.Clear();
        }
    }

    private void FollowOutliers(RuntimeCluster? cluster, SharedCluster? shared, Watched watched)
    {
        if (cluster?.Outliers is { } policy)
        {
            if (watched.Outliers is null)
            {
                watched.OutlierStats = stats.AddOutlierDetection(cluster.StatName);
                watched.Outliers = new OutlierDetector(policy, watched.OutlierStats.Main, work, new Random(), watched.RequestRefresh);
            }

            watched.Outliers.Follow(policy, cluster.Endpoints.All);
            shared!.Outliers = watched.Outliers;
        }
        else if (watched.Outliers is not null)
        {
            if (shared is not null)
            {
                shared.Outliers = null;
            }

            watched.Outliers.Dispose();
            watched.Outliers = null;
            stats.Remove(watched.OutlierStats!);
            watched.RequestRefresh();
        }
    }

    private void FollowChecks(RuntimeCluster? cluster, SharedCluster? shared, Watched watched)
    {
        HealthCheckPolicy? policy = cluster?.HealthCheck;
        if (watched.Checker is not null && (policy is null || !HasSameChecks(watched.Checked!, cluster!)))
        {
            // Another policy goes on with what the one before has found.
            watched.Checker.Dispose();
            watched.Checker = null;
            if (policy is null)
            {
                stats.Remove(watched.CheckStats!);
                watched.CheckStats = null;
                HealthChecker.Clear(cluster?.Endpoints.All ?? []);
                watched.RequestRefresh();
            }
        }

        if (policy is null)
        {
            return;
        }

        watched.CheckStats ??= stats.AddHealthCheck(cluster!.StatName);
        if (watched.Checker is null)
        {
            watched.Checked = cluster;
            watched.Checker = new HealthChecker(new HealthCheckerParts
            {
                ClusterName = cluster!.Name,
                Policy = policy,
                Stats = watched.CheckStats.Main,
                Work = work,
                Logger = logger,
                HasTraffic = () => HasTraffic(shared!.Stats),
                OnWell = endpoint => watched.Outliers?.OnActiveCheckPassed(endpoint),
                OnHealthChanged = watched.RequestRefresh,
                NewProbe = endpoint => HealthProbe.Create(policy, cluster.Name, endpoint, cluster.TlsWith(endpoint)),
            });
        }

        watched.Checker.Follow(cluster!.Endpoints.All);
    }

    private static bool HasSameChecks(RuntimeCluster one, RuntimeCluster other) =>
        one.Source.HealthChecks.Equals(other.Source.HealthChecks) && one.HasSameTransportAs(other);

    // Read racily: it is a matter of when the next check is.
    private static bool HasTraffic(StatScope<ClusterStats> stats)
    {
        for (int i = 0; i < stats.Concurrency; i++)
        {
            if (stats.ForWorker(i).UpstreamCxTotal > 0)
            {
                return true;
            }
        }

        return false;
    }

    // What watches one cluster. Findings that come close together are one change of the endpoints.
    private sealed class Watched(BackgroundWork work, Action refresh)
    {
        private int _isRefreshQueued;

        public OutlierDetector? Outliers { get; set; }

        public StatScope<OutlierStats>? OutlierStats { get; set; }

        public HealthChecker? Checker { get; set; }

        public StatScope<HealthCheckStats>? CheckStats { get; set; }

        public RuntimeCluster? Checked { get; set; }

        public void RequestRefresh()
        {
            if (Interlocked.Exchange(ref _isRefreshQueued, 1) == 0)
            {
                work.Queue("sorting endpoints by their health", Refresh);
            }
        }

        private void Refresh()
        {
            Volatile.Write(ref _isRefreshQueued, 0);
            Interlocked.MemoryBarrier();
            refresh();
        }
    }
}
