using Tidegate.Pilot.Resources;
using Tidegate.Pilot.Translation.Gateways;
using Tidegate.Pilot.Translation.VirtualServices;

namespace Tidegate.Pilot.Translation.Listeners;

/// <summary>Which <c>tcp</c> and <c>tls</c> routes a server uses (spec 2.3). Subnets and source labels do not count on a gateway.</summary>
internal static class TcpRouteSelection
{
    /// <summary>Whether there is a route that gives a server a filter chain.</summary>
    public static bool HasRoute(BoundServer server, VirtualServiceIndex virtualServices) => virtualServices.BoundTo(server.GatewayName).Any(virtualService =>
        (server.IsPassthrough
            ? virtualService.TlsRoutes.Any(route => route.Route.Count > 0 && route.Match.Any(match => Fits(match.Port, match.Gateways, server)))
            : virtualService.TcpRoutes.Any(route => route.Route.Count > 0 && Fits(route.Match, server)))
        && SharesHost(server, virtualService));

    /// <summary>Whether a host of the VirtualService overlaps one that the server admits for its namespace.</summary>
    public static bool SharesHost(BoundServer server, BoundVirtualService virtualService)
    {
        var admitted = HostNames.ForNamespace(server.Hosts, virtualService.Namespace);
        return virtualService.Hosts.Any(host => admitted.Any(own => HostNames.Matches(own, host)));
    }

    /// <summary>Whether no match is asked for, or one fits.</summary>
    public static bool Fits(IReadOnlyList<L4MatchAttributes> matches, BoundServer server) =>
        matches.Count == 0 || matches.Any(match => Fits(match.Port, match.Gateways, server));

    /// <summary>Whether the port is the declared one, or none, and the Gateway is among those named, if any.</summary>
    public static bool Fits(uint port, IReadOnlyList<string> gateways, BoundServer server) =>
        (port == 0 || port == server.Port) && (gateways.Count == 0 || gateways.Contains(server.GatewayName));
}
