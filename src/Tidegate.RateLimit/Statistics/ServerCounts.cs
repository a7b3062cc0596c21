using System.Collections.Concurrent;

namespace Tidegate.RateLimit.Statistics;

/// <summary>What is counted of the server beside its limits, and of detailed limits by the values that are met. Safe for all threads.</summary>
/// <param name="maxDetailed">How many values have metrics of their own; further ones count as those of their limit.</param>
public sealed class ServerCounts(int maxDetailed)
{
    private readonly ConcurrentDictionary<string, LimitCounts> _limits = new();
    private int _detailed;
    private long _requests;
    private long _badRequests;
    private long _counterErrors;
    private long _loads;
    private long _loadErrors;

    /// <summary>All of them by their names.</summary>
    public IEnumerable<(string Name, long Value)> All =>
    [
        ("should_rate_limit_total", Interlocked.Read(ref _requests)), ("should_rate_limit_error_service", Interlocked.Read(ref _badRequests)),
        ("should_rate_limit_error_redis", Interlocked.Read(ref _counterErrors)), ("config_load_success", Interlocked.Read(ref _loads)), ("config_load_error", Interlocked.Read(ref _loadErrors)),
    ];

    /// <summary>What is counted of limits, by their paths.</summary>
    public IEnumerable<KeyValuePair<string, LimitCounts>> Limits => _limits;

    /// <summary>A question.</summary>
    public void OnRequest() => Interlocked.Increment(ref _requests);

    /// <summary>A question that is none.</summary>
    public void OnBadRequest() => Interlocked.Increment(ref _badRequests);

    /// <summary>A question whose counters could not be had.</summary>
    public void OnCounterError() => Interlocked.Increment(ref _counterErrors);

    /// <summary>The configuration was read.</summary>
    public void OnLoad(bool isGood) => Interlocked.Increment(ref isGood ? ref _loads : ref _loadErrors);

    /// <summary>What is counted of a limit; it goes on when the limit is read again.</summary>
    public LimitCounts OfLimit(string path) => _limits.GetOrAdd(path, static _ => new LimitCounts());

    /// <summary>What is counted of one value of a detailed limit.</summary>
    /// <param name="path">The value's path.</param>
    /// <param name="otherwise">What is counted of the limit.</param>
    public LimitCounts OfValue(string path, LimitCounts otherwise)
    {
        if (_limits.TryGetValue(path, out LimitCounts? known))
        {
            return known;
        }

        return Interlocked.Increment(ref _detailed) <= maxDetailed ? OfLimit(path) : otherwise;
    }
}
