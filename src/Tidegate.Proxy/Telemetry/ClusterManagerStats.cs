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

    /// <summary><c>cluster_updated_via_merge</c>: Updates of endpoints that were merged.</summary>
    public long ClusterUpdatedViaMerge;

    /// <summary><c>update_merge_cancelled</c>: Merged updates that were given up.</summary>
    public long UpdateMergeCancelled;

    /// <summary><c>update_out_of_merge_window</c>: Updates that came outside of the merge window.</summary>
    public long UpdateOutOfMergeWindow;

    /// <summary><c>active_clusters</c>: Clusters that serve.</summary>
    public long ActiveClusters;

    /// <summary><c>warming_clusters</c>: Clusters that wait for their endpoints.</summary>
    public long WarmingClusters;
}
