using Tidegate.Proxy.Clusters;

namespace Tidegate.Proxy.Upstream.LoadBalancing;

/// <summary>
/// One endpoint after the other (Envoy: <c>ROUND_ROBIN</c>); where weights differ, spread as evenly as they allow: an endpoint of weight 3 beside
/// one of weight 1 comes as a a b a, not as a a a b. Where a worker begins is drawn, so that several do not all begin with the same endpoint.
/// </summary>
internal sealed class RoundRobinChoice(TurnTable turnTable) : EndpointChoice
{
    private readonly Func<EndpointGroup, int, double> _weightOf = turnTable.WeightOf;

    /// <inheritdoc/>
    public override RuntimeEndpoint Choose(EndpointGroup group)
    {
        TurnTable.Turns turns = turnTable.Of(group);
        if (!turnTable.IsWeighted(group, turns))
        {
            return group[(int)(turns.Next++ % (uint)group.Count)];
        }

        EarliestDeadlineFirst schedule = turns.Schedule ??= turnTable.Schedule(group, _weightOf);
        int position = schedule.Next;
        schedule.Advance(turnTable.WeightOf(group, position));
        return group[position];
    }
}
