using Tidegate.EndToEnd.Tests.Harness;

namespace Tidegate.EndToEnd.Tests.Upstream;

/// <summary>Backends that die, freeze, reset and slow down while they are in use (edge.md, B01 to B09), and what tells of it.</summary>
public sealed class FailingBackendTests
{
    private const string Eject = "outlierDetection: {consecutive5xxErrors: 5, interval: 10s, baseEjectionTime: 60s, maxEjectionPercent: 100}";

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf")]
    [InlineData("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\n\r\nhalf")]
    public async Task B01_an_answer_of_a_killed_backend_is_seen_cut_and_others_take_its_place(string half)
    {
        await using var backends = new NamedBackends(2);
        backends[0].Script = async connection =>
        {
            while (await connection.ReadRequestAsync() is { } request)
            {
                if (request.Target == "/half")
                {
                    await connection.SendAsync(half);
                    await connection.UntilClosedByGatewayAsync();
                }

                await connection.SendAsync(NamedBackends.AnswerOf(0, 200));
            }
        };
        await using GatewayProcess gateway = await StartAsync(backends.Manifest("web.test", "loadBalancer: {simple: ROUND_ROBIN}"));
        backends.Answer(1, 200);

        // 1. Killed in the middle of its answer. The other one's is whole, and two bytes long.
        using RawClient client = await gateway.ConnectAsync();
        const string Half = "GET /half HTTP/1.1\r\nHost: web.test\r\n\r\n";
        await client.SendAsync(Half);
        if ((await client.Reader.ReadHeadAsync(TestContext.Current.CancellationToken).WithinPatienceAsync("the head"))!.Value.Headers.BodyLength() == 2)
        {
            await client.Reader.ReadExactlyAsync(2, TestContext.Current.CancellationToken);
            await client.SendAsync(Half);
            await client.Reader.ReadHeadAsync(TestContext.Current.CancellationToken).WithinPatienceAsync("the head");
        }

        backends[0].Kill();

        // 2. The client can tell.
        Exception? cut = await Record.ExceptionAsync(() => client.Reader.ReadChunkedAsync(TestContext.Current.CancellationToken).WithinPatienceAsync("the end"));
        Assert.True(cut is IOException or WireException, $"{cut}");
        Assert.Contains(" 200 UC upstream_reset_after_response_started{connection_termination} ", await gateway.LogsAsync(" 200 UC "));

        // 3. Nobody else notices.
        for (int i = 0; i < 10; i++)
        {
            WireResponse response = await gateway.GetAsync("web.test");
            Assert.Equal((200, "b1"), (response.Status, response.Body));
        }
    }

    [Fact]
    public async Task B02_a_backend_that_takes_no_connection_is_given_up_after_the_connect_timeout()
    {
        await using var backends = new NamedBackends(1);
        using var full = new BlackHole();
        string manifests = backends.Manifest("web.test")
            + Manifests.Service("hole.test", full.EndPoint) + Manifests.Route("hole.test", "hole.test") + "    retries: {attempts: 0}\n"
            + Policy("hole.test", "connectionPool: {tcp: {connectTimeout: 200ms}}")
            + Manifests.Service("half.test", full.EndPoint, backends[0].EndPoint) + Manifests.Route("half.test", "half.test")
            + Policy("half.test", "{loadBalancer: {simple: ROUND_ROBIN}, connectionPool: {tcp: {connectTimeout: 200ms}}}");
        await using GatewayProcess gateway = await StartAsync(manifests);

        WireResponse hole = await gateway.GetAsync("hole.test", "/hole");
        Assert.Equal(503, hole.Status);
        Assert.Contains("connection timeout", hole.Body, StringComparison.Ordinal);
        Assert.Contains(" 503 UF upstream_reset_before_response_started{connection_timeout", await gateway.LogsAsync("/hole"));
        Assert.Equal(1, await gateway.StatAsync("cluster.outbound|80||hole.test.upstream_cx_connect_timeout"));
        for (int i = 0; i < 4; i++)
        {
            Assert.Equal((200, "b0"), await gateway.GetAsync("half.test") is var answer ? (answer.Status, answer.Body) : default);
        }
    }

    [Fact]
    public async Task B03_a_backend_that_never_answers_costs_a_504_and_its_slot_is_free_again()
    {
        await using var backends = new NamedBackends(1);
        backends[0].Script = async connection =>
        {
            while (await connection.ReadRequestAsync() is { } request)
            {
                if (request.Target.StartsWith("/never", StringComparison.Ordinal))
                {
                    await connection.UntilClosedByGatewayAsync();
                    return;
                }

                await connection.SendAsync(NamedBackends.AnswerOf(0, 200));
            }
        };
        await using GatewayProcess gateway = await StartAsync(backends.Manifest(
            "web.test", "connectionPool: {tcp: {maxConnections: 1}, http: {http2MaxRequests: 1}}", null, "timeout: 200ms", "retries: {attempts: 0}"));

        for (int i = 0; i < 3; i++)
        {
            Assert.Equal(504, (await gateway.GetAsync("web.test", $"/never{i}")).Status);
            Assert.Contains(" 504 UT response_timeout ", await gateway.LogsAsync($"/never{i}"));
            await Eventually.HoldsAsync(() => backends[0].Connections.All(static connection => connection.Closed.IsCompleted), "the connection is closed");
        }

        Assert.Equal(200, (await gateway.GetAsync("web.test")).Status);
        Assert.Equal(3, await gateway.StatAsync("cluster.outbound|80||web.test.upstream_rq_timeout"));
        Assert.Equal(0, await gateway.StatAsync("cluster.outbound|80||web.test.upstream_rq_active"));
    }

    [Fact]
    public async Task B01_a_backend_killed_under_load_fails_no_request_and_is_ejected()
    {
        await using var backends = new NamedBackends(3);
        await using GatewayProcess gateway = await StartAsync(backends.Manifest(
            "web.test", $"loadBalancer: {{simple: ROUND_ROBIN}}, {Eject}", null, "retries: {attempts: 3, retryOn: \"connect-failure,reset\"}"));

        await UnderLoadAsync(gateway, 6, static (status, _) => Assert.Equal(200, status), async asked =>
        {
            await asked(200);
            backends[0].Kill();
            await Eventually.HoldsAsync(() => IsEjectedAsync(gateway), () => gateway.Log);
            await asked(200);
        });

        Assert.True(await gateway.StatAsync("cluster.outbound|80||web.test.upstream_rq_retry") > 0);
        Assert.True(await gateway.StatAsync("cluster.outbound|80||web.test.upstream_rq_retry_success") > 0);
        Assert.Equal(0, await gateway.StatAsync("cluster.outbound|80||web.test.upstream_rq_retry_limit_exceeded"));
    }

    [Fact]
    public async Task B03_a_backend_frozen_under_load_fails_no_request_and_is_ejected()
    {
        await using var backends = new NamedBackends(3);
        bool isFrozen = false;
        backends[0].Script = async connection =>
        {
            while (await connection.ReadRequestAsync() is not null)
            {
                if (Volatile.Read(ref isFrozen))
                {
                    await connection.UntilClosedByGatewayAsync();
                    return;
                }

                await connection.SendAsync(NamedBackends.AnswerOf(0, 200));
            }
        };
        await using GatewayProcess gateway = await StartAsync(backends.Manifest(
            "web.test", $"loadBalancer: {{simple: ROUND_ROBIN}}, {Eject}", null, "retries: {attempts: 5, retryOn: \"5xx\", perTryTimeout: 1s}"));

        await UnderLoadAsync(gateway, 6, static (status, _) => Assert.Equal(200, status), async asked =>
        {
            await asked(200);
            Volatile.Write(ref isFrozen, true);
            await Eventually.HoldsAsync(() => IsEjectedAsync(gateway), () => gateway.Log);
            await asked(200);
        });

        Assert.True(await gateway.StatAsync("cluster.outbound|80||web.test.upstream_rq_per_try_timeout") >= 5);
    }

    [Fact]
    public async Task A_backend_that_resets_under_load_is_told_by_flags_and_counters()
    {
        await using var backends = new NamedBackends(1);
        backends[0].Script = async connection =>
        {
            while (await connection.ReadRequestAsync() is { Target: "/" })
            {
                await connection.SendAsync(NamedBackends.AnswerOf(0, 200));
            }

            connection.Reset();
        };
        await using GatewayProcess gateway = await StartAsync(backends.Manifest(
            "web.test", "", null, "retries: {attempts: 2, retryOn: reset, backoff: 1ms}"));

        await UnderLoadAsync(gateway, 4, static (status, _) => Assert.Equal(503, status), asked => asked(100));

        Assert.Contains(" 503 URX,UC upstream_reset_before_response_started{connection_termination} ", await gateway.LogsAsync(" 503 "));
        long failed = await gateway.StatAsync("cluster.outbound|80||web.test.upstream_rq_retry_limit_exceeded");
        Assert.True(failed >= 100);
        Assert.Equal(2 * failed, await gateway.StatAsync("cluster.outbound|80||web.test.upstream_rq_retry"));
        Assert.Equal(0, await gateway.StatAsync("cluster.outbound|80||web.test.upstream_rq_active"));
    }

    [Fact]
    public async Task S13_a_frozen_backend_holds_no_more_than_its_limits_and_serves_again_when_it_thaws()
    {
        await using var backends = new NamedBackends(1);
        bool isFrozen = false;
        int open = 0, most = 0;
        backends[0].Script = async connection =>
        {
            most = Math.Max(most, Interlocked.Increment(ref open));
            try
            {
                while (await connection.ReadRequestAsync() is not null)
                {
                    if (Volatile.Read(ref isFrozen))
                    {
                        await connection.UntilClosedByGatewayAsync();
                        return;
                    }

                    await connection.SendAsync(NamedBackends.AnswerOf(0, 200));
                }
            }
            finally
            {
                Interlocked.Decrement(ref open);
            }
        };
        await using GatewayProcess gateway = await StartAsync(backends.Manifest(
            "web.test", "connectionPool: {tcp: {maxConnections: 2}, http: {http1MaxPendingRequests: 2}}", null, "timeout: 300ms", "retries: {attempts: 0}"));

        Volatile.Write(ref isFrozen, true);
        WireResponse[] responses = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => gateway.GetAsync("web.test", "/frozen")));

        // Two have a connection and two wait; while the connections are made, those two count among the waiting ones.
        int refused = responses.Count(static response => response.Status == 503);
        Assert.InRange(refused, 6, 10);
        Assert.Equal(12 - refused, responses.Count(static response => response.Status == 504));
        Assert.Contains(" 503 UO ", await gateway.LogsAsync(" 503 UO "));
        Assert.Contains(" 504 UT ", await gateway.LogsAsync(" 504 UT "));
        Assert.Equal(refused, await gateway.StatAsync("cluster.outbound|80||web.test.upstream_rq_pending_overflow"));
        Assert.InRange(most, 1, 2);
        Volatile.Write(ref isFrozen, false);
        await gateway.AnswersAsync(200, "web.test");
        Assert.Equal(0, await gateway.StatAsync("cluster.outbound|80||web.test.upstream_rq_pending_active"));
    }

    [Fact]
    public async Task A_backend_that_slows_down_gets_less_by_least_request()
    {
        await using var backends = new NamedBackends(2);
        await using GatewayProcess gateway = await StartAsync(backends.Manifest("web.test", "loadBalancer: {simple: LEAST_REQUEST}"));
        backends[0].Script = async connection =>
        {
            while (await connection.ReadRequestAsync() is not null)
            {
                await Task.Delay(50, connection.Stopping); // this is the slow one
                await connection.SendAsync(NamedBackends.AnswerOf(0, 200));
            }
        };
        await UnderLoadAsync(gateway, 8, static (status, _) => Assert.Equal(200, status), asked => asked(400));

        // Of two that are drawn the idler one is taken; only where the slow one is drawn twice (1 of 4) it gets a request all the same.
        Assert.True(backends[0].Requests.Count < backends[1].Requests.Count / 2, $"{backends[0].Requests.Count} and {backends[1].Requests.Count}");
    }

    [Fact]
    public async Task B08_endpoints_that_come_and_go_under_load_cost_no_request()
    {
        await using var backends = new NamedBackends(12);
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(Manifests.HttpGateway() + Manifests.Route("web.test", "web.test"));
        void Present(int first) => gateway.Apply("service.yaml", Manifests.Service("web.test", [.. Enumerable.Range(0, 4).Select(i => backends[(first + i) % 12].EndPoint)])
            + Policy("web.test", "loadBalancer: {consistentHash: {httpHeaderName: x-user}}"));
        Present(0);
        await gateway.AnswersAsync(200, "web.test");

        await UnderLoadAsync(gateway, 4, static (status, _) => Assert.Equal(200, status), async asked =>
        {
            for (int round = 1; round <= 40; round++)
            {
                int first = round * 5 % 12;
                Present(first);
                string address = backends[(first + 3) % 12].EndPoint.ToString();
                await Eventually.HoldsAsync(async () => (await gateway.AdminAsync("clusters")).Contains(address, StringComparison.Ordinal), () => gateway.Log);
                await asked(20);
            }
        });

        // Who has gone gets nothing any more.
        int[] present = [.. Enumerable.Range(0, 4).Select(i => ((40 * 5) + i) % 12)];
        int[] before = [.. Enumerable.Range(0, 12).Select(i => backends[i].Requests.Count)];
        for (int i = 0; i < 40; i++)
        {
            Assert.Equal(200, (await gateway.ExchangeAsync($"GET / HTTP/1.1\r\nHost: web.test\r\nx-user: {i}\r\n\r\n")).Status);
        }

        int[] reached = [.. Enumerable.Range(0, 12).Where(i => backends[i].Requests.Count > before[i])];
        Assert.Equal(present.Order(), reached);
    }

    [Fact]
    public async Task B09_no_more_are_ejected_than_the_limit_says()
    {
        await using var backends = new NamedBackends(4);
        await using GatewayProcess gateway = await StartAsync(backends.Manifest(
            "web.test", "loadBalancer: {simple: ROUND_ROBIN}, outlierDetection: {consecutive5xxErrors: 2, interval: 10s, baseEjectionTime: 60s, maxEjectionPercent: 50}", null, "retries: {attempts: 0}"));
        for (int i = 0; i < 4; i++)
        {
            backends.Answer(i, 500);
        }

        for (int i = 0; i < 60; i++)
        {
            await gateway.GetAsync("web.test");
        }

        await Eventually.HoldsAsync(async () => await gateway.StatAsync("cluster.outbound|80||web.test.outlier_detection.ejections_overflow") > 0, () => gateway.Log);
        Assert.Equal(2, await gateway.StatAsync("cluster.outbound|80||web.test.outlier_detection.ejections_active"));
    }

    private static async Task<GatewayProcess> StartAsync(string manifests)
    {
        GatewayProcess gateway = await GatewayProcess.StartAsync(Manifests.HttpGateway() + manifests);
        await gateway.AnswersAsync(200, "web.test");
        return gateway;
    }

    private static string Policy(string host, string policy) => $$"""
        ---
        apiVersion: networking.istio.io/v1
        kind: DestinationRule
        metadata: {name: {{host.Replace('.', '-')}}, namespace: default}
        spec:
          host: {{host}}
          trafficPolicy: {{(policy.StartsWith('{') ? policy : "{" + policy + "}")}}

        """;

    // Clients with a kept-alive connection each ask all the while that the scenario runs; the scenario can wait for so many more answers.
    private static async Task UnderLoadAsync(GatewayProcess gateway, int clients, Action<int, string> check, Func<Func<int, Task>, Task> scenario)
    {
        using var stop = new CancellationTokenSource();
        int answers = 0;
        Task[] asking = [.. Enumerable.Range(0, clients).Select(client => Task.Run(
            async () =>
            {
                using RawClient connection = await gateway.ConnectAsync();
                while (!stop.IsCancellationRequested)
                {
                    WireResponse response = await connection.ExchangeAsync($"GET /load HTTP/1.1\r\nHost: web.test\r\nx-user: {client}-{answers % 50}\r\n\r\n");
                    check(response.Status, response.Body);
                    Interlocked.Increment(ref answers);
                }
            },
            TestContext.Current.CancellationToken))];

        await scenario(async more =>
        {
            int wanted = Volatile.Read(ref answers) + more;
            await Eventually.HoldsAsync(() => Volatile.Read(ref answers) >= wanted || asking.Any(static task => task.IsFaulted), "the clients get answers");
        });
        await stop.CancelAsync();
        await Task.WhenAll(asking).WaitAsync(Eventually.Patience, TestContext.Current.CancellationToken);
    }

    private static async Task<bool> IsEjectedAsync(GatewayProcess gateway) =>
        (await gateway.AdminAsync("clusters")).Contains("health_flags::/failed_outlier_check", StringComparison.Ordinal);
}
