using Tidegate.Pilot.Resources;

namespace Tidegate.Pilot.Translation.VirtualServices;

/// <summary>Makes the names in a VirtualService whole: hosts, gateways and destinations are relative to its own namespace (spec 3.2).</summary>
internal static class VirtualServiceNames
{
    private const string Mesh = "mesh";

    private static readonly string[] OnlyMesh = [Mesh];

    public static BoundVirtualService Resolve(VirtualService source, string domainSuffix)
    {
        var own = source.Namespace;
        string Host(string host) => HostNames.Expand(host, own, domainSuffix);
        Destination? To(Destination? destination) =>
            destination is not null && Host(destination.Host) is var host && host != destination.Host ? destination with { Host = host } : destination;
        string Gateway(string gateway) => GatewayName(gateway, own);
        HttpMatchRequest HttpMatch(HttpMatchRequest match) =>
            Each(match.Gateways, Gateway) is var gateways && ReferenceEquals(gateways, match.Gateways) ? match : match with { Gateways = gateways };
        HttpRouteDestination Weighted(HttpRouteDestination weighted) =>
            To(weighted.Destination) is var to && ReferenceEquals(to, weighted.Destination) ? weighted : weighted with { Destination = to };
        HttpMirrorPolicy Mirror(HttpMirrorPolicy mirror) =>
            To(mirror.Destination) is var to && ReferenceEquals(to, mirror.Destination) ? mirror : mirror with { Destination = to };

        HttpRoute Http(HttpRoute route)
        {
            var (matches, destinations) = (Each(route.Match, HttpMatch), Each(route.Route, Weighted));
            var (mirror, mirrors) = (To(route.Mirror), Each(route.Mirrors, Mirror));
            return ReferenceEquals(matches, route.Match) && ReferenceEquals(destinations, route.Route) &&
                ReferenceEquals(mirror, route.Mirror) && ReferenceEquals(mirrors, route.Mirrors)
                    ? route
                    : route with { Match = matches, Route = destinations, Mirror = mirror, Mirrors = mirrors };
        }

        return new BoundVirtualService
        {
            Source = source,
            Hosts = Each(source.Spec.Hosts, Host),
            Gateways = source.Spec.Gateways.Count == 0 ? OnlyMesh : Each(source.Spec.Gateways, Gateway),
            HttpRoutes = Each(source.Spec.Http, Http),
            TcpRoutes = Each(source.Spec.Tcp, route => route with
            {
                Match = Each(route.Match, match => match with { Gateways = Each(match.Gateways, Gateway) }),
                Route = Each(route.Route, weighted => weighted with { Destination = To(weighted.Destination) }),
            }),
            TlsRoutes = Each(source.Spec.Tls, route => route with
            {
                Match = Each(route.Match, match => match with { Gateways = Each(match.Gateways, Gateway) }),
                Route = Each(route.Route, weighted => weighted with { Destination = To(weighted.Destination) }),
            }),
            Origins = [.. source.Spec.Http.Select((_, index) => new HttpRouteOrigin(source, index))],
        };
    }

    /// <summary>Each item made whole; the very same list when there was nothing to do, which then takes no memory.</summary>
    private static IReadOnlyList<T> Each<T>(IReadOnlyList<T> items, Func<T, T> make)
        where T : class
    {
        T[]? made = null;
        for (var i = 0; i < items.Count; i++)
        {
            var item = make(items[i]);
            if (made is null && !ReferenceEquals(item, items[i]))
            {
                made = [.. items];
            }
            if (made is not null)
            {
                made[i] = item;
            }
        }
        return made ?? items;
    }

    /// <summary><c>namespace/name</c> of a Gateway as written: <c>name</c>, <c>./name</c>, <c>namespace/name</c>, or the old <c>name.namespace.svc.cluster.local</c>.</summary>
    public static string GatewayName(string gateway, string own)
    {
        if (gateway == Mesh)
        {
            return gateway;
        }
        if (gateway.StartsWith("./", StringComparison.Ordinal))
        {
            return $"{own}/{gateway[2..]}";
        }
        if (gateway.Contains('/'))
        {
            return gateway;
        }
        var parts = gateway.Split('.', 3);
        return parts.Length == 1 ? $"{own}/{gateway}" : $"{parts[1]}/{parts[0]}";
    }
}
