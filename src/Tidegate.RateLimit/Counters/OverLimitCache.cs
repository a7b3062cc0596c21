using System.Collections.Concurrent;

namespace Tidegate.RateLimit.Counters;

/// <summary>
/// Keys of counters that are over their limit: until their windows end nobody has to be asked about them. Bounded; what finds no room is asked about. Safe for all threads.
/// </summary>
/// <param name="max">How many keys it holds; 0 holds none.</param>
public sealed class OverLimitCache(int max)
{
    private readonly ConcurrentDictionary<string, (long EndsAt, ulong Limit)> _known = new();

    /// <summary>Whether a counter is known to be over its limit.</summary>
    /// <param name="key">Its key.</param>
    /// <param name="limit">Its limit: one that was raised meanwhile is asked about.</param>
    /// <param name="now">Seconds since 1970.</param>
    public bool Has(string key, ulong limit, long now) => max > 0 && _known.TryGetValue(key, out (long EndsAt, ulong Limit) known) && known.EndsAt > now && limit <= known.Limit;

    /// <summary>A counter is over its limit.</summary>
    /// <param name="key">Its key.</param>
    /// <param name="limit">Its limit.</param>
    /// <param name="now">Seconds since 1970.</param>
    /// <param name="restSeconds">In how many seconds its window ends.</param>
    public void Add(string key, ulong limit, long now, long restSeconds)
    {
        if (max == 0)
        {
            return;
        }

        if (_known.Count >= max)
        {
            foreach ((string known, (long endsAt, _)) in _known)
            {
                if (endsAt <= now)
                {
                    _known.TryRemove(known, out _);
                }
            }
        }

        if (_known.Count < max)
        {
            _known[key] = (now + restSeconds, limit);
        }
    }
}
