namespace Tidegate.Proxy.Telemetry;

/// <summary>What is counted of the gRPC calls to a cluster, by method where that is asked for. The number of methods is bounded (edge.md, S17). Owned by one worker.</summary>
public sealed class GrpcStats
{
    private readonly Dictionary<string, GrpcMethodCounters> _methods = [];
    private readonly Dictionary<string, GrpcMethodCounters>.AlternateLookup<ReadOnlySpan<char>> _byName;
    private GrpcMethodCounters? _ofAll;

    /// <summary>Makes it; nothing was counted.</summary>
    public GrpcStats() => _byName = _methods.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>The counters.</summary>
    public NamedCounters Counters { get; } = new();

    /// <summary>The counters of calls that have none by method.</summary>
    public GrpcMethodCounters OfAll => _ofAll ??= new GrpcMethodCounters(Counters, string.Empty);

    /// <summary>The counters of a method; those of all when there are too many methods already.</summary>
    /// <param name="name">Service and method, with a dot between them.</param>
    /// <param name="maxMethods">How many methods have counters of their own.</param>
    public GrpcMethodCounters Of(ReadOnlySpan<char> name, int maxMethods)
    {
        if (_byName.TryGetValue(name, out GrpcMethodCounters? known))
        {
            return known;
        }

        if (_methods.Count >= maxMethods)
        {
            return OfAll;
        }

        string owned = name.ToString();
        var made = new GrpcMethodCounters(Counters, owned + ".");
        _methods.Add(owned, made);
        return made;
    }
}
