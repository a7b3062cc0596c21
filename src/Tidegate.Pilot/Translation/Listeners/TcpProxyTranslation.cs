using System.Globalization;
using Envoy.Config.Listener.V3;
using Envoy.Extensions.Filters.Network.TcpProxy.V3;
using Envoy.Type.V3;
using Google.Protobuf.WellKnownTypes;
using Tidegate.Pilot.Resources;
using Tidegate.Pilot.Translation.DestinationRules;
using Tidegate.Pilot.Translation.Features;
using Tidegate.Pilot.Translation.Gateways;
using Tidegate.Pilot.Translation.Routes;
using Tidegate.Pilot.Translation.Services;
using Tidegate.Pilot.Translation.VirtualServices;
using Tidegate.Rules.Values;

namespace Tidegate.Pilot.Translation.Listeners;

/// <summary>The filter that joins a client's connection with one to a cluster (spec 2.3).</summary>
internal static class TcpProxyTranslation
{
    private const string FilterName = "envoy.filters.network.tcp_proxy";

    public static Filter Filter(
        IReadOnlyList<RouteDestination> destinations, BoundVirtualService virtualService, BoundServer server, ListenerContext context)
    {
        var lookup = new DestinationLookup(context.Services, context.Rules);
        string ClusterOf(RouteDestination destination) => lookup.ClusterOf(destination.Destination, virtualService.Namespace, server.Port);

        var proxy = new TcpProxy();
        if (destinations.Count == 1)
        {
            proxy.Cluster = ClusterOf(destinations[0]);
            proxy.StatPrefix = StatPrefix(proxy.Cluster, destinations[0].Destination, server, context);
        }
        else
        {
            proxy.StatPrefix = $"{virtualService.Name}.{virtualService.Namespace}";
            proxy.WeightedClusters = new TcpProxy.Types.WeightedCluster
            {
                Clusters =
                {
                    from destination in destinations
                    where destination.Weight > 0
                    select new TcpProxy.Types.WeightedCluster.Types.ClusterWeight
                    {
                        Name = ClusterOf(destination),
                        Weight = (uint)destination.Weight,
                    },
                },
            };
        }
        // Of several destinations the first one's rule holds for connections, whichever they go to, and none of its subsets.
        if (destinations[0].Destination is { } first && lookup.Service(first.Host, virtualService.Namespace) is not null && lookup.Rule(first.Host) is { } rule)
        {
            ApplyRule(proxy, rule, destinations.Count == 1 ? first.Subset : "");
        }
        if (proxy.TunnelingConfig is not null && !context.Features.Has(ProxyFeature.Tunnel))
        {
            // What is meant to go through a tunnel goes nowhere else.
            proxy.TunnelingConfig = null;
            proxy.Cluster = ClusterName.BlackHole;
        }
        return Finish(proxy, context);
    }

    /// <summary>To one cluster of a service, whose name the client itself asks for.</summary>
    public static Filter Filter(MeshService service, MeshServicePort port, Subset? subset, EffectiveDestinationRule? rule, ListenerContext context)
    {
        var name = new ClusterName(port.Number, subset?.Name ?? "", service.Hostname).ToServerName();
        var pattern = context.Mesh.OutboundClusterStatName;
        var proxy = new TcpProxy { Cluster = name, StatPrefix = pattern.Length == 0 ? name : StatNamePattern.Fill(pattern, service, port.Number, port.Name, subset?.Name ?? "") };
        if (rule is not null)
        {
            ApplyRule(proxy, rule, subset?.Name ?? "");
            proxy.TunnelingConfig = null;
        }
        return Finish(proxy, context);
    }

    /// <summary>The cluster's name, or what the mesh's pattern makes of it where the service is known.</summary>
    private static string StatPrefix(string cluster, Destination? destination, BoundServer server, ListenerContext context)
    {
        var pattern = context.Mesh.OutboundClusterStatName;
        return pattern.Length > 0 && destination is not null && context.Services.Find(destination.Host) is { } service
            ? StatNamePattern.Fill(pattern, service, server.Port, server.Server.Port?.Name ?? "", destination.Subset)
            : cluster;
    }

    private static Filter Finish(TcpProxy proxy, ListenerContext context)
    {
        if (context.Node.Metadata.TryGetValue("IDLE_TIMEOUT", out var text) && proxy.IdleTimeout is null && GoDuration.Read(text, out var idle) is null)
        {
            proxy.IdleTimeout = Durations.Of(idle);
        }
        if (AccessLogs.ForRequests(context.Mesh) is { } accessLog)
        {
            proxy.AccessLog.Add(accessLog);
        }
        return new Filter { Name = FilterName, TypedConfig = Any.Pack(proxy) };
    }

    /// <summary>
    /// What the DestinationRule says about connections as a whole: how long they may be idle and live is said by the rule's top level alone, whatever the
    /// port and the subset; a subset has its own tunnel, or none, and its own hash, or the rule's.
    /// </summary>
    private static void ApplyRule(TcpProxy proxy, EffectiveDestinationRule rule, string subset)
    {
        var tcp = rule.TrafficPolicy?.ConnectionPool?.Tcp;
        proxy.IdleTimeout = Durations.OfNullable(tcp?.IdleTimeout);
        proxy.MaxDownstreamConnectionDuration = Durations.OfNullable(tcp?.MaxConnectionDuration);
        var own = subset.Length > 0 ? rule.FindSubset(subset)?.TrafficPolicy : null;
        if ((subset.Length > 0 ? own?.Tunnel : rule.TrafficPolicy?.Tunnel) is { } tunnel)
        {
            var host = tunnel.TargetHost.Contains(':') ? $"[{tunnel.TargetHost}]" : tunnel.TargetHost;
            proxy.TunnelingConfig = new TcpProxy.Types.TunnelingConfig
            {
                Hostname = $"{host}:{tunnel.TargetPort.ToString(CultureInfo.InvariantCulture)}",
                UsePost = tunnel.Protocol == "POST",
            };
        }
        if ((own?.LoadBalancer ?? rule.TrafficPolicy?.LoadBalancer)?.ConsistentHash?.UseSourceIp == true)
        {
            proxy.HashPolicy.Add(new HashPolicy { SourceIp = new HashPolicy.Types.SourceIp() });
        }
    }
}
