using System.Net.Security;
using System.Text;
using Envoy.Config.Cluster.V3;
using Envoy.Config.Core.V3;
using Envoy.Type.V3;
using Tidegate.Proxy.Clusters.HealthChecks;

namespace Tidegate.Proxy.Compilation;

/// <summary>Compiles how a cluster's endpoints are checked.</summary>
internal static class HealthCheckCompiler
{
    private const long DefaultNoTrafficIntervalMs = 60_000;

    /// <summary>The policy of a cluster; null when it has none.</summary>
    public static HealthCheckPolicy? Compile(Cluster cluster, CompileScope scope)
    {
        if (cluster.HealthChecks.Count == 0)
        {
            return null;
        }

        scope.RefuseIf(cluster.HealthChecks.Count > 1, "more than one of health_checks is not supported");
        return Compile(cluster.HealthChecks[0], scope.At("health_checks", 0));
    }

    private static HealthCheckPolicy? Compile(HealthCheck source, CompileScope scope)
    {
        scope.RefuseIf(source.Timeout is null, "timeout is missing");
        scope.RefuseIf(source.Interval is null, "interval is missing");
        scope.RefuseIf(source.UnhealthyThreshold is null, "unhealthy_threshold is missing");
        scope.RefuseIf(source.HealthyThreshold is null, "healthy_threshold is missing");
        scope.NoteIf(source.EventLogger.Count > 0, "event_logger of health_checks is not acted on");
        scope.NoteIf(source.TransportSocketMatchCriteria is not null, "transport_socket_match_criteria of health_checks is not acted on");
        long intervalMs = Positive(source.Interval, "interval", scope) ?? 1;
        long unhealthyMs = Positive(source.UnhealthyInterval, "unhealthy_interval", scope) ?? intervalMs;
        long noTrafficMs = Positive(source.NoTrafficInterval, "no_traffic_interval", scope) ?? DefaultNoTrafficIntervalMs;
        ProbePolicy? probe = Probe(source, scope);
        return probe is null ? null : new HealthCheckPolicy
        {
            Probe = probe,
            ApplicationProtocols = [.. source.TlsOptions?.AlpnProtocols.Select(static name => new SslApplicationProtocol(name)) ?? []],
            TimeoutMs = Positive(source.Timeout, "timeout", scope) ?? 1,
            IntervalMs = intervalMs,
            UnhealthyIntervalMs = unhealthyMs,
            UnhealthyEdgeIntervalMs = Positive(source.UnhealthyEdgeInterval, "unhealthy_edge_interval", scope) ?? unhealthyMs,
            HealthyEdgeIntervalMs = Positive(source.HealthyEdgeInterval, "healthy_edge_interval", scope) ?? intervalMs,
            NoTrafficIntervalMs = noTrafficMs,
            NoTrafficHealthyIntervalMs = Positive(source.NoTrafficHealthyInterval, "no_traffic_healthy_interval", scope) ?? noTrafficMs,
            InitialJitterMs = scope.At("initial_jitter").MillisecondsOrNull(source.InitialJitter) ?? 0,
            IntervalJitterMs = scope.At("interval_jitter").MillisecondsOrNull(source.IntervalJitter) ?? 0,
            IntervalJitterPercent = source.IntervalJitterPercent,
            UnhealthyThreshold = source.UnhealthyThreshold ?? 1,
            HealthyThreshold = source.HealthyThreshold ?? 1,
            ReusesConnection = source.ReuseConnection ?? true,
        };
    }

    private static long? Positive(Google.Protobuf.WellKnownTypes.Duration? duration, string field, CompileScope scope)
    {
        long? milliseconds = scope.At(field).MillisecondsOrNull(duration);
        scope.At(field).RefuseIf(milliseconds == 0, "it is 0");
        return milliseconds;
    }

    private static ProbePolicy? Probe(HealthCheck source, CompileScope scope)
    {
        switch (source.HealthCheckerCase)
        {
            case HealthCheck.HealthCheckerOneofCase.HttpHealthCheck:
                return Http(source.HttpHealthCheck, scope.At("http_health_check"));
            case HealthCheck.HealthCheckerOneofCase.TcpHealthCheck:
                return new TcpProbePolicy
                {
                    Send = source.TcpHealthCheck.Send is { } send ? Payload(send, scope.At("tcp_health_check.send")) : [],
                    Receive = [.. source.TcpHealthCheck.Receive.Select(payload => Payload(payload, scope.At("tcp_health_check.receive")))],
                };
            case HealthCheck.HealthCheckerOneofCase.GrpcHealthCheck:
                return new GrpcProbePolicy
                {
                    Service = source.GrpcHealthCheck.ServiceName,
                    Authority = source.GrpcHealthCheck.Authority,
                    Metadata = Headers(source.GrpcHealthCheck.InitialMetadata),
                };
            default:
                scope.Refuse(source.HealthCheckerCase == HealthCheck.HealthCheckerOneofCase.None
                    ? "one of http_health_check, tcp_health_check and grpc_health_check is missing"
                    : $"{source.HealthCheckerCase} is not supported");
                return null;
        }
    }

    private static HttpProbePolicy Http(HealthCheck.Types.HttpHealthCheck source, CompileScope scope)
    {
        scope.At("path").RefuseIf(!source.Path.StartsWith('/'), $"\"{source.Path}\" is no path");
        scope.RefuseIf(source.CodecClientType == CodecClientType.Http3, "HTTP/3 is not supported");
        scope.At("method").RefuseIf(source.Method == RequestMethod.Connect, "CONNECT is not possible");
        return new HttpProbePolicy
        {
            Path = source.Path,
            Host = source.Host,
            Method = source.Method == RequestMethod.MethodUnspecified ? "GET" : source.Method.ToString().ToUpperInvariant(),
            IsHttp2 = source.CodecClientType == CodecClientType.Http2,
            HeadersToAdd = Headers(source.RequestHeadersToAdd),
            HeadersToRemove = [.. source.RequestHeadersToRemove],
            ExpectedStatuses = source.ExpectedStatuses.Count == 0 ? [new(200, 201)] : Ranges(source.ExpectedStatuses, scope.At("expected_statuses")),
            RetriableStatuses = Ranges(source.RetriableStatuses, scope.At("retriable_statuses")),
            Receive = [.. source.Receive.Select(payload => Payload(payload, scope.At("receive")))],
            ResponseBufferBytes = (int)Math.Min(source.ResponseBufferSize ?? 1024, 1 << 20),
            ServiceName = source.ServiceNameMatcher is { } matcher ? MatcherCompiler.Value(matcher, scope.At("service_name_matcher")) : null,
        };
    }

    private static StatusRange[] Ranges(IEnumerable<Int64Range> ranges, CompileScope scope)
    {
        StatusRange[] compiled = [.. ranges.Select(static range => new StatusRange(range.Start, range.End))];
        scope.RefuseIf(Array.Exists(compiled, static range => range.Start < 100 || range.End > 600 || range.Start >= range.End), "statuses are from 100 up to 599");
        return compiled;
    }

    private static KeyValuePair<string, string>[] Headers(IEnumerable<HeaderValueOption> headers) =>
        [.. headers.Where(static option => option.Header is not null).Select(static option => KeyValuePair.Create(option.Header.Key, option.Header.Value))];

    private static byte[] Payload(HealthCheck.Types.Payload payload, CompileScope scope)
    {
        if (payload.PayloadCase == HealthCheck.Types.Payload.PayloadOneofCase.Binary)
        {
            return payload.Binary.ToByteArray();
        }

        // Text is hexadecimal (Envoy: Payload.text).
        try
        {
            return Convert.FromHexString(payload.Text);
        }
        catch (FormatException)
        {
            scope.Refuse($"\"{payload.Text}\" is not hexadecimal");
            return Encoding.UTF8.GetBytes(payload.Text);
        }
    }
}
