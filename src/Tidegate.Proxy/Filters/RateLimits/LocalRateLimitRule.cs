using Tidegate.Proxy.Fields;
using Tidegate.Proxy.LocalReplies;
using Tidegate.Proxy.Routing;
using VhRateLimitsOptions = Envoy.Extensions.Common.Ratelimit.V3.VhRateLimitsOptions;

namespace Tidegate.Proxy.Filters.RateLimits;

/// <summary>How many requests are let through, and what the others get (Envoy: <c>LocalRateLimit</c>). Immutable.</summary>
internal sealed record LocalRateLimitRule
{
    /// <summary>The prefix of its statistics.</summary>
    public required string StatPrefix { get; init; }

    /// <summary>Makes the bucket of all requests; null when there is none.</summary>
    public Func<TokenBucket>? MakeBucket { get; init; }

    /// <summary>Limits of requests with certain descriptors.</summary>
    public DescriptorLimit[] Descriptors { get; init; } = [];

    /// <summary>How requests are described to them; empty for what routes and virtual hosts say.</summary>
    public RequestDescriptor[] OwnDescriptors { get; init; } = [];

    /// <summary>Which of the routes' descriptors count.</summary>
    public uint Stage { get; init; }

    /// <summary>Whether those of the virtual host count beside the route's, instead of none of the route's, or not at all.</summary>
    public VhRateLimitsOptions HostDescriptors { get; init; }

    /// <summary>How many values of a descriptor with open entries have a bucket.</summary>
    public int MaxWildcardBuckets { get; init; } = 20;

    /// <summary>Whether a request with a descriptor that is limited takes a token of all requests' as well.</summary>
    public bool AlwaysTakesDefault { get; init; } = true;

    /// <summary>Whether each client's connection has a bucket of its own; else all workers share one.</summary>
    public bool IsPerConnection { get; init; }

    /// <summary>The share of requests that the limit is asked about.</summary>
    public RequestFraction EnabledShare { get; init; } = new(0, 100);

    /// <summary>The share of requests over the limit that are refused.</summary>
    public RequestFraction EnforcedShare { get; init; } = new(0, 100);

    /// <summary>What refused requests are answered with.</summary>
    public required LocalReply Reply { get; init; }

    /// <summary>What is done to the fields of that answer.</summary>
    public HeaderMutations ResponseHeaders { get; init; } = HeaderMutations.None;

    /// <summary>What is done to the fields of requests over the limit that go on.</summary>
    public HeaderMutations RequestHeadersWhenNotEnforced { get; init; } = HeaderMutations.None;

    /// <summary>Whether answers tell the state of the bucket (<c>x-ratelimit-limit</c>, <c>-remaining</c>, <c>-reset</c>).</summary>
    public bool TellsBucket { get; init; }
}
