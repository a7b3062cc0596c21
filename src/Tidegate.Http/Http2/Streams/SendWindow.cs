namespace Tidegate.Http.Http2.Streams;

/// <summary>What the peer lets us send, in bytes. It may be below zero after SETTINGS made it smaller (RFC 9113 section 6.9.2).</summary>
internal struct SendWindow(int available)
{
    /// <summary>How much may be sent now; not more than 0 means nothing.</summary>
    public int Available { get; private set; } = available;

    /// <summary>So much is sent.</summary>
    public void Take(int bytes) => Available -= bytes;

    /// <summary>Changes it by what the peer says.</summary>
    /// <returns>False when it would be larger than 2^31-1 (RFC 9113 section 6.9.1).</returns>
    public bool TryChange(long bytes)
    {
        long changed = Available + bytes;
        if (changed > int.MaxValue)
        {
            return false;
        }

        Available = (int)changed;
        return true;
    }
}
