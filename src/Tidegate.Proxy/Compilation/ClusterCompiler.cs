using Envoy.Config.Cluster.V3;
using Envoy.Config.Core.V3;
using Google.Protobuf.WellKnownTypes;
using Tidegate.Http.Headers;
using Tidegate.Proxy.Clusters;
using Tidegate.Proxy.Tls;
using CircuitBreakers = Tidegate.Proxy.Clusters.CircuitBreakers;
using CircuitBreakersProto = Envoy.Config.Cluster.V3.CircuitBreakers;
using HttpProtocolOptions = Envoy.Extensions.Upstreams.Http.V3.HttpProtocolOptions;

// Fields that Envoy calls deprecated are what control planes still send.
#pragma warning disable CS0612

namespace Tidegate.Proxy.Compilation;

/// <summary>Compiles clusters, all but their endpoints (istio-gateway.md 5).</summary>
internal sealed class ClusterCompiler(ClusterSlotTable slots, TlsContextCompiler tls)
{
    private const string HttpOptions = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";

    // Istio's exchange of metadata over mutual TLS between sidecars; without that it does nothing.
    private const string MetadataExchange = "istio.metadata_exchange";

    /// <summary>Compiles a cluster; null when there are reasons to refuse it.</summary>
    public RuntimeCluster? Compile(Cluster cluster, bool isStatic, CompileReport report)
    {
        CompileScope scope = report.Root;
        RefuseUnsupported(cluster, scope);
        HttpProtocolOptions options = Options(cluster, scope);
        Envoy.Config.Core.V3.HttpProtocolOptions common =
            options.CommonHttpProtocolOptions ?? cluster.CommonHttpProtocolOptions ?? new Envoy.Config.Core.V3.HttpProtocolOptions();
        CompileScope commonScope = scope.At("common_http_protocol_options");
        int proxyHeaderVersion = TransportSocketCompiler.ProxyHeaderVersion(cluster.TransportSocket, scope.At("transport_socket"), out TransportSocket? transport);
        NameCase nameCase = NameCaseCompiler.Compile(Http1Options(cluster, options), scope.At("http_protocol_options"));
        var compiled = new RuntimeCluster
        {
            Slot = slots.Of(cluster.Name),
            Source = cluster,
            AltStatName = cluster.AltStatName,
            Type = cluster.Type,
            EdsServiceName = cluster.EdsClusterConfig?.ServiceName is { Length: > 0 } service ? service : cluster.Name,
            IsStatic = isStatic,
            ConnectTimeoutMs = scope.At("connect_timeout").MillisecondsOrNull(cluster.ConnectTimeout) ?? 5000,
            CircuitBreakers = Thresholds(cluster.CircuitBreakers, scope.At("circuit_breakers")),
            LoadBalancer = LoadBalancerCompiler.Compile(cluster, scope),
            Protocol = Protocol(cluster, options, scope),
            Http2 = UpstreamHttp2Compiler.Compile(Http2(cluster, options), scope.At("http2_protocol_options")),
            MaxRequestsPerConnection = common.MaxRequestsPerConnection ?? cluster.MaxRequestsPerConnection ?? 0,
            IdleTimeoutMs = commonScope.At("idle_timeout").MillisecondsOrNull(common.IdleTimeout),
            MaxConnectionDurationMs = commonScope.At("max_connection_duration").MillisecondsOrNull(common.MaxConnectionDuration) ?? 0,
            MaxStreamDurationMs = commonScope.At("max_stream_duration").MillisecondsOrNull(common.MaxStreamDuration) ?? 0,
            TcpKeepalive = cluster.UpstreamConnectionOptions?.TcpKeepalive,
            Outliers = OutlierPolicyCompiler.Compile(cluster, scope.At("outlier_detection")),
            HealthCheck = HealthCheckCompiler.Compile(cluster, scope),
            Metadata = cluster.Metadata,
            KeepsNameCase = nameCase == NameCase.AsReceived,
            RequestNameCase = nameCase == NameCase.ProperWords ? nameCase : NameCase.Lower,
            PassesHttp1Trailers = Http1Options(cluster, options)?.EnableTrailers ?? false,
            ProxyHeaderVersion = proxyHeaderVersion,
            Tls = Tls(transport, options, scope.At("transport_socket")),
            TransportMatches =
            [
                .. cluster.TransportSocketMatches.Select((match, i) =>
                    new TransportMatch(match.Match, Tls(match.TransportSocket, options, scope.At("transport_socket_matches", i).At("transport_socket")))),
            ],
        };
        return report.Resource.IsRefused ? null : compiled;
    }

    private static void RefuseUnsupported(Cluster cluster, CompileScope scope)
    {
        scope.RefuseIf(cluster.ClusterType is not null, $"cluster_type \"{cluster.ClusterType?.Name}\" is not supported");

        // Without a listener that restores the original address, which a gateway has not, a cluster of this type has no endpoints (as in Envoy).
        scope.NoteIf(cluster.OriginalDstLbConfig?.UseHttpHeader == true, "use_http_header of original_dst_lb_config is not acted on");
        scope.RefuseIf(cluster.LbSubsetConfig is not null, "lb_subset_config is not supported");
        scope.RefuseIf(cluster.UpstreamConfig is not null, "upstream_config is not supported");
        scope.RefuseIf(cluster.UpstreamBindConfig is not null, "upstream_bind_config is not supported");
        bool isInline = cluster.Type is Cluster.Types.DiscoveryType.Static or Cluster.Types.DiscoveryType.StrictDns or Cluster.Types.DiscoveryType.LogicalDns;
        scope.RefuseIf(!isInline && cluster.LoadAssignment is not null, $"load_assignment is given together with {cluster.Type}");
        scope.NoteIf(cluster.PerConnectionBufferLimitBytes is not null, "per_connection_buffer_limit_bytes is not acted on: the proxy's own limits hold");
        scope.NoteIf(cluster.CloseConnectionsOnHostHealthFailure, "close_connections_on_host_health_failure is not acted on");
        for (int i = 0; i < cluster.Filters.Count; i++)
        {
            string name = cluster.Filters[i].Name;
            scope.At("filters", i).RefuseIf(name != MetadataExchange, $"upstream network filter \"{name}\" is not supported");
        }
    }

    // Names that follow the request are asked for in the protocol options.
    private UpstreamTls? Tls(TransportSocket? socket, HttpProtocolOptions options, CompileScope scope)
    {
        bool usesHost = options.UpstreamHttpProtocolOptions?.AutoSni == true;
        bool verifiesHost = options.UpstreamHttpProtocolOptions?.AutoSanValidation == true;
        UpstreamTls? compiled = tls.Upstream(socket, scope);
        return compiled is not null && (usesHost || verifiesHost) ? compiled.With(usesHost, verifiesHost) : compiled;
    }

    private static HttpProtocolOptions Options(Cluster cluster, CompileScope scope)
    {
        HttpProtocolOptions? options = null;
        foreach ((string name, Any packed) in cluster.TypedExtensionProtocolOptions)
        {
            CompileScope at = scope.At($"typed_extension_protocol_options[\"{name}\"]");
            if (name != HttpOptions)
            {
                at.Refuse("unknown protocol options");
            }
            else
            {
                at.TryUnpack(packed, out options);
            }
        }

        return options ?? new HttpProtocolOptions();
    }

    private static Http1ProtocolOptions? Http1Options(Cluster cluster, HttpProtocolOptions options) => options.UpstreamProtocolOptionsCase switch
    {
        HttpProtocolOptions.UpstreamProtocolOptionsOneofCase.UseDownstreamProtocolConfig => options.UseDownstreamProtocolConfig.HttpProtocolOptions,
        HttpProtocolOptions.UpstreamProtocolOptionsOneofCase.AutoConfig => options.AutoConfig.HttpProtocolOptions,
        HttpProtocolOptions.UpstreamProtocolOptionsOneofCase.ExplicitHttpConfig => options.ExplicitHttpConfig.HttpProtocolOptions,
        _ => cluster.HttpProtocolOptions,
    };

    private static UpstreamProtocol Protocol(Cluster cluster, HttpProtocolOptions options, CompileScope scope)
    {
        switch (options.UpstreamProtocolOptionsCase)
        {
            case HttpProtocolOptions.UpstreamProtocolOptionsOneofCase.UseDownstreamProtocolConfig:
                return UpstreamProtocol.Downstream;
            case HttpProtocolOptions.UpstreamProtocolOptionsOneofCase.AutoConfig:
                return UpstreamProtocol.Negotiated;
            case HttpProtocolOptions.UpstreamProtocolOptionsOneofCase.ExplicitHttpConfig:
                scope.RefuseIf(options.ExplicitHttpConfig.Http3ProtocolOptions is not null, "HTTP/3 to upstreams is not supported");
                return options.ExplicitHttpConfig.Http2ProtocolOptions is not null ? UpstreamProtocol.Http2 : UpstreamProtocol.Http1;
            default:
                return cluster.Http2ProtocolOptions is not null ? UpstreamProtocol.Http2 : UpstreamProtocol.Http1;
        }
    }

    private static Http2ProtocolOptions? Http2(Cluster cluster, HttpProtocolOptions options) => options.UpstreamProtocolOptionsCase switch
    {
        HttpProtocolOptions.UpstreamProtocolOptionsOneofCase.UseDownstreamProtocolConfig => options.UseDownstreamProtocolConfig.Http2ProtocolOptions,
        HttpProtocolOptions.UpstreamProtocolOptionsOneofCase.AutoConfig => options.AutoConfig.Http2ProtocolOptions,
        HttpProtocolOptions.UpstreamProtocolOptionsOneofCase.ExplicitHttpConfig => options.ExplicitHttpConfig.Http2ProtocolOptions,
        _ => cluster.Http2ProtocolOptions,
    };

    private static CircuitBreakers Thresholds(CircuitBreakersProto? breakers, CompileScope scope)
    {
        scope.NoteIf(breakers?.PerHostThresholds.Count > 0, "per_host_thresholds is not acted on");
        CircuitBreakersProto.Types.Thresholds[] all =
            [.. (breakers?.Thresholds ?? []).Where(static candidate => candidate.Priority == Envoy.Config.Core.V3.RoutingPriority.Default)];
        CircuitBreakersProto.Types.Thresholds? thresholds = all.FirstOrDefault();
        if (thresholds is null)
        {
            return CircuitBreakers.Default;
        }

        return new CircuitBreakers(
            thresholds.MaxConnections ?? CircuitBreakers.Default.MaxConnections,
            thresholds.MaxPendingRequests ?? CircuitBreakers.Default.MaxPendingRequests,
            thresholds.MaxRequests ?? CircuitBreakers.Default.MaxRequests,
            thresholds.MaxRetries ?? CircuitBreakers.Default.MaxRetries)
        {
            // Limits are those of the first, as in Envoy. An EnvoyFilter that merges a retry budget into what Istio emits appends thresholds to
            // the list, and means it: a budget further on is taken where the first has none.
            RetryBudget = all.FirstOrDefault(static candidate => candidate.RetryBudget is not null)?.RetryBudget is { } budget
                ? new RetryBudget(budget.BudgetPercent?.Value ?? 20, budget.MinRetryConcurrency ?? 3)
                : null,
        };
    }
}
