using Tidegate.Pilot.Resources;

namespace Tidegate.Pilot.Translation.VirtualServices;

/// <summary>Makes the names in a VirtualService whole: hosts, gateways and destinations are relative to its own namespace (spec 3.2).</summary>
internal static class VirtualServiceNames
{
    private const string Mesh = "mesh";

    public static BoundVirtualService Resolve(VirtualService source, string domainSuffix)
    {
        var own = source.Namespace;
        string Host(string host) => HostNames.Expand(host, own, domainSuffix);
        Destination? To(Destination? destination) =>
            destination is null ? null : destination with { Host = Host(destination.Host) };
        IReadOnlyList<string> Gateways(IReadOnlyList<string> gateways) =>
            gateways.Count == 0 ? gateways : [.. gateways.Select(gateway => GatewayName(gateway, own))];

        return new BoundVirtualService
        {
            Source = source,
            Hosts = [.. source.Spec.Hosts.Select(Host)],
            Gateways = source.Spec.Gateways.Count == 0 ? [Mesh] : Gateways(source.Spec.Gateways),
            HttpRoutes = [.. source.Spec.Http.Select(route => route with
            {
                Match = [.. route.Match.Select(match => match with { Gateways = Gateways(match.Gateways) })],
                Route = [.. route.Route.Select(weighted => weighted with { Destination = To(weighted.Destination) })],
                Mirror = To(route.Mirror),
                Mirrors = [.. route.Mirrors.Select(mirror => mirror with { Destination = To(mirror.Destination) })],
            })],
            TcpRoutes = [.. source.Spec.Tcp.Select(route => route with
            {
                Match = [.. route.Match.Select(match => match with { Gateways = Gateways(match.Gateways) })],
                Route = [.. route.Route.Select(weighted => weighted with { Destination = To(weighted.Destination) })],
            })],
            TlsRoutes = [.. source.Spec.Tls.Select(route => route with
            {
                Match = [.. route.Match.Select(match => match with { Gateways = Gateways(match.Gateways) })],
                Route = [.. route.Route.Select(weighted => weighted with { Destination = To(weighted.Destination) })],
            })],
            Origins = [.. source.Spec.Http.Select((_, index) => new HttpRouteOrigin(source, index))],
        };
    }

    /// <summary><c>namespace/name</c> of a Gateway as written: <c>name</c>, <c>./name</c>, <c>namespace/name</c>, or the old <c>name.namespace.svc.cluster.local</c>.</summary>
    private static string GatewayName(string gateway, string own)
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
