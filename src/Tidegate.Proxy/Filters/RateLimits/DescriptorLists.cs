using VhRateLimitsOptions = Envoy.Extensions.Common.Ratelimit.V3.VhRateLimitsOptions;

namespace Tidegate.Proxy.Filters.RateLimits;

/// <summary>By which descriptors a filter goes for one request: its own; else those of the route, and those of the virtual host behind them.</summary>
/// <param name="First">The filter's own, or the route's.</param>
/// <param name="Second">The virtual host's.</param>
/// <param name="HasStages">Whether only those of the filter's stage count.</param>
internal readonly record struct DescriptorLists(RequestDescriptor[] First, RequestDescriptor[] Second, bool HasStages)
{
    /// <summary>Those of a request.</summary>
    /// <param name="run">The request's way through its filters.</param>
    /// <param name="own">The filter's own; where it has any, no others count.</param>
    /// <param name="ofHost">Whether those of the virtual host count beside the route's, instead of none of the route's, or not at all.</param>
    public static DescriptorLists Of(FilterRun run, RequestDescriptor[] own, VhRateLimitsOptions ofHost)
    {
        if (own.Length > 0 || run.RouteDescriptors.OfRoute is not { } ofRoute)
        {
            return new DescriptorLists(own, [], HasStages: false);
        }

        bool isHostAsked = run.RouteDescriptors.IncludesHost || ofHost == VhRateLimitsOptions.Include || (ofHost == VhRateLimitsOptions.Override && ofRoute.Length == 0);
        return new DescriptorLists(ofRoute, isHostAsked ? run.RouteDescriptors.OfHost! : [], HasStages: true);
    }
}
