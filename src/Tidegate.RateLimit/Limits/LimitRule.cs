using Envoy.Service.Ratelimit.V3;
using Tidegate.RateLimit.Statistics;

namespace Tidegate.RateLimit.Limits;

/// <summary>How many hits a descriptor may have in each window of time (the well-known YAML's <c>rate_limit</c>). Immutable, but for what is counted of it.</summary>
public sealed record LimitRule
{
    /// <summary>What it counts as, to clients and in metrics: <c>shop.user_ann.path</c>.</summary>
    public required string Path { get; init; }

    /// <summary>The number and the unit, as clients are told.</summary>
    public required RateLimitResponse.Types.RateLimit Limit { get; init; }

    /// <summary>Whether there is no limit at all, and nothing is counted.</summary>
    public bool IsUnlimited { get; init; }

    /// <summary>Whether what goes beyond it is counted and let through.</summary>
    public bool IsShadow { get; init; }

    /// <summary>Whether each value that is met has metrics of its own.</summary>
    public bool IsDetailed { get; init; }

    /// <summary>The names of limits that do not hold where this one does.</summary>
    public IReadOnlyList<string> Replaces { get; init; } = [];

    /// <summary>What is counted of it.</summary>
    public required LimitCounts Counts { get; init; }
}
