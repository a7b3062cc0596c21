using System.Collections.Frozen;

namespace Tidegate.Proxy.Filters.RateLimits;

/// <summary>The buckets of a local limit: all workers' together, or those of one client's connection.</summary>
internal sealed class RateLimitBuckets
{
    private readonly FrozenDictionary<byte[], LimitBucket>.AlternateLookup<ReadOnlySpan<byte>> _exact;
    private readonly (DescriptorLimit Limit, WildcardBuckets Buckets)[] _wildcards;

    /// <param name="rule">What is limited.</param>
    public RateLimitBuckets(LocalRateLimitRule rule)
    {
        Default = rule.MakeBucket?.Invoke();
        _exact = rule.Descriptors.Where(static limit => !limit.IsWildcard)
            .ToFrozenDictionary(static limit => limit.Entries, static limit => new LimitBucket(limit.MakeBucket(), limit.IsShadow), BytesComparer.Instance)
            .GetAlternateLookup<ReadOnlySpan<byte>>();
        _wildcards = [.. rule.Descriptors.Where(static limit => limit.IsWildcard).Select(limit => (limit, new WildcardBuckets(limit.MakeBucket, rule.MaxWildcardBuckets)))];
    }

    /// <summary>That of all requests; null when there is none.</summary>
    public TokenBucket? Default { get; }

    /// <summary>The bucket of a descriptor. False: it has no limit.</summary>
    public bool TryFind(ReadOnlySpan<byte> entries, out LimitBucket found)
    {
        if (_exact.TryGetValue(entries, out found))
        {
            return true;
        }

        foreach ((DescriptorLimit limit, WildcardBuckets buckets) in _wildcards)
        {
            if (limit.Fits(entries))
            {
                found = new LimitBucket(buckets.Of(entries), limit.IsShadow);
                return true;
            }
        }

        return false;
    }
}

/// <summary>A bucket and what it means.</summary>
/// <param name="Bucket">The bucket.</param>
/// <param name="IsShadow">Whether what goes beyond it is counted and let through.</param>
internal readonly record struct LimitBucket(TokenBucket Bucket, bool IsShadow);
