using Envoy.Extensions.Filters.Http.Cors.V3;
using Envoy.Extensions.Filters.Http.Fault.V3;
using Envoy.Extensions.Filters.Http.GrpcStats.V3;
using Envoy.Extensions.Filters.Http.Router.V3;
using Google.Protobuf.WellKnownTypes;

namespace Tidegate.Proxy.Runtime.Compilation.Filters;

/// <summary>Every HTTP filter that there is; a new one is some lines more.</summary>
internal static class HttpFilterTypes
{
    /// <summary>The filters.</summary>
    public static readonly IReadOnlyList<HttpFilterType> All =
    [
        HttpFilterType.Of<Router>(HttpFilterKind.Router, static (_, _, _) => null),
        HttpFilterType.Of<FilterConfig>(HttpFilterKind.GrpcStats, static (_, _, _) => null),
        HttpFilterType.Of<HTTPFault>(HttpFilterKind.Fault, FaultCompiler.Compile)
            .WithRoute<HTTPFault>(static (config, matchers, scope) => (FaultCompiler.Compile(config, matchers, scope), false)),
        HttpFilterType.Of<Cors>(HttpFilterKind.Cors, static (_, _, _) => Proxy.Filters.CorsFilter.Inactive)
            .WithRoute<CorsPolicy>(static (config, _, scope) => (CorsCompiler.Compile(config, scope), false)),
    ];

    /// <summary>The filter that a message configures in a listener; null when none does.</summary>
    public static HttpFilterType? OfConfig(Any config) => All.FirstOrDefault(type => config.Is(type.Config));

    /// <summary>The filter that a message configures in a route; null when none does.</summary>
    public static HttpFilterType? OfRouteConfig(Any config) => All.FirstOrDefault(type => type.RouteConfig is not null && config.Is(type.RouteConfig));
}
