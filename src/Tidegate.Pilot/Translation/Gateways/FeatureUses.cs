using Tidegate.Pilot.Resources;
using Tidegate.Pilot.Translation.Features;
using Tidegate.Pilot.Translation.Findings;
using Tidegate.Pilot.Translation.Services;

namespace Tidegate.Pilot.Translation.Gateways;

/// <summary>Finds where objects use features that the proxy does not act on yet. The tables name every such feature once.</summary>
internal sealed class FeatureUses(ProxyFeatures features)
{
    private static readonly (ProxyFeature Feature, string Field, Func<HttpRoute, bool> IsUsed)[] RouteFeatures =
    [
        (ProxyFeature.Redirect, "redirect", route => route.Redirect is not null),
        (ProxyFeature.DirectResponse, "directResponse", route => route.DirectResponse is not null),
        (ProxyFeature.Rewrite, "rewrite", route => route.Rewrite is not null),
        (ProxyFeature.Headers, "headers", route => route.Headers is not null || route.Route.Any(destination => destination.Headers is not null)),
        (ProxyFeature.Timeout, "timeout", route => route.Timeout is not null),
        (ProxyFeature.Retries, "retries", route => route.Retries is not null),
        (ProxyFeature.Fault, "fault", route => route.Fault is not null),
        (ProxyFeature.Mirror, "mirror", route => route.Mirror is not null || route.Mirrors.Count > 0),
        (ProxyFeature.Cors, "corsPolicy", route => route.CorsPolicy is not null),
        (ProxyFeature.RouteStatistics, "match", route => route.Match.Any(match => match.StatPrefix.Length > 0)),
    ];

    private static readonly (ProxyFeature Feature, string Field, Func<PolicyBlocks, bool> IsUsed)[] PolicyFeatures =
    [
        (ProxyFeature.ConsistentHash, "loadBalancer.consistentHash", policy => policy.LoadBalancer?.ConsistentHash is not null),
        (ProxyFeature.LeastRequest, "loadBalancer.simple", policy => policy.LoadBalancer?.Simple is SimpleLb.LeastRequest or SimpleLb.LeastConn),
        (ProxyFeature.OriginalDestination, "loadBalancer.simple", policy => policy.LoadBalancer?.Simple == SimpleLb.Passthrough),
        (ProxyFeature.Warmup, "loadBalancer.warmup", policy => policy.LoadBalancer is { Warmup: not null } or { WarmupDurationSecs: not null }),
        (ProxyFeature.Locality, "loadBalancer.localityLbSetting", policy => policy.LoadBalancer is { LocalityLbSetting: not null } or { ZoneAwareLbSetting: not null }),
        (ProxyFeature.OutlierDetection, "outlierDetection", policy => policy.OutlierDetection is not null),
        (ProxyFeature.UpstreamTls, "tls", policy => policy.Tls is { Mode: not ClientTlsMode.Disable }),
        (ProxyFeature.UpstreamHttp2, "connectionPool.http", policy =>
            policy.ConnectionPool?.Http is { H2UpgradePolicy: H2UpgradePolicy.Upgrade, UseClientProtocol: false }),
        (ProxyFeature.UpstreamProxyProtocol, "proxyProtocol", policy => policy.ProxyProtocol is not null),
        (ProxyFeature.Tunnel, "tunnel", policy => policy.Tunnel is not null),
        (ProxyFeature.RetryBudget, "retryBudget", policy => policy.RetryBudget is not null),
    ];

    /// <summary>The uses in a VirtualService as written.</summary>
    public IEnumerable<Finding> In(VirtualService virtualService)
    {
        for (var i = 0; i < virtualService.Spec.Http.Count; i++)
        {
            foreach (var (feature, field, isUsed) in RouteFeatures)
            {
                if (!features.Has(feature) && isUsed(virtualService.Spec.Http[i]))
                {
                    yield return NotYet(virtualService, $"http[{i}].{field}", feature);
                }
            }
        }
        if (features.Has(ProxyFeature.TcpProxy))
        {
            yield break;
        }
        for (var i = 0; i < virtualService.Spec.Tcp.Count; i++)
        {
            yield return NotYet(virtualService, $"tcp[{i}]");
        }
        for (var i = 0; i < virtualService.Spec.Tls.Count; i++)
        {
            yield return NotYet(virtualService, $"tls[{i}]");
        }
    }

    /// <summary>The uses in a DestinationRule.</summary>
    public IEnumerable<Finding> In(DestinationRule rule)
    {
        var policies = PoliciesOf(rule.Spec.TrafficPolicy, "trafficPolicy")
            .Concat(rule.Spec.Subsets.SelectMany((subset, index) => PoliciesOf(subset.TrafficPolicy, $"subsets[{index}].trafficPolicy")));
        foreach (var policy in policies)
        {
            foreach (var (feature, field, isUsed) in PolicyFeatures)
            {
                if (!features.Has(feature) && isUsed(policy))
                {
                    yield return NotYet(rule, $"{policy.Path}.{field}", feature);
                }
            }
        }
    }

    /// <summary>The uses in a service: how it is resolved, and what its ports speak.</summary>
    public IEnumerable<Finding> In(MeshService service)
    {
        if (service.Resolution == ServiceResolution.DynamicDns)
        {
            // No Envoy API for it here, so no proxy would do it.
            yield return NotYet(service.Sources[0], "resolution");
        }
        else if (service.IsResolvedByProxy && !features.Has(ProxyFeature.Dns))
        {
            yield return NotYet(service.Sources[0], "resolution");
        }
        for (var i = 0; i < service.Ports.Count; i++)
        {
            if (service.Ports[i].Protocol.IsHttp2() && !features.Has(ProxyFeature.UpstreamHttp2))
            {
                yield return NotYet(service.Sources[0], $"ports[{i}]");
            }
        }
    }

    /// <summary>Says that a server is left out because the proxy cannot serve it yet.</summary>
    public static Finding LeftOut(BoundServer server, ProxyFeature missing) => Finding.Warning(
        DiagnosticCodes.NotYetActedOn,
        server.Gateway,
        $"servers[{server.Index}].{(missing == ProxyFeature.TlsTermination ? "tls" : "port.protocol")}",
        $"is read but not yet acted on in this version; the server on port {server.Port} is left out");

    /// <summary>What the proxy would have to have to serve a server, and has not.</summary>
    public ProxyFeature? MissingFor(BoundServer server)
    {
        if (!server.IsHttp && !features.Has(ProxyFeature.TcpProxy))
        {
            return ProxyFeature.TcpProxy;
        }
        return server.IsTls && !server.IsPassthrough && !features.Has(ProxyFeature.TlsTermination) ? ProxyFeature.TlsTermination : null;
    }

    /// <summary>What a server asks for that the proxy serves it without; null when there is nothing.</summary>
    public Finding? ServedWithout(BoundServer server) => server.Protocol != PortProtocol.GrpcWeb || features.Has(ProxyFeature.GrpcWeb) ? null : Finding.Warning(
        DiagnosticCodes.NotYetActedOn,
        server.Gateway,
        $"servers[{server.Index}].port.protocol",
        "GRPC-WEB is not yet acted on in this version: the port serves HTTP, and gRPC-Web requests go on as they are");

    private static Finding NotYet(Resource resource, string path, ProxyFeature? feature = null) => Finding.Warning(
        DiagnosticCodes.NotYetActedOn,
        resource,
        path,
        "is read but not yet acted on in this version" + feature switch
        {
            ProxyFeature.Tunnel => ": connections that it is for are closed",
            _ => "",
        });

    private static IEnumerable<PolicyBlocks> PoliciesOf(TrafficPolicy? policy, string path)
    {
        if (policy is null)
        {
            yield break;
        }
        yield return new PolicyBlocks(
            path, policy.LoadBalancer, policy.ConnectionPool, policy.OutlierDetection, policy.Tls, policy.ProxyProtocol, policy.Tunnel, policy.RetryBudget);
        for (var i = 0; i < policy.PortLevelSettings.Count; i++)
        {
            var port = policy.PortLevelSettings[i];
            yield return new PolicyBlocks(
                $"{path}.portLevelSettings[{i}]", port.LoadBalancer, port.ConnectionPool, port.OutlierDetection, port.Tls, null, null, null);
        }
    }

    private sealed record PolicyBlocks(
        string Path,
        LoadBalancerSettings? LoadBalancer,
        ConnectionPoolSettings? ConnectionPool,
        OutlierDetection? OutlierDetection,
        ClientTlsSettings? Tls,
        ProxyProtocolVersion? ProxyProtocol,
        TunnelSettings? Tunnel,
        RetryBudget? RetryBudget);
}
