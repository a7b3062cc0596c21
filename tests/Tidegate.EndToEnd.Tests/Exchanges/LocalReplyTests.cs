using System.Net;
using Tidegate.EndToEnd.Tests.Harness;

namespace Tidegate.EndToEnd.Tests.Exchanges;

/// <summary>Answers that the gateway makes itself, word for word as Envoy's, with their flags in the access log (istio-gateway.md, 8.5).</summary>
public sealed class LocalReplyTests(LocalReplyTests.Pool pool) : IClassFixture<LocalReplyTests.Pool>
{
    [Fact]
    public async Task No_route_is_a_404_with_an_empty_body()
    {
        using RawClient client = await pool.Gateway.ConnectAsync();

        WireResponse response = await client.ExchangeAsync("GET /no-route HTTP/1.1\r\nHost: nobody.example\r\n\r\n");
        WireResponse again = await client.ExchangeAsync("GET /no-route HTTP/1.1\r\nHost: nobody.example\r\n\r\n");

        Assert.Equal((404, "HTTP/1.1 404 Not Found", ""), (response.Status, response.StatusLine, response.Body));
        Assert.Equal("istio-envoy", response.Headers["server"]);
        Assert.True(response.Headers.Has("date"));
        Assert.Equal("0", response.Headers["content-length"]);
        Assert.Equal(404, again.Status);
        Assert.Contains("\"GET /no-route HTTP/1.1\" 404 NR route_not_found - \"-\" 0 0 ", await pool.Gateway.LogsAsync("/no-route"));
    }

    [Fact]
    public async Task No_endpoint_is_a_503()
    {
        WireResponse response = await pool.Gateway.GetAsync("empty.test", "/no-endpoint");

        Assert.Equal((503, "no healthy upstream", "text/plain"), (response.Status, response.Body, response.Headers["content-type"]));
        Assert.Contains(" 503 UH no_healthy_upstream - ", await pool.Gateway.LogsAsync("/no-endpoint"));
    }

    [Fact]
    public async Task A_refused_connection_is_a_503_after_the_retries()
    {
        (ScriptedBackend backend, string host) = pool.Take();
        backend.StopListening();

        WireResponse response = await pool.Gateway.GetAsync(host, "/refused");

        Assert.Equal(503, response.Status);
        Assert.StartsWith("upstream connect error or disconnect/reset before headers. retried and the latest reset reason: remote connection failure", response.Body);
        string line = await pool.Gateway.LogsAsync("/refused");
        Assert.Matches(" 503 (URX,UF|UF,URX) upstream_reset_before_response_started{remote_connection_failure", line);
    }

    [Fact]
    public async Task A_backend_that_closes_first_is_a_503_with_its_flag()
    {
        (ScriptedBackend backend, string host) = pool.Take();
        backend.Script = connection => connection.ReadRequestAsync();

        WireResponse response = await pool.Gateway.GetAsync(host, "/closes-first");

        Assert.Equal(503, response.Status);
        Assert.Equal("upstream connect error or disconnect/reset before headers. reset reason: connection termination", response.Body);
        Assert.Contains(" 503 UC upstream_reset_before_response_started{connection_termination} - ", await pool.Gateway.LogsAsync("/closes-first"));
    }

    [Fact]
    public async Task A_broken_answer_is_a_502_with_its_flag()
    {
        (ScriptedBackend backend, string host) = pool.Take();
        backend.Answer = _ => "HTTP/1.1 bad\r\n\r\n";

        WireResponse response = await pool.Gateway.GetAsync(host, "/broken-answer");

        Assert.Equal(502, response.Status);
        Assert.Equal("upstream connect error or disconnect/reset before headers. reset reason: protocol error", response.Body);
        Assert.Contains(" 502 UPE upstream_reset_before_response_started{protocol_error", await pool.Gateway.LogsAsync("/broken-answer"));
    }

    [Fact]
    public async Task A_backend_slower_than_the_route_timeout_is_a_504()
    {
        pool.Slow.Script = async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.UntilClosedByGatewayAsync();
        };

        WireResponse response = await pool.Gateway.GetAsync("slow.test", "/too-slow");

        Assert.Equal((504, "upstream request timeout"), (response.Status, response.Body));
        Assert.Contains(" 504 UT response_timeout - ", await pool.Gateway.LogsAsync("/too-slow"));
        await Eventually.HoldsAsync(() => pool.Slow.Connections[0].Closed.IsCompleted, "the upstream connection is given up");
    }

    [Fact]
    public async Task A_missing_host_is_a_400_with_an_empty_body()
    {
        WireResponse response = await pool.Gateway.ExchangeAsync("GET /no-host HTTP/1.1\r\n\r\n");

        Assert.Equal((400, ""), (response.Status, response.Body));
        Assert.Contains(" missing_host_header ", await pool.Gateway.LogsAsync("missing_host_header"));
    }

    [Fact]
    public async Task A_malformed_request_is_a_400_and_closes()
    {
        using RawClient client = await pool.Gateway.ConnectAsync();

        WireResponse response = await client.ExchangeAsync("GET / HTTP/1.1\r\nHost: x\r\nBad Name: y\r\n\r\n");
        await client.AssertClosedAsync();

        Assert.Equal((400, "Bad Request", "close"), (response.Status, response.Body, response.Headers["connection"]));
        Assert.Contains(" 400 DPE http1.", await pool.Gateway.LogsAsync(" 400 DPE "));
    }

    [Fact]
    public async Task HTTP_1_0_is_a_426()
    {
        WireResponse response = await pool.Gateway.ExchangeAsync("GET /old HTTP/1.0\r\nHost: x\r\n\r\n");

        Assert.Equal((426, "Upgrade Required"), (response.Status, response.Body));
        Assert.Contains(" 426 ", await pool.Gateway.LogsAsync("low_version"));
    }

    [Fact]
    public async Task A_HEAD_gets_no_body_with_a_local_answer_either()
    {
        using RawClient client = await pool.Gateway.ConnectAsync();

        WireResponse head = await client.ExchangeAsync("HEAD / HTTP/1.1\r\nHost: empty.test\r\n\r\n");
        WireResponse next = await client.ExchangeAsync("GET / HTTP/1.1\r\nHost: empty.test\r\n\r\n");

        Assert.Equal(503, head.Status);
        Assert.Equal((503, "no healthy upstream"), (next.Status, next.Body));
    }

    [Fact]
    public async Task A_dead_endpoint_is_passed_over()
    {
        // One after the other: among many at once the dead one always has the fewest requests under way, and is chosen most.
        for (int i = 0; i < 20; i++)
        {
            Assert.Equal(200, (await pool.Gateway.GetAsync("halfdead.test")).Status);
        }
    }

    /// <summary>Some special services beside the pool.</summary>
    public sealed class Pool : BackendPool
    {
        private readonly ScriptedBackend _alive = ScriptedBackend.Start(Loopback.Next());

        /// <summary>Behind a route with a timeout of 100 ms.</summary>
        public ScriptedBackend Slow { get; } = ScriptedBackend.Start(Loopback.Next());

        /// <inheritdoc/>
        protected override int Count => 10;

        /// <inheritdoc/>
        protected override string ExtraManifests =>
            """
            ---
            apiVersion: v1
            kind: Service
            metadata: {name: empty, namespace: default}
            spec:
              ports: [{name: http, port: 80}]

            """ +
            Manifests.Route("empty.test", "empty") +
            Manifests.Service("slow.test", Slow.EndPoint) + Manifests.Route("slow.test", "slow.test").TrimEnd('\n') + "\n    timeout: 100ms\n" +
            Manifests.Service("halfdead.test", _alive.EndPoint, new IPEndPoint(Loopback.Next(), 1)) + Manifests.Route("halfdead.test", "halfdead.test");
    }
}
