using Tidegate.Pilot.Resources;
using Tidegate.Pilot.Translation.Gateways;
using Tidegate.Pilot.Translation.Routes;
using Tidegate.Pilot.Translation.Services;
using Tidegate.Pilot.Translation.VirtualServices;

namespace Tidegate.Pilot.Translation.Findings;

/// <summary>Whether what a VirtualService names is there: its Gateways, its hosts on them, its destinations.</summary>
internal sealed class VirtualServiceChecks(IReadOnlyList<Gateway> gateways, ProxyNode node, MeshSettings mesh)
{
    private const string Mesh = "mesh";
    private const int MostNamed = 5;

    private readonly Dictionary<string, IReadOnlyList<BoundServer>> _servers = gateways.ToDictionary(
        gateway => $"{gateway.Namespace}/{gateway.Name}",
        gateway => (IReadOnlyList<BoundServer>)[.. gateway.Spec.Servers.Select((_, index) => new BoundServer(gateway, index))],
        StringComparer.Ordinal);

    /// <summary>What is to be said about a VirtualService. One that is only for the mesh is not the gateway's affair.</summary>
    public IReadOnlyList<Finding> Check(BoundVirtualService virtualService, DestinationLookup lookup)
    {
        if (virtualService.Gateways is [Mesh])
        {
            return [];
        }
        var findings = new List<Finding>(virtualService.Findings);
        CheckGateways(virtualService, findings);
        CheckVisibility(virtualService, findings);
        CheckAddressMatches(virtualService.Source, findings);
        for (var i = 0; i < virtualService.HttpRoutes.Count; i++)
        {
            CheckRoute(virtualService.HttpRoutes[i], virtualService.Origins[i], virtualService.Namespace, lookup, findings);
        }
        return findings.Count == 0 ? [] : findings;
    }

    private void CheckGateways(BoundVirtualService virtualService, List<Finding> findings)
    {
        var known = new List<string>();
        for (var i = 0; i < virtualService.Gateways.Count; i++)
        {
            var gateway = virtualService.Gateways[i];
            if (gateway == Mesh)
            {
                continue;
            }
            if (_servers.ContainsKey(gateway))
            {
                known.Add(gateway);
                continue;
            }
            findings.Add(Finding.Warning(
                DiagnosticCodes.GatewayMissing,
                virtualService.Source,
                $"gateways[{i}]",
                $"there is no Gateway {gateway}; {(_servers.Count == 0 ? "there is no Gateway at all" : $"there is {List(_servers.Keys)}")}"));
        }
        if (known.Count == 0)
        {
            return;
        }
        var admitted = new HostNameSet(
            [.. known.SelectMany(gateway => _servers[gateway]).SelectMany(server => HostNames.ForNamespace(server.Hosts, virtualService.Namespace))]);
        for (var i = 0; i < virtualService.Hosts.Count; i++)
        {
            var host = virtualService.Hosts[i];
            if (!admitted.Meets(host))
            {
                var hosts = known.SelectMany(gateway => _servers[gateway]).SelectMany(server => server.Hosts).Distinct();
                findings.Add(Finding.Warning(
                    DiagnosticCodes.HostNotCovered,
                    virtualService.Source,
                    $"hosts[{i}]",
                    $"\"{host}\" is not among the hosts of Gateway {string.Join(" or ", known)} (it has {List(hosts)}), so no request for it gets here"));
            }
        }
    }

    // Who reads a restriction takes it for one.
    private static void CheckAddressMatches(VirtualService source, List<Finding> findings)
    {
        const string Ignored = "a gateway does not look at it, as in Istio: the match holds whatever the address is";
        for (int i = 0; i < source.Spec.Tcp.Count; i++)
        {
            for (int j = 0; j < source.Spec.Tcp[i].Match.Count; j++)
            {
                L4MatchAttributes match = source.Spec.Tcp[i].Match[j];
                if (match.DestinationSubnets.Count > 0)
                {
                    findings.Add(Finding.Warning(DiagnosticCodes.NotYetActedOn, source, $"tcp[{i}].match[{j}].destinationSubnets", Ignored));
                }

                if (match.SourceSubnet.Length > 0)
                {
                    findings.Add(Finding.Warning(DiagnosticCodes.NotYetActedOn, source, $"tcp[{i}].match[{j}].sourceSubnet", Ignored));
                }
            }
        }

        for (int i = 0; i < source.Spec.Tls.Count; i++)
        {
            for (int j = 0; j < source.Spec.Tls[i].Match.Count; j++)
            {
                if (source.Spec.Tls[i].Match[j].DestinationSubnets.Count > 0)
                {
                    findings.Add(Finding.Warning(DiagnosticCodes.NotYetActedOn, source, $"tls[{i}].match[{j}].destinationSubnets", Ignored));
                }
            }
        }
    }

    private void CheckVisibility(BoundVirtualService virtualService, List<Finding> findings)
    {
        if (!Visibility.IsVisible(virtualService.Source.Spec.ExportTo, mesh.DefaultVirtualServiceExportTo, virtualService.Namespace, node.Namespace))
        {
            findings.Add(Finding.Warning(
                DiagnosticCodes.NotExported,
                virtualService.Source,
                "exportTo",
                $"does not include namespace {node.Namespace}, where the gateway runs; without it the gateway does not use this VirtualService"));
        }
    }

    private static void CheckRoute(HttpRoute route, HttpRouteOrigin origin, string namespaceName, DestinationLookup lookup, List<Finding> findings)
    {
        for (var i = 0; i < route.Route.Count; i++)
        {
            CheckDestination(route.Route[i].Destination, $"{origin.Path}.route[{i}].destination", origin.Source, namespaceName, lookup, findings);
        }
        CheckDestination(route.Mirror, $"{origin.Path}.mirror", origin.Source, namespaceName, lookup, findings);
        for (var i = 0; i < route.Mirrors.Count; i++)
        {
            CheckDestination(route.Mirrors[i].Destination, $"{origin.Path}.mirrors[{i}].destination", origin.Source, namespaceName, lookup, findings);
        }
    }

    private static void CheckDestination(
        Destination? destination, string path, VirtualService source, string namespaceName, DestinationLookup lookup, List<Finding> findings)
    {
        if (destination is null || destination.Host.Length == 0)
        {
            return;
        }
        var service = lookup.Service(destination.Host, namespaceName);
        if (service is null)
        {
            findings.Add(Finding.Warning(
                DiagnosticCodes.ServiceUnknown,
                source,
                $"{path}.host",
                $"no Service or ServiceEntry defines \"{destination.Host}\"; requests for it are answered with 503"));
            return;
        }
        if (destination.Port is { } port && service.Resolution != ServiceResolution.Alias && service.Ports.All(known => known.Number != port))
        {
            findings.Add(Finding.Warning(
                DiagnosticCodes.PortUnknown,
                source,
                $"{path}.port.number",
                $"{port} is not a port of \"{destination.Host}\", which has {List(service.Ports.Select(known => known.Number.ToString(System.Globalization.CultureInfo.InvariantCulture)))}"));
        }
        if (destination.Subset.Length > 0)
        {
            CheckSubset(destination, path, source, lookup, findings);
        }
    }

    private static void CheckSubset(Destination destination, string path, VirtualService source, DestinationLookup lookup, List<Finding> findings)
    {
        var rule = lookup.Rule(destination.Host);
        if (rule?.FindSubset(destination.Subset) is not null)
        {
            return;
        }
        var defined = rule is null ? $"no DestinationRule is for \"{destination.Host}\""
            : rule.Subsets.Count == 0 ? $"DestinationRule {rule.First.Namespace}/{rule.First.Name} has no subsets"
            : $"DestinationRule {rule.First.Namespace}/{rule.First.Name} has {List(rule.Subsets.Select(subset => subset.Name))}";
        findings.Add(Finding.Warning(
            DiagnosticCodes.SubsetUnknown, source, $"{path}.subset", $"\"{destination.Subset}\" is not defined; {defined}"));
    }

    private static string List(IEnumerable<string> names)
    {
        var all = names.ToArray();
        return all.Length <= MostNamed ? string.Join(", ", all) : $"{string.Join(", ", all.Take(MostNamed))} and {all.Length - MostNamed} more";
    }
}
