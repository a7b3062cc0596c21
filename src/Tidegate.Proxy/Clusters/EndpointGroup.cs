namespace Tidegate.Proxy.Clusters;

/// <summary>An endpoint and its share.</summary>
/// <param name="Endpoint">The endpoint.</param>
/// <param name="Weight">Its share, from 1 up.</param>
public readonly record struct WeightedEndpoint(RuntimeEndpoint Endpoint, uint Weight);

/// <summary>Endpoints among which one is chosen. Immutable.</summary>
public sealed class EndpointGroup
{
    /// <summary>No endpoints.</summary>
    public static readonly EndpointGroup Empty = new([]);

    private readonly WeightedEndpoint[] _members;

    private EndpointGroup(WeightedEndpoint[] members)
    {
        _members = members;
        HasEqualWeights = true;
        foreach (WeightedEndpoint member in members)
        {
            TotalWeight += member.Weight;
            HasEqualWeights &= member.Weight == members[0].Weight;
        }
    }

    /// <summary>How many there are.</summary>
    public int Count => _members.Length;

    /// <summary>The sum of the weights.</summary>
    public ulong TotalWeight { get; }

    /// <summary>Whether all weights are the same, so that they need not be looked at.</summary>
    public bool HasEqualWeights { get; }

    /// <summary>The endpoints with their weights.</summary>
    public IReadOnlyList<WeightedEndpoint> Members => _members;

    /// <summary>The endpoint at a position.</summary>
    public RuntimeEndpoint this[int index] => _members[index].Endpoint;

    /// <summary>The weight at a position.</summary>
    public uint WeightAt(int index) => _members[index].Weight;

    internal static EndpointGroup Of(IEnumerable<WeightedEndpoint> members) => new([.. members]);
}
