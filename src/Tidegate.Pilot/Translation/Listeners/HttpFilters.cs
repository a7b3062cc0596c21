using Envoy.Extensions.Filters.Http.Cors.V3;
using Envoy.Extensions.Filters.Http.Fault.V3;
using Envoy.Extensions.Filters.Http.GrpcStats.V3;
using Envoy.Extensions.Filters.Http.GrpcWeb.V3;
using Envoy.Extensions.Filters.Http.Router.V3;
using Envoy.Extensions.Filters.Network.HttpConnectionManager.V3;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Tidegate.Pilot.Translation.Features;
using Tidegate.Pilot.Translation.SecurityPolicies;
using Tidegate.Pilot.Translation.Services;

namespace Tidegate.Pilot.Translation.Listeners;

/// <summary>
/// The HTTP filters of a gateway's connection manager, in Istio's order (spec 2.5). Left out are those whose configuration is not part
/// of the Envoy API that we build on: <c>istio.metadata_exchange</c>, <c>istio.alpn</c> and <c>istio.stats</c> (the proxy counts
/// Istio's standard metrics by itself), and those that no object asks for yet: extensions.
/// </summary>
internal static class HttpFilters
{
    public const string GrpcWeb = "envoy.filters.http.grpc_web";
    public const string GrpcStats = "envoy.filters.http.grpc_stats";
    public const string Fault = "envoy.filters.http.fault";
    public const string Cors = "envoy.filters.http.cors";
    public const string Router = "envoy.filters.http.router";

    /// <summary>The filters for a server of this protocol.</summary>
    /// <param name="protocol">The protocol.</param>
    /// <param name="routeName">The route configuration that is served.</param>
    /// <param name="context">What listeners are translated with.</param>
    public static IEnumerable<HttpFilter> For(PortProtocol protocol, string routeName, ListenerContext context)
    {
        // Who asks is found out by all who can, before anybody decides by it.
        HttpFilter[] security =
        [
            .. context.PolicyChains.Filters(routeName, PolicyPlace.Cors, PolicyPlace.Closed),
            .. context.Security.Identification,
            .. context.PolicyChains.Filters(routeName, PolicyPlace.Authorizer, PolicyPlace.Token),
            .. context.Security.Decision,
            .. context.PolicyChains.Filters(routeName, PolicyPlace.Deny, PolicyPlace.Allow),
        ];
        foreach (HttpFilter filter in security)
        {
            yield return filter;
        }
        if (protocol == PortProtocol.GrpcWeb && context.Features.Has(ProxyFeature.GrpcWeb))
        {
            yield return Filter(GrpcWeb, new GrpcWeb());
        }
        yield return Filter(GrpcStats, new FilterConfig { EmitFilterState = true, StatsForAllMethods = false });
        // Routes carry the settings of these two (typedPerFilterConfig), which needs the filters in the chain.
        yield return Filter(Fault, new HTTPFault());
        yield return Filter(Cors, new Cors());
        yield return Filter(Router, new Router { SuppressEnvoyHeaders = context.Mesh.EnvoyDebugHeadersDisabled });
    }

    private static HttpFilter Filter(string name, IMessage configuration) => new() { Name = name, TypedConfig = Any.Pack(configuration) };
}
