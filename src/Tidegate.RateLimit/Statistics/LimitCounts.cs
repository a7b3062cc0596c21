namespace Tidegate.RateLimit.Statistics;

/// <summary>What is counted of one limit, in hits; the names are the well-known server's. Safe for all threads.</summary>
public sealed class LimitCounts
{
    // From this share of the limit on a hit is near it.
    private const double NearShare = 0.8;

    private long _total;
    private long _withinLimit;
    private long _nearLimit;
    private long _overLimit;
    private long _overLimitKnown;
    private long _shadowMode;

    /// <summary>All of them by their names.</summary>
    public IEnumerable<(string Name, long Value)> All =>
    [
        ("total_hits", Interlocked.Read(ref _total)), ("within_limit", Interlocked.Read(ref _withinLimit)), ("near_limit", Interlocked.Read(ref _nearLimit)),
        ("over_limit", Interlocked.Read(ref _overLimit)), ("over_limit_with_local_cache", Interlocked.Read(ref _overLimitKnown)), ("shadow_mode", Interlocked.Read(ref _shadowMode)),
    ];

    /// <summary>Hits that were asked about.</summary>
    public void AddTotal(ulong hits) => Interlocked.Add(ref _total, (long)hits);

    /// <summary>Hits of which it was known here that they are beyond the limit.</summary>
    public void AddKnown(ulong hits, bool isShadow)
    {
        Interlocked.Add(ref _overLimit, (long)hits);
        Interlocked.Add(ref _overLimitKnown, (long)hits);
        Interlocked.Add(ref _shadowMode, isShadow ? (long)hits : 0);
    }

    /// <summary>Hits that were counted: as many of them are over or near the limit as lie there.</summary>
    /// <param name="after">The counter with them.</param>
    /// <param name="hits">How many they are.</param>
    /// <param name="limit">The limit.</param>
    /// <param name="isShadow">Whether it only counts.</param>
    public void Add(ulong after, ulong hits, ulong limit, bool isShadow)
    {
        ulong before = after > hits ? after - hits : 0;
        ulong near = (ulong)(limit * NearShare);
        ulong over = after > limit ? after - Math.Max(before, limit) : 0;
        Interlocked.Add(ref _overLimit, (long)over);
        Interlocked.Add(ref _shadowMode, isShadow ? (long)over : 0);
        Interlocked.Add(ref _withinLimit, (long)(after > limit ? 0 : hits));
        ulong upTo = Math.Min(after, limit);
        Interlocked.Add(ref _nearLimit, (long)(upTo > Math.Max(before, near) ? upTo - Math.Max(before, near) : 0));
    }
}
