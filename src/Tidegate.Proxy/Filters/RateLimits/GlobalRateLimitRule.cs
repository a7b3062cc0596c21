using Tidegate.Proxy.Fields;
using Tidegate.Proxy.LocalReplies;
using Tidegate.Proxy.Routing;
using VhRateLimitsOptions = Envoy.Extensions.Common.Ratelimit.V3.VhRateLimitsOptions;

namespace Tidegate.Proxy.Filters.RateLimits;

/// <summary>Which requests a rate limit service is asked about, and what becomes of its answers (Envoy: <c>RateLimit</c>). Immutable.</summary>
internal sealed record GlobalRateLimitRule
{
    /// <summary>The service.</summary>
    public required RateLimitService Service { get; init; }

    /// <summary>Whose limits it is asked for.</summary>
    public required string Domain { get; init; }

    /// <summary>Which of the routes' descriptors count.</summary>
    public uint Stage { get; init; }

    /// <summary>How requests are described; empty for what routes and virtual hosts say.</summary>
    public RequestDescriptor[] OwnDescriptors { get; init; } = [];

    /// <summary>Whether those of the virtual host count beside the route's, instead of none of the route's, or not at all.</summary>
    public VhRateLimitsOptions HostDescriptors { get; init; }

    /// <summary>Whether it is asked about internal requests only (<c>x-envoy-internal</c>), or about others only; null for all.</summary>
    public bool? IsForInternal { get; init; }

    /// <summary>The share of requests that it is asked about.</summary>
    public RequestFraction EnabledShare { get; init; } = RequestFraction.All;

    /// <summary>The share of requests over a limit that are refused.</summary>
    public RequestFraction EnforcedShare { get; init; } = RequestFraction.All;

    /// <summary>The share of requests that are refused when it gives no answer.</summary>
    public RequestFraction RefusedOnFailureShare { get; init; } = RequestFraction.None;

    /// <summary>What requests over a limit are answered with.</summary>
    public required LocalReply Reply { get; init; }

    /// <summary>What others are answered with when it gives no answer.</summary>
    public required LocalReply ErrorReply { get; init; }

    /// <summary>What is done to the fields of the answer to requests over a limit.</summary>
    public HeaderMutations ResponseHeaders { get; init; } = HeaderMutations.None;

    /// <summary>Whether answers tell the state of the limit (<c>x-ratelimit-limit</c>, <c>-remaining</c>, <c>-reset</c>).</summary>
    public bool TellsLimit { get; init; }

    /// <summary>Whether answers to requests over a limit say so (<c>x-envoy-ratelimited</c>).</summary>
    public bool TellsRefusal { get; init; } = true;

    /// <summary>What the statistics' names have behind <c>ratelimit.</c></summary>
    public string StatPrefix { get; init; } = string.Empty;
}

/// <summary>What a route says to it; null for what the listener says.</summary>
/// <param name="HostDescriptors">Whether descriptors of the virtual host count.</param>
/// <param name="OwnDescriptors">How its requests are described; empty for what the listener says.</param>
/// <param name="Domain">Whose limits the service is asked for; empty for what the listener says.</param>
internal sealed record GlobalRateLimitRouteSettings(VhRateLimitsOptions HostDescriptors, RequestDescriptor[] OwnDescriptors, string Domain);
