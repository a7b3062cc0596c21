using Tidegate.Proxy.Clusters;
using Tidegate.Proxy.Clusters.Balancing;

namespace Tidegate.Proxy.Upstream.LoadBalancing;

/// <summary>
/// One worker's way of choosing an endpoint of a cluster: first a priority, then a locality where the cluster weighs them,
/// then one of the equals by the cluster's policy (Envoy: load balancing). What needs no request to be worked out is in the
/// <see cref="BalancingPlan"/>. Kept over changes of the endpoints.
/// </summary>
internal sealed class LoadBalancer
{
    private readonly Random _random;
    private readonly EndpointChoice? _choice;

    private LoadBalancer(EndpointChoice? choice, Random random)
    {
        _choice = choice;
        _random = random;
    }

    /// <summary>A load balancer for a policy.</summary>
    /// <param name="policy">The policy.</param>
    /// <param name="random">This worker's source of chance.</param>
    /// <param name="activeRequests">What an endpoint has under way on this worker.</param>
    /// <param name="nowMs">The monotonic clock, milliseconds.</param>
    public static LoadBalancer Create(LoadBalancerPolicy policy, Random random, Func<RuntimeEndpoint, int> activeRequests, Func<long> nowMs) => new(
        policy.Kind switch
        {
            LoadBalancerKind.RoundRobin => new RoundRobinChoice(new TurnTable(policy, random, nowMs)),
            LoadBalancerKind.Random => new RandomChoice(random),
            LoadBalancerKind.RingHash or LoadBalancerKind.Maglev => null,
            _ => new LeastRequestChoice(policy, random, activeRequests, new TurnTable(policy, random, nowMs)),
        },
        random);

    /// <summary>An endpoint; null when none may get requests.</summary>
    /// <param name="plan">The endpoints, as they are now.</param>
    /// <param name="hash">The request's hash; null when it has none.</param>
    /// <param name="attempt">0, or how many endpoints were passed over for this attempt because they had been tried.</param>
    /// <param name="passedOver">A bit for each priority that this attempt is to pass over, if any other can take it.</param>
    /// <param name="isInPanic">Whether the choice was among all endpoints because too few are healthy.</param>
    public RuntimeEndpoint? Choose(BalancingPlan plan, ulong? hash, int attempt, ulong passedOver, out bool isInPanic)
    {
        isInPanic = false;
        if (plan.Priorities.IsEmpty)
        {
            return null;
        }

        ulong draw = hash ?? (ulong)_random.NextInt64();
        PriorityPlan priority = plan.Priorities[plan.Loads.Choose(draw, passedOver, out bool isDegraded)];
        isInPanic = priority.IsInPanic;
        if (_choice is null)
        {
            return priority.TableFor(isDegraded)?.Choose(draw, attempt);
        }

        EndpointGroup group = priority.GroupFor(isDegraded, _random);
        return group.Count switch
        {
            0 => null,
            1 => group[0],
            _ => _choice.Choose(group),
        };
    }
}
