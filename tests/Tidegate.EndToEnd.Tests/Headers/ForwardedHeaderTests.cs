using System.Text.RegularExpressions;
using Tidegate.EndToEnd.Tests.Harness;

namespace Tidegate.EndToEnd.Tests.Headers;

/// <summary>What a client may claim about itself and what the backend is told (edge.md, group X; istio-gateway.md, 8.6).</summary>
public sealed partial class ForwardedHeaderTests(ForwardedHeaderTests.Pool pool) : IClassFixture<ForwardedHeaderTests.Pool>
{
    public static TheoryData<string> InternalHeaders =>
    [
        "x-envoy-downstream-service-cluster", "x-envoy-downstream-service-node", "x-envoy-expected-rq-timeout-ms", "x-envoy-force-trace",
        "x-envoy-internal", "x-envoy-ip-tags", "x-envoy-max-retries", "x-envoy-retry-grpc-on", "x-envoy-retry-on",
        "x-envoy-upstream-alt-stat-name", "x-envoy-upstream-rq-per-try-timeout-ms", "x-envoy-upstream-rq-timeout-alt-response",
        "x-envoy-upstream-rq-timeout-ms", "x-envoy-original-path", "x-envoy-original-host", "x-envoy-original-dst-host",
        "x-envoy-hedge-on-per-try-timeout", "x-envoy-peer-metadata", "x-envoy-peer-metadata-id",
    ];

    [Fact]
    public async Task X01_the_peer_is_appended_to_x_forwarded_for_and_is_the_external_address()
    {
        (WireHeaders seen, string peer) = await SeenAsync("X-Forwarded-For: 203.0.113.128, 203.0.113.1\r\nX-Envoy-Internal: true\r\n");

        Assert.Equal([$"203.0.113.128, 203.0.113.1,{peer}"], seen.All("x-forwarded-for"));
        Assert.Equal([peer], seen.All("x-envoy-external-address"));
        Assert.False(seen.Has("x-envoy-internal"));
    }

    [Fact]
    public async Task X01_without_the_header_the_peer_stands_alone()
    {
        (WireHeaders seen, string peer) = await SeenAsync("");

        Assert.Equal([peer], seen.All("x-forwarded-for"));
    }

    [Theory]
    [InlineData("X-Forwarded-For: 1.1.1.1\r\nX-Forwarded-For: 2.2.2.2\r\n", "1.1.1.1,2.2.2.2,")]
    [InlineData("X-Forwarded-For: junk \"' <script>\r\n", "junk \"' <script>,")]
    [InlineData("X-Forwarded-For: [2001:db8::1]:443\r\n", "[2001:db8::1]:443,")]
    [InlineData("X-Forwarded-For: fe80::1%eth0\r\n", "fe80::1%eth0,")]
    public async Task X03_odd_values_are_kept_in_order_and_never_trusted(string lines, string expected)
    {
        (WireHeaders seen, string peer) = await SeenAsync(lines);

        Assert.Equal(expected + peer, seen["x-forwarded-for"]);
        Assert.Equal(peer, seen["x-envoy-external-address"]);
    }

    [Fact]
    public async Task X03_thousands_of_entries_are_bounded_by_the_header_limit()
    {
        string entries = string.Join(", ", Enumerable.Repeat("10.0.0.1", 5000));
        (WireHeaders seen, string peer) = await SeenAsync($"X-Forwarded-For: {entries}\r\n");
        Assert.Equal($"{entries},{peer}", seen["x-forwarded-for"]);

        (_, string host) = pool.Take();
        string tooMany = string.Join(", ", Enumerable.Repeat("10.0.0.1", 10_000));
        WireResponse response = await pool.Gateway.ExchangeAsync($"GET / HTTP/1.1\r\nHost: {host}\r\nX-Forwarded-For: {tooMany}\r\n\r\n");
        Assert.Equal(431, response.Status);
    }

    [Fact]
    public async Task X04_the_scheme_is_that_of_the_connection()
    {
        (WireHeaders seen, _) = await SeenAsync("X-Forwarded-Proto: https\r\n");

        Assert.Equal(["http"], seen.All("x-forwarded-proto"));
    }

    [Fact]
    public async Task X05_a_claimed_client_certificate_is_removed()
    {
        (WireHeaders seen, _) = await SeenAsync("X-Forwarded-Client-Cert: By=spiffe://a;Hash=00;URI=spiffe://evil\r\n");

        Assert.False(seen.Has("x-forwarded-client-cert"));
    }

    [Theory]
    [MemberData(nameof(InternalHeaders))]
    public async Task X06_and_X07_an_internal_header_does_not_come_in_from_outside(string name)
    {
        (WireHeaders seen, _) = await SeenAsync($"{name}: 7\r\n");

        Assert.False(seen.Has(name));
    }

    [Fact]
    public async Task X06_values_of_our_own_replace_claimed_ones()
    {
        (WireHeaders seen, string peer) = await SeenAsync(
            "X-Envoy-Attempt-Count: 77\r\nX-Envoy-External-Address: 8.8.8.8\r\nX-Envoy-Decorator-Operation: evil\r\n");

        Assert.Equal(["1"], seen.All("x-envoy-attempt-count"));
        Assert.Equal([peer], seen.All("x-envoy-external-address"));
        Assert.DoesNotContain("evil", seen["x-envoy-decorator-operation"] ?? "");
    }

    [Fact]
    public async Task X06_a_client_cannot_ask_for_retries()
    {
        (ScriptedBackend backend, string host) = pool.Take();
        backend.Answer = _ => "HTTP/1.1 500 Internal Server Error\r\ncontent-length: 0\r\n\r\n";

        WireResponse response = await pool.Gateway.ExchangeAsync(
            $"GET / HTTP/1.1\r\nHost: {host}\r\nX-Envoy-Retry-On: 5xx\r\nX-Envoy-Max-Retries: 100\r\n\r\n");

        Assert.Equal(500, response.Status);
        Assert.Single(backend.Requests);
    }

    [Fact]
    public async Task X06_a_client_cannot_cut_a_request_short()
    {
        (ScriptedBackend backend, string host) = pool.Take();
        backend.Script = async connection =>
        {
            await connection.ReadRequestAsync();
            await Task.Delay(TimeSpan.FromMilliseconds(100), connection.Stopping); // far longer than what the client asked for
            await connection.SendAsync(ScriptedBackend.Ok);
        };

        WireResponse response = await pool.Gateway.ExchangeAsync(
            $"GET / HTTP/1.1\r\nHost: {host}\r\nX-Envoy-Upstream-Rq-Timeout-Ms: 1\r\nX-Envoy-Upstream-Rq-Per-Try-Timeout-Ms: 1\r\n\r\n");

        Assert.Equal(200, response.Status);
    }

    [Fact]
    public async Task X08_the_request_id_is_replaced_by_a_new_one()
    {
        (WireHeaders first, _) = await SeenAsync("X-Request-Id: mine\r\n");
        (WireHeaders second, _) = await SeenAsync("");

        Assert.Matches(Uuid(), Assert.Single(first.All("x-request-id")));
        Assert.Matches(Uuid(), Assert.Single(second.All("x-request-id")));
        Assert.NotEqual(first["x-request-id"], second["x-request-id"]);
    }

    [Fact]
    public async Task X10_a_name_with_underscores_is_no_alias()
    {
        (WireHeaders seen, string peer) = await SeenAsync("x_forwarded_for: 9.9.9.9\r\nX.Forwarded.For: 9.9.9.9\r\n");

        Assert.Equal([peer], seen.All("x-forwarded-for"));
        Assert.Equal([peer], seen.All("x-envoy-external-address"));
    }

    [Fact]
    public async Task X10_trailers_never_become_headers()
    {
        (ScriptedBackend backend, string host) = pool.Take();

        WireResponse response = await pool.Gateway.ExchangeAsync(
            $"POST / HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nX-Forwarded-For: 9.9.9.9\r\nAuthorization: evil\r\n\r\n");

        Assert.Equal(200, response.Status);
        Assert.DoesNotContain("9.9.9.9", backend.Received);
        Assert.DoesNotContain("evil", backend.Received);
    }

    [Fact]
    public async Task X11_connection_cannot_remove_what_the_gateway_adds()
    {
        (WireHeaders seen, string peer) = await SeenAsync(
            "Connection: close, x-forwarded-for, x-forwarded-proto, x-request-id, x-envoy-external-address, host\r\nX-Forwarded-For: 1.1.1.1\r\n");

        Assert.EndsWith(peer, seen["x-forwarded-for"]);
        Assert.Equal("http", seen["x-forwarded-proto"]);
        Assert.Equal(peer, seen["x-envoy-external-address"]);
        Assert.Matches(Uuid(), seen["x-request-id"]);
        Assert.True(seen.Has("host"));
    }

    [Fact]
    public async Task X12_the_server_header_is_ours_and_cookies_are_untouched()
    {
        (ScriptedBackend backend, string host) = pool.Take();
        backend.Answer = _ => "HTTP/1.1 200 OK\r\nServer: spoof/1\r\nSet-Cookie: a=1; Path=/\r\nSet-Cookie: b=2, c\r\nContent-Length: 2\r\n\r\nok";

        WireResponse response = await pool.Gateway.GetAsync(host);

        Assert.Equal(["istio-envoy"], response.Headers.All("server"));
        Assert.Equal(["a=1; Path=/", "b=2, c"], response.Headers.All("set-cookie"));
        Assert.True(response.Headers.Has("date"));
        Assert.Matches(@"^\d+$", Assert.Single(response.Headers.All("x-envoy-upstream-service-time")));
    }

    [Theory]
    [InlineData("TE: gzip\r\n", null)]
    [InlineData("TE: trailers\r\n", "trailers")]
    [InlineData("Keep-Alive: timeout=5\r\nConnection: keep-alive\r\n", null)]
    [InlineData("Proxy-Connection: keep-alive\r\n", null)]
    public async Task X13_hop_by_hop_fields_end_here(string lines, string? te)
    {
        (WireHeaders seen, _) = await SeenAsync(lines);

        Assert.Equal(te, seen["te"]);
        Assert.False(seen.Has("keep-alive"));
        Assert.False(seen.Has("proxy-connection"));
        Assert.False(seen.Has("connection"));
    }

    [Fact]
    public async Task Hop_by_hop_fields_of_the_backend_end_here()
    {
        (ScriptedBackend backend, string host) = pool.Take();
        backend.Answer = _ => "HTTP/1.1 200 OK\r\nConnection: X-Private\r\nX-Private: a\r\nKeep-Alive: timeout=5\r\nProxy-Connection: x\r\nContent-Length: 2\r\n\r\nok";

        WireResponse response = await pool.Gateway.GetAsync(host);

        Assert.False(response.Headers.Has("x-private"));
        Assert.False(response.Headers.Has("keep-alive"));
        Assert.False(response.Headers.Has("proxy-connection"));
    }

    private async Task<(WireHeaders Headers, string Peer)> SeenAsync(string lines)
    {
        (ScriptedBackend backend, string host) = pool.Take();
        using RawClient client = await pool.Gateway.ConnectAsync();
        WireResponse response = await client.ExchangeAsync($"GET / HTTP/1.1\r\nHost: {host}\r\n{lines}\r\n");
        Assert.Equal(200, response.Status);
        backend.AssertSawNothingAmbiguous();
        return (backend.SingleRequest.Headers, client.LocalEndPoint.Address.ToString());
    }

    [GeneratedRegex("^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$")]
    private static partial Regex Uuid();

    /// <summary>A backend for each case.</summary>
    public sealed class Pool : BackendPool;
}
