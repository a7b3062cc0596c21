using System.Globalization;
using Tidegate.EndToEnd.Tests.Harness;

namespace Tidegate.EndToEnd.Tests.Telemetry;

/// <summary>The metrics page on port 15090 (istio-gateway.md, 8.2).</summary>
public sealed class MetricsTests(MetricsTests.Pool pool) : IClassFixture<MetricsTests.Pool>
{
    [Fact]
    public async Task The_page_has_istios_request_metrics_with_their_labels()
    {
        await using ScriptedBackend backend = ScriptedBackend.Start(Loopback.Next());
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(Manifests.HttpGateway() + Manifests.Backend("shop.test", backend));
        await gateway.AnswersAsync(200, "shop.test");
        for (int i = 0; i < 5; i++)
        {
            await gateway.GetAsync("shop.test", "/metered");
        }

        int before = backend.Requests.Count;
        string line = "";
        await Eventually.HoldsAsync(
            async () =>
            {
                string page = await PageAsync(gateway);
                line = page.Split('\n').FirstOrDefault(l => l.StartsWith("istio_requests_total{", StringComparison.Ordinal) && l.Contains("shop.test", StringComparison.Ordinal)) ?? "";
                return line.Length > 0 && double.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture) == before;
            },
            () => $"istio_requests_total counts {before} requests: {line}");

        foreach (string label in (string[])[
            "reporter=\"source\"", "response_code=\"200\"", "response_flags=\"-\"", "request_protocol=\"http\"",
            "destination_service=\"shop.test\"", "connection_security_policy=\"unknown\"", "source_workload_namespace=\"istio-system\""])
        {
            Assert.Contains(label, line);
        }
    }

    [Theory]
    [InlineData("istio_request_duration_milliseconds_bucket{")]
    [InlineData("istio_request_bytes_sum{")]
    [InlineData("istio_response_bytes_count{")]
    [InlineData("istio_build{component=\"proxy\",tag=\"")]
    [InlineData("envoy_cluster_upstream_rq_total{")]
    [InlineData("envoy_cluster_upstream_cx_active{")]
    [InlineData("envoy_cluster_membership_healthy{")]
    [InlineData("envoy_listener_downstream_cx_total{")]
    [InlineData("envoy_http_downstream_rq_total{")]
    [InlineData("envoy_http_downstream_cx_active{")]
    [InlineData("envoy_server_uptime")]
    [InlineData("envoy_server_live")]
    public async Task The_page_has_the_metric(string start)
    {
        string page = await PageAsync(pool.Gateway);

        Assert.Contains(page.Split('\n'), line => line.StartsWith(start, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Every_line_is_prometheus_text()
    {
        string page = await PageAsync(pool.Gateway);

        Assert.All(page.TrimEnd('\n').Split('\n'), line => Assert.Matches(
            @"^(# (TYPE|HELP) [a-zA-Z_:][\w:]* .+|[a-zA-Z_:][\w:]*(\{([a-zA-Z_]\w*=""([^""\\\n]|\\[\\""n])*"",?)*\})? [-+]?(\d+(\.\d+)?([eE][-+]?\d+)?|Inf|NaN)|)$", line));
    }

    private static Task<string> PageAsync(GatewayProcess gateway) =>
        gateway.Http.GetStringAsync(new Uri($"http://{gateway.Address}:15090/stats/prometheus"), TestContext.Current.CancellationToken);

    /// <summary>A gateway that has served at least one request.</summary>
    public sealed class Pool : BackendPool
    {
        /// <inheritdoc/>
        protected override int Count => 1;
    }
}
