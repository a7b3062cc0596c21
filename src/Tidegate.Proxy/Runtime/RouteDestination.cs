using Tidegate.Proxy.Clusters;
using Tidegate.Proxy.Fields;
using Tidegate.Proxy.Routing;

namespace Tidegate.Proxy.Runtime;

/// <summary>One of the clusters that a route leads to, and what is done to the fields of requests that go there. Immutable.</summary>
public sealed class RouteDestination
{
    /// <summary>The cluster's place.</summary>
    public required ClusterSlot Cluster { get; init; }

    /// <summary>Its share of the sum of all weights; 1 when it is the only one.</summary>
    public uint Weight { get; init; } = 1;

    /// <summary>What is done to the request's fields, of all levels in order.</summary>
    public HeaderMutations RequestHeaders { get; init; } = HeaderMutations.None;

    /// <summary>What is done to the answer's fields, of all levels in order.</summary>
    public HeaderMutations ResponseHeaders { get; init; } = HeaderMutations.None;

    /// <summary>How the host changes; a route's own <see cref="RuntimeRoute.HostRewrite"/> comes before it (istio-gateway.md 4.5).</summary>
    public HostRewrite? HostRewrite { get; init; }

    /// <summary>The filters of requests that go there: what the destination says to them, else the route and the levels above.</summary>
    internal RouteFilters Filters { get; init; } = RouteFilters.Default;
}
