namespace Tidegate.Proxy.Clusters;

/// <summary>
/// The place of a cluster of a given name, whether there is such a cluster or not. Routes hold slots, so that a cluster can come, change and go
/// without a new route table. A request reads <see cref="Current"/> once and keeps what it read.
/// </summary>
public sealed class ClusterSlot
{
    private volatile RuntimeCluster? _current;

    internal ClusterSlot(int id, string name)
    {
        Id = id;
        Name = name;
    }

    /// <summary>A small number of its own: workers keep what is theirs of a cluster in arrays indexed by it.</summary>
    public int Id { get; }

    /// <summary>The cluster's name.</summary>
    public string Name { get; }

    /// <summary>The cluster in force; null when there is none of that name.</summary>
    public RuntimeCluster? Current
    {
        get => _current;
        internal set => _current = value;
    }

    /// <inheritdoc/>
    public override string ToString() => Name;
}
