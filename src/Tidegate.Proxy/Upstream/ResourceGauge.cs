namespace Tidegate.Proxy.Upstream;

/// <summary>
/// One limited resource of a cluster (Envoy: <c>circuit_breakers.thresholds</c>): connections, pending requests, requests or
/// retries, over all workers. The only shared counter on the request path; an unlimited one is never touched.
/// </summary>
internal sealed class ResourceGauge
{
    private int _inUse;

    /// <summary>What is taken of it now.</summary>
    public int InUse => Volatile.Read(ref _inUse);

    /// <summary>
    /// Takes one unless <paramref name="limit"/> are taken. <paramref name="isCounted"/> says whether it has to be given back:
    /// an unlimited resource is not counted, also when the limit changes later.
    /// </summary>
    public bool TryTake(uint limit, out bool isCounted)
    {
        isCounted = false;
        if (limit >= int.MaxValue)
        {
            return true;
        }

        if (Interlocked.Increment(ref _inUse) > (int)limit)
        {
            Interlocked.Decrement(ref _inUse);
            return false;
        }

        isCounted = true;
        return true;
    }

    /// <summary>Takes one whatever the limit is.</summary>
    public void Take() => Interlocked.Increment(ref _inUse);

    /// <summary>Gives back one that was counted.</summary>
    public void Return() => Interlocked.Decrement(ref _inUse);
}

/// <summary>The limited resources of one cluster, kept when the cluster is updated.</summary>
internal sealed class ClusterResources
{
    public ResourceGauge Connections { get; } = new();

    public ResourceGauge PendingRequests { get; } = new();

    public ResourceGauge Requests { get; } = new();

    public ResourceGauge Retries { get; } = new();
}
