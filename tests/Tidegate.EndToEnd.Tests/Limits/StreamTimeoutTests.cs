using Tidegate.EndToEnd.Tests.Harness;
using Tidegate.Http.Http1;
using Tidegate.Proxy.Workers;

namespace Tidegate.EndToEnd.Tests.Limits;

/// <summary>The limits of time on a whole exchange and on connections that listener, route and cluster can set (istio-gateway.md 8.5, edge.md B06, S05).</summary>
public sealed class StreamTimeoutTests : IAsyncLifetime
{
    private const string Get = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

    private readonly ScriptedBackend _backend = ScriptedBackend.Start(Loopback.Next());

    /// <inheritdoc/>
    public ValueTask InitializeAsync() => default;

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _backend.DisposeAsync();

    [Theory]
    [InlineData("'streamIdleTimeout': '0.1s'", "")]
    [InlineData("", "'idleTimeout': '0.1s'")]
    [InlineData("'streamIdleTimeout': '3600s'", "'idleTimeout': '0.1s'")]
    public async Task A_backend_that_is_silent_for_too_long_is_a_504(string manager, string route)
    {
        NeverAnswer();
        await using XdsProxy proxy = await XdsProxy.StartAsync(_backend, manager, route);

        WireResponse response = await proxy.GetAsync();

        Assert.Equal((504, "stream timeout"), (response.Status, response.Body));
        Assert.Equal(1, proxy.Counter("http.test.downstream_rq_idle_timeout"));
        await Eventually.HoldsAsync(() => _backend.Connections[0].Closed.IsCompleted, "the upstream connection is given up");
    }

    [Fact]
    public async Task The_routes_idle_timeout_of_0_switches_the_listeners_off()
    {
        _backend.Script = AnswerAfter(TimeSpan.FromMilliseconds(300));
        await using XdsProxy proxy = await XdsProxy.StartAsync(_backend, "'streamIdleTimeout': '0.1s'", "'idleTimeout': '0s'");

        Assert.Equal(200, (await proxy.GetAsync()).Status);
    }

    [Fact]
    public async Task S02_a_request_that_stands_still_is_a_408()
    {
        NeverAnswer();
        await using XdsProxy proxy = await XdsProxy.StartAsync(_backend, "'streamIdleTimeout': '0.1s'");
        using RawClient client = await proxy.ConnectAsync();

        WireResponse response = await client.ExchangeAsync("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf");

        Assert.Equal((408, "stream timeout"), (response.Status, response.Body));
        await client.AssertClosedAsync();
        Assert.Empty(_backend.Requests);
    }

    [Fact]
    public async Task B06_an_answer_that_stops_is_cut_and_one_that_drips_is_not()
    {
        bool stops = false;
        _backend.Script = async connection =>
        {
            while (await connection.ReadRequestAsync() is not null)
            {
                await connection.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n");
                for (int i = 0; i < 8; i++)
                {
                    await Task.Delay(TimeSpan.FromMilliseconds(150), connection.Stopping); // shorter than the limit, longer in all
                    if (!stops || i < 4)
                    {
                        await connection.SendAsync("d");
                    }
                }

                if (stops)
                {
                    await connection.UntilClosedByGatewayAsync();
                }
            }
        };
        await using XdsProxy proxy = await XdsProxy.StartAsync(_backend, "'streamIdleTimeout': '1s'");

        Assert.Equal("dddddddd", (await proxy.GetAsync()).Body);
        stops = true;
        await Assert.ThrowsAnyAsync<Exception>(() => proxy.GetAsync());
    }

    [Fact]
    public async Task A_request_that_is_not_whole_in_time_is_a_408()
    {
        NeverAnswer();
        await using XdsProxy proxy = await XdsProxy.StartAsync(_backend, "'requestTimeout': '0.2s'");
        using RawClient client = await proxy.ConnectAsync();

        WireResponse response = await client.ExchangeAsync("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf");

        Assert.Equal((408, "request timeout"), (response.Status, response.Body));
        Assert.Equal(1, proxy.Counter("http.test.downstream_rq_timeout"));
        await client.AssertClosedAsync();
    }

    [Fact]
    public async Task The_request_timeout_counts_while_a_filter_reads_the_body()
    {
        const string Buffer = "{'name': 'buffer', 'typedConfig': {'@type': 'type.googleapis.com/envoy.extensions.filters.http.buffer.v3.Buffer', 'maxRequestBytes': 100}},";
        await using XdsProxy proxy = await XdsProxy.StartAsync(_backend.EndPoint, "'explicitHttpConfig': {'httpProtocolOptions': {} }", "'requestTimeout': '0.2s'", filters: Buffer);

        WireResponse response = await proxy.ExchangeAsync("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf");

        Assert.Equal((408, "request timeout"), (response.Status, response.Body));
        Assert.Empty(_backend.Connections);
    }

    [Fact]
    public async Task S02_a_client_that_waits_for_100_Continue_is_not_judged_and_one_that_was_told_to_go_on_is()
    {
        var options = new ProxyOptions { RequestBodyIdleTimeoutMs = 50, RequestRateGraceMs = 50 };
        var told = new TaskCompletionSource();
        _backend.Script = async connection =>
        {
            await connection.ReadHeadAsync();
            await told.Task;
            await connection.SendAsync("HTTP/1.1 100 Continue\r\n\r\n");
            await connection.UntilClosedByGatewayAsync();
        };
        await using XdsProxy proxy = await XdsProxy.StartAsync(_backend, options: options);
        using RawClient client = await proxy.ConnectAsync();
        await client.SendAsync("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");

        // 1. A request beside it that does not wait is judged several times over meanwhile.
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal(408, (await proxy.ExchangeAsync("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nha")).Status);
        }

        // 2. It is told to go on, does not, and now it is judged.
        told.SetResult();
        Assert.Equal(100, (await client.ReadResponseAsync()).Status);
        Assert.Equal(408, (await client.ReadResponseAsync()).Status);
    }

    [Fact]
    public async Task The_request_timeout_ends_with_the_request()
    {
        _backend.Script = AnswerAfter(TimeSpan.FromMilliseconds(300));
        await using XdsProxy proxy = await XdsProxy.StartAsync(_backend, "'requestTimeout': '0.1s'");

        Assert.Equal(200, (await proxy.GetAsync()).Status);
    }

    [Theory]
    [InlineData("'commonHttpProtocolOptions': {'maxStreamDuration': '0.1s'}", "", "", "downstream duration timeout")]
    [InlineData("'commonHttpProtocolOptions': {'maxStreamDuration': '3600s'}", "'maxStreamDuration': {'maxStreamDuration': '0.1s'}", "", "downstream duration timeout")]
    [InlineData("", "", "'maxStreamDuration': '0.1s'", "upstream max stream duration reached")]
    [InlineData("", "'timeout': '0.1s'", "", "upstream request timeout")]
    public async Task An_exchange_that_lasts_too_long_is_a_504(string manager, string route, string protocol, string body)
    {
        NeverAnswer();
        await using XdsProxy proxy = await XdsProxy.StartAsync(_backend, manager, route, protocol);

        WireResponse response = await proxy.GetAsync();

        Assert.Equal((504, body), (response.Status, response.Body));
        await Eventually.HoldsAsync(() => _backend.Connections[0].Closed.IsCompleted, "the upstream connection is given up");
    }

    [Theory]
    [InlineData("'commonHttpProtocolOptions': {'maxStreamDuration': '0.3s'}", "")]
    [InlineData("", "'maxStreamDuration': '0.3s'")]
    public async Task An_answer_that_lasts_too_long_is_cut(string manager, string protocol)
    {
        _backend.Script = async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
            while (true)
            {
                await connection.SendAsync("1\r\nd\r\n");
                await Task.Delay(TimeSpan.FromMilliseconds(20), connection.Stopping);
            }
        };
        await using XdsProxy proxy = await XdsProxy.StartAsync(_backend, manager, protocol: protocol);

        await Assert.ThrowsAnyAsync<Exception>(() => proxy.GetAsync());
    }

    [Theory]
    [InlineData("100m", true)]
    [InlineData("99999999H", true)] // as long as the route allows
    [InlineData("-1S", false)]
    [InlineData("1000000000n", false)] // ten digits
    [InlineData("1x", false)]
    public async Task S20_a_grpc_timeout_counts_up_to_the_routes_limit(string value, bool isLimited)
    {
        NeverAnswer();
        if (!isLimited)
        {
            _backend.Script = AnswerAfter(TimeSpan.FromMilliseconds(300));
        }

        await using XdsProxy proxy = await XdsProxy.StartAsync(_backend, route: "'maxStreamDuration': {'maxStreamDuration': '0s', 'grpcTimeoutHeaderMax': '0.2s'}");

        WireResponse response = await proxy.GetAsync(fields: $"Content-Type: application/grpc\r\nGrpc-Timeout: {value}\r\n");

        Assert.Equal((200, isLimited), (response.Status, response.Headers.Has("grpc-status")));
    }

    [Fact]
    public async Task The_routes_timeout_begins_when_the_request_is_whole()
    {
        await using XdsProxy proxy = await XdsProxy.StartAsync(_backend, route: "'timeout': '0.5s'");
        using RawClient client = await proxy.ConnectAsync();

        await client.SendAsync("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\n");
        await Task.Delay(TimeSpan.FromMilliseconds(1000), TestContext.Current.CancellationToken);
        await client.SendAsync("body");
        WireResponse response = await client.ReadResponseAsync();

        Assert.Equal(200, response.Status);
    }

    [Fact]
    public async Task A_connection_ends_when_it_has_lived_long_enough()
    {
        await using XdsProxy proxy = await XdsProxy.StartAsync(_backend, "'commonHttpProtocolOptions': {'maxConnectionDuration': '0.5s'}");
        var delay = TimeSpan.Zero;
        _backend.Script = async connection =>
        {
            while (await connection.ReadRequestAsync() is not null)
            {
                await Task.Delay(delay, connection.Stopping);
                await connection.SendAsync(ScriptedBackend.Ok);
            }
        };
        using RawClient idle = await proxy.ConnectAsync();
        Assert.Equal(200, (await idle.ExchangeAsync(Get)).Status);
        await idle.AssertClosedAsync();

        delay = TimeSpan.FromMilliseconds(1000); // longer than the connection may live
        using RawClient busy = await proxy.ConnectAsync();
        WireResponse last = await busy.ExchangeAsync(Get);

        Assert.Equal((200, "close"), (last.Status, last.Headers["connection"]));
        await busy.AssertClosedAsync();
        Assert.Equal(2, proxy.Counter("http.test.downstream_cx_max_duration_reached"));
    }

    [Fact]
    public async Task A_listener_has_its_own_limits_of_heads()
    {
        await using XdsProxy proxy = await XdsProxy.StartAsync(
            _backend, "'maxRequestHeadersKb': 8, 'commonHttpProtocolOptions': {'maxHeadersCount': 10, 'headersWithUnderscoresAction': 'REJECT_REQUEST'}");

        Assert.Equal(200, (await proxy.GetAsync(fields: $"X-A: {new string('a', 7000)}\r\n")).Status);
        Assert.Equal(431, (await proxy.GetAsync(fields: $"X-A: {new string('a', 9000)}\r\n")).Status);
        Assert.Equal(431, (await proxy.GetAsync(fields: string.Concat(Enumerable.Repeat("X-A: a\r\n", 10)))).Status);
        Assert.Equal(400, (await proxy.GetAsync(fields: "x_a: b\r\n")).Status);
    }

    [Fact]
    public async Task HTTP_1_0_is_served_where_it_is_accepted()
    {
        _backend.Answer = request => request.Target switch
        {
            "/chunked" => "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n",
            _ => ScriptedBackend.Ok,
        };
        await using XdsProxy proxy = await XdsProxy.StartAsync(_backend, "'httpProtocolOptions': {'acceptHttp10': true, 'defaultHostForHttp10': 'old.test'}");

        // 1. Without keep-alive the connection ends, and without a host the listener names one.
        using RawClient plain = await proxy.ConnectAsync();
        WireResponse first = await plain.ExchangeAsync("GET /plain HTTP/1.0\r\n\r\n");
        await plain.AssertClosedAsync();
        Assert.Equal((200, "ok", "close"), (first.Status, first.Body, first.Headers["connection"]));
        Assert.Equal("old.test", _backend.SingleRequest.Headers["host"]);

        // 2. With it, it lives on, and says so.
        using RawClient kept = await proxy.ConnectAsync();
        WireResponse second = await kept.ExchangeAsync("GET /kept HTTP/1.0\r\nHost: x\r\nConnection: keep-alive\r\n\r\n");
        Assert.Equal((200, "keep-alive"), (second.Status, second.Headers["connection"]));

        // 3. No chunks and no interim answers: the connection's end is the answer's.
        WireResponse third = await kept.ExchangeAsync("GET /chunked HTTP/1.0\r\nHost: x\r\nConnection: keep-alive\r\n\r\n");
        Assert.Equal((200, "body", "close"), (third.Status, third.Body, third.Headers["connection"]));
        Assert.False(third.Headers.Has("transfer-encoding"));
    }

    [Fact]
    public async Task S01_S04_a_head_that_does_not_come_in_time_ends_the_connection()
    {
        await using XdsProxy proxy = await XdsProxy.StartAsync(_backend, "'requestHeadersTimeout': '0.2s'");

        using RawClient silent = await proxy.ConnectAsync();
        await silent.AssertClosedAsync();
        Assert.Empty(silent.Reader.Transcript.ToArray());

        using RawClient slow = await proxy.ConnectAsync();
        await slow.SendAsync("GET / HTTP/1.1\r\nHost: x\r\n");
        WireResponse response = await slow.ReadResponseAsync();
        Assert.Equal(408, response.Status);
        await slow.AssertClosedAsync();
    }

    [Fact]
    public async Task S01_the_time_of_a_head_is_that_of_all_of_it()
    {
        await using XdsProxy proxy = await XdsProxy.StartAsync(_backend, "'requestHeadersTimeout': '0.3s'");
        using RawClient client = await proxy.ConnectAsync();
        await client.SendAsync("GET / HTTP/1.1\r\nHost: x\r\n");

        int fields = 0;
        while (fields < 1000 && await client.TrySendAsync("X-A: b\r\n"))
        {
            fields++;
            await Task.Delay(TimeSpan.FromMilliseconds(20), TestContext.Current.CancellationToken);
        }

        Assert.InRange(fields, 1, 500);
        Assert.Empty(_backend.Requests);
    }

    [Fact]
    public async Task S02_a_body_that_drips_is_a_408()
    {
        NeverAnswer();
        await using XdsProxy proxy = await XdsProxy.StartAsync(_backend);
        using RawClient client = await proxy.ConnectAsync();
        await client.SendAsync("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n");
        Task<WireResponse> response = client.ReadResponseAsync();

        while (!response.IsCompleted && await client.TrySendAsync("x"))
        {
            await Task.WhenAny(response, Task.Delay(TimeSpan.FromMilliseconds(50), TestContext.Current.CancellationToken)); // 20 bytes a second
        }

        Assert.Equal(408, (await response).Status);
        Assert.Empty(_backend.Requests);
        await Eventually.HoldsAsync(() => _backend.Connections[0].Closed.IsCompleted, "the upstream request is cancelled");
    }

    [Fact]
    public async Task S03_an_answer_that_nobody_reads_holds_the_backend_back_and_then_ends()
    {
        long sent = 0;
        byte[] piece = new byte[64 * 1024];
        const long AnswerBytes = 256L * 1024 * 1024;
        _backend.Script = async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync($"HTTP/1.1 200 OK\r\nContent-Length: {AnswerBytes}\r\n\r\n");
            while (true)
            {
                await connection.SendAsync(piece);
                Interlocked.Add(ref sent, piece.Length);
            }
        };
        await using XdsProxy proxy = await XdsProxy.StartAsync(_backend, options: new ProxyOptions { ResponseWriteTimeoutMs = 300 });
        using RawClient client = await proxy.ConnectAsync();

        await client.SendAsync(Get);

        await Eventually.HoldsAsync(() => _backend.Connections is [{ Closed.IsCompleted: true }], "the gateway gives up on the client");
        Assert.InRange(Interlocked.Read(ref sent), 1, AnswerBytes / 4); // what sockets hold, not what a proxy hoards
        Assert.Equal(0, proxy.Counter("http.test.downstream_rq_active"));
    }

    [Fact]
    public async Task S05_an_idle_connection_ends_after_its_time()
    {
        await using XdsProxy proxy = await XdsProxy.StartAsync(_backend, "'commonHttpProtocolOptions': {'idleTimeout': '0.5s'}");
        using RawClient client = await proxy.ConnectAsync();
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal(200, (await client.ExchangeAsync(Get)).Status);
        }

        await client.AssertClosedAsync();

        Assert.Equal(1, proxy.Counter("http.test.downstream_cx_idle_timeout"));
    }

    [Fact]
    public async Task S06_a_connection_over_the_limit_is_closed_at_once_and_one_that_leaves_makes_room()
    {
        await using XdsProxy proxy = await XdsProxy.StartAsync(_backend, options: new ProxyOptions { MaxConnections = 2 });
        using RawClient first = await proxy.ConnectAsync();
        Assert.Equal(200, (await first.ExchangeAsync(Get)).Status);
        using (RawClient second = await proxy.ConnectAsync())
        {
            Assert.Equal(200, (await second.ExchangeAsync(Get)).Status);
            using RawClient third = await proxy.ConnectAsync();
            await third.AssertClosedAsync();
            Assert.Equal(1, proxy.Counter("listener.0.0.0.0_8080.downstream_global_cx_overflow"));
        }

        await Eventually.HoldsAsync(
            async () =>
            {
                using RawClient fourth = await proxy.ConnectAsync();
                return await fourth.TrySendAsync(Get) && !await fourth.Reader.IsAtEndAsync(TestContext.Current.CancellationToken);
            },
            () => "there is room again");
        Assert.Equal(200, (await first.ExchangeAsync(Get)).Status);
    }

    [Fact]
    public async Task S07_a_connection_ends_exactly_after_its_requests()
    {
        await using XdsProxy proxy = await XdsProxy.StartAsync(_backend, "'commonHttpProtocolOptions': {'maxRequestsPerConnection': 3}");
        using RawClient client = await proxy.ConnectAsync();

        await client.SendAsync(Get + Get + Get + Get);
        string?[] connection = [.. (await Task.WhenAll(ReadAsync())).SelectMany(static each => each)];

        Assert.Equal([null, null, "close"], connection);
        await client.AssertClosedAsync();
        Assert.Equal(3, _backend.Requests.Count);

        async Task<string?[]> ReadAsync() =>
        [
            (await client.ReadResponseAsync()).Headers["connection"],
            (await client.ReadResponseAsync()).Headers["connection"],
            (await client.ReadResponseAsync()).Headers["connection"],
        ];
    }

    [Fact]
    public async Task S15_a_request_line_over_its_limit_is_a_414()
    {
        await using XdsProxy proxy = await XdsProxy.StartAsync(
            _backend, options: new ProxyOptions { Http1Limits = new Http1Limits { MaxRequestLineBytes = 8192 } });
        const int Rest = 14; // "GET /" and " HTTP/1.1"

        Assert.Equal(200, (await proxy.GetAsync("/" + new string('a', 8192 - Rest))).Status);
        Assert.Equal(414, (await proxy.GetAsync("/" + new string('a', 8192 - Rest + 1))).Status);
    }

    private void NeverAnswer() => _backend.Script = async connection =>
    {
        await connection.ReadRequestAsync();
        await connection.UntilClosedByGatewayAsync();
    };

    private static Func<BackendConnection, Task> AnswerAfter(TimeSpan delay) => async connection =>
    {
        while (await connection.ReadRequestAsync() is not null)
        {
            await Task.Delay(delay, connection.Stopping); // longer than the limit that must not act
            await connection.SendAsync(ScriptedBackend.Ok);
        }
    };
}
