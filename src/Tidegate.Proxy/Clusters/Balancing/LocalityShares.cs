namespace Tidegate.Proxy.Clusters.Balancing;

/// <summary>
/// The shares of a priority's localities where the cluster weighs them (Envoy: <c>locality_weighted_lb_config</c>): a locality's weight, less once
/// fewer of its endpoints can be used than the overprovisioning factor makes up for. Immutable.
/// </summary>
internal sealed class LocalityShares
{
    private readonly EndpointGroup[] _groups;
    private readonly double[] _shares;
    private readonly double _total;

    private LocalityShares(EndpointGroup[] groups, double[] shares)
    {
        _groups = groups;
        _shares = shares;
        _total = shares.Sum();
    }

    /// <summary>The endpoints, each with its share of the locality's.</summary>
    public IEnumerable<(WeightedEndpoint Member, double Weight)> Members => _groups.SelectMany((group, i) =>
        group.Members.Select(member => (member, _shares[i] * member.Weight / group.TotalWeight)));

    /// <summary>The shares; null when no locality has one, and the endpoints are to be taken all alike.</summary>
    /// <param name="localities">The localities.</param>
    /// <param name="usable">Which of a locality's endpoints it is about.</param>
    /// <param name="overprovisioningFactor">In percent.</param>
    public static LocalityShares? Of(IReadOnlyList<EndpointLocality> localities, Func<EndpointLocality, EndpointGroup> usable, uint overprovisioningFactor)
    {
        EndpointGroup[] groups = [.. localities.Select(usable)];
        double[] shares = [.. localities.Select((locality, i) => locality.All.Count == 0
            ? 0
            : locality.Weight * Math.Min(1.0, overprovisioningFactor / 100.0 * groups[i].Count / locality.All.Count))];
        return shares.All(static share => share == 0) ? null : new LocalityShares(groups, shares);
    }

    /// <summary>The endpoints of a locality by chance.</summary>
    public EndpointGroup Choose(Random random)
    {
        double draw = random.NextDouble() * _total;
        int last = 0;
        for (int i = 0; i < _groups.Length; i++)
        {
            if (_shares[i] == 0)
            {
                continue;
            }

            last = i;
            draw -= _shares[i];
            if (draw < 0)
            {
                break;
            }
        }

        return _groups[last];
    }
}
