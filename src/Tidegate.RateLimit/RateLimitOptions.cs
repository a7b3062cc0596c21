using System.Net;

namespace Tidegate.RateLimit;

/// <summary>What <c>tidegate ratelimit</c> is told.</summary>
public sealed record RateLimitOptions
{
    /// <summary>The file, or the folder of files, that limits are written in.</summary>
    public required string Limits { get; init; }

    /// <summary>Where the protocol is served; HTTP/2 without TLS.</summary>
    public IPEndPoint Address { get; init; } = new(IPAddress.Any, 8081);

    /// <summary>Where metrics and the other pages are.</summary>
    public IPEndPoint PagesAddress { get; init; } = new(IPAddress.Loopback, 6070);

    /// <summary>Redis, as StackExchange.Redis reads it; empty counts in memory.</summary>
    public string Redis { get; init; } = string.Empty;

    /// <summary>How long Redis may take.</summary>
    public TimeSpan RedisTimeout { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>Where counters in memory are kept beyond a restart; empty for nowhere.</summary>
    public string StateFile { get; init; } = string.Empty;

    /// <summary>How many counters there may be in memory.</summary>
    public int MaxCounters { get; init; } = 1_000_000;

    /// <summary>How many keys that are over their limit are remembered.</summary>
    public int MaxOverLimitKeys { get; init; } = 100_000;

    /// <summary>How many values of detailed limits have metrics of their own.</summary>
    public int MaxDetailedMetrics { get; init; } = 10_000;

    /// <summary>How often the files of limits are looked at.</summary>
    public TimeSpan ReloadInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How often counters are kept in the state file.</summary>
    public TimeSpan StateInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Whether nothing is refused, and all is counted.</summary>
    public bool IsShadow { get; init; }

    /// <summary>Whether refusals say when to come again.</summary>
    public bool TellsRetryAfter { get; init; } = true;

    /// <summary>What keys of counters begin with.</summary>
    public string KeyPrefix { get; init; } = string.Empty;
}
