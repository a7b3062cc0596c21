namespace Tidegate.Proxy.Clusters;

/// <summary>
/// Gives each cluster name its slot: the same for all that hold it, a cluster in force or routes that lead to one. A slot that nobody holds any more is
/// forgotten, and its number is given to another name. For control threads, one at a time.
/// </summary>
public sealed class ClusterSlotTable
{
    private const int LeastCount = 256;

    private readonly Dictionary<string, WeakReference<ClusterSlot>> _slots = [];
    private readonly Dictionary<string, int> _ids = [];
    private readonly Stack<int> _freeIds = [];
    private int _nextId;
    private int _sweepAt = LeastCount;

    /// <summary>How many names it knows, those included that it has not found yet to be forgotten.</summary>
    internal int Count => _slots.Count;

    /// <summary>The slot of a name, made when it is new.</summary>
    public ClusterSlot Of(string name)
    {
        if (_slots.TryGetValue(name, out WeakReference<ClusterSlot>? known))
        {
            if (known.TryGetTarget(out ClusterSlot? slot))
            {
                return slot;
            }

            // Forgotten, and asked for again: nothing has its number meanwhile.
            slot = new ClusterSlot(_ids[name], name);
            known.SetTarget(slot);
            return slot;
        }

        if (_slots.Count >= _sweepAt)
        {
            Sweep();
        }

        var added = new ClusterSlot(_freeIds.TryPop(out int id) ? id : _nextId++, name);
        _slots.Add(name, new WeakReference<ClusterSlot>(added));
        _ids.Add(name, added.Id);
        return added;
    }

    // What was forgotten makes room when the table has grown to twice what was alive: no call pays for more than a few names.
    private void Sweep()
    {
        foreach ((string name, WeakReference<ClusterSlot> slot) in _slots)
        {
            if (!slot.TryGetTarget(out _))
            {
                _slots.Remove(name);
                _ids.Remove(name, out int id);
                _freeIds.Push(id);
            }
        }

        _sweepAt = Math.Max(LeastCount, _slots.Count * 2);
    }
}
