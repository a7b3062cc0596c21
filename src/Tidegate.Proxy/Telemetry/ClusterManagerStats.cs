namespace Tidegate.Proxy.Telemetry;

/// <summary>
/// What Envoy says of its clusters, under <c>cluster_manager.</c>; names and meaning are Envoy's.
/// Written by control threads under the caller's own order; gauges are set when sampled (see <see cref="StatsStore.AddSampler"/>).
/// </summary>
public sealed class ClusterManagerStats
{
    /// <summary><c>cluster_added</c>: Clusters added.</summary>
    public long ClusterAdded;

    /// <summary><c>cluster_modified</c>: Clusters changed.</summary>
    public long ClusterModified;

    /// <summary><c>cluster_removed</c>: Clusters removed.</summary>
    public long ClusterRemoved;

    /// <summary><c>cluster_updated</c>: Updates of endpoints.</summary>
    public long ClusterUpdated;

    /// <summary><c>active_clusters</c>: Clusters that serve.</summary>
    public long ActiveClusters;
}
