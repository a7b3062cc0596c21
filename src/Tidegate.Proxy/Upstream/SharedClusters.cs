using System.Collections.Concurrent;
using Tidegate.Http.Http2;
using Tidegate.Proxy.Clusters;
using Tidegate.Proxy.Telemetry;
using Tidegate.Proxy.Upstream.Health;

namespace Tidegate.Proxy.Upstream;

/// <summary>What all workers share of a cluster: its limited resources, the place where their counters are summed, what watches its endpoints.</summary>
internal sealed class SharedCluster(ClusterResources resources, StatScope<ClusterStats> stats, StatsStore store)
{
    private volatile OutlierDetector? _outliers;

    /// <summary>Its limits.</summary>
    public ClusterResources Resources => resources;

    /// <summary>Its counters.</summary>
    public StatScope<ClusterStats> Stats => stats;

    /// <summary>The counters of the HTTP/2 codec towards its endpoints; there when they are first asked for.</summary>
    public StatScope<Http2Counters> Http2 => store.AddClusterHttp2(stats);

    /// <summary>The counters of TLS towards its endpoints; there when they are first asked for.</summary>
    public StatScope<TlsStats> Tls => store.AddClusterTls(stats);

    /// <summary>What ejects endpoints; null when the cluster wants nothing ejected. Set by control threads.</summary>
    public OutlierDetector? Outliers
    {
        get => _outliers;
        set => _outliers = value;
    }
}

/// <summary>The shared part of every cluster. It outlives an update of its cluster, and goes with it.</summary>
internal sealed class SharedClusters(StatsStore stats)
{
    private readonly ConcurrentDictionary<ClusterSlot, Lazy<SharedCluster>> _bySlot = new();

    /// <summary>The shared part of a cluster, made when it is first asked for.</summary>
    public SharedCluster Of(ClusterSlot slot, RuntimeCluster cluster) => _bySlot.GetOrAdd(
        slot,
        static (_, made) => new Lazy<SharedCluster>(() => new SharedCluster(new ClusterResources(), made.Stats.AddCluster(made.Cluster.StatName), made.Stats)),
        (Stats: stats, Cluster: cluster)).Value;

    /// <summary>The cluster is gone.</summary>
    public void Remove(ClusterSlot slot)
    {
        if (_bySlot.TryRemove(slot, out Lazy<SharedCluster>? gone))
        {
            stats.Remove(gone.Value.Stats);
        }
    }
}
