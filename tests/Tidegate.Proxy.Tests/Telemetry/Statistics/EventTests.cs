using System.Net.Sockets;
using System.Text;
using Envoy.Config.Cluster.V3;
using Tidegate.Proxy.Telemetry;
using Tidegate.Proxy.Tests.Filters;
using Tidegate.Proxy.Tests.Runtime;

namespace Tidegate.Proxy.Tests.Telemetry.Statistics;

/// <summary>Which event moves a statistic, for those that no test of their subject names (operator-envoy.md, section 1).</summary>
public sealed class EventTests
{
    private const string Upgrade = "connection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\nsec-websocket-version: 13\r\n";

    private const string Routes = """
        {"match": {"path": "/moved"}, "redirect": {"pathRedirect": "/"}},
        {"match": {"path": "/missing"}, "directResponse": {"status": 404}},
        {"match": {"path": "/broken"}, "directResponse": {"status": 503}},
        {"match": {"path": "/absent"}, "route": {"cluster": "absent"}},
        {"match": {"path": "/long"}, "route": {"cluster": "service", "maxStreamDuration": {"maxStreamDuration": "0.05s"}}},
        {"match": {"path": "/followed"}, "route": {"cluster": "service", "internalRedirectPolicy": {}}},
        {"match": {"path": "/"}, "route": {"cluster": "service"}}
        """;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static TheoryData<string, string, string, string> Requests => new()
    {
        {
            "an answer of a service", "GET / HTTP/1.1\r\nhost: h\r\n\r\n", "",
            """
            http.in.downstream_rq_http1_total http.in.downstream_cx_http1_active http.in.downstream_rq_2xx http.in.downstream_rq_time listener.0.0.0.0_8080.http.in.downstream_rq_2xx
            cluster.service.upstream_cx_http1_total cluster.service.upstream_rq_pending_total
            """
        },
        { "a redirect", "GET /moved HTTP/1.1\r\nhost: h\r\n\r\n", "", "http.in.downstream_rq_3xx listener.0.0.0.0_8080.http.in.downstream_rq_3xx" },
        { "an answer that blames the client", "GET /missing HTTP/1.1\r\nhost: h\r\n\r\n", "", "http.in.downstream_rq_4xx listener.0.0.0.0_8080.http.in.downstream_rq_4xx" },
        { "an answer that blames the service", "GET /broken HTTP/1.1\r\nhost: h\r\n\r\n", "", "http.in.downstream_rq_5xx listener.0.0.0.0_8080.http.in.downstream_rq_5xx" },
        {
            "an upgrade", $"GET / HTTP/1.1\r\nhost: h\r\n{Upgrade}\r\n", ", \"upgradeConfigs\": [{\"upgradeType\": \"websocket\"}]",
            "http.in.downstream_cx_upgrades_total"
        },
        { "an upgrade that is not offered", $"GET / HTTP/1.1\r\nhost: h\r\n{Upgrade}\r\n", "", "http.in.downstream_rq_ws_on_non_ws_route" },
        { "the last request of a connection", "GET / HTTP/1.1\r\nhost: h\r\n\r\n", ", \"commonHttpProtocolOptions\": {\"maxRequestsPerConnection\": 1}", "http.in.downstream_cx_max_requests_reached" },
        { "a head that does not end", "GET / HT", ", \"requestHeadersTimeout\": \"0.05s\"", "http.in.downstream_rq_header_timeout" },
        { "an answer that does not come", "GET /long HTTP/1.1\r\nhost: h\r\n\r\n", "", "http.in.downstream_rq_max_duration_reached" },
        {
            "an escaped slash", "GET /a%2fb HTTP/1.1\r\nhost: h\r\n\r\n", ", \"normalizePath\": true, \"pathWithEscapedSlashesAction\": \"UNESCAPE_AND_REDIRECT\"",
            "http.in.downstream_rq_redirected_with_normalized_path"
        },
        { "a client that stays after the last answer", "rubbish\r\n\r\n", ", \"delayedCloseTimeout\": \"0.05s\"", "http.in.downstream_cx_delayed_close_timeout" },
        {
            "a redirect that leads to no route", "GET /followed HTTP/1.1\r\nhost: h\r\n\r\n", "",
            "http.in.passthrough_internal_redirect_no_route cluster.service.upstream_internal_redirect_failed_total"
        },
        { "a route without its cluster", "GET /absent HTTP/1.1\r\nhost: h\r\n\r\n", "", "http.in.no_cluster" },
    };

    [Theory]
    [MemberData(nameof(Requests))]
    public async Task A_request_moves(string what, string request, string manager, string names)
    {
        await using FilterGateway gateway = await FilterGateway.StartAsync(string.Empty, Routes, manager: manager);
        gateway.Answer = static head => Encoding.ASCII.GetBytes(
            head.Contains("upgrade: websocket", StringComparison.Ordinal) ? "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n"
            : head.Contains(" /followed ", StringComparison.Ordinal) ? "HTTP/1.1 302 Found\r\nlocation: http://h/nowhere\r\ncontent-length: 0\r\n\r\n"
            : head.Contains(" /long ", StringComparison.Ordinal) ? ""
            : "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");

        await AssertMovesAsync(what, gateway, request, names);
    }

    [Fact]
    public async Task An_answer_of_a_gateway_that_is_not_healthy_moves()
    {
        await using FilterGateway gateway = await FilterGateway.StartAsync(string.Empty);
        gateway.Proxy.IsHealthy = false;

        await AssertMovesAsync("a drained connection", gateway, "GET / HTTP/1.1\r\nhost: h\r\n\r\n", "http.in.downstream_cx_drain_close");
    }

    [Theory]
    [InlineData(
        "a limit of duration", ", \"typedExtensionProtocolOptions\": {\"envoy.extensions.upstreams.http.v3.HttpProtocolOptions\": {\"@type\": \"type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions\", "
            + "\"commonHttpProtocolOptions\": {\"maxStreamDuration\": \"0.05s\"}, \"explicitHttpConfig\": {\"httpProtocolOptions\": {}}}}",
        "cluster.service.upstream_rq_max_duration_reached")]
    [InlineData("no retries", ", \"circuitBreakers\": {\"thresholds\": [{\"maxRetries\": 0}]}", "cluster.service.circuit_breakers.default.rq_retry_open")]
    public async Task A_setting_of_the_cluster_moves(string what, string options, string names)
    {
        await using FilterGateway gateway = await FilterGateway.StartAsync(string.Empty, options: options);
        gateway.Answer = static _ => [];

        await AssertMovesAsync(what, gateway, "GET / HTTP/1.1\r\nhost: h\r\n\r\n", names);
    }

    [Fact]
    public async Task A_client_that_gives_up_while_its_request_waits_for_a_connection_moves()
    {
        await using FilterGateway gateway = await FilterGateway.StartAsync(
            string.Empty, options: ", \"circuitBreakers\": {\"thresholds\": [{\"maxConnections\": 1}]}", proxy: new() { Concurrency = 1 });
        gateway.Answer = static _ => [];
        using TcpClient first = await SendAsync(gateway, "GET / HTTP/1.1\r\nhost: h\r\n\r\n");
        await gateway.EventuallyAsync(() => !gateway.Seen.IsEmpty);
        using (TcpClient second = await SendAsync(gateway, "GET / HTTP/1.1\r\nhost: h\r\n\r\n"))
        {
            await gateway.EventuallyAsync(() => Host(gateway, "service", "rq_pending_active") == 1);
        }

        await gateway.EventuallyAsync(() => gateway.Stat("cluster.service.upstream_rq_cancelled") == 1);
        Assert.Equal(0, Host(gateway, "service", "rq_pending_active"));
        Assert.True(HasMoved(gateway, "http.in.downstream_cx_destroy_remote_active_rq"));
    }

    [Fact]
    public async Task An_endpoint_that_refuses_fails_all_that_wait_for_it_and_one_that_is_said_to_be_degraded_is_counted()
    {
        await using FilterGateway gateway = await FilterGateway.StartAsync(string.Empty, """{"match": {"prefix": "/"}, "route": {"cluster": "closed"}}""");
        using var closed = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        closed.Bind(new System.Net.IPEndPoint(gateway.Address, 0)); // nobody listens there
        int port = ((System.Net.IPEndPoint)closed.LocalEndPoint!).Port;
        Cluster cluster = XdsJson.Parse<Cluster>($$$$$"""
            {"name": "closed", "type": "STATIC", "loadAssignment": {"clusterName": "closed", "endpoints": [{"lbEndpoints": [{"healthStatus": "DEGRADED",
              "endpoint": {"address": {"socketAddress": {"portValue": {{{{{port}}}}}, "address": "{{{{{gateway.Address}}}}}"}}}}]}]}}
            """);
        Assert.Empty(await gateway.Proxy.ApplyAsync(XdsJson.Delta("2", cluster)));

        await AssertMovesAsync("a refused connection", gateway, "GET / HTTP/1.1\r\nhost: h\r\n\r\n", "cluster.closed.upstream_rq_pending_failure_eject cluster.closed.membership_degraded");
        Assert.Equal(1, Host(gateway, "closed", "cx_connect_fail"));
    }

    [Fact]
    public async Task A_request_from_another_origin_moves()
    {
        await using FilterGateway gateway = await FilterGateway.StartAsync(
            "{\"name\": \"envoy.filters.http.cors\", \"typedConfig\": {\"@type\": \"type.googleapis.com/envoy.extensions.filters.http.cors.v3.Cors\"}}",
            host: ", \"typedPerFilterConfig\": {\"envoy.filters.http.cors\": {\"@type\": \"type.googleapis.com/envoy.extensions.filters.http.cors.v3.CorsPolicy\", \"allowOriginStringMatch\": [{\"exact\": \"http://a.test\"}]}}");
        await gateway.GetAsync("/", ("origin", "http://a.test"));
        await gateway.GetAsync("/", ("origin", "http://b.test"));

        Assert.Equal((1, 1), (gateway.Stat("http.in.cors.origin_valid"), gateway.Stat("http.in.cors.origin_invalid")));
    }

    [Fact]
    public async Task More_faults_than_are_allowed_at_once_move()
    {
        await using FilterGateway gateway = await FilterGateway.StartAsync("""
            {"name": "envoy.filters.http.fault", "typedConfig": {"@type": "type.googleapis.com/envoy.extensions.filters.http.fault.v3.HTTPFault",
              "maxActiveFaults": 0, "abort": {"httpStatus": 500, "percentage": {"numerator": 100}}}}
            """);

        Assert.Equal(200, (int)(await gateway.GetAsync()).StatusCode);
        Assert.Equal(1, gateway.Stat("http.in.fault.faults_overflow"));
    }

    [Fact]
    public async Task A_client_of_HTTP_2_moves()
    {
        await using FilterGateway gateway = await FilterGateway.StartAsync(string.Empty);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/") { Version = System.Net.HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        using HttpResponseMessage answer = await gateway.Client.SendAsync(request, Cancellation);

        Assert.Equal(1, gateway.Stat("http.in.downstream_cx_http2_active"));
    }

    // What is counted is looked at while the client is still there: gauges of what is open have moved, too.
    private static async Task AssertMovesAsync(string what, FilterGateway gateway, string request, string names)
    {
        using TcpClient client = await SendAsync(gateway, request);
        foreach (string name in names.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries))
        {
            try
            {
                await gateway.EventuallyAsync(() => HasMoved(gateway, name)).WaitAsync(TimeSpan.FromSeconds(20), Cancellation);
            }
            catch (TimeoutException)
            {
                Assert.Fail($"{what} does not move {name}");
            }
        }
    }

    private static async Task<TcpClient> SendAsync(FilterGateway gateway, string request)
    {
        var client = new TcpClient(AddressFamily.InterNetwork);
        await client.ConnectAsync(gateway.Address, 8080, Cancellation);
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(request), Cancellation);
        return client;
    }

    private static bool HasMoved(FilterGateway gateway, string name) =>
        gateway.Proxy.Stats.Sample().Samples.Any(sample => sample.FullName == name && (sample.Kind == StatKind.Histogram ? sample.Histogram!.Count > 0 : sample.Value > 0));

    private static long Host(FilterGateway gateway, string cluster, string name) =>
        (long)gateway.Proxy.GetClusters().ClusterStatuses.Single(status => status.Name == cluster).HostStatuses.Single().Stats.Single(metric => metric.Name == name).Value;
}
