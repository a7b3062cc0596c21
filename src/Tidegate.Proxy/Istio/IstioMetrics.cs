using System.Globalization;
using Tidegate.Proxy.Clusters;
using Tidegate.Proxy.Formatting;
using Tidegate.Proxy.Telemetry;

namespace Tidegate.Proxy.Istio;

/// <summary>
/// Istio's standard metrics as a gateway has them (Envoy filter <c>istio.stats</c>; spec: istio-gateway.md, section 8.2):
/// <c>istio_requests_total</c>, <c>istio_request_duration_milliseconds</c>, <c>istio_request_bytes</c>, <c>istio_response_bytes</c>,
/// <c>istio_build</c>. No label comes from what a client sends; the number of series is bounded per worker.
/// Connections that are passed on have <c>istio_tcp_*</c>. The names <c>istio_*_messages_total</c> are kept for gRPC.
/// </summary>
public sealed class IstioMetrics
{
    private readonly Lock _lock = new();
    private readonly Dictionary<IstioPeer, int> _numbers = new() { [IstioPeer.Unknown] = 0 };
    private readonly List<IstioPeer> _peers = [IstioPeer.Unknown];
    private readonly WorkerIstioMetrics[] _workers;
    private readonly StatTag[] _sourceLabels;
    private readonly string _version;

    /// <summary>Makes the metrics and lets <paramref name="stats"/> show them.</summary>
    /// <param name="stats">The store.</param>
    /// <param name="source">The gateway itself.</param>
    /// <param name="version">The version that <c>istio_build</c> tells.</param>
    public IstioMetrics(StatsStore stats, IstioWorkload source, string version)
    {
        _version = version;
        _sourceLabels =
        [
            new("reporter", "source"),
            new("source_workload", source.Name),
            new("source_canonical_service", source.CanonicalService),
            new("source_canonical_revision", source.CanonicalRevision),
            new("source_workload_namespace", source.Namespace),
            new("source_principal", source.Principal),
            new("source_app", source.App),
            new("source_version", source.Version),
            new("source_cluster", source.Cluster),
        ];
        _workers = new WorkerIstioMetrics[stats.Concurrency];
        for (int i = 0; i < _workers.Length; i++)
        {
            _workers[i] = new WorkerIstioMetrics(this);
        }

        stats.AddCollector(Collect);
    }

    /// <summary>Series that each worker keeps.</summary>
    public int MaxSeries { get; init; } = 2048;

    /// <summary>What the worker with this index records with.</summary>
    public WorkerIstioMetrics ForWorker(int worker) => _workers[worker];

    /// <summary>The number of where a cluster's requests go, by endpoint where one is chosen; equal peers have equal numbers. Any thread.</summary>
    internal int NumberOf(RuntimeCluster cluster, EndpointState? endpoint)
    {
        var peer = new IstioPeer(IstioDestination.From(cluster.Name, cluster.Metadata), IstioWorkload.From(endpoint?.Metadata));
        lock (_lock)
        {
            if (!_numbers.TryGetValue(peer, out int number))
            {
                number = _peers.Count;
                _numbers.Add(peer, number);
                _peers.Add(peer);
            }

            return number;
        }
    }

    private void Collect(List<StatSample> samples)
    {
        Dictionary<IstioSeriesKey, IstioSeriesScope> scopes = [];
        foreach (WorkerIstioMetrics worker in _workers)
        {
            foreach (IstioSeries series in worker.Series)
            {
                if (!scopes.TryGetValue(series.Key, out IstioSeriesScope? scope))
                {
                    scope = new IstioSeriesScope(LabelsOf(series.Key));
                    scopes.Add(series.Key, scope);
                }

                scope.Add(series);
            }
        }

        foreach (IstioSeriesScope scope in scopes.Values)
        {
            scope.Sample(samples);
        }

        CollectTcp(samples);
        var build = new IstioSeriesScope([new("component", "proxy"), new("tag", _version)]);
        samples.Add(new StatSample(build, IstioSeriesScope.Build, StatKind.Gauge, 1, true));
    }

    private void CollectTcp(List<StatSample> samples)
    {
        Dictionary<IstioTcpSeriesKey, IstioTcpSeriesScope> scopes = [];
        foreach (WorkerIstioMetrics worker in _workers)
        {
            foreach (IstioTcpSeries series in worker.Tcp.Series)
            {
                if (!scopes.TryGetValue(series.Key, out IstioTcpSeriesScope? scope))
                {
                    scope = new IstioTcpSeriesScope(
                    [
                        .. LabelsOf(series.Key.Peer),
                        new("request_protocol", "tcp"),
                        new("response_flags", ResponseFlagNames.ToText(series.Key.Flags)),
                        new("connection_security_policy", IstioWorkload.Unknown),
                    ]);
                    scopes.Add(series.Key, scope);
                }

                scope.Add(series);
            }
        }

        foreach (IstioTcpSeriesScope scope in scopes.Values)
        {
            scope.Sample(samples);
        }
    }

    private List<StatTag> LabelsOf(IstioSeriesKey key) =>
    [
        .. LabelsOf(key.Peer),
        new("request_protocol", key.IsGrpc ? "grpc" : "http"),
        new("response_code", key.Status.ToString(CultureInfo.InvariantCulture)),
        new("grpc_response_status", key.GrpcStatus < 0 ? "" : key.GrpcStatus.ToString(CultureInfo.InvariantCulture)),
        new("response_flags", ResponseFlagNames.ToText(key.Flags)),
        new("connection_security_policy", IstioWorkload.Unknown),
    ];

    // The labels that tell where from and where to.
    private List<StatTag> LabelsOf(int number)
    {
        IstioPeer peer;
        lock (_lock)
        {
            peer = number < 0 ? IstioPeer.Overflow : _peers[number];
        }

        (IstioDestination destination, IstioWorkload workload) = peer;

        return
        [
            .. _sourceLabels,
            new("destination_workload", workload.Name),
            new("destination_workload_namespace", workload.Namespace),
            new("destination_principal", workload.Principal),
            new("destination_app", workload.App),
            new("destination_version", workload.Version),
            new("destination_service", destination.Service),
            new("destination_canonical_service", workload.CanonicalService),
            new("destination_canonical_revision", workload.CanonicalRevision),
            new("destination_service_name", destination.ServiceName),
            new("destination_service_namespace", destination.ServiceNamespace),
            new("destination_cluster", workload.Cluster),
        ];
    }
}
