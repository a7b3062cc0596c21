using Envoy.Config.Cluster.V3;
using Google.Protobuf.WellKnownTypes;
using Tidegate.Pilot.Resources;
using Tidegate.Pilot.Translation.DestinationRules;
using Tidegate.Pilot.Translation.Listeners;
using Tidegate.Pilot.Translation.Services;
using static Envoy.Config.Cluster.V3.Cluster.Types;

namespace Tidegate.Pilot.Translation.Clusters;

/// <summary>The clusters of one service (spec 5.1): one per port, and one per port and subset of its DestinationRule.</summary>
internal sealed class ClusterTranslation(MeshService service, EffectiveDestinationRule? rule, ServiceEndpoints endpoints, MeshSettings mesh)
{
    /// <summary>
    /// The cluster to which nothing can be sent. It is there whatever the objects say.
    /// </summary>
    public static Cluster BlackHole(MeshSettings mesh) => new()
    {
        Name = ClusterName.BlackHole,
        Type = DiscoveryType.Static,
        ConnectTimeout = Durations.Of(mesh.ConnectTimeout),
        LbPolicy = LbPolicy.RoundRobin,
        AltStatName = ClusterName.BlackHole + ";",
    };

    /// <summary>The clusters.</summary>
    public IEnumerable<Cluster> Translate()
    {
        // DYNAMIC_DNS needs the dynamic forward proxy, which is not in the Envoy API that we build on.
        if (service.Resolution is ServiceResolution.Alias or ServiceResolution.DynamicDns)
        {
            yield break;
        }
        foreach (var port in service.Ports.Where(port => port.Protocol != PortProtocol.Udp))
        {
            var policy = EffectiveTrafficPolicy.ForPort(rule?.TrafficPolicy, port.Number);
            if (Build(port, null, policy) is { } cluster)
            {
                yield return cluster;
            }
            foreach (var subset in rule?.Subsets ?? [])
            {
                if (Build(port, subset, policy.WithSubset(subset.TrafficPolicy, port.Number)) is { } subsetCluster)
                {
                    yield return subsetCluster;
                }
            }
        }
    }

    /// <summary>The endpoints of a port or of a subset of it.</summary>
    public static IEnumerable<ServiceEndpoint> EndpointsOf(ServiceEndpoints endpoints, MeshServicePort port, Subset? subset) =>
        subset is null || subset.Labels.Count == 0
            ? endpoints.Of(port.Number)
            : endpoints.Of(port.Number).Where(endpoint => endpoint.Has(subset.Labels));

    private Cluster? Build(MeshServicePort port, Subset? subset, EffectiveTrafficPolicy policy)
    {
        var name = new ClusterName(port.Number, subset?.Name ?? "", service.Hostname).ToString();
        var cluster = new Cluster { Name = name, AltStatName = name + ";", CommonLbConfig = new CommonLbConfig() };
        if (!SetDiscovery(cluster, port, subset))
        {
            return null;
        }
        SetMetadata(cluster, port, subset, policy.Tls);
        var draft = new ClusterDraft(cluster, service, port);
        if (port.Protocol.IsHttp2())
        {
            draft.UseHttp2();
        }
        ConnectionPoolTranslation.Apply(draft, policy.ConnectionPool, policy.RetryBudget, mesh);
        OutlierDetectionTranslation.Apply(draft, policy.OutlierDetection);
        LoadBalancerTranslation.Apply(cluster, policy.LoadBalancer);
        UpstreamTlsTranslation.Apply(draft, policy.Tls);
        ProxyProtocolTranslation.Apply(cluster, policy.ProxyProtocol);
        if (cluster.Type == DiscoveryType.Eds)
        {
            cluster.EdsClusterConfig = new EdsClusterConfig { EdsConfig = HttpConnectionManagerTranslation.AdsSource(), ServiceName = name };
        }
        return draft.Build();
    }

    /// <summary>How the proxy finds the endpoints. Returns false when it could find none, ever: then there is no cluster.</summary>
    private bool SetDiscovery(Cluster cluster, MeshServicePort port, Subset? subset)
    {
        if (!service.IsResolvedByProxy)
        {
            cluster.Type = DiscoveryType.Eds;
            return true;
        }
        var names = EndpointsOf(endpoints, port, subset).ToArray();
        cluster.Type = service.Resolution == ServiceResolution.Dns ? DiscoveryType.StrictDns : DiscoveryType.LogicalDns;
        cluster.DnsLookupFamily = DnsLookupFamily.V4Only;
        cluster.DnsRefreshRate = Durations.Of(mesh.DnsRefreshRate);
        cluster.RespectDnsTtl = true;
        cluster.LoadAssignment = LoadAssignmentTranslation.Translate(cluster.Name, names);
        return names.Length > 0;
    }

    private void SetMetadata(Cluster cluster, MeshServicePort port, Subset? subset, ClientTlsSettings? tls)
    {
        var istio = new Struct();
        if (mesh.CompatibilityVersion == CompatibilityVersion.Istio1_16)
        {
            istio.Fields["default_original_port"] = Value.ForNumber(port.Number);
        }
        istio.Fields["services"] = Value.ForList(Value.ForStruct(new Struct
        {
            Fields =
            {
                ["host"] = Value.ForString(service.Hostname),
                ["name"] = Value.ForString(service.Name),
                ["namespace"] = Value.ForString(service.Namespace),
            },
        }));
        if (service.IsMeshExternal && subset is null)
        {
            istio.Fields["external"] = Value.ForBool(true);
        }
        if (rule is not null)
        {
            istio.Fields["config"] = Value.ForString(
                ConfigMetadata.Path("destination-rule", rule.First.Namespace, rule.First.Name, mesh.CompatibilityVersion));
        }
        if (subset is not null)
        {
            istio.Fields["subset"] = Value.ForString(subset.Name);
        }
        if (tls?.Mode is ClientTlsMode.Simple or ClientTlsMode.Mutual)
        {
            istio.Fields["alpn_override"] = Value.ForString("false");
        }
        cluster.Metadata = new Envoy.Config.Core.V3.Metadata { FilterMetadata = { [ConfigMetadata.Key] = istio } };
    }
}
