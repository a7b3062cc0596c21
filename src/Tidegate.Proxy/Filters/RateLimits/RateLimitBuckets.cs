namespace Tidegate.Proxy.Filters.RateLimits;

/// <summary>The buckets of a limit: all workers' together, or those of one client's connection.</summary>
/// <param name="Default">That of all requests; null when there is none.</param>
/// <param name="OfDescriptors">Those of descriptors, in the order in which the limit has them.</param>
internal sealed record RateLimitBuckets(TokenBucket? Default, TokenBucket[] OfDescriptors)
{
    /// <summary>The bucket of a descriptor by its index, or for -1 that of all requests.</summary>
    public TokenBucket? this[int index] => index < 0 ? Default : OfDescriptors[index];
}
