using System.Collections.Frozen;
using Tidegate.RateLimit.Limits;

namespace Tidegate.RateLimit.Configuration;

/// <summary>All limits in force, by domain. Immutable: another version takes its place, and what was counted goes on.</summary>
/// <param name="Domains">The limits of each domain.</param>
public sealed record LimitTable(FrozenDictionary<string, LimitNode> Domains)
{
    /// <summary>No limit.</summary>
    public static readonly LimitTable Empty = new(FrozenDictionary<string, LimitNode>.Empty);
}
