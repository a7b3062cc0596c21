using Tidegate.Proxy.Clusters;

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
    /// an unlimited resource is not counted, also when the limit changes later, unless <paramref name="isWanted"/> says so.
    /// </summary>
    public bool TryTake(uint limit, out bool isCounted, bool isWanted = false)
    {
        isCounted = isWanted;
        if (limit >= int.MaxValue)
        {
            if (isWanted)
            {
                Take();
            }

            return true;
        }

        isCounted = false;

        if (Interlocked.Increment(ref _inUse) > (int)limit)
        {
            Interlocked.Decrement(ref _inUse);
            return false;
        }

        isCounted = true;
        return true;
    }

    /// <summary>Whether so many are taken; never true of an unlimited one.</summary>
    public bool IsUsedUp(uint limit) => limit < int.MaxValue && InUse >= limit;

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

    /// <summary>Takes a request, unless too many are under way.</summary>
    public bool TryTakeRequest(CircuitBreakers limits, out bool isCounted) =>
        Requests.TryTake(limits.MaxRequests, out isCounted, isWanted: limits.RetryBudget is not null);

    /// <summary>Takes a place among those who wait for a connection, unless too many do.</summary>
    public bool TryTakePending(CircuitBreakers limits, out bool isCounted) =>
        PendingRequests.TryTake(limits.MaxPendingRequests, out isCounted, isWanted: limits.RetryBudget is not null);

    /// <summary>
    /// Takes a retry, unless too many are under way. With a budget that is a share of what is under way and waits (Envoy:
    /// <c>retry_budget</c>), and <c>max_retries</c> does not count.
    /// </summary>
    public bool TryTakeRetry(CircuitBreakers limits, out bool isCounted) => Retries.TryTake(RetryLimit(limits), out isCounted);

    /// <summary>How many retries may be under way now.</summary>
    public uint RetryLimit(CircuitBreakers limits)
    {
        if (limits.RetryBudget is not { } budget)
        {
            return limits.MaxRetries;
        }

        double share = budget.Percent / 100 * (Requests.InUse + PendingRequests.InUse);
        return (uint)Math.Min(int.MaxValue - 1, Math.Max(share, budget.MinConcurrency));
    }
}
