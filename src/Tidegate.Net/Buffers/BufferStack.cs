namespace Tidegate.Net.Buffers;

/// <summary>The free buffers of one length, last in first out so that they are warm in the cache.</summary>
internal sealed class BufferStack(int length, int keep)
{
    private readonly List<byte[]> _free = [];
    private int _lowest;

    internal int Keep => keep;

    internal int FreeCount => _free.Count;

    internal long FreeBytes => (long)_free.Count * length;

    internal byte[] Pop()
    {
        int last = _free.Count - 1;
        if (last < 0)
        {
            return GC.AllocateUninitializedArray<byte>(length, pinned: true);
        }

        byte[] buffer = _free[last];
        _free.RemoveAt(last);
        _lowest = Math.Min(_lowest, last);
        return buffer;
    }

    internal void Push(byte[] buffer) => _free.Add(buffer);

    /// <summary>
    /// Drops half of what was not needed at any moment since the last call (all of it when little is left) down to what is always
    /// kept; gives the bytes dropped.
    /// </summary>
    internal long Trim()
    {
        int idle = Math.Min(_lowest, _free.Count - keep);
        _lowest = _free.Count;
        if (idle <= 0)
        {
            return 0;
        }

        int drop = idle <= keep ? idle : (idle + 1) / 2;

        // The oldest lie at the bottom; they are the coldest.
        _free.RemoveRange(0, drop);
        _lowest = _free.Count;
        return (long)drop * length;
    }
}
