using Tidegate.Proxy.Runtime;

namespace Tidegate.Proxy.Upstream.LoadBalancing;

/// <summary>
/// One worker's way of choosing an endpoint of a cluster: first a priority, then a locality where the cluster weighs them,
/// then one of the equals by the cluster's policy (Envoy: load balancing). Kept over changes of the endpoints.
/// </summary>
internal sealed class LoadBalancer
{
    private readonly Random _random;
    private readonly EndpointChoice _choice;
    private readonly LoadBalancerPolicy _policy;

    private LoadBalancer(LoadBalancerPolicy policy, EndpointChoice choice, Random random)
    {
        _policy = policy;
        _choice = choice;
        _random = random;
    }

    /// <summary>A load balancer for a policy; <paramref name="activeRequests"/> says what an endpoint has under way on this worker.</summary>
    public static LoadBalancer Create(LoadBalancerPolicy policy, Random random, Func<RuntimeEndpoint, int> activeRequests) => new(
        policy,
        policy.Kind switch
        {
            LoadBalancerKind.RoundRobin => new RoundRobinChoice(),
            LoadBalancerKind.Random => new RandomChoice(random),
            _ => new LeastRequestChoice(policy, random, activeRequests),
        },
        random);

    /// <summary>An endpoint; null when none may get requests.</summary>
    public RuntimeEndpoint? Choose(EndpointSet endpoints)
    {
        EndpointPriority? priority = ChoosePriority(endpoints, out bool isPanic);
        if (priority is null)
        {
            return null;
        }

        EndpointGroup group = isPanic ? priority.All
            : _policy.IsLocalityWeighted ? ChooseLocality(priority)
            : priority.Healthy.Count > 0 ? priority.Healthy : priority.Degraded;
        return group.Count switch
        {
            0 => null,
            1 => group[0],
            _ => _choice.Choose(group),
        };
    }

    // Envoy, "priority levels": each level takes the share of requests that its health allows, overprovisioned; the next level
    // takes the rest. When no level has enough left in sum, the shares are scaled up.
    private EndpointPriority? ChoosePriority(EndpointSet endpoints, out bool isPanic)
    {
        isPanic = false;
        IReadOnlyList<EndpointPriority> priorities = endpoints.Priorities;
        int total = 0;
        for (int i = 0; i < priorities.Count; i++)
        {
            total += HealthOf(priorities[i], endpoints.OverprovisioningFactor);
        }

        if (total == 0)
        {
            return ChoosePanicPriority(priorities, out isPanic);
        }

        int reachable = Math.Min(total, 100);
        int draw = priorities.Count == 1 ? 0 : _random.Next(reachable);
        for (int i = 0; i < priorities.Count; i++)
        {
            draw -= HealthOf(priorities[i], endpoints.OverprovisioningFactor);
            if (draw < 0)
            {
                isPanic = IsInPanic(priorities[i]);
                return priorities[i];
            }
        }

        return null;
    }

    private EndpointPriority? ChoosePanicPriority(IReadOnlyList<EndpointPriority> priorities, out bool isPanic)
    {
        for (int i = 0; i < priorities.Count; i++)
        {
            if (priorities[i].All.Count > 0 && IsInPanic(priorities[i]))
            {
                isPanic = true;
                return priorities[i];
            }
        }

        isPanic = false;
        return null;
    }

    private bool IsInPanic(EndpointPriority priority) =>
        priority.Healthy.Count * 100.0 / Math.Max(1, priority.All.Count) < _policy.HealthyPanicThreshold;

    private static int HealthOf(EndpointPriority priority, uint overprovisioningFactor)
    {
        int usable = priority.Healthy.Count + priority.Degraded.Count;
        return usable == 0 ? 0 : (int)Math.Min(100, (long)overprovisioningFactor * usable / priority.All.Count);
    }

    private EndpointGroup ChooseLocality(EndpointPriority priority)
    {
        ulong total = 0;
        IReadOnlyList<EndpointLocality> localities = priority.Localities;
        for (int i = 0; i < localities.Count; i++)
        {
            total += EffectiveWeight(localities[i]);
        }

        if (total == 0)
        {
            return priority.Healthy;
        }

        ulong draw = (ulong)_random.NextInt64((long)total);
        for (int i = 0; i < localities.Count; i++)
        {
            ulong weight = EffectiveWeight(localities[i]);
            if (draw < weight)
            {
                return localities[i].Healthy;
            }

            draw -= weight;
        }

        return priority.Healthy;
    }

    // Envoy: a locality's weight falls with its health, once less than 1/1.4 of it is healthy.
    private static ulong EffectiveWeight(EndpointLocality locality) =>
        locality.All.Count == 0 ? 0 : locality.Weight * (ulong)Math.Min(100, 140L * locality.Healthy.Count / locality.All.Count);
}
