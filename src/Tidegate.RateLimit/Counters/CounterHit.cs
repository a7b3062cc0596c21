namespace Tidegate.RateLimit.Counters;

/// <summary>Hits of one counter.</summary>
/// <param name="Key">The counter's key: it names its window, so that the next window is another counter.</param>
/// <param name="Hits">How many; 0 only looks.</param>
/// <param name="LifeSeconds">How long the counter is needed.</param>
public readonly record struct CounterHit(string Key, ulong Hits, long LifeSeconds);
