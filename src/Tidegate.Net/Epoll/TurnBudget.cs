using System.Runtime.CompilerServices;

namespace Tidegate.Net.Epoll;

/// <summary>How much one connection has done in the present turn of its loop. A mutable struct: keep it in a field.</summary>
internal struct TurnBudget
{
    // An operation counts as at least this much work, so that many small ones yield too.
    private const int MinBytes = 4096;

    private long _turn;
    private int _bytes;

    /// <summary>Whether more may be done in this turn.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool IsLeft(long turn, int maxBytes)
    {
        if (_turn == turn)
        {
            return _bytes < maxBytes;
        }

        _turn = turn;
        _bytes = 0;
        return true;
    }

    /// <summary>An operation has moved so many bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Take(int bytes) => _bytes += Math.Max(bytes, MinBytes);
}
