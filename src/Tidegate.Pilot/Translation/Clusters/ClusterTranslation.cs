using Envoy.Config.Cluster.V3;
using Envoy.Config.Core.V3;
using Envoy.Config.Endpoint.V3;
using Google.Protobuf.WellKnownTypes;
using Tidegate.Pilot.Resources;
using Tidegate.Pilot.Translation.DestinationRules;
using Tidegate.Pilot.Translation.Listeners;
using Tidegate.Pilot.Translation.Services;
using static Envoy.Config.Cluster.V3.Cluster.Types;

namespace Tidegate.Pilot.Translation.Clusters;

/// <summary>The clusters of one service (spec 5.1): one per port, and one per port and subset of its DestinationRule.</summary>
internal sealed class ClusterTranslation(
    MeshService service, EffectiveDestinationRule? rule, ServiceEndpoints endpoints, ProxyNode node, MeshSettings mesh)
{
    /// <summary>
    /// Whether these are the clusters of <c>AUTO_PASSTHROUGH</c> servers, which are named by server names: without TLS of their own, for the
    /// client's is passed on, and so with those endpoints only that take it.
    /// </summary>
    public bool IsByServerName { get; init; }

    /// <summary>
    /// The cluster to which nothing can be sent. It is there whatever the objects say.
    /// </summary>
    public static Cluster BlackHole(MeshSettings mesh) => new()
    {
        Name = ClusterName.BlackHole,
        Type = DiscoveryType.Static,
        ConnectTimeout = Durations.Of(mesh.ConnectTimeout),
        LbPolicy = LbPolicy.RoundRobin,
        AltStatName = Ended(ClusterName.BlackHole, mesh),
    };

    /// <summary>The clusters.</summary>
    public IEnumerable<Cluster> Translate()
    {
        // DYNAMIC_DNS needs the dynamic forward proxy, which is not in the Envoy API that we build on.
        if (service.Resolution is ServiceResolution.Alias or ServiceResolution.DynamicDns)
        {
            yield break;
        }
        foreach (var part in Parts())
        {
            if (Build(part) is { } cluster)
            {
                yield return cluster;
            }
        }
    }

    /// <summary>The endpoints of the clusters that get them apart from themselves: none for those that the proxy resolves, or that have none ever.</summary>
    public IEnumerable<ClusterLoadAssignment> TranslateEndpoints()
    {
        if (service.IsResolvedByProxy || service.Resolution is ServiceResolution.Alias or ServiceResolution.DynamicDns)
        {
            return [];
        }
        // What the mesh says of outlier detection is the cluster's: priorities that come apart from it go by the rule alone.
        return Parts()
            .Where(part => !part.IsPassthrough)
            .Select(part => LoadAssignmentTranslation.Translate(part.Name, EndpointsOf(part), LocalityPolicy.Of(part.Rule, service, node, mesh)));
    }

    /// <summary>One per port, and one per port and subset.</summary>
    private IEnumerable<Part> Parts()
    {
        foreach (var port in service.Ports.Where(port => port.Protocol != PortProtocol.Udp))
        {
            var ofRule = EffectiveTrafficPolicy.ForPort(rule?.TrafficPolicy, port.Number);
            var policy = ofRule.WithDefaults(mesh);
            yield return new Part(Name(port, null), port, null, ofRule, policy, ofRule.IsPassthrough);
            foreach (var subset in rule?.Subsets ?? [])
            {
                // A service whose clients choose the address has no endpoints of its own, also where a subset says something else.
                var ofSubset = ofRule.WithSubset(subset.TrafficPolicy, port.Number);
                yield return new Part(
                    Name(port, subset), port, subset, ofSubset, policy.WithSubset(subset.TrafficPolicy, port.Number), ofRule.IsPassthrough || ofSubset.IsPassthrough);
            }
        }
    }

    private string Name(MeshServicePort port, Subset? subset)
    {
        var name = new ClusterName(port.Number, subset?.Name ?? "", service.Hostname);
        return IsByServerName ? name.ToServerName() : name.ToString();
    }

    /// <summary>
    /// The endpoints with the subset's labels; only those on the gateway's node where the service says so; and when some share has to be
    /// healthy (<c>minHealthPercent</c>), none that is not, since Envoy would count it among those that should be.
    /// </summary>
    private IEnumerable<ServiceEndpoint> EndpointsOf(Part part)
    {
        IEnumerable<ServiceEndpoint> all = endpoints.Of(part.Port.Number);
        if (part.Subset is { Labels.Count: > 0 } subset)
        {
            all = all.Where(endpoint => endpoint.Has(subset.Labels));
        }
        if (service.IsNodeLocal && node.NodeName.Length > 0)
        {
            all = all.Where(endpoint => endpoint.NodeName == node.NodeName);
        }
        if (IsByServerName)
        {
            all = all.Where(endpoint => endpoint.TakesMutualTls);
        }
        return part.Rule.OutlierDetection?.MinHealthPercent > 0 ? all.Where(endpoint => endpoint.Health == HealthStatus.Healthy) : all;
    }

    private Cluster? Build(Part part)
    {
        var (name, port, subset, _, policy, _) = part;
        var locality = LocalityPolicy.Of(policy, service, node, mesh);
        var cluster = new Cluster { Name = name, AltStatName = StatName(part), CommonLbConfig = new CommonLbConfig() };
        if (!SetDiscovery(cluster, part, locality))
        {
            return null;
        }
        SetMetadata(cluster, port, subset, policy.Tls);
        var draft = new ClusterDraft(cluster, service, port);
        if (port.Protocol.IsHttp2())
        {
            draft.UseHttp2();
        }
        else if (mesh.PreservesHeaderCase && (port.Protocol.IsHttp() || port.Protocol == PortProtocol.Unsupported))
        {
            draft.PreserveHeaderCase();
        }
        cluster.PerConnectionBufferLimitBytes = mesh.ConnectionSettings?.ClusterBufferBytes;
        ConnectionPoolTranslation.Apply(draft, policy.ConnectionPool, policy.RetryBudget, mesh);
        OutlierDetectionTranslation.Apply(draft, policy.OutlierDetection);
        locality.Apply(cluster.CommonLbConfig);
        LoadBalancerTranslation.Apply(cluster, policy.LoadBalancer, part.IsPassthrough);
        if (!IsByServerName)
        {
            UpstreamTlsTranslation.Apply(draft, policy.Tls, policy.Tls is null ? [] : PeerNames.Of(service, endpoints, mesh), mesh.TlsDefaults);
            ProxyProtocolTranslation.Apply(cluster, policy.ProxyProtocol);
        }
        if (cluster.Type == DiscoveryType.Eds)
        {
            cluster.EdsClusterConfig = new EdsClusterConfig { EdsConfig = HttpConnectionManagerTranslation.AdsSource(), ServiceName = name };
        }
        return draft.Build();
    }

    /// <summary>How the proxy finds the endpoints. Returns false when it could find none, ever: then there is no cluster.</summary>
    private bool SetDiscovery(Cluster cluster, Part part, LocalityPolicy locality)
    {
        if (!service.IsResolvedByProxy || (part.IsPassthrough && part.Subset is not null))
        {
            cluster.Type = DiscoveryType.Eds;
            return true;
        }
        var names = EndpointsOf(part).ToArray();
        cluster.Type = service.Resolution == ServiceResolution.Dns && !service.RacesAddresses ? DiscoveryType.StrictDns : DiscoveryType.LogicalDns;
        cluster.DnsLookupFamily = service.RacesAddresses ? DnsLookupFamily.All : DnsLookupFamily.V4Only;
        cluster.DnsRefreshRate = Durations.Of(mesh.DnsRefreshRate);
        cluster.RespectDnsTtl = true;
        cluster.LoadAssignment = LoadAssignmentTranslation.Translate(cluster.Name, names, locality);
        return names.Length > 0;
    }

    /// <summary>What its statistics are called: as the cluster, or by the mesh's pattern.</summary>
    private string StatName(Part part) =>
        Ended(mesh.OutboundClusterStatName.Length == 0 ? part.Name : StatNamePattern.Fill(mesh.OutboundClusterStatName, service, part.Port.Number, part.Port.Name, part.Subset?.Name ?? ""), mesh);

    // Since 1.23 Istio ends a name so that the rules that make tags of it find its end.
    private static string Ended(string name, MeshSettings mesh) => mesh.CompatibilityVersion == CompatibilityVersion.Istio1_16 ? name : $"{name};";

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
        cluster.Metadata = new Metadata { FilterMetadata = { [ConfigMetadata.Key] = istio } };
    }

    /// <summary>One cluster.</summary>
    /// <param name="Name">Its name.</param>
    /// <param name="Port">The service's port.</param>
    /// <param name="Subset">The subset; null for all endpoints.</param>
    /// <param name="Rule">What the DestinationRule says of it.</param>
    /// <param name="Policy">The same over what the mesh says of all clusters.</param>
    /// <param name="IsPassthrough">Whether connections go to the address that the client asked for.</param>
    private sealed record Part(
        string Name, MeshServicePort Port, Subset? Subset, EffectiveTrafficPolicy Rule, EffectiveTrafficPolicy Policy, bool IsPassthrough);
}
