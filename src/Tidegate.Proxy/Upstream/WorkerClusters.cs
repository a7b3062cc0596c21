using Tidegate.Proxy.Clusters;
using Tidegate.Proxy.Workers;

namespace Tidegate.Proxy.Upstream;

/// <summary>One worker's halves of the clusters, each made when it is first asked for.</summary>
internal sealed class WorkerClusters(Worker worker, SharedClusters shared)
{
    private WorkerCluster?[] _clusters = [];

    /// <summary>The worker that owns them.</summary>
    public Worker Worker { get; } = worker;

    /// <summary>This worker's half of a cluster; null when the cluster does not exist (any more).</summary>
    public WorkerCluster? Of(ClusterSlot slot)
    {
        RuntimeCluster? current = slot.Current;
        WorkerCluster? known = slot.Id < _clusters.Length ? _clusters[slot.Id] : null;
        if (current is null)
        {
            return null;
        }

        if (known is null)
        {
            if (slot.Id >= _clusters.Length)
            {
                Array.Resize(ref _clusters, Math.Max(slot.Id + 1, _clusters.Length * 2));
            }

            known = new WorkerCluster(Worker, current, shared.Of(slot, current));
            _clusters[slot.Id] = known;
        }
        else if (known.Current != current)
        {
            known.Update(current);
        }

        return known;
    }

    /// <summary>A cluster, or its endpoints, changed: connections to endpoints that are gone are closed when they are free.</summary>
    public void OnChanged(ClusterSlot slot)
    {
        if (slot.Id >= _clusters.Length || _clusters[slot.Id] is not { } known)
        {
            return;
        }

        if (slot.Current is { } current)
        {
            known.Update(current);
        }
        else
        {
            known.Retire();
            _clusters[slot.Id] = null;
        }
    }
}
