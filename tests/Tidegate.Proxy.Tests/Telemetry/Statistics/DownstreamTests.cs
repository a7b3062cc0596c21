using System.Net.Sockets;
using System.Text;
using Tidegate.Proxy.Tests.Filters;

namespace Tidegate.Proxy.Tests.Telemetry.Statistics;

/// <summary>What is counted of clients' connections and requests, by kind of request (operator-envoy.md, section 1; operator.md, O6 to O9).</summary>
public sealed class DownstreamTests
{
    private const string Routes = """
        {"match": {"path": "/moved"}, "redirect": {"pathRedirect": "/"}},
        {"match": {"path": "/direct"}, "directResponse": {"status": 200}},
        {"match": {"prefix": "/"}, "route": {"cluster": "service"}}
        """;

    private const string Fault = """
        {"name": "envoy.filters.http.fault", "typedConfig": {"@type": "type.googleapis.com/envoy.extensions.filters.http.fault.v3.HTTPFault",
          "abort": {"httpStatus": 503, "percentage": {"numerator": 100}}, "headers": [{"name": "x-fault", "presentMatch": true}]}}
        """;

    [Fact]
    public async Task A_client_that_ends_its_connection_is_told_from_us()
    {
        await using FilterGateway gateway = await FilterGateway.StartAsync(string.Empty, Routes);
        await AskRawAsync(gateway, "GET /direct HTTP/1.1\r\nhost: h\r\n\r\n", endsItself: true);
        await gateway.EventuallyAsync(() => Http(gateway, "downstream_cx_active") == 0);
        Assert.Equal((1, 0, 1, 0), Destroyed(gateway));
        Assert.Equal((1, 1), (Count(gateway, "http.in.downstream_cx_length_ms"), Count(gateway, "listener.0.0.0.0_8080.downstream_cx_length_ms")));
        Assert.Equal((1, 1, 0), (Listener(gateway, "downstream_cx_total"), Listener(gateway, "downstream_cx_destroy"), Listener(gateway, "downstream_cx_active")));
        Assert.Equal(1, Listener(gateway, "worker_0.downstream_cx_total") + Listener(gateway, "worker_1.downstream_cx_total"));
        Assert.Equal(1, Count(gateway, "listener.0.0.0.0_8080.connections_accepted_per_socket_event"));
    }

    [Fact]
    public async Task A_client_that_goes_away_while_it_is_served_has_reset_its_request()
    {
        var isAsked = new TaskCompletionSource();
        using var mayAnswer = new ManualResetEventSlim();
        await using FilterGateway gateway = await FilterGateway.StartAsync(string.Empty, Routes);
        gateway.Answer = _ =>
        {
            isAsked.SetResult();
            mayAnswer.Wait(TestContext.Current.CancellationToken);
            return "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"u8.ToArray();
        };
        using (TcpClient client = await ConnectAsync(gateway))
        {
            await client.GetStream().WriteAsync("GET / HTTP/1.1\r\nhost: h\r\n\r\n"u8.ToArray(), TestContext.Current.CancellationToken);
            await isAsked.Task.WaitAsync(TestContext.Current.CancellationToken);
        }

        await gateway.EventuallyAsync(() => Http(gateway, "downstream_cx_active") == 0);
        mayAnswer.Set();
        Assert.Equal((1, 0, 1, 1), Destroyed(gateway));
        Assert.Equal((1, 0, 0), (Http(gateway, "downstream_rq_rx_reset"), Http(gateway, "downstream_rq_tx_reset"), Http(gateway, "downstream_rq_completed")));
    }

    [Fact]
    public async Task Redirects_and_direct_answers_are_the_routers_and_what_a_filter_answers_is_not()
    {
        await using FilterGateway gateway = await FilterGateway.StartAsync(Fault, Routes);
        foreach ((string path, int status, string field) in ((string, int, string)[])[("/moved", 301, "a"), ("/direct", 200, "a"), ("/", 200, "a"), ("/", 503, "x-fault")])
        {
            using HttpResponseMessage answer = await gateway.GetAsync(path, (field, "1"));
            Assert.Equal(status, (int)answer.StatusCode);
        }

        await gateway.EventuallyAsync(() => Http(gateway, "downstream_rq_active") == 0);
        Assert.Equal((4, 3, 2), (Http(gateway, "downstream_rq_total"), Http(gateway, "rq_total"), Http(gateway, "rq_direct_response")));
        Assert.Equal((1, 0), (Http(gateway, "fault.aborts_injected"), Http(gateway, "downstream_rq_rx_reset")));
    }

    [Theory]
    [InlineData("GET /exact#f HTTP/1.1\r\nhost: h\r\n\r\n", "downstream_rq_failed_path_normalization", "400")]
    [InlineData("OPTIONS * HTTP/1.1\r\nhost: h\r\n\r\n", "downstream_rq_non_relative_path", "404")]
    [InlineData("rubbish\r\n\r\n", "downstream_cx_protocol_error", "400")]
    [InlineData("POST /direct HTTP/1.1\r\nhost: h\r\ncontent-length: 9\r\n\r\n", "downstream_rq_response_before_rq_complete", "200")]
    public async Task What_is_refused_or_answered_early_is_counted_by_its_reason(string request, string name, string status)
    {
        await using FilterGateway gateway = await FilterGateway.StartAsync(string.Empty, Routes, manager: ", \"normalizePath\": true, \"pathWithEscapedSlashesAction\": \"KEEP_UNCHANGED\"");
        string answer = await AskRawAsync(gateway, request, endsItself: true);

        Assert.StartsWith($"HTTP/1.1 {status}", answer, StringComparison.Ordinal);
        await gateway.EventuallyAsync(() => Http(gateway, "downstream_cx_active") == 0);
        Assert.Equal(1, Http(gateway, name));
    }

    [Fact]
    public async Task An_answer_that_is_cut_short_is_reset_by_us()
    {
        await using FilterGateway gateway = await FilterGateway.StartAsync(string.Empty, Routes);
        gateway.Answer = _ => "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\ncut"u8.ToArray();
        gateway.EndsAfterAnswer = true;
        await AskRawAsync(gateway, "GET / HTTP/1.1\r\nhost: h\r\n\r\n", endsItself: false);
        await gateway.EventuallyAsync(() => Http(gateway, "downstream_cx_active") == 0);

        Assert.Equal((1, 1), (Http(gateway, "downstream_rq_rx_reset"), Http(gateway, "downstream_rq_tx_reset")));
        Assert.Equal((1, 1, 0, 0), Destroyed(gateway));
    }

    [Fact]
    public async Task Who_does_not_take_an_answer_pauses_the_endpoint_and_what_waits_is_told()
    {
        await using FilterGateway gateway = await FilterGateway.StartAsync(string.Empty, Routes);
        byte[] body = new byte[8 * 1024 * 1024];
        gateway.Answer = _ => [.. Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\ncontent-length: {body.Length}\r\n\r\n"), .. body];
        using TcpClient client = await ConnectAsync(gateway, receiveBytes: 4096);
        await client.GetStream().WriteAsync("GET / HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n"u8.ToArray(), TestContext.Current.CancellationToken);

        await gateway.EventuallyAsync(() => Cluster(gateway, "upstream_flow_control_paused_reading_total") > Cluster(gateway, "upstream_flow_control_resumed_reading_total")
            && Http(gateway, "downstream_cx_tx_bytes_buffered") > 0);
        await client.GetStream().CopyToAsync(Stream.Null, TestContext.Current.CancellationToken);
        await gateway.EventuallyAsync(() => Http(gateway, "downstream_rq_active") == 0);
        Assert.Equal(Cluster(gateway, "upstream_flow_control_paused_reading_total"), Cluster(gateway, "upstream_flow_control_resumed_reading_total"));
        Assert.Equal((0, 0), (Http(gateway, "downstream_cx_tx_bytes_buffered"), Cluster(gateway, "upstream_cx_rx_bytes_buffered")));
    }

    [Fact]
    public async Task An_endpoint_that_does_not_take_a_request_pauses_the_client()
    {
        using var mayRead = new ManualResetEventSlim();
        await using FilterGateway gateway = await FilterGateway.StartAsync(string.Empty, Routes);
        gateway.MayRead = mayRead;
        Task<HttpResponseMessage> answer = gateway.Client.PostAsync("/", new ByteArrayContent(new byte[8 * 1024 * 1024]), TestContext.Current.CancellationToken);

        await gateway.EventuallyAsync(() => Cluster(gateway, "upstream_flow_control_backed_up_total") > Cluster(gateway, "upstream_flow_control_drained_total")
            && Http(gateway, "downstream_flow_control_paused_reading_total") > 0 && Cluster(gateway, "upstream_cx_tx_bytes_buffered") > 0);
        mayRead.Set();
        Assert.Equal(200, (int)(await answer).StatusCode);
        await gateway.EventuallyAsync(() => Http(gateway, "downstream_rq_active") == 0);
        Assert.Equal(Cluster(gateway, "upstream_flow_control_backed_up_total"), Cluster(gateway, "upstream_flow_control_drained_total"));
        Assert.Equal(Http(gateway, "downstream_flow_control_paused_reading_total"), Http(gateway, "downstream_flow_control_resumed_reading_total"));
        Assert.Equal((0, 0), (Cluster(gateway, "upstream_cx_tx_bytes_buffered"), Http(gateway, "downstream_cx_rx_bytes_buffered")));
    }

    [Fact]
    public async Task The_codec_of_HTTP_2_counts_towards_clients_and_endpoints()
    {
        const string Http2 = """
            , "typedExtensionProtocolOptions": {"envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
              "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions", "explicitHttpConfig": {"http2ProtocolOptions": {}}}}
            """;
        await using FilterGateway gateway = await FilterGateway.StartAsync(string.Empty, Routes, options: Http2);
        Assert.DoesNotContain(gateway.Proxy.Stats.Sample().Samples, static sample => sample.FullName.StartsWith("cluster.service.http2.", StringComparison.Ordinal));

        // The service speaks HTTP/1.1 whatever comes.
        using var request = new HttpRequestMessage(HttpMethod.Get, "/") { Version = System.Net.HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        using HttpResponseMessage answer = await gateway.Client.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(502, (int)answer.StatusCode);
        gateway.Client.Dispose();
        await gateway.EventuallyAsync(() => Http(gateway, "downstream_cx_active") == 0 && Cluster(gateway, "upstream_cx_active") == 0);

        Assert.Equal((1, 1, 1, 0), (Http(gateway, "downstream_cx_http2_total"), Http(gateway, "downstream_rq_http2_total"), Http(gateway, "downstream_cx_total"), Http(gateway, "downstream_cx_http1_total")));
        Assert.Equal((0, 0), (gateway.Stat("http2.streams_active"), gateway.Stat("http2.rx_messaging_error")));
        Assert.Equal((1, 0), (Cluster(gateway, "http2.goaway_sent"), Cluster(gateway, "http2.streams_active")));
        Assert.Equal((1, 1), (Cluster(gateway, "upstream_cx_protocol_error"), Cluster(gateway, "upstream_cx_destroy_local_with_active_rq")));
    }

    private static async Task<TcpClient> ConnectAsync(FilterGateway gateway, int receiveBytes = 0)
    {
        var client = new TcpClient(AddressFamily.InterNetwork);
        if (receiveBytes > 0)
        {
            client.ReceiveBufferSize = receiveBytes;
        }

        await client.ConnectAsync(gateway.Address, 8080, TestContext.Current.CancellationToken);
        return client;
    }

    // Sends, and reads an answer up to the end of its head, or up to the end of the connection.
    private static async Task<string> AskRawAsync(FilterGateway gateway, string request, bool endsItself)
    {
        using TcpClient client = await ConnectAsync(gateway);
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(request), TestContext.Current.CancellationToken);
        var text = new StringBuilder();
        byte[] buffer = new byte[4096];
        int count;
        while ((!endsItself || !text.ToString().Contains("\r\n\r\n", StringComparison.Ordinal))
            && (count = await client.GetStream().ReadAsync(buffer, TestContext.Current.CancellationToken)) > 0)
        {
            text.Append(Encoding.ASCII.GetString(buffer, 0, count));
        }

        return text.ToString();
    }

    private static (long All, long Local, long Remote, long Cut) Destroyed(FilterGateway gateway) =>
        (Http(gateway, "downstream_cx_destroy"), Http(gateway, "downstream_cx_destroy_local"), Http(gateway, "downstream_cx_destroy_remote"), Http(gateway, "downstream_cx_destroy_active_rq"));

    private static long Http(FilterGateway gateway, string name) => gateway.Stat($"http.in.{name}");

    private static long Listener(FilterGateway gateway, string name) => gateway.Stat($"listener.0.0.0.0_8080.{name}");

    private static long Cluster(FilterGateway gateway, string name) => gateway.Stat($"cluster.service.{name}");

    private static long Count(FilterGateway gateway, string histogram) =>
        gateway.Proxy.Stats.Sample().Samples.Where(sample => sample.FullName == histogram).Sum(static sample => sample.Histogram!.Count);
}
