using System.Buffers;
using System.Text;
using Envoy.Config.Core.V3;
using Google.Protobuf.WellKnownTypes;
using Tidegate.Proxy.Clusters;
using Tidegate.Proxy.Istio;
using Tidegate.Proxy.Requests;
using Tidegate.Proxy.Telemetry;
using Tidegate.Proxy.Telemetry.Output;

namespace Tidegate.Proxy.Tests.Telemetry;

public sealed class IstioMetricsTests
{
    private static readonly IstioWorkload Gateway = IstioWorkload.From(new Node
    {
        Metadata = Struct.Parser.ParseJson("""
            {"WORKLOAD_NAME":"istio-ingressgateway","NAMESPACE":"istio-system","CLUSTER_ID":"Kubernetes",
             "LABELS":{"app":"istio-ingressgateway","service.istio.io/canonical-name":"istio-ingressgateway","service.istio.io/canonical-revision":"v7"}}
            """),
    });

    private const int MaxSeries = 1000;

    private readonly StatsStore _stats = new(2);
    private readonly IstioMetrics _metrics;

    public IstioMetricsTests() => _metrics = new IstioMetrics(_stats, Gateway, "1.16.2") { MaxSeries = MaxSeries };

    [Fact]
    public void A_request_without_a_route_has_all_labels_of_a_gateway()
    {
        HttpExchange exchange = SampleExchange.Create();
        exchange.ResponseStatus = 404;
        exchange.Flags = ResponseFlags.NoRouteFound;
        _metrics.ForWorker(0).Record(exchange);
        _metrics.ForWorker(1).Record(exchange);
        PrometheusMetric requests = Metrics().Single(m => m.Name == "istio_requests_total");

        Assert.Equal("counter", requests.Type);
        PrometheusSample sample = Assert.Single(requests.Samples);
        Assert.Equal(2, sample.Value);
        Assert.Equal(
            new Dictionary<string, string>
            {
                ["reporter"] = "source",
                ["source_workload"] = "istio-ingressgateway",
                ["source_canonical_service"] = "istio-ingressgateway",
                ["source_canonical_revision"] = "v7",
                ["source_workload_namespace"] = "istio-system",
                ["source_principal"] = "unknown",
                ["source_app"] = "istio-ingressgateway",
                ["source_version"] = "unknown",
                ["source_cluster"] = "Kubernetes",
                ["destination_workload"] = "unknown",
                ["destination_workload_namespace"] = "unknown",
                ["destination_principal"] = "unknown",
                ["destination_app"] = "unknown",
                ["destination_version"] = "unknown",
                ["destination_service"] = "unknown",
                ["destination_canonical_service"] = "unknown",
                ["destination_canonical_revision"] = "latest",
                ["destination_service_name"] = "unknown",
                ["destination_service_namespace"] = "unknown",
                ["destination_cluster"] = "unknown",
                ["request_protocol"] = "http",
                ["response_code"] = "404",
                ["grpc_response_status"] = "",
                ["response_flags"] = "NR",
                ["connection_security_policy"] = "unknown",
            },
            sample.Labels);
    }

    [Fact]
    public void Durations_and_sizes_are_histograms()
    {
        _metrics.ForWorker(0).Record(SampleExchange.Create());
        IReadOnlyList<PrometheusMetric> metrics = Metrics();

        Assert.Equal((15, 1), Histogram(metrics, "istio_request_duration_milliseconds"));
        Assert.Equal((212, 1), Histogram(metrics, "istio_request_bytes"));
        Assert.Equal((507, 1), Histogram(metrics, "istio_response_bytes"));
    }

    [Fact]
    public void The_build_is_told()
    {
        PrometheusSample build = Metrics().Single(m => m.Name == "istio_build").Samples.Single();

        Assert.Equal((1, "proxy", "1.16.2"), (build.Value, build.Labels["component"], build.Labels["tag"]));
    }

    [Fact]
    public void Grpc_has_its_own_protocol_and_status()
    {
        HttpExchange exchange = SampleExchange.Create();
        SampleExchange.RequestHeader(exchange, "content-type", "application/grpc");
        SampleExchange.ResponseHeader(exchange, "grpc-status", "14");
        _metrics.ForWorker(0).Record(exchange);
        PrometheusSample sample = Metrics().Single(m => m.Name == "istio_requests_total").Samples.Single();

        Assert.Equal(("grpc", "14"), (sample.Labels["request_protocol"], sample.Labels["grpc_response_status"]));
    }

    [Fact]
    public void S17_the_number_of_series_is_bounded()
    {
        HttpExchange exchange = SampleExchange.Create();
        const int requests = MaxSeries + 500;
        for (int i = 0; i < requests; i++)
        {
            exchange.ResponseStatus = 100 + (i % 900);
            exchange.Flags = (ResponseFlags)(i / 900);
            _metrics.ForWorker(0).Record(exchange);
        }

        IReadOnlyList<PrometheusSample> samples = Metrics("type=Counters&filter=istio_requests_total").Single().Samples;
        Assert.Equal(MaxSeries + 1, samples.Count);
        Assert.Equal(requests, samples.Sum(s => s.Value));
        Assert.Equal(500, samples.Single(s => s.Labels["destination_service"] == "overflow").Value);
    }

    [Fact]
    public void The_series_of_a_cluster_that_is_gone_go_unless_another_leads_to_the_same_place()
    {
        (int Id, string Name)[] clusters = [(0, "outbound|80|v1|a.test"), (1, "outbound|80|v2|a.test"), (2, "outbound|80||b.test")];
        foreach ((int id, string name) in clusters)
        {
            HttpExchange exchange = SampleExchange.Create();
            exchange.ResponseStatus = 200;
            var slot = new ClusterSlot(id, name);
            slot.Current = new RuntimeCluster { Slot = slot, Source = new Envoy.Config.Cluster.V3.Cluster { Name = name } };
            exchange.Cluster = slot.Current;
            _metrics.ForWorker(0).Record(exchange);
        }

        Assert.Equal(["a.test", "b.test"], Services());
        _metrics.ForWorker(0).Forget(0);
        Assert.Equal(["a.test", "b.test"], Services());
        _metrics.ForWorker(0).Forget(2);
        Assert.Equal(["a.test"], Services());
        _metrics.ForWorker(0).Forget(1);
        Assert.Empty(Services());

        IEnumerable<string> Services() => Metrics("type=Counters&filter=istio_requests_total").SelectMany(static metric => metric.Samples).Select(static sample => sample.Labels["destination_service"]).Order();
    }

    [Fact]
    public void S17_nothing_that_a_client_sends_is_a_label()
    {
        HttpExchange exchange = SampleExchange.Create();
        for (int i = 0; i < 1000; i++)
        {
            exchange.Request.SetPath(Encoding.ASCII.GetBytes($"/{i}"));
            exchange.Request.SetAuthority(Encoding.ASCII.GetBytes($"host{i}.example"));
            exchange.RequestedServerName = $"sni{i}.example";
            SampleExchange.RequestHeader(exchange, "user-agent", $"agent{i}");
            _metrics.ForWorker(0).Record(exchange);
        }

        Assert.Single(Metrics().Single(m => m.Name == "istio_requests_total").Samples);
    }

    [Fact]
    public void Recording_into_a_known_series_allocates_nothing()
    {
        HttpExchange exchange = SampleExchange.Create();
        WorkerIstioMetrics worker = _metrics.ForWorker(0);
        for (int i = 0; i < 3; i++)
        {
            worker.Record(exchange); // the first makes the series, the second what the runtime makes once for finding one
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++)
        {
            worker.Record(exchange);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Theory]
    [InlineData("outbound|80||webapp.istioinaction.svc.cluster.local", "webapp.istioinaction.svc.cluster.local", "webapp", "istioinaction")]
    [InlineData("outbound|443|v1|api.example.com", "api.example.com", "api.example.com", "unknown")]
    [InlineData("outbound_.80_._.webapp.istioinaction.svc.cluster.local", "unknown", "unknown", "unknown")]
    [InlineData("PassthroughCluster", "PassthroughCluster", "PassthroughCluster", "unknown")]
    [InlineData("agent", "unknown", "unknown", "unknown")]
    [InlineData("outbound|80||", "unknown", "unknown", "unknown")]
    public void A_clusters_name_tells_its_service(string cluster, string service, string name, string ns) =>
        Assert.Equal(new IstioDestination(service, name, ns), IstioDestination.From(cluster, null));

    [Fact]
    public void A_clusters_metadata_tell_its_service_first()
    {
        var metadata = new Metadata();
        metadata.FilterMetadata["istio"] = Struct.Parser.ParseJson("""{"services":[{"host":"web.example","name":"web","namespace":"prod"}]}""");

        Assert.Equal(new IstioDestination("web.example", "web", "prod"), IstioDestination.From("outbound|80||x.y.svc.cluster.local", metadata));
    }

    [Theory]
    [InlineData("webapp-v1;istioinaction;webapp;v1;Kubernetes", "webapp-v1", "istioinaction", "webapp", "v1", "Kubernetes")]
    [InlineData("webapp-v1;;webapp", "webapp-v1", "unknown", "webapp", "latest", "unknown")]
    [InlineData("", "unknown", "unknown", "unknown", "latest", "unknown")]
    public void An_endpoints_metadata_tell_its_workload(string text, string name, string ns, string service, string revision, string cluster)
    {
        var metadata = new Metadata();
        metadata.FilterMetadata["istio"] = new Struct { Fields = { ["workload"] = Value.ForString(text) } };

        Assert.Equal(
            new IstioWorkload { Name = name, Namespace = ns, CanonicalService = service, CanonicalRevision = revision, Cluster = cluster },
            IstioWorkload.From(metadata));
    }

    [Fact]
    public void A_node_without_labels_is_unknown()
    {
        IstioWorkload workload = IstioWorkload.From((Node?)null);

        Assert.Equal(("unknown", "latest", "unknown"), (workload.Name, workload.CanonicalRevision, workload.Cluster));
    }

    [Fact]
    public void The_names_in_stats_text_hold_the_labels()
    {
        _metrics.ForWorker(0).Record(SampleExchange.Create());

        Assert.Contains(
            _stats.Sample().Samples,
            s => s.FullName.StartsWith("istiocustom.istio_requests_total.reporter.source.source_workload.istio-ingressgateway.", StringComparison.Ordinal));
    }

    private static (double Sum, double Count) Histogram(IReadOnlyList<PrometheusMetric> metrics, string name)
    {
        PrometheusMetric metric = metrics.Single(m => m.Name == name);
        Assert.Equal("histogram", metric.Type);
        return (metric.Samples.Single(s => s.Name == name + "_sum").Value, metric.Samples.Single(s => s.Name == name + "_count").Value);
    }

    private IReadOnlyList<PrometheusMetric> Metrics(string query = "")
    {
        Assert.True(StatsQuery.TryParse(query, out StatsQuery parsed, out _));
        var buffer = new ArrayBufferWriter<byte>();
        PrometheusText.Write(_stats.Sample(), parsed, buffer);
        return PrometheusParser.Parse(Encoding.UTF8.GetString(buffer.WrittenSpan));
    }
}
