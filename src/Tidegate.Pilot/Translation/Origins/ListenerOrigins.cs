using System.Globalization;
using System.Text.RegularExpressions;
using Envoy.Config.Listener.V3;
using Envoy.Extensions.Filters.Network.HttpConnectionManager.V3;
using Envoy.Extensions.Filters.Network.TcpProxy.V3;
using Tidegate.Pilot.Resources;
using Tidegate.Pilot.Resources.SecurityPolicies;
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
        if (PolicyOf(listener, unit) is { } policy)
        {
            return [policy];
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

    // A filter of a SecurityPolicy bears its name.
    private ObjectField? PolicyOf(Listener listener, XdsRefusedUnit unit)
    {
        var name = unit.Filter;
        if (name is null && HttpFilterPlace().Match(unit.Path) is { Success: true } place)
        {
            int At(string part) => int.Parse(place.Groups[part].Value, CultureInfo.InvariantCulture);
            var config = listener.FilterChains.ElementAtOrDefault(At("chain"))?.Filters.ElementAtOrDefault(At("filter"))?.TypedConfig;
            name = config?.TryUnpack<HttpConnectionManager>(out var manager) == true ? manager.HttpFilters.ElementAtOrDefault(At("http"))?.Name : null;
        }
        return name is not null && PolicyName().Match(name) is { Success: true } found
            && pass.Input.Objects.Find<SecurityPolicy>(found.Groups["namespace"].Value, found.Groups["name"].Value) is { } policy ? new ObjectField(policy, "spec") : null;
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

    [GeneratedRegex(@"^filter_chains\[(?<chain>\d+)\]\.filters\[(?<filter>\d+)\](\.typed_config)?\.http_filters\[(?<http>\d+)\]")]
    private static partial Regex HttpFilterPlace();

    [GeneratedRegex("/securitypolicy/(?<namespace>[^/]+)/(?<name>[^/]+)(/|$)")]
    private static partial Regex PolicyName();
}
