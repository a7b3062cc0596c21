namespace Tidegate.Http.Http2.Streams;

/// <summary>How a stream that is no longer there has ended.</summary>
internal enum StreamEnd : byte
{
    /// <summary>Not known any more, or it never was: its number was passed over (RFC 9113 section 5.1.1).</summary>
    Unknown,

    /// <summary>Both sides have ended it.</summary>
    Ended,

    /// <summary>One side has reset it, and the other may not have known.</summary>
    Reset,
}

/// <summary>Remembers how the last streams have ended, because that decides what a late frame means.</summary>
internal sealed class ClosedStreams
{
    // Enough for all that can be on their way when they are reset.
    private const int Remembered = 256;

    // Twice the number, and one more when it was reset; allocated with the first one.
    private long[] _ends = [];
    private int _next;

    /// <summary>A stream has ended.</summary>
    public void Add(int id, StreamEnd end)
    {
        if (_ends.Length < Remembered && _next == _ends.Length)
        {
            Array.Resize(ref _ends, Math.Max(16, _ends.Length * 2));
        }

        _ends[_next] = (2L * id) + (end == StreamEnd.Reset ? 1 : 0);
        _next++;
        if (_next == Remembered)
        {
            _next = 0;
        }
    }

    /// <summary>How a stream has ended.</summary>
    public StreamEnd Find(int id)
    {
        long ended = 2L * id;
        return _ends.AsSpan().Contains(ended) ? StreamEnd.Ended : _ends.AsSpan().Contains(ended + 1) ? StreamEnd.Reset : StreamEnd.Unknown;
    }
}
