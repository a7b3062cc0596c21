using System.Runtime.CompilerServices;
using Tidegate.Proxy.Clusters;

namespace Tidegate.Proxy.Upstream.LoadBalancing;

/// <summary>
/// Where a worker is in its turns through each group of endpoints. A group is never changed, so what is kept for one goes when the group does. Knows
/// whether endpoints of the group are in their slow start (Envoy: <c>slow_start_config</c>).
/// </summary>
internal sealed class TurnTable(LoadBalancerPolicy policy, Random random, Func<long> nowMs)
{
    private readonly ConditionalWeakTable<EndpointGroup, Turns> _known = [];
    private EndpointGroup? _last;
    private Turns? _lastTurns;

    /// <summary>What is kept for a group.</summary>
    public Turns Of(EndpointGroup group)
    {
        if (ReferenceEquals(_last, group))
        {
            return _lastTurns!;
        }

        if (!_known.TryGetValue(group, out Turns? turns))
        {
            turns = new Turns((uint)random.Next(), SlowStartEndOf(group));
            _known.Add(group, turns);
        }

        _last = group;
        _lastTurns = turns;
        return turns;
    }

    /// <summary>Whether the endpoints have to be told apart: by weights, or because some are in their slow start.</summary>
    public bool IsWeighted(EndpointGroup group, Turns turns) => !group.HasEqualWeights || (turns.SlowStartEndMs > 0 && IsStillSlow(turns));

    /// <summary>An endpoint's weight, less while it is in its slow start.</summary>
    public double WeightOf(EndpointGroup group, int position)
    {
        double weight = group.WeightAt(position);
        return policy.SlowStart is { } slowStart ? weight * slowStart.FactorAt(Math.Max(0, nowMs() - group[position].HealthySinceMs)) : weight;
    }

    /// <summary>A schedule of a group by weights.</summary>
    /// <param name="group">The group.</param>
    /// <param name="weightOf">The weight of a position.</param>
    public EarliestDeadlineFirst Schedule(EndpointGroup group, Func<EndpointGroup, int, double> weightOf)
    {
        double[] weights = new double[group.Count];
        for (int i = 0; i < weights.Length; i++)
        {
            weights[i] = weightOf(group, i);
        }

        return new EarliestDeadlineFirst(weights, random);
    }

    private bool IsStillSlow(Turns turns)
    {
        if (nowMs() < turns.SlowStartEndMs)
        {
            return true;
        }

        turns.SlowStartEndMs = 0;
        turns.Schedule = null;
        return false;
    }

    private long SlowStartEndOf(EndpointGroup group)
    {
        if (policy.SlowStart is not { } slowStart)
        {
            return 0;
        }

        long latest = 0;
        for (int i = 0; i < group.Count; i++)
        {
            latest = Math.Max(latest, group[i].HealthySinceMs);
        }

        return latest + slowStart.WindowMs;
    }

    /// <summary>Where a worker is in its turns through one group.</summary>
    internal sealed class Turns(uint next, long slowStartEndMs)
    {
        /// <summary>The next position, with equal weights.</summary>
        public uint Next = next;

        /// <summary>Until when endpoints of the group are in their slow start; 0 when none is.</summary>
        public long SlowStartEndMs = slowStartEndMs;

        /// <summary>The schedule, with weights; made when it is first needed.</summary>
        public EarliestDeadlineFirst? Schedule;
    }
}
