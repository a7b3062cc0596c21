namespace Tidegate.Proxy.AccessLogs;

/// <summary>
/// Lines on their way from one worker to one writer thread: a ring of bytes without locks. The worker appends whole lines and
/// never waits; the writer takes what is there.
/// </summary>
internal sealed class LogRing
{
    private readonly byte[] _bytes;
    private readonly int _mask;

    // Positions only grow; each is written by one side.
    private long _written;
    private long _taken;

    /// <summary>A ring of <paramref name="capacity"/> bytes, a power of two.</summary>
    public LogRing(int capacity)
    {
        _bytes = GC.AllocateUninitializedArray<byte>(capacity);
        _mask = capacity - 1;
    }

    /// <summary>Bytes that wait. Any thread.</summary>
    public long Count => Volatile.Read(ref _written) - Volatile.Read(ref _taken);

    /// <summary>Appends a line; false when there is no room for it. Worker only.</summary>
    public bool TryAppend(ReadOnlySpan<byte> line)
    {
        long written = _written;
        if (_bytes.Length - (written - Volatile.Read(ref _taken)) < line.Length)
        {
            return false;
        }

        int start = (int)written & _mask;
        int first = Math.Min(line.Length, _bytes.Length - start);
        line[..first].CopyTo(_bytes.AsSpan(start));
        line[first..].CopyTo(_bytes);
        Volatile.Write(ref _written, written + line.Length);
        return true;
    }

    /// <summary>
    /// What waits, in two parts. It begins and ends with whole lines, and stays as it is until <see cref="Take"/>. Writer only.
    /// </summary>
    public (ReadOnlyMemory<byte> First, ReadOnlyMemory<byte> Second) Peek()
    {
        int count = (int)Count;
        int start = (int)_taken & _mask;
        int first = Math.Min(count, _bytes.Length - start);
        return (_bytes.AsMemory(start, first), _bytes.AsMemory(0, count - first));
    }

    /// <summary>Gives room back. Writer only.</summary>
    public void Take(int count) => Volatile.Write(ref _taken, _taken + count);
}
