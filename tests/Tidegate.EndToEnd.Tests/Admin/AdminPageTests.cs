using System.Net;
using System.Text.Json;
using Tidegate.EndToEnd.Tests.Harness;

namespace Tidegate.EndToEnd.Tests.Admin;

/// <summary>Envoy's admin pages, as istioctl and people with curl use them (cli.md, 4).</summary>
public sealed class AdminPageTests(AdminPageTests.Pool pool) : IClassFixture<AdminPageTests.Pool>
{
    private const string DumpType = "type.googleapis.com/envoy.admin.v3.";

    [Fact]
    public async Task The_dump_has_its_sections_in_envoys_order()
    {
        using JsonDocument dump = await DumpAsync("config_dump?include_eds");

        string[] sections = [.. dump.RootElement.GetProperty("configs").EnumerateArray().Select(section => section.GetProperty("@type").GetString()![DumpType.Length..])];

        string[] order = ["BootstrapConfigDump", "ClustersConfigDump", "EcdsConfigDump", "EndpointsConfigDump", "ListenersConfigDump", "ScopedRoutesConfigDump", "RoutesConfigDump", "SecretsConfigDump"];
        Assert.Equal(order.Where(sections.Contains), sections);
        Assert.Superset(new HashSet<string> { "BootstrapConfigDump", "ClustersConfigDump", "EndpointsConfigDump", "ListenersConfigDump", "RoutesConfigDump" }, new HashSet<string>(sections));
    }

    [Fact]
    public async Task Endpoints_are_in_the_dump_only_when_asked_for()
    {
        using JsonDocument dump = await DumpAsync("config_dump");

        Assert.DoesNotContain(
            dump.RootElement.GetProperty("configs").EnumerateArray(),
            section => section.GetProperty("@type").GetString() == DumpType + "EndpointsConfigDump");
    }

    [Theory]
    [InlineData("dynamic_active_clusters,dynamic_warming_clusters,static_clusters", "ClustersConfigDump")]
    [InlineData("dynamic_listeners,static_listeners", "ListenersConfigDump")]
    [InlineData("dynamic_route_configs,static_route_configs", "RoutesConfigDump")]
    [InlineData("bootstrap", "BootstrapConfigDump")]
    public async Task A_mask_leaves_one_section(string mask, string section)
    {
        using JsonDocument dump = await DumpAsync($"config_dump?mask={mask}");

        JsonElement only = Assert.Single(dump.RootElement.GetProperty("configs").EnumerateArray());
        Assert.Equal(DumpType + section, only.GetProperty("@type").GetString());
    }

    [Fact]
    public async Task A_resource_and_a_name_leave_their_entries()
    {
        using JsonDocument dump = await DumpAsync("config_dump?resource=dynamic_route_configs&name_regex=http%5C.8080");

        JsonElement only = Assert.Single(dump.RootElement.GetProperty("configs").EnumerateArray());
        Assert.Equal("http.8080", only.GetProperty("route_config").GetProperty("name").GetString());
    }

    [Theory]
    [InlineData("config_dump?mask=no_such_field", HttpStatusCode.BadRequest)]
    [InlineData("config_dump?resource=no_such_field", HttpStatusCode.NotFound)]
    [InlineData("no/such/page", HttpStatusCode.NotFound)]
    [InlineData("quitquitquit", HttpStatusCode.MethodNotAllowed)]
    [InlineData("drain_listeners", HttpStatusCode.MethodNotAllowed)]
    [InlineData("logging", HttpStatusCode.MethodNotAllowed)]
    public async Task A_wrong_question_gets_envoys_status(string path, HttpStatusCode status)
    {
        using HttpResponseMessage response = await pool.Gateway.Http.GetAsync(AdminUri(path), TestContext.Current.CancellationToken);

        Assert.Equal(status, response.StatusCode);
    }

    [Fact]
    public async Task Ready_says_LIVE() => Assert.Equal("LIVE\n", await pool.Gateway.AdminAsync("ready"));

    [Fact]
    public async Task Clusters_name_their_hosts()
    {
        string text = await pool.Gateway.AdminAsync("clusters");
        using JsonDocument json = await DumpAsync("clusters?format=json");

        Assert.Contains("outbound|80||b0.test::", text);
        Assert.Contains("::health_flags::healthy", text);
        JsonElement cluster = json.RootElement.GetProperty("cluster_statuses").EnumerateArray()
            .Single(status => status.GetProperty("name").GetString() == "outbound|80||b0.test");
        JsonElement host = Assert.Single(cluster.GetProperty("host_statuses").EnumerateArray());
        Assert.Equal("HEALTHY", host.GetProperty("health_status").GetProperty("eds_health_status").GetString());
    }

    [Fact]
    public async Task Listeners_are_listed() =>
        Assert.Contains($"0.0.0.0_8080::", await pool.Gateway.AdminAsync("listeners"));

    [Theory]
    [InlineData("server_info", "LIVE")]
    [InlineData("stats", "server.live: 1")]
    [InlineData("certs", "certificates")]
    [InlineData("help", "config_dump")]
    [InlineData("", "config_dump")]
    public async Task A_page_says(string path, string text) => Assert.Contains(text, await pool.Gateway.AdminAsync(path));

    [Fact]
    public async Task Logging_lists_and_sets_levels()
    {
        using HttpResponseMessage response = await pool.Gateway.Http.PostAsync(AdminUri("logging"), null, TestContext.Current.CancellationToken);

        Assert.StartsWith("active loggers:\n", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Reset_counters_lets_counters_begin_again_and_leaves_gauges()
    {
        const string Counter = "cluster.outbound|80||b1.test.upstream_rq_200";
        await pool.Gateway.AnswersAsync(200, "b1.test");
        Assert.NotEqual(0, await pool.Gateway.StatAsync(Counter));

        using HttpResponseMessage got = await pool.Gateway.Http.GetAsync(AdminUri("reset_counters"), TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, got.StatusCode);
        Assert.NotEqual(0, await pool.Gateway.StatAsync(Counter));
        using HttpResponseMessage posted = await pool.Gateway.Http.PostAsync(AdminUri("reset_counters"), null, TestContext.Current.CancellationToken);
        Assert.Equal("OK\n", await posted.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));

        Assert.Equal(0, await pool.Gateway.StatAsync(Counter));
        Assert.Equal(1, await pool.Gateway.StatAsync("server.live"));
        Assert.DoesNotMatch(@"istio_requests_total\{[^}]*b1\.test[^}]*\} [1-9]", await pool.Gateway.AdminAsync("stats/prometheus"));
        Assert.Equal(200, (await pool.Gateway.GetAsync("b1.test")).Status);
        Assert.Equal(1, await pool.Gateway.StatAsync(Counter));
    }

    [Theory]
    [InlineData("cluster", "SERVICE FQDN")]
    [InlineData("listener", "ADDRESS")]
    [InlineData("route", "NAME")]
    [InlineData("endpoint", "ENDPOINT")]
    [InlineData("all", "SERVICE FQDN")]
    public async Task Proxy_config_reads_the_running_gateway_and_a_saved_dump_alike(string what, string header)
    {
        CommandResult live = await pool.Gateway.CommandAsync("pc", what, "deploy/istio-ingressgateway", "-n", "istio-system");

        Assert.StartsWith(header, live.Succeeded);
        if (what == "endpoint")
        {
            return; // reads another page than the dump
        }

        string file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, await pool.Gateway.AdminAsync("config_dump?include_eds"), TestContext.Current.CancellationToken);
        CommandResult saved = await TidegateCommand.RunAsync("proxy-config", what, "--file", file);
        File.Delete(file);
        Assert.Equal(live.Output, saved.Succeeded);
    }

    [Theory]
    [InlineData(15021, "/healthz/ready/../../quitquitquit")]
    [InlineData(15021, "/healthz/ready/%2e%2e/%2e%2e/quitquitquit")]
    [InlineData(15021, "/healthz/ready%2f..%2f..%2fquitquitquit")]
    [InlineData(15021, "/healthz/ready/")]
    [InlineData(15021, "/healthz/readyz")]
    [InlineData(15021, "/healthz/ready;/../../drain")]
    [InlineData(15021, "//quitquitquit")]
    [InlineData(15021, "http://localhost/quitquitquit")]
    [InlineData(15021, "http://localhost/healthz/ready/../../stats/prometheus")]
    [InlineData(15090, "/stats/prometheus/../../config_dump")]
    [InlineData(15090, "/stats/prometheus\\..\\..\\config_dump")]
    [InlineData(15090, "/stats/prometheus/..")]
    [InlineData(15090, "/stats")]
    [InlineData(15090, "http://127.0.0.1:15000/quitquitquit")]
    public async Task The_open_ports_lead_to_their_own_page_only(int port, string target)
    {
        foreach (string method in new[] { "GET", "POST" })
        {
            WireResponse response = await pool.Gateway.ExchangeAsync($"{method} {target} HTTP/1.1\r\nHost: localhost\r\n{(method == "POST" ? "content-length: 0\r\n" : "")}\r\n", port);

            Assert.InRange(response.Status, 400, 404);
        }
    }

    [Theory]
    [InlineData(15021, "/healthz/ready", "")]
    [InlineData(15021, "/healthz/ready?verbose", "")]
    [InlineData(15090, "/stats/prometheus", "envoy_server_live")]
    [InlineData(15090, "/stats/prometheus?usedonly", "envoy_server_live")]
    public async Task The_open_ports_answer_to_any_name(int port, string target, string text)
    {
        WireResponse response = await pool.Gateway.GetAsync("gateway.monitoring.svc.cluster.local", target, port);

        Assert.Equal(200, response.Status);
        Assert.Contains(text, response.Body);
    }

    [Theory]
    [InlineData("origin", "http://evil.example")]
    [InlineData("origin", "null")]
    [InlineData("sec-fetch-site", "cross-site")]
    [InlineData("host", "evil.example")]
    [InlineData("x-forwarded-proto", "http")]
    public async Task Neither_a_foreign_page_nor_a_proxy_changes_anything(string field, string value)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, AdminUri("healthcheck/fail"));
        request.Headers.TryAddWithoutValidation(field, value);
        using HttpResponseMessage response = await pool.Gateway.Http.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
        Assert.Equal((200, "LIVE\n"), await pool.Gateway.ReadyPageAsync());
    }

    [Fact]
    public async Task No_route_leads_to_the_operators_pages()
    {
        pool.Gateway.Apply("own.yaml", Manifests.Service("own.test", new IPEndPoint(IPAddress.Loopback, pool.Gateway.AdminPort)) + """
            ---
            apiVersion: networking.istio.io/v1
            kind: VirtualService
            metadata: {name: own-route, namespace: default}
            spec:
              hosts: [own.test]
              gateways: [edge]
              http:
              - rewrite: {authority: localhost}
                headers: {request: {remove: [x-forwarded-proto, x-forwarded-for]}}
                route:
                - destination: {host: own.test, port: {number: 80} }

            """);

        await pool.Gateway.AnswersAsync(503, "own.test", "/ready");

        await pool.Gateway.ReportsAsync($"cluster outbound|80||own.test: endpoint 127.0.0.1:{pool.Gateway.AdminPort} is the gateway's own");
        pool.Gateway.Remove("own.yaml");
    }

    private Uri AdminUri(string path) => new($"http://127.0.0.1:{pool.Gateway.AdminPort}/{path}");

    private async Task<JsonDocument> DumpAsync(string path) => JsonDocument.Parse(await pool.Gateway.AdminAsync(path));

    /// <summary>A gateway with two routes.</summary>
    public sealed class Pool : BackendPool
    {
        /// <inheritdoc/>
        protected override int Count => 2;
    }
}
