using Tidegate.Proxy.Runtime;

namespace Tidegate.Proxy.Upstream.LoadBalancing;

/// <summary>
/// Draws some endpoints and takes the one with the fewest requests under way on this worker (Envoy: <c>LEAST_REQUEST</c>).
/// Where weights differ, an endpoint's share is its weight divided by what it has under way.
/// </summary>
internal sealed class LeastRequestChoice(LoadBalancerPolicy policy, Random random, Func<RuntimeEndpoint, int> activeRequests) : EndpointChoice
{
    /// <inheritdoc/>
    public override RuntimeEndpoint Choose(EndpointGroup group) => group.HasEqualWeights ? ChooseAmongDrawn(group) : ChooseByShare(group);

    private RuntimeEndpoint ChooseAmongDrawn(EndpointGroup group)
    {
        RuntimeEndpoint best = group[random.Next(group.Count)];
        int fewest = activeRequests(best);
        for (int i = 1; i < policy.ChoiceCount; i++)
        {
            RuntimeEndpoint drawn = group[random.Next(group.Count)];
            int active = activeRequests(drawn);
            if (active < fewest)
            {
                best = drawn;
                fewest = active;
            }
        }

        return best;
    }

    private RuntimeEndpoint ChooseByShare(EndpointGroup group)
    {
        double total = 0;
        for (int i = 0; i < group.Count; i++)
        {
            total += ShareOf(group, i);
        }

        double draw = random.NextDouble() * total;
        for (int i = 0; i < group.Count - 1; i++)
        {
            draw -= ShareOf(group, i);
            if (draw < 0)
            {
                return group[i];
            }
        }

        return group[group.Count - 1];
    }

    private double ShareOf(EndpointGroup group, int index) =>
        group.WeightAt(index) / Math.Pow(activeRequests(group[index]) + 1, policy.ActiveRequestBias);
}
