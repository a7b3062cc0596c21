using Tidegate.Net.Interop;

namespace Tidegate.Net.Epoll;

/// <summary>What of a send the kernel has not taken yet.</summary>
internal struct UnsentBytes
{
    private ReadOnlyMemory<byte> _first;
    private ReadOnlyMemory<byte> _second;

    internal UnsentBytes(ReadOnlyMemory<byte> first, ReadOnlyMemory<byte> second)
    {
        Total = first.Length + second.Length;
        (_first, _second) = first.IsEmpty ? (second, default) : (first, second);
    }

    /// <summary>The length of the whole send.</summary>
    internal int Total { get; }

    /// <summary>Offers the rest to the kernel: the bytes taken, or a negated errno.</summary>
    internal readonly int TrySend(int fd) =>
        _second.IsEmpty ? SocketCalls.Send(fd, _first.Span) : SocketCalls.Send(fd, _first.Span, _second.Span);

    /// <summary>Takes off what the kernel has taken; true when nothing is left.</summary>
    internal bool Advance(int count)
    {
        int ofFirst = Math.Min(count, _first.Length);
        _first = _first[ofFirst..];
        _second = _second[(count - ofFirst)..];
        if (_first.IsEmpty)
        {
            (_first, _second) = (_second, default);
        }

        return _first.IsEmpty;
    }
}
