using System.Runtime.CompilerServices;
using Tidegate.Proxy.Runtime;

namespace Tidegate.Proxy.Upstream.LoadBalancing;

/// <summary>
/// One endpoint after the other (Envoy: <c>ROUND_ROBIN</c>); where weights differ, spread as evenly as they allow: an endpoint
/// of weight 3 beside one of weight 1 comes as a a b a, not as a a a b. Where a worker begins is drawn, so that several
/// workers do not all begin with the same endpoint.
/// </summary>
internal sealed class RoundRobinChoice : EndpointChoice
{
    private readonly WeightedTurns _weighted = new();
    private uint _next = (uint)Random.Shared.Next();

    /// <inheritdoc/>
    public override RuntimeEndpoint Choose(EndpointGroup group) =>
        group.HasEqualWeights ? group[(int)(_next++ % (uint)group.Count)] : _weighted.Choose(group);

    // "Smooth" weighted round robin: every turn each gets its weight, the richest is taken and pays the sum of all.
    private sealed class WeightedTurns
    {
        private readonly ConditionalWeakTable<EndpointGroup, long[]> _credits = [];

        public RuntimeEndpoint Choose(EndpointGroup group)
        {
            long[] credits = _credits.GetValue(group, static made => new long[made.Count]);
            int best = 0;
            for (int i = 0; i < credits.Length; i++)
            {
                credits[i] += group.WeightAt(i);
                if (credits[i] > credits[best])
                {
                    best = i;
                }
            }

            credits[best] -= (long)group.TotalWeight;
            return group[best];
        }
    }
}
