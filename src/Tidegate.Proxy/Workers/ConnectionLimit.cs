namespace Tidegate.Proxy.Workers;

/// <summary>How many client connections there may be, over all workers (edge.md, S06). Touched at accept and close only.</summary>
internal sealed class ConnectionLimit(int limit)
{
    private int _count;

    /// <summary>Client connections now.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Counts one more, unless there are too many.</summary>
    public bool TryTake()
    {
        if (Interlocked.Increment(ref _count) <= limit || limit <= 0)
        {
            return true;
        }

        Interlocked.Decrement(ref _count);
        return false;
    }

    /// <summary>Counts one less.</summary>
    public void Return() => Interlocked.Decrement(ref _count);
}
