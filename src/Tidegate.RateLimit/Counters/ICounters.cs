namespace Tidegate.RateLimit.Counters;

/// <summary>Where hits are counted: in the memory of one server, or in Redis for many.</summary>
public interface ICounters : IAsyncDisposable
{
    /// <summary>Counts hits, and gives each counter as it is then.</summary>
    /// <exception cref="CountersUnavailableException">They could not be counted in time.</exception>
    ValueTask<ulong[]> AddAsync(IReadOnlyList<CounterHit> hits, CancellationToken cancellation);

    /// <summary>Why nothing can be counted now; null when it can.</summary>
    string? Problem { get; }
}
