namespace Tidegate.Http.Http2.Streams;

/// <summary>What we let the peer send, in bytes. What was consumed is given back to it in large steps, not frame by frame.</summary>
internal struct ReceiveWindow(int size)
{
    private readonly int _size = size;
    private int _available = size;
    private int _consumed;

    /// <summary>What came and was not consumed.</summary>
    public readonly int Held => _size - _available - _consumed;

    /// <summary>The peer has sent so much.</summary>
    /// <returns>False when that is more than it may.</returns>
    public bool TryTake(int bytes)
    {
        if (bytes > _available)
        {
            return false;
        }

        _available -= bytes;
        return true;
    }

    /// <summary>So much of what came was consumed.</summary>
    /// <returns>By how much the window is opened for the peer now; mostly by nothing.</returns>
    public int Credit(int bytes)
    {
        _consumed += bytes;
        if (_consumed < _size / 2)
        {
            return 0;
        }

        int increment = _consumed;
        _available += increment;
        _consumed = 0;
        return increment;
    }
}
