namespace Tidegate.Proxy.Clusters;

/// <summary>
/// Gives each cluster name its slot. A slot stays for good once its name was heard of: a route may hold it. For control threads, one at a time.
/// </summary>
public sealed class ClusterSlotTable
{
    private readonly Dictionary<string, ClusterSlot> _slots = [];

    /// <summary>The slot of a name, made when it is new.</summary>
    public ClusterSlot Of(string name)
    {
        if (!_slots.TryGetValue(name, out ClusterSlot? slot))
        {
            slot = new ClusterSlot(_slots.Count, name);
            _slots.Add(name, slot);
        }

        return slot;
    }
}
