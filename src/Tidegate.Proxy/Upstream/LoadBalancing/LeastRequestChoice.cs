using Tidegate.Proxy.Clusters;

namespace Tidegate.Proxy.Upstream.LoadBalancing;

/// <summary>
/// Draws some endpoints and takes the one with the fewest requests under way on this worker (Envoy: <c>LEAST_REQUEST</c>).
/// Where weights differ, endpoints take turns, each by its weight divided by what it has under way when its turn comes.
/// </summary>
internal sealed class LeastRequestChoice : EndpointChoice
{
    private readonly LoadBalancerPolicy _policy;
    private readonly Random _random;
    private readonly Func<RuntimeEndpoint, int> _activeRequests;
    private readonly TurnTable _turnTable;
    private readonly Func<EndpointGroup, int, double> _shareOf;

    public LeastRequestChoice(LoadBalancerPolicy policy, Random random, Func<RuntimeEndpoint, int> activeRequests, TurnTable turnTable)
    {
        _policy = policy;
        _random = random;
        _activeRequests = activeRequests;
        _turnTable = turnTable;
        _shareOf = ShareOf;
    }

    /// <inheritdoc/>
    public override RuntimeEndpoint Choose(EndpointGroup group)
    {
        TurnTable.Turns turns = _turnTable.Of(group);
        if (!_turnTable.IsWeighted(group, turns))
        {
            return ChooseAmongDrawn(group);
        }

        EarliestDeadlineFirst schedule = turns.Schedule ??= _turnTable.Schedule(group, _shareOf);
        int position = schedule.Next;
        schedule.Advance(ShareOf(group, position));
        return group[position];
    }

    private RuntimeEndpoint ChooseAmongDrawn(EndpointGroup group)
    {
        RuntimeEndpoint best = group[_random.Next(group.Count)];
        int fewest = _activeRequests(best);
        for (int i = 1; i < _policy.ChoiceCount; i++)
        {
            RuntimeEndpoint drawn = group[_random.Next(group.Count)];
            int active = _activeRequests(drawn);
            if (active < fewest)
            {
                best = drawn;
                fewest = active;
            }
        }

        return best;
    }

    private double ShareOf(EndpointGroup group, int position)
    {
        double weight = _turnTable.WeightOf(group, position);
        int active = _activeRequests(group[position]);
        return _policy.ActiveRequestBias == 1 ? weight / (active + 1) : weight / Math.Pow(active + 1, _policy.ActiveRequestBias);
    }
}
