using Envoy.Config.Core.V3;
using Envoy.Config.Listener.V3;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Tidegate.Pilot.Translation.Findings;
using Tidegate.Pilot.Translation.Gateways;
using Tidegate.Pilot.Translation.Services;
using Tidegate.Pilot.Translation.VirtualServices;

namespace Tidegate.Pilot.Translation.Listeners;

/// <summary>The filter chains of a port's servers (spec 2.2 and 2.3).</summary>
internal sealed class FilterChainTranslation(string listenerName, ListenerContext context)
{
    // What sidecars offer by ALPN where TLS is the mesh's own.
    private static readonly string[] MeshProtocols = ["istio", "istio-peer-exchange", "istio-http/1.0", "istio-http/1.1", "istio-h2"];

    /// <summary>Whether a chain was made that is chosen, or may be, by what a client says of itself in its ClientHello.</summary>
    public bool NeedsClientHello { get; private set; }

    /// <summary>One chain for all plain-text HTTP servers of the port, or one or more per TLS or TCP server.</summary>
    public IEnumerable<FilterChain> Translate(MergedServers servers)
    {
        var protocol = PortProtocols.Parse(servers.Port.Protocol);
        if (protocol.IsHttp())
        {
            return [Http(servers.RouteName, "", protocol, null)];
        }
        return servers.Servers.SelectMany(server => Translate(server, servers.Port.Number));
    }

    private IEnumerable<FilterChain> Translate(BoundServer server, int port)
    {
        if (server.IsHttpsTermination)
        {
            return [Http(server.RouteName(port), server.Server.Name, server.Protocol, server)];
        }
        return server.IsAutoPassthrough ? AutoPassthrough(server, port) : server.IsPassthrough ? Passthrough(server, port) : Tcp(server);
    }

    private FilterChain Http(string routeName, string statPrefix, PortProtocol protocol, BoundServer? tls)
    {
        var prefix = statPrefix.Length > 0 ? statPrefix : $"outbound_{listenerName};";
        var manager = HttpConnectionManagerTranslation.Translate(routeName, prefix, protocol, context);
        return Chain(tls, tls?.ServerNames, [Filter(HttpConnectionManagerTranslation.FilterName, manager)]);
    }

    /// <summary>The first fitting <c>tcp</c> route decides; without one there is no chain.</summary>
    private IEnumerable<FilterChain> Tcp(BoundServer server)
    {
        foreach (var virtualService in context.VirtualServices.BoundTo(server.GatewayName))
        {
            if (!TcpRouteSelection.SharesHost(server, virtualService))
            {
                continue;
            }
            foreach (var route in virtualService.TcpRoutes)
            {
                if (route.Route.Count > 0 && TcpRouteSelection.Fits(route.Match, server))
                {
                    yield return Chain(
                        server.HasTls ? server : null,
                        server.HasTls ? server.ServerNames : null,
                        [.. Guards(server, virtualService), TcpProxyTranslation.Filter(route.Route, virtualService, server, context)]);
                    yield break;
                }
            }
        }
    }

    /// <summary>A chain per <c>tls</c> match, told apart by the server names that it lists; one that lists a taken name is left out.</summary>
    private IEnumerable<FilterChain> Passthrough(BoundServer server, int port)
    {
        foreach (var virtualService in context.VirtualServices.BoundTo(server.GatewayName))
        {
            if (!TcpRouteSelection.SharesHost(server, virtualService))
            {
                continue;
            }
            for (var i = 0; i < virtualService.TlsRoutes.Count; i++)
            {
                var route = virtualService.TlsRoutes[i];
                for (var j = 0; route.Route.Count > 0 && j < route.Match.Count; j++)
                {
                    if (TcpRouteSelection.Fits(route.Match[j].Port, route.Match[j].Gateways, server) && Claims(virtualService, server, port, i, j))
                    {
                        yield return Chain(null, route.Match[j].SniHosts, [.. Guards(server, virtualService), TcpProxyTranslation.Filter(route.Route, virtualService, server, context)]);
                    }
                }
            }
        }
    }

    private bool Claims(BoundVirtualService virtualService, BoundServer server, int port, int route, int match)
    {
        var names = virtualService.TlsRoutes[route].Match[match].SniHosts;
        var owner = context.ClaimServerNames(port, server.Address, names, $"VirtualService {virtualService.Namespace}/{virtualService.Name}");
        if (owner is not null)
        {
            context.Findings.Add(Finding.Warning(
                DiagnosticCodes.RouteTaken,
                virtualService.Source,
                $"tls[{route}].match[{match}].sniHosts",
                $"a name in {string.Join(", ", names)} on port {port} is that of {owner}, which comes first; the match is left out"));
        }
        return owner is null;
    }

    /// <summary>
    /// A chain per port of each service that the server's hosts name, and per subset: for clients that ask for its cluster by server name, and
    /// offer what sidecars speak in mutual TLS. Policies are not for them: it is the sidecar at the other end that knows who comes.
    /// </summary>
    private IEnumerable<FilterChain> AutoPassthrough(BoundServer server, int listenerPort)
    {
        if (context.Security.Tcp.Count > 0)
        {
            context.Findings.Add(Finding.Warning(
                DiagnosticCodes.NotYetActedOn,
                server.Gateway,
                $"servers[{server.Index}].tls.mode",
                "AUTO_PASSTHROUGH passes clients on without asking the AuthorizationPolicies of the gateway; those of the services that they come to hold"));
        }
        foreach (var service in context.Services.All)
        {
            var isMeant = !service.IsMeshExternal
                && service.Resolution is not (ServiceResolution.Alias or ServiceResolution.DynamicDns)
                && server.ServerNames.Any(host => HostNames.IsSubsetOf(service.Hostname, host));
            if (!isMeant)
            {
                continue;
            }
            var rule = context.Rules.Find(service);
            foreach (var port in service.Ports.Where(port => port.Protocol != PortProtocol.Udp).DistinctBy(port => port.Number))
            {
                foreach (var subset in (rule?.Subsets ?? []).DistinctBy(subset => subset.Name).Prepend(null))
                {
                    string[] names = [new ClusterName(port.Number, subset?.Name ?? "", service.Hostname).ToServerName()];
                    if (context.ClaimServerNames(listenerPort, server.Address, names, names[0]) is null)
                    {
                        var chain = Chain(null, names, [.. PolicyGuards(server, null), TcpProxyTranslation.Filter(service, port, subset, rule, context)]);
                        chain.FilterChainMatch.ApplicationProtocols.Add(MeshProtocols);
                        yield return chain;
                    }
                }
            }
        }
    }

    private IEnumerable<Filter> Guards(BoundServer server, BoundVirtualService virtualService) => context.Security.Tcp.Concat(PolicyGuards(server, virtualService));

    // Of what can be said of requests alone nothing is known here: who means these connections by it closes them.
    private IReadOnlyList<Filter> PolicyGuards(BoundServer server, BoundVirtualService? virtualService)
    {
        var policy = context.SecurityPolicies.OfBytes(server, virtualService, out var isMeant);
        if (policy?.OnlyForRequests is not { } finding)
        {
            return policy?.Tcp ?? [];
        }
        var consequence = isMeant ? "they are closed" : "they are not protected by it";
        context.Findings.Add(finding with { Message = $"{finding.Message} (Gateway {server.GatewayName}, servers[{server.Index}]); {consequence}" });
        return isMeant ? [policy.ClosedTcp] : policy.Tcp;
    }

    private FilterChain Chain(BoundServer? tls, IReadOnlyList<string>? serverNames, IEnumerable<Filter> filters)
    {
        var chain = new FilterChain { Filters = { filters } };
        if (context.Mesh.TransportSocketConnectTimeout > TimeSpan.Zero)
        {
            chain.TransportSocketConnectTimeout = Durations.Of(context.Mesh.TransportSocketConnectTimeout);
        }
        if (tls is not null)
        {
            chain.TransportSocket = new TransportSocket
            {
                Name = "envoy.transport_sockets.tls",
                TypedConfig = Any.Pack(DownstreamTlsTranslation.Translate(tls, context.Mesh.TlsDefaults)),
            };
        }
        NeedsClientHello |= serverNames is { Count: > 0 };
        // "*" among them means any name, and none.
        if (serverNames is { Count: > 0 } && !serverNames.Contains("*"))
        {
            chain.FilterChainMatch = new FilterChainMatch { ServerNames = { serverNames.Order(StringComparer.Ordinal) } };
        }
        return chain;
    }

    private static Filter Filter(string name, IMessage configuration) => new() { Name = name, TypedConfig = Any.Pack(configuration) };
}
