using Tidegate.Pilot.Resources;
using Tidegate.Rules.Values;

namespace Tidegate.Pilot.Validation;

/// <summary>Checks <c>tls</c> and <c>tcp</c> routes of a VirtualService.</summary>
internal static class StreamRouteValidation
{
    private const int MaxHostsNamed = 20;

    /// <summary>Checks a route by SNI.</summary>
    public static void CheckTls(TlsRoute route, VirtualServiceSpec owner, Findings findings, string field)
    {
        if (route.Match.Count == 0)
        {
            findings.Error($"{field}.match", "TLS route must have at least one match condition");
        }

        for (int i = 0; i < route.Match.Count; i++)
        {
            TlsMatchAttributes match = route.Match[i];
            string place = $"{field}.match[{i}]";
            if (match.SniHosts.Count == 0)
            {
                findings.Error($"{place}.sniHosts", "TLS match must have at least one SNI host");
            }

            for (int j = 0; j < match.SniHosts.Count; j++)
            {
                CheckSniHost(match.SniHosts[j], owner, findings, $"{place}.sniHosts[{j}]");
            }

            CheckCommon(match.DestinationSubnets, match.Port, match.SourceLabels, match.Gateways, findings, place);
        }

        CheckDestinations(route.Route, "TLS", findings, $"{field}.route");
    }

    /// <summary>Checks a route of plain connections.</summary>
    public static void CheckTcp(TcpRoute route, Findings findings, string field)
    {
        for (int i = 0; i < route.Match.Count; i++)
        {
            L4MatchAttributes match = route.Match[i];
            CheckCommon(match.DestinationSubnets, match.Port, match.SourceLabels, match.Gateways, findings, $"{field}.match[{i}]");
        }

        CheckDestinations(route.Route, "TCP", findings, $"{field}.route");
    }

    private static void CheckSniHost(string host, VirtualServiceSpec owner, Findings findings, string field)
    {
        string? problem = VirtualServiceValidation.IsForGateways(owner) ? DomainSyntax.CheckGatewayBoundName(host, isSni: true) : DomainSyntax.CheckWildcardName(host);
        problem ??= host == "*" ? null : HostRules.CheckServerName(host); // which becomes no server name at all
        if (problem is not null && AddressSyntax.IsAddress(host))
        {
            findings.Warn(field, $"using an IP address ({GoText.Quote(host)}) goes against SNI spec and most clients do not support this");
        }
        else if (problem is not null)
        {
            findings.Error(field, problem);
        }
        else if (!owner.Hosts.Any(own => WildcardHosts.IsSubset(host, own)))
        {
            findings.Error(
                field,
                $"SNI host {GoText.Quote(host)} is not a compatible subset of any of the virtual service hosts: [{string.Join(", ", owner.Hosts.Take(MaxHostsNamed))}{(owner.Hosts.Count > MaxHostsNamed ? ", ..." : string.Empty)}]");
        }
    }

    private static void CheckCommon(
        IReadOnlyList<string> subnets,
        uint port,
        IReadOnlyDictionary<string, string> sourceLabels,
        IReadOnlyList<string> gateways,
        Findings findings,
        string field)
    {
        for (int i = 0; i < subnets.Count; i++)
        {
            findings.Check($"{field}.destinationSubnets[{i}]", AddressSyntax.CheckSubnet(subnets[i]));
        }

        if (port != 0)
        {
            findings.Check($"{field}.port", AddressSyntax.CheckPort(port));
        }

        LabelSyntax.CheckLabels(findings, $"{field}.sourceLabels", sourceLabels);
        GatewayNameSyntax.Check(findings, $"{field}.gateways", gateways);
    }

    private static void CheckDestinations(IReadOnlyList<RouteDestination> destinations, string kind, Findings findings, string field)
    {
        if (destinations.Count == 0)
        {
            findings.Error(field, $"{kind} route is required");
        }

        long total = 0;
        for (int i = 0; i < destinations.Count; i++)
        {
            DestinationValidation.CheckWeighted(destinations[i].Destination, destinations[i].Weight, findings, $"{field}[{i}]");
            total += destinations[i].Weight;
        }

        if (destinations.Count > 1 && total == 0)
        {
            findings.Error(field, "total destination weight = 0");
        }
    }
}
