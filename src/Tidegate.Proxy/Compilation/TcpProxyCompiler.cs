using System.Text;
using Envoy.Extensions.Filters.Network.TcpProxy.V3;
using Envoy.Type.V3;
using Google.Protobuf.WellKnownTypes;
using Tidegate.Http;
using Tidegate.Proxy.Clusters;
using Tidegate.Proxy.Fields;
using Tidegate.Proxy.Filters;
using Tidegate.Proxy.Formatting;
using Tidegate.Proxy.Runtime.FilterChains;

namespace Tidegate.Proxy.Compilation;

/// <summary>Compiles TCP proxies (istio-gateway.md 2.3).</summary>
internal sealed class TcpProxyCompiler(ClusterSlotTable clusters)
{
    /// <summary>Compiles a TCP proxy; null when there are reasons to refuse it.</summary>
    /// <param name="packed">What is compiled.</param>
    /// <param name="scope">Where it stands.</param>
    /// <param name="filters">What connections go through before.</param>
    /// <param name="before">Earlier versions of it; the newest first.</param>
    public RuntimeTcpProxy? Compile(Any? packed, CompileScope scope, IReadOnlyList<ConnectionFilter> filters, IEnumerable<RuntimeTcpProxy> before)
    {
        if (!scope.TryUnpack(packed, out TcpProxy? proxy))
        {
            return null;
        }

        scope.RefuseIf(proxy.StatPrefix.Length == 0, "stat_prefix is empty");
        scope.RefuseIf(proxy.OnDemand is not null, "on_demand is not supported");
        scope.RefuseIf(proxy.MetadataMatch is not null, "metadata_match is not supported");
        scope.RefuseIf(proxy.MaxConnectAttempts == 0, "max_connect_attempts is 0");
        for (int i = 0; i < proxy.HashPolicy.Count; i++)
        {
            bool isKnown = proxy.HashPolicy[i].PolicySpecifierCase == HashPolicy.PolicySpecifierOneofCase.SourceIp;
            scope.At("hash_policy", i).RefuseIf(!isKnown, "only source_ip is supported");
        }

        TcpDestination[] destinations = Destinations(proxy, scope);
        return destinations.Length == 0 ? null : new RuntimeTcpProxy
        {
            Source = proxy,
            StatPrefix = proxy.StatPrefix,
            Destinations = destinations,
            IdleTimeoutMs = scope.At("idle_timeout").MillisecondsOrNull(proxy.IdleTimeout) ?? 3_600_000,
            MaxConnectAttempts = proxy.MaxConnectAttempts ?? 1,
            MaxDownstreamConnectionDurationMs =
                scope.At("max_downstream_connection_duration").MillisecondsOrNull(proxy.MaxDownstreamConnectionDuration) ?? 0,
            HashesSourceAddress = proxy.HashPolicy.Count > 0,
            Tunneling = proxy.TunnelingConfig is null ? null : Tunneling(proxy.TunnelingConfig, scope.At("tunneling_config")),
            Filters = filters,
            AccessLogs = AccessLogCompiler.Compile(proxy.AccessLog, scope, before.Select(static known => known.AccessLogs)),
        };
    }

    private static TcpTunneling? Tunneling(TcpProxy.Types.TunnelingConfig config, CompileScope scope)
    {
        scope.RefuseIf(config.Hostname.Length == 0, "hostname is empty");
        scope.RefuseIf(config.PostPath.Length > 0 && !config.UsePost, "post_path is for POST only");
        scope.NoteIf(config.PropagateResponseHeaders, "propagate_response_headers is not acted on");
        scope.NoteIf(config.PropagateResponseTrailers, "propagate_response_trailers is not acted on");
        byte[] path = Encoding.UTF8.GetBytes(config.PostPath.Length > 0 ? config.PostPath : "/");
        scope.At("post_path").RefuseIf(!new RequestHead().SetPath(path) || path[0] != (byte)'/', "is not a path");
        TextFormat? host = TextFormat.Compile(config.Hostname, omitEmpty: true, out string error);
        scope.At("hostname").RefuseIf(host is null, error);
        scope.At("hostname").RefuseIf(host is { IsLiteral: true } && !Authority.IsValid(Encoding.UTF8.GetBytes(config.Hostname)), "is no host");
        List<HeaderMutation> headers = HeaderMutationCompiler.Compile([], config.HeadersToAdd, "headers", scope);
        return host is null ? null : new TcpTunneling(host, config.UsePost, path, HeaderMutations.Of([headers]));
    }

    private TcpDestination[] Destinations(TcpProxy proxy, CompileScope scope)
    {
        switch (proxy.ClusterSpecifierCase)
        {
            case TcpProxy.ClusterSpecifierOneofCase.Cluster when proxy.Cluster.Length > 0:
                return [new TcpDestination(clusters.Of(proxy.Cluster), 1)];
            case TcpProxy.ClusterSpecifierOneofCase.WeightedClusters:
                CompileScope at = scope.At("weighted_clusters");
                for (int i = 0; i < proxy.WeightedClusters.Clusters.Count; i++)
                {
                    at.At("clusters", i).RefuseIf(proxy.WeightedClusters.Clusters[i].Name.Length == 0, "name is empty");
                    at.At("clusters", i).RefuseIf(proxy.WeightedClusters.Clusters[i].MetadataMatch is not null, "metadata_match is not supported");
                }

                TcpDestination[] weighted =
                [
                    .. from cluster in proxy.WeightedClusters.Clusters
                       where cluster.Weight > 0
                       select new TcpDestination(clusters.Of(cluster.Name), cluster.Weight),
                ];
                at.RefuseIf(weighted.Length == 0, "no cluster has a weight");
                return weighted;
            default:
                scope.Refuse("cluster or weighted_clusters is missing");
                return [];
        }
    }
}
