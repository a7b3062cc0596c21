using Tidegate.Proxy.Runtime;
using Tidegate.Proxy.Telemetry;

namespace Tidegate.Proxy.Upstream.Health;

/// <summary>
/// Keeps what watches the endpoints of each cluster in step with its configuration: outlier detection and active health checks. They put their findings
/// into the flags of the endpoints; the configuration then sorts these anew, and workers see the new set with their next choice. All members may be
/// called by any control thread.
/// </summary>
internal sealed class HealthWatch(RuntimeConfiguration configuration, StatsStore stats, TimeProvider time) : IDisposable
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
                if (cluster?.Outliers is null)
                {
                    return;
                }

                watched = new Watched();
                _watched.Add(slot, watched);
            }

            FollowOutliers(slot, cluster, shared, watched);
            if (watched.IsEmpty)
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
            }

            _watched.Clear();
        }
    }

    private void FollowOutliers(ClusterSlot slot, RuntimeCluster? cluster, SharedCluster? shared, Watched watched)
    {
        if (cluster?.Outliers is { } policy)
        {
            if (watched.Outliers is null)
            {
                watched.OutlierStats = stats.AddOutlierDetection(cluster.StatName);
                watched.Outliers = new OutlierDetector(policy, watched.OutlierStats.Main, time, new Random(), () => configuration.RefreshHealth(slot));
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
            configuration.RefreshHealth(slot);
        }
    }

    private sealed class Watched
    {
        public OutlierDetector? Outliers { get; set; }

        public StatScope<OutlierStats>? OutlierStats { get; set; }

        public bool IsEmpty => Outliers is null;
    }
}
