namespace Tidegate.Proxy.Filters.RateLimits;

/// <summary>
/// Lets so many requests through at once and so many again in each interval, evenly (Envoy: <c>TokenBucket</c>). Shared by all workers
/// without a lock: all that changes is one number, the moment at which the bucket was, or will be, empty.
/// </summary>
internal sealed class TokenBucket
{
    private readonly TimeProvider _time;
    private readonly long _startedAt;
    private double _emptyAtMs;

    /// <summary>A full bucket.</summary>
    /// <param name="maxTokens">How many tokens it holds; with 0 there never is one.</param>
    /// <param name="tokensPerFill">How many come in each interval.</param>
    /// <param name="fillIntervalMs">The interval in milliseconds.</param>
    /// <param name="time">The clock.</param>
    public TokenBucket(uint maxTokens, uint tokensPerFill, long fillIntervalMs, TimeProvider time)
    {
        MaxTokens = maxTokens;
        TokensPerMs = (double)tokensPerFill / fillIntervalMs;
        _time = time;
        _startedAt = time.GetTimestamp();
        _emptyAtMs = -maxTokens / TokensPerMs;
    }

    /// <summary>How many tokens it holds when it is full.</summary>
    public uint MaxTokens { get; }

    /// <summary>How fast it fills.</summary>
    public double TokensPerMs { get; }

    /// <summary>How many tokens are there now.</summary>
    public uint RemainingTokens => (uint)Math.Clamp((NowMs - Volatile.Read(ref _emptyAtMs)) * TokensPerMs, 0, MaxTokens);

    /// <summary>In how many seconds, rounded up, there is a token again; 0 when there is one.</summary>
    public long SecondsToNextToken
    {
        get
        {
            double missing = 1 - ((NowMs - Volatile.Read(ref _emptyAtMs)) * TokensPerMs);
            return missing <= 0 ? 0 : (long)Math.Ceiling(missing / TokensPerMs / 1000);
        }
    }

    private double NowMs => _time.GetElapsedTime(_startedAt).TotalMilliseconds;

    /// <summary>Takes tokens. False: there are not so many, and none is taken.</summary>
    public bool TryTake(uint count = 1)
    {
        if (count == 0)
        {
            return true;
        }

        double now = NowMs;
        while (true)
        {
            double emptyAt = Volatile.Read(ref _emptyAtMs);

            // What came while the bucket was full is lost.
            double next = Math.Max(emptyAt, now - (MaxTokens / TokensPerMs)) + (count / TokensPerMs);

            // A millionth of a millisecond for what adding fractions loses.
            if (next > now + 1e-6)
            {
                return false;
            }

            if (Interlocked.CompareExchange(ref _emptyAtMs, next, emptyAt).Equals(emptyAt))
            {
                return true;
            }
        }
    }
}
