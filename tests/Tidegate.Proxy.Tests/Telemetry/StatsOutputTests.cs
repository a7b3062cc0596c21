using System.Buffers;
using System.Text;
using System.Text.Json;
using Tidegate.Proxy.Telemetry;
using Tidegate.Proxy.Telemetry.Output;

namespace Tidegate.Proxy.Tests.Telemetry;

public sealed class StatsOutputTests
{
    private const string Webapp = "outbound|80||webapp.istioinaction.svc.cluster.local";

    [Fact]
    public void Prometheus_text_is_valid_and_complete()
    {
        StatsStore store = Sample();
        StatsSnapshot snapshot = store.Sample();
        IReadOnlyList<PrometheusMetric> metrics = PrometheusParser.Parse(Text(PrometheusText.Write, snapshot));

        int lines = metrics.Where(m => m.Type != "histogram").Sum(m => m.Samples.Count);
        Assert.Equal(snapshot.Samples.Count(s => s.Kind is StatKind.Counter or StatKind.Gauge), lines);
        Assert.Equal(4, Value(metrics, "envoy_cluster_upstream_rq_total", ("cluster_name", Webapp)));
        Assert.Equal(3, Value(metrics, "envoy_cluster_upstream_rq", ("response_code", "200"), ("cluster_name", Webapp)));
        Assert.Equal(3, Value(metrics, "envoy_cluster_upstream_rq", ("response_code_class", "2xx"), ("cluster_name", Webapp)));
        Assert.Equal(1, Value(metrics, "envoy_cluster_upstream_rq_time_bucket", ("cluster_name", Webapp), ("le", "5")));
        Assert.Equal(2, Value(metrics, "envoy_cluster_upstream_rq_time_count", ("cluster_name", Webapp)));
        Assert.Equal(123, Value(metrics, "envoy_cluster_upstream_rq_time_sum", ("cluster_name", Webapp)));
        Assert.Equal(1, Value(metrics, "envoy_http_downstream_rq", ("response_code_class", "4xx"), ("http_conn_manager_prefix", "outbound_0.0.0.0_8080")));
        Assert.Equal(9, Value(metrics, "envoy_listener_downstream_cx_active", ("listener_address", "0.0.0.0_8080")));
        Assert.Equal(1, Value(metrics, "envoy_server_live"));
        Assert.Equal(1, Value(metrics, "envoy_cluster_manager_cds_update_success"));
    }

    [Fact]
    public void Prometheus_text_has_envoys_own_tags_when_asked()
    {
        var store = new StatsStore(1, TagStyle.Envoy);
        store.AddCluster("c").ForWorker(0).UpstreamRq.Count(404);
        IReadOnlyList<PrometheusMetric> metrics = PrometheusParser.Parse(Text(PrometheusText.Write, store.Sample()));

        Assert.Equal(1, Value(metrics, "envoy_cluster_upstream_rq", ("envoy_response_code", "404"), ("envoy_cluster_name", "c")));
        Assert.Equal(1, Value(metrics, "envoy_cluster_upstream_rq_xx", ("envoy_response_code_class", "4"), ("envoy_cluster_name", "c")));
    }

    [Fact]
    public void Prometheus_labels_are_escaped()
    {
        var store = new StatsStore(1);
        const string hostile = "a\"b\\c\nd{}=,é";
        store.AddCluster(hostile).ForWorker(0).UpstreamRqTotal = 5;

        Assert.Equal(5, Value(PrometheusParser.Parse(Text(PrometheusText.Write, store.Sample())), "envoy_cluster_upstream_rq_total", ("cluster_name", hostile)));
    }

    [Fact]
    public void The_strict_parser_refuses_what_is_no_exposition()
    {
        string[] bad =
        [
            "a 1\n",
            "# TYPE a counter\na 1",
            "# TYPE a counter\nb 1\n",
            "# TYPE a counter\na 1\na 2\n",
            "# TYPE a counter\na{x=\"1\",} 1\n",
            "# TYPE a counter\na{x=\"\"\"} 1\n",
            "# TYPE a counter\n# TYPE a counter\n",
            "# TYPE a histogram\na_bucket{le=\"1\"} 2\na_bucket{le=\"+Inf\"} 1\na_sum 1\na_count 1\n",
        ];
        Assert.All(bad, text => Assert.Throws<FormatException>(() => PrometheusParser.Parse(text)));
    }

    [Fact]
    public void Text_is_sorted_name_and_value()
    {
        string[] lines = Text(StatsText.Write, Sample().Sample()).Split('\n', StringSplitOptions.RemoveEmptyEntries);

        Assert.Equal("cluster_manager.cds.version_text: \"v1\"", lines[0]);
        Assert.Contains($"cluster.{Webapp};.upstream_rq_total: 4", lines);
        Assert.Contains($"cluster.{Webapp};.upstream_rq_time: P0(nan,3) P25(nan,3) P50(nan,3) P75(nan,115) P90(nan,118) P95(nan,119) P99(nan,119.8) P99.5(nan,119.9) P99.9(nan,119.98) P100(nan,120)", lines);
        Assert.Contains($"cluster.{Webapp};.upstream_cx_connect_ms: No recorded values", lines);
        string[] plain = [.. lines.Where(l => !l.Contains('"', StringComparison.Ordinal) && !l.Contains("recorded", StringComparison.Ordinal) && !l.Contains("P0", StringComparison.Ordinal)).Select(l => l[..l.LastIndexOf(": ", StringComparison.Ordinal)])];
        Assert.Equal(plain.Order(StringComparer.Ordinal), plain);
    }

    [Theory]
    [InlineData("filter=^server\\.state$", "server.state: 0\n")]
    [InlineData("usedonly&filter=cds", "cluster_manager.cds.version_text: \"v1\"\ncluster_manager.cds.update_success: 1\n")]
    [InlineData("usedonly&type=Counters&filter=^listener_manager", "listener_manager.lds.update_success: 1\n")]
    [InlineData("type=TextReadouts&filter=cluster_manager", "cluster_manager.cds.version_text: \"v1\"\n")]
    [InlineData("histogram_buckets=disjoint&usedonly&type=Histograms&filter=;\\.upstream", $"cluster.{Webapp};.upstream_rq_time: B0.5(0,0) B1(0,0) B5(0,1) B10(0,0) B25(0,0) B50(0,0) B100(0,0) B250(0,1) B500(0,0) B1000(0,0) B2500(0,0) B5000(0,0) B10000(0,0) B30000(0,0) B60000(0,0) B300000(0,0) B600000(0,0) B1800000(0,0) B3600000(0,0)\n")]
    public void A_query_selects(string query, string expected)
    {
        Assert.True(StatsQuery.TryParse(query, out StatsQuery parsed, out _));
        var buffer = new ArrayBufferWriter<byte>();
        StatsText.Write(Sample().Sample(), parsed, buffer);

        Assert.Equal(expected, Encoding.UTF8.GetString(buffer.WrittenSpan));
    }

    [Theory]
    [InlineData("filter=(", "regex")]
    [InlineData("format=xml", "format")]
    [InlineData("type=Things", "type")]
    [InlineData("histogram_buckets=some", "histogram_buckets")]
    public void A_query_that_makes_no_sense_is_refused(string query, string named)
    {
        Assert.False(StatsQuery.TryParse(query, out _, out string error));
        Assert.Contains(named, error, StringComparison.Ordinal);
    }

    [Fact]
    public void Json_has_every_statistic()
    {
        StatsSnapshot snapshot = Sample().Sample();
        using JsonDocument json = JsonDocument.Parse(Text(StatsJson.Write, snapshot));
        JsonElement[] stats = [.. json.RootElement.GetProperty("stats").EnumerateArray()];

        Assert.Equal(snapshot.Samples.Count(s => s.Kind != StatKind.Histogram), stats.Length - 1);
        Assert.Equal(4, stats.Single(s => s.TryGetProperty("name", out JsonElement name) && name.GetString() == $"cluster.{Webapp};.upstream_rq_total").GetProperty("value").GetInt64());
        JsonElement histograms = stats[^1].GetProperty("histograms");
        Assert.Equal(10, histograms.GetProperty("supported_quantiles").GetArrayLength());
        JsonElement time = histograms.GetProperty("computed_quantiles").EnumerateArray().Single(h => h.GetProperty("name").GetString() == $"cluster.{Webapp};.upstream_rq_time");
        Assert.Equal(3, time.GetProperty("values")[2].GetProperty("cumulative").GetDouble());
    }

    private static StatsStore Sample()
    {
        var store = new StatsStore(2);
        StatScope<ClusterStats> cluster = store.AddCluster(Webapp + ";");
        cluster.ForWorker(0).UpstreamRqTotal = 3;
        cluster.ForWorker(1).UpstreamRqTotal = 1;
        cluster.ForWorker(0).UpstreamRq.Count(200);
        cluster.ForWorker(0).UpstreamRq.Count(200);
        cluster.ForWorker(1).UpstreamRq.Count(200);
        cluster.ForWorker(1).UpstreamRq.Count(503);
        cluster.ForWorker(0).UpstreamRqTime.Record(3);
        cluster.ForWorker(1).UpstreamRqTime.Record(120);
        store.AddCluster("agent;");
        store.AddHttpConnectionManager("outbound_0.0.0.0_8080;").ForWorker(1).CountResponse(404);
        store.AddListener("0.0.0.0_8080").ForWorker(0).DownstreamCxActive = 9;
        store.AddListenerHttp("0.0.0.0_8080", "outbound_0.0.0.0_8080;");
        store.AddRouteConfiguration("outbound_0.0.0.0_8080;", "http.8080");
        store.Server.Live = 1;
        store.Cds.UpdateSuccess = 1;
        store.Cds.VersionText = "v1";
        store.Lds.UpdateSuccess = 1;
        return store;
    }

    private static string Text(Action<StatsSnapshot, StatsQuery, IBufferWriter<byte>> write, StatsSnapshot snapshot)
    {
        var buffer = new ArrayBufferWriter<byte>();
        write(snapshot, StatsQuery.All, buffer);
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static double Value(IReadOnlyList<PrometheusMetric> metrics, string name, params (string Name, string Value)[] labels) =>
        metrics.SelectMany(m => m.Samples).Single(s => s.Name == name && s.Labels.Count == labels.Length && labels.All(l => s.Labels.GetValueOrDefault(l.Name) == l.Value)).Value;
}
