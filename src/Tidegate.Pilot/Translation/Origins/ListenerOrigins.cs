using System.Globalization;
using System.Text.RegularExpressions;
using Envoy.Config.Listener.V3;
using Envoy.Extensions.Filters.Network.TcpProxy.V3;
using Tidegate.Pilot.Resources;
using Tidegate.Pilot.Translation.Gateways;
using Tidegate.Pilot.Translation.Passes;
using Tidegate.Xds;

namespace Tidegate.Pilot.Translation.Origins;

/// <summary>Which server of a Gateway, VirtualService or DestinationRule a unit of a listener comes from.</summary>
internal sealed partial class ListenerOrigins(TranslationPass pass)
{
    public IReadOnlyList<ObjectField> Of(Listener listener, XdsRefusedUnit unit)
    {
        if (unit.Path.Contains("access_log[", StringComparison.Ordinal))
        {
            // The mesh's, where it does not come from an option.
            var mesh = pass.Input.Objects.Find<ConfigMap>(pass.Mesh.RootNamespace, ConfigMap.MeshName);
            return mesh is null ? [] : [new ObjectField(mesh, "data.mesh")];
        }
        var servers = pass.Gateway.Ports
            .Where(port => listener.Name == $"{port.Servers[0].Address}_{port.Port.Number}")
            .SelectMany(port => port.Servers)
            .ToArray();
        var place = Place().Match(unit.Path);
        var chain = place.Success ? listener.FilterChains.ElementAtOrDefault(int.Parse(place.Groups["chain"].Value, CultureInfo.InvariantCulture)) : null;
        if (chain is null)
        {
            return ResourceOrigins.OfServers(servers);
        }
        if (RuleOf(chain, unit) is { } rule)
        {
            return [rule];
        }
        var names = chain.FilterChainMatch?.ServerNames ?? [];
        var own = servers.Where(server => AsksFor(server, names)).ToArray();
        if (own.Length > 0)
        {
            return ResourceOrigins.OfServers(own, unit.Reason.StartsWith("transport_socket", StringComparison.Ordinal) ? "tls" : "");
        }
        return VirtualServiceOf(names, servers) is { } route ? [route] : ResourceOrigins.OfServers(servers);
    }

    private static bool AsksFor(BoundServer server, IEnumerable<string> names) => !server.IsPassthrough && (server.IsTls && !server.ServerNames.Contains("*") ? server.ServerNames.SequenceEqual(names) : !names.Any());

    // Passthrough: the names are those of a tls route.
    private static bool AsksFor(TlsRoute route, IEnumerable<string> names) => route.Match.Any(match => match.SniHosts.Order(StringComparer.Ordinal).SequenceEqual(names));

    private ObjectField? VirtualServiceOf(IEnumerable<string> names, IEnumerable<BoundServer> servers)
    {
        foreach (var virtualService in servers.SelectMany(server => pass.VirtualServices.BoundTo(server.GatewayName)))
        {
            for (var i = 0; i < virtualService.TlsRoutes.Count; i++)
            {
                if (AsksFor(virtualService.TlsRoutes[i], names))
                {
                    return new ObjectField(virtualService.Source, $"spec.tls[{i}]");
                }
            }
        }
        return null;
    }

    // What a TCP proxy is told of its cluster is a DestinationRule's.
    private ObjectField? RuleOf(FilterChain chain, XdsRefusedUnit unit)
    {
        if (!unit.Reason.Contains("tunneling_config", StringComparison.Ordinal) || chain.Filters is not [.., { TypedConfig: { } config }] || !config.TryUnpack<TcpProxy>(out var proxy))
        {
            return null;
        }
        var name = proxy.Cluster.Length > 0 ? proxy.Cluster : proxy.WeightedClusters?.Clusters.FirstOrDefault()?.Name ?? "";
        return ClusterName.TryParse(name, out var cluster) && pass.Services.Find(cluster.Host) is { } service && pass.Rules.Find(service) is { } rule
            ? new ObjectField(rule.First, "spec.trafficPolicy.tunnel")
            : null;
    }

    [GeneratedRegex(@"^filter_chains\[(?<chain>\d+)\]")]
    private static partial Regex Place();
}
