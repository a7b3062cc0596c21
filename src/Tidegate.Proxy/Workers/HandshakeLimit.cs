namespace Tidegate.Proxy.Workers;

/// <summary>How many handshakes are under way on one worker: a flood of them must not take its memory (edge.md, T18 and T19).</summary>
/// <param name="max">How many may be.</param>
internal sealed class HandshakeLimit(int max)
{
    private int _count;

    /// <summary>One more, if there is room.</summary>
    public bool TryBegin()
    {
        if (_count >= max)
        {
            return false;
        }

        _count++;
        return true;
    }

    /// <summary>One less.</summary>
    public void End() => _count--;
}
