using System.Text;

namespace Tidegate.Proxy.Clusters.Balancing;

/// <summary>
/// All that can be worked out of a cluster's endpoints and its policy before any request comes: shares of priorities and localities, hash tables.
/// Made on a control thread whenever the endpoints or their health change; immutable, read by all workers.
/// </summary>
public sealed class BalancingPlan
{
    private readonly PriorityPlan[] _priorities;

    private BalancingPlan(EndpointSet endpoints, LoadBalancerPolicy policy)
    {
        Endpoints = endpoints;
        Loads = new PriorityLoads(endpoints.Priorities, endpoints.OverprovisioningFactor, policy.HealthyPanicThreshold);
        _priorities = new PriorityPlan[endpoints.Priorities.Count];
        for (int i = 0; i < _priorities.Length; i++)
        {
            _priorities[i] = new PriorityPlan(endpoints.Priorities[i], policy, endpoints.OverprovisioningFactor, Loads.IsInPanic(i), Loads.DegradedShareOf(i) > 0);
        }
    }

    /// <summary>A plan without endpoints.</summary>
    public static BalancingPlan Empty { get; } = new(EndpointSet.Empty, new LoadBalancerPolicy());

    /// <summary>The endpoints that it is for.</summary>
    public EndpointSet Endpoints { get; }

    /// <summary>The shares of the priorities.</summary>
    public PriorityLoads Loads { get; }

    /// <summary>The priorities; the first is tried first.</summary>
    public ReadOnlySpan<PriorityPlan> Priorities => _priorities;

    /// <summary>The plan for some endpoints.</summary>
    public static BalancingPlan Of(EndpointSet endpoints, LoadBalancerPolicy policy) => new(endpoints, policy);
}

/// <summary>What is worked out for one priority. Immutable.</summary>
public sealed class PriorityPlan
{
    private readonly LocalityShares? _healthyLocalities;
    private readonly LocalityShares? _degradedLocalities;
    private readonly ConsistentHashTable? _healthyTable;
    private readonly ConsistentHashTable? _degradedTable;
    private readonly EndpointPriority _source;
    private readonly bool _failsInPanic;

    internal PriorityPlan(EndpointPriority source, LoadBalancerPolicy policy, uint overprovisioningFactor, bool isInPanic, bool usesDegraded)
    {
        _source = source;
        _failsInPanic = policy.FailsTrafficOnPanic;
        IsInPanic = isInPanic;
        if (policy.IsLocalityWeighted)
        {
            _healthyLocalities = LocalityShares.Of(source.Localities, static locality => locality.Healthy, overprovisioningFactor);
            _degradedLocalities = LocalityShares.Of(source.Localities, static locality => locality.Degraded, overprovisioningFactor);
        }

        if (policy.UsesHash)
        {
            bool isPanicGroup = isInPanic && !_failsInPanic;
            _healthyTable = isPanicGroup
                ? Table(policy, Weighted(source.All, null))
                : Table(policy, Weighted(source.Healthy, _healthyLocalities));
            _degradedTable = usesDegraded ? Table(policy, Weighted(source.Degraded, _degradedLocalities)) : null;
        }
    }

    /// <summary>Whether all endpoints are taken for healthy.</summary>
    public bool IsInPanic { get; }

    /// <summary>The endpoints that one is to be chosen among; may be empty.</summary>
    public EndpointGroup GroupFor(bool isDegraded, Random random)
    {
        if (IsInPanic)
        {
            return _failsInPanic ? EndpointGroup.Empty : _source.All;
        }

        LocalityShares? localities = isDegraded ? _degradedLocalities : _healthyLocalities;
        return localities?.Choose(random) ?? (isDegraded ? _source.Degraded : _source.Healthy);
    }

    /// <summary>The table that one is to be looked up in; null when there are no endpoints.</summary>
    public ConsistentHashTable? TableFor(bool isDegraded) => isDegraded ? _degradedTable : _healthyTable;

    private static ConsistentHashTable? Table(LoadBalancerPolicy policy, List<(WeightedEndpoint Member, double Weight)> members)
    {
        double total = members.Sum(static member => member.Weight);
        return ConsistentHashTable.Create(
            policy,
            [.. members.Where(static member => member.Weight > 0).Select(member => new HashedEndpoint(member.Member.Endpoint, KeyOf(member.Member.Endpoint, policy), member.Weight / total))]);
    }

    private static byte[] KeyOf(RuntimeEndpoint endpoint, LoadBalancerPolicy policy) =>
        Encoding.UTF8.GetBytes(policy.HashesHostnames && endpoint.Hostname.Length > 0 ? endpoint.Hostname : endpoint.ToString());

    // With locality weights, an endpoint's weight is its share of its locality's share.
    private static List<(WeightedEndpoint Member, double Weight)> Weighted(EndpointGroup group, LocalityShares? localities) => localities is null
        ? [.. group.Members.Select(static member => (member, (double)member.Weight))]
        : [.. localities.Members];
}
