namespace Tidegate.Proxy.Filters.RateLimits;

/// <summary>How many requests with a descriptor are let through (Envoy: <c>LocalRateLimitDescriptor</c>). Immutable.</summary>
/// <param name="Entries">The descriptor, as <see cref="RequestDescriptor.Entry"/> writes entries.</param>
/// <param name="MakeBucket">Makes a bucket.</param>
/// <param name="TokensPerMs">How fast it fills: of several that a request has, the slowest is asked first.</param>
internal sealed record DescriptorLimit(byte[] Entries, Func<TokenBucket> MakeBucket, double TokensPerMs);
