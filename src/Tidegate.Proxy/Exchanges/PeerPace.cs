namespace Tidegate.Proxy.Exchanges;

/// <summary>
/// How fast a peer delivers or takes the bytes of one message: all of them, over the time that was waited for it and for nothing else. A peer
/// that was fast before may pause; one that lets itself be waited for all the time may not. A mutable struct: keep it in a field.
/// </summary>
internal struct PeerPace
{
    private bool _isBegun;
    private long _startBytes;
    private long _waitedMs;
    private long _sinceMs;
    private long _progressMs;
    private long _progressBytes;

    /// <summary>From now on the peer is waited for.</summary>
    /// <param name="nowMs">The time.</param>
    /// <param name="bytes">How many bytes it has moved up to now, since whenever.</param>
    public void BeginWait(long nowMs, long bytes)
    {
        if (!_isBegun)
        {
            _isBegun = true;
            _startBytes = bytes;
        }

        _sinceMs = nowMs;
        _progressMs = nowMs;
        _progressBytes = bytes;
    }

    /// <summary>The wait is over.</summary>
    public void EndWait(long nowMs) => _waitedMs += nowMs - _sinceMs;

    /// <summary>Whether the peer, which is waited for, stands still or is too slow.</summary>
    /// <param name="nowMs">The time.</param>
    /// <param name="bytes">How many bytes it has moved up to now.</param>
    /// <param name="stallMs">How long it may move nothing at all; 0 for any time.</param>
    /// <param name="graceMs">How long it has to be waited for before its average is looked at.</param>
    /// <param name="minBytesPerSecond">What the average has to be; 0 for anything.</param>
    public bool IsSlow(long nowMs, long bytes, long stallMs, long graceMs, long minBytesPerSecond)
    {
        if (bytes != _progressBytes)
        {
            _progressBytes = bytes;
            _progressMs = nowMs;
        }
        else if (stallMs > 0 && nowMs - _progressMs >= stallMs)
        {
            return true;
        }

        long waitedMs = _waitedMs + nowMs - _sinceMs;
        return waitedMs >= graceMs && (bytes - _startBytes) * 1000 < minBytesPerSecond * waitedMs;
    }
}
