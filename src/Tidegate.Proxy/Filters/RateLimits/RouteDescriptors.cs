namespace Tidegate.Proxy.Filters.RateLimits;

/// <summary>What a request is to rate limits by where it goes; both lists are null when it has no route.</summary>
/// <param name="OfRoute">By its route.</param>
/// <param name="OfHost">By its virtual host.</param>
/// <param name="IncludesHost">Whether the route asks for both (Envoy: <c>include_vh_rate_limits</c>).</param>
internal readonly record struct RouteDescriptors(RequestDescriptor[]? OfRoute, RequestDescriptor[]? OfHost, bool IncludesHost);
