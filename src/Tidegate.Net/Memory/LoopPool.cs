namespace Tidegate.Net.Memory;

/// <summary>
/// Objects of one loop that lie ready to be used again, last in first out so that they are warm in the cache. What nobody needed for a while is dropped, so that the pool is as large as the
/// work of the last moments was and no larger.
/// </summary>
/// <typeparam name="T">What it holds.</typeparam>
public sealed class LoopPool<T> : ITrimmable
    where T : class
{
    private readonly List<T> _free = [];
    private readonly PoolTrimmer _trimmer;
    private readonly int _keep;
    private readonly Action<T>? _dropped;
    private int _lowest;

    /// <summary>An empty pool.</summary>
    /// <param name="trimmer">Who has it give back what is not needed.</param>
    /// <param name="keep">How many are kept for ever.</param>
    /// <param name="dropped">Is told of each that is dropped.</param>
    public LoopPool(PoolTrimmer trimmer, int keep, Action<T>? dropped = null)
    {
        ArgumentNullException.ThrowIfNull(trimmer);
        _trimmer = trimmer;
        _keep = keep;
        _dropped = dropped;
        trimmer.Add(this);
    }

    /// <summary>How many lie ready.</summary>
    public int Count => _free.Count;

    /// <summary>Whether more lie ready than are always kept.</summary>
    public bool HasExcess => _free.Count > _keep;

    /// <summary>One that lies ready; null when none does.</summary>
    public T? Take()
    {
        int last = _free.Count - 1;
        if (last < 0)
        {
            return null;
        }

        T item = _free[last];
        _free.RemoveAt(last);
        _lowest = Math.Min(_lowest, last);
        return item;
    }

    /// <summary>Takes one back that nobody uses.</summary>
    public void Give(T item)
    {
        _free.Add(item);
        if (HasExcess)
        {
            _trimmer.NoteExcess();
        }
    }

    /// <summary>Drops half of what was not needed at any moment since the last call (all of it when little is left) down to what is always kept.</summary>
    public void Trim(bool all)
    {
        int idle = Math.Min(_lowest, _free.Count - _keep);
        if (idle > 0)
        {
            Drop(all || idle <= _keep ? idle : (idle + 1) / 2);
        }

        _lowest = _free.Count;
    }

    // The oldest lie at the bottom; they are the coldest.
    private void Drop(int count)
    {
        if (_dropped is not null)
        {
            for (int i = 0; i < count; i++)
            {
                _dropped(_free[i]);
            }
        }

        _free.RemoveRange(0, count);
    }
}
