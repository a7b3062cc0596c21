using Tidegate.EndToEnd.Tests.Harness;

namespace Tidegate.EndToEnd.Tests.Exchanges;

/// <summary>
/// When a request is tried again, and when it is not: every term of <c>retryOn</c> that HTTP/1.1 can meet (<c>refused-stream</c> is
/// HTTP/2's), attempts, other endpoints, limits (istio-gateway.md 4.10, 13).
/// </summary>
public sealed class RetryTests(RetryTests.Gateway gateway) : IClassFixture<RetryTests.Gateway>
{
    [Theory]
    [InlineData("on-5xx", 500, true)]
    [InlineData("on-5xx", 503, true)]
    [InlineData("on-5xx", 404, false)]
    [InlineData("on-gateway-error", 502, true)]
    [InlineData("on-gateway-error", 503, true)]
    [InlineData("on-gateway-error", 504, true)]
    [InlineData("on-gateway-error", 500, false)]
    [InlineData("on-retriable-4xx", 409, true)]
    [InlineData("on-retriable-4xx", 404, false)]
    [InlineData("on-418", 418, true)]
    [InlineData("on-418", 503, false)]
    [InlineData("on-reset", 503, false)]
    [InlineData("on-connect-failure", 503, false)]
    public async Task An_answer_is_tried_again_where_its_status_is_named(string name, int status, bool isRetried)
    {
        gateway.Backend(name).Answer = FailFirst($"HTTP/1.1 {status} X\r\ncontent-length: 4\r\n\r\nfail");
        int before = gateway.Backend(name).Requests.Count;

        WireResponse response = await gateway.GetAsync(name);

        Assert.Equal(isRetried ? (200, "ok") : (status, "fail"), (response.Status, response.Body));
        Assert.Equal(isRetried ? 2 : 1, gateway.Backend(name).Requests.Count - before);
    }

    [Theory]
    [InlineData("on-cancelled", 1)]
    [InlineData("on-deadline-exceeded", 4)]
    [InlineData("on-resource-exhausted", 8)]
    [InlineData("on-internal", 13)]
    [InlineData("on-unavailable", 14)]
    public async Task An_answer_is_tried_again_where_its_grpc_status_is_named(string name, int status)
    {
        ScriptedBackend backend = gateway.Backend(name);
        backend.Answer = FailFirst($"HTTP/1.1 200 OK\r\ngrpc-status: {status}\r\ncontent-length: 0\r\n\r\n");
        WireResponse retried = await gateway.GetAsync(name);
        Assert.Equal("ok", retried.Body);
        Assert.Equal(2, backend.Requests.Count);

        backend.Answer = FailFirst("HTTP/1.1 200 OK\r\ngrpc-status: 5\r\ncontent-length: 0\r\n\r\n");
        WireResponse other = await gateway.GetAsync(name);
        Assert.Equal("5", other.Headers["grpc-status"]);
        Assert.Equal(3, backend.Requests.Count);
    }

    [Fact]
    public async Task An_answer_of_a_rate_limit_is_tried_again_only_by_whoever_asks_for_it()
    {
        const string Limited = "HTTP/1.1 503 X\r\nx-envoy-ratelimited: true\r\ncontent-length: 0\r\n\r\n";
        gateway.Backend("on-envoy-ratelimited").Answer = FailFirst(Limited);
        gateway.Backend("on-gateway-error").Answer = FailFirst(Limited);

        Assert.Equal(200, (await gateway.GetAsync("on-envoy-ratelimited")).Status);
        Assert.Equal(503, (await gateway.GetAsync("on-gateway-error")).Status);
    }

    [Theory]
    [InlineData("ends-on-reset", true)]
    [InlineData("ends-on-5xx", true)]
    [InlineData("ends-on-gateway-error", true)]
    [InlineData("ends-on-connect-failure", false)]
    [InlineData("ends-on-reset-before-request", false)]
    [InlineData("ends-on-retriable-4xx", false)]
    public async Task A_connection_that_ends_without_an_answer_is_tried_again(string name, bool isRetried)
    {
        int attempts = 0;
        gateway.Backend(name).Script = async connection =>
        {
            await connection.ReadRequestAsync();
            if (Interlocked.Increment(ref attempts) > 1)
            {
                await connection.SendAsync(ScriptedBackend.Ok);
            }
        };

        // POST: an idempotent request whose kept-alive connection just ended would be sent again in any case.
        WireResponse response = await gateway.Gateway.ExchangeAsync($"POST /ends HTTP/1.1\r\nHost: {name}.test\r\nContent-Length: 2\r\n\r\nhi");

        Assert.Equal(isRetried ? 200 : 503, response.Status);
        Assert.Equal(isRetried ? 2 : 1, attempts);
    }

    [Theory]
    [InlineData("dead-on-connect-failure", 3)]
    [InlineData("dead-on-5xx", 3)]
    [InlineData("dead-on-gateway-error", 3)]
    [InlineData("dead-on-reset", 3)]
    [InlineData("dead-on-reset-before-request", 3)]
    [InlineData("dead-on-retriable-4xx", 1)]
    public async Task A_refused_connection_is_tried_again(string name, int attempts)
    {
        gateway.Backend(name).StopListening();

        WireResponse response = await gateway.GetAsync(name, $"/{name}");

        Assert.Equal(503, response.Status);
        Assert.Equal(attempts, await gateway.CounterAsync(name, "upstream_cx_connect_fail"));
        Assert.Equal(attempts - 1, await gateway.CounterAsync(name, "upstream_rq_retry"));
        string line = await gateway.Gateway.LogsAsync($"/{name}");
        Assert.Equal(attempts > 1, line.Contains("URX", StringComparison.Ordinal));
        Assert.Contains("UF", line);
    }

    [Theory]
    [InlineData("GET", 200, 2)]
    [InlineData("PUT", 200, 2)]
    [InlineData("POST", 503, 1)]
    [InlineData("PATCH", 503, 1)]
    public async Task B04_a_kept_alive_connection_that_ends_costs_only_what_may_not_be_sent_twice(string method, int status, int times)
    {
        ScriptedBackend backend = gateway.Backend($"stale-{method.ToLowerInvariant()}");
        backend.Script = async connection =>
        {
            while (await connection.ReadRequestAsync() is { } request)
            {
                if (request.Target == "/second" && backend.Connections.Count == 1)
                {
                    return;
                }

                await connection.SendAsync(ScriptedBackend.Ok);
            }
        };
        string Request(string path) => $"{method} {path} HTTP/1.1\r\nHost: stale-{method.ToLowerInvariant()}.test\r\nContent-Length: 2\r\n\r\nhi";
        Assert.Equal(200, (await gateway.Gateway.ExchangeAsync(Request("/first"))).Status);

        WireResponse second = await gateway.Gateway.ExchangeAsync(Request("/second"));

        Assert.Equal(status, second.Status);
        Assert.Equal(times, backend.Requests.Count(request => request.Target == "/second"));
    }

    [Fact]
    public async Task Attempts_end_and_the_last_answer_counts()
    {
        ScriptedBackend backend = gateway.Backend("exhausted");
        backend.Answer = _ => "HTTP/1.1 500 X\r\ncontent-length: 4\r\n\r\nlast";

        WireResponse response = await gateway.GetAsync("exhausted", "/exhausted");

        Assert.Equal((500, "last"), (response.Status, response.Body));
        Assert.Equal(["1", "2", "3", "4"], backend.Requests.Select(request => request.Headers["x-envoy-attempt-count"]));
        Assert.Single(backend.Requests.Select(request => request.Headers["x-request-id"]).Distinct());
        Assert.Single(backend.Connections); // short answers that are thrown away leave their connection usable
        Assert.Contains(" 500 URX via_upstream ", await gateway.Gateway.LogsAsync("/exhausted"));
        Assert.Equal(3, await gateway.CounterAsync("exhausted", "upstream_rq_retry"));
        Assert.Equal(1, await gateway.CounterAsync("exhausted", "upstream_rq_retry_limit_exceeded"));
        Assert.Equal(0, await gateway.CounterAsync("exhausted", "upstream_rq_retry_success"));
        Assert.Equal(3, await gateway.CounterAsync("exhausted", "retry.upstream_rq_5xx"));
        Assert.Equal(1, await gateway.CounterAsync("exhausted", "upstream_rq_5xx"));
    }

    [Fact]
    public async Task A_retry_that_succeeds_is_counted()
    {
        gateway.Backend("succeeds").Answer = FailFirst("HTTP/1.1 503 X\r\ncontent-length: 0\r\n\r\n");

        Assert.Equal(200, (await gateway.GetAsync("succeeds")).Status);

        Assert.Equal(1, await gateway.CounterAsync("succeeds", "upstream_rq_retry"));
        Assert.Equal(1, await gateway.CounterAsync("succeeds", "upstream_rq_retry_success"));
        Assert.Equal(0, await gateway.CounterAsync("succeeds", "upstream_rq_retry_limit_exceeded"));
    }

    [Fact]
    public async Task Attempts_0_and_no_attempt_for_what_is_not_named()
    {
        gateway.Backend("never").Answer = FailFirst("HTTP/1.1 503 X\r\ncontent-length: 0\r\n\r\n");
        gateway.Backend("default").Answer = FailFirst("HTTP/1.1 500 X\r\ncontent-length: 0\r\n\r\n");

        Assert.Equal(503, (await gateway.GetAsync("never")).Status);
        Assert.Equal(500, (await gateway.GetAsync("default")).Status);
    }

    [Fact]
    public async Task A_body_is_sent_again_as_it_was()
    {
        ScriptedBackend backend = gateway.Backend("body");
        backend.Answer = FailFirst("HTTP/1.1 503 X\r\ncontent-length: 0\r\n\r\n");
        string body = new('b', 100_000);
        using RawClient client = await gateway.Gateway.ConnectAsync();

        await client.SendInPiecesAsync($"POST / HTTP/1.1\r\nHost: body.test\r\nContent-Length: {body.Length}\r\n\r\n{body}", 30_000);
        WireResponse response = await client.ReadResponseAsync();

        Assert.Equal(200, response.Status);
        Assert.Equal([body, body], backend.Requests.Select(request => request.Body));
        backend.AssertSawNothingAmbiguous();
    }

    [Fact]
    public async Task A_body_larger_than_what_is_kept_is_not_sent_again()
    {
        ScriptedBackend backend = gateway.Backend("large-body");
        backend.Answer = FailFirst("HTTP/1.1 503 X\r\ncontent-length: 0\r\n\r\n");
        byte[] body = new byte[(1024 * 1024) + 100_000];
        using RawClient client = await gateway.Gateway.ConnectAsync();

        await client.SendAsync($"POST / HTTP/1.1\r\nHost: large-body.test\r\nContent-Length: {body.Length}\r\n\r\n");
        await client.SendAsync(body);
        WireResponse response = await client.ReadResponseAsync();

        Assert.Equal(503, response.Status);
        Assert.Single(backend.Requests);
        Assert.Equal(1, await gateway.CounterAsync("large-body", "retry_or_shadow_abandoned"));
    }

    [Fact]
    public async Task Another_endpoint_is_preferred()
    {
        ScriptedBackend[] backends = gateway.Backends("two");
        backends[0].Answer = _ => "HTTP/1.1 503 X\r\ncontent-length: 0\r\n\r\n";
        for (int i = 0; i < 20; i++)
        {
            Assert.Equal(200, (await gateway.GetAsync("two", $"/{i}")).Status);
        }

        // Five draws among two endpoints find the other with 31 of 32.
        Assert.InRange(backends[0].Requests.Count, 1, 20);
        Assert.Equal(20, backends[1].Requests.Count);
    }

    [Fact]
    public async Task An_attempt_that_takes_too_long_is_tried_again()
    {
        ScriptedBackend backend = gateway.Backend("per-try");
        int attempts = 0;
        backend.Script = async connection =>
        {
            await connection.ReadRequestAsync();
            if (Interlocked.Increment(ref attempts) == 1)
            {
                await connection.UntilClosedByGatewayAsync();
                return;
            }

            await connection.SendAsync(ScriptedBackend.Ok);
        };

        WireResponse response = await gateway.GetAsync("per-try");

        Assert.Equal((200, "ok"), (response.Status, response.Body));
        Assert.Equal("700", backend.Requests[0].Headers["x-envoy-expected-rq-timeout-ms"]);
        Assert.Equal(1, await gateway.CounterAsync("per-try", "upstream_rq_per_try_timeout"));
        Assert.Equal(1, await gateway.CounterAsync("per-try", "upstream_rq_retry_success"));
        await Eventually.HoldsAsync(() => backend.Connections[0].Closed.IsCompleted, "the first attempt is given up");
    }

    [Fact]
    public async Task When_every_attempt_takes_too_long_the_answer_is_504()
    {
        gateway.Backend("per-try-all").Script = async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.UntilClosedByGatewayAsync();
        };

        WireResponse response = await gateway.GetAsync("per-try-all", "/per-try-all");

        Assert.Equal((504, "upstream request timeout"), (response.Status, response.Body));
        string line = await gateway.Gateway.LogsAsync("/per-try-all");
        Assert.Matches(" 504 (UT,URX|URX,UT) upstream_per_try_timeout ", line);
        Assert.Equal(3, await gateway.CounterAsync("per-try-all", "upstream_rq_per_try_timeout"));
        Assert.Equal(0, await gateway.CounterAsync("per-try-all", "upstream_rq_active"));
    }

    [Fact]
    public async Task The_route_timeout_ends_all_attempts()
    {
        gateway.Backend("route-timeout").Answer = _ => "HTTP/1.1 503 X\r\ncontent-length: 0\r\n\r\n";

        WireResponse response = await gateway.GetAsync("route-timeout", "/route-timeout");

        Assert.Equal((504, "upstream request timeout"), (response.Status, response.Body));
        Assert.Contains(" 504 UT response_timeout ", await gateway.Gateway.LogsAsync("/route-timeout"));
        Assert.InRange(await gateway.CounterAsync("route-timeout", "upstream_rq_retry_backoff_exponential"), 1, 1000);
    }

    [Fact]
    public async Task A_route_may_ask_for_retries_in_fields_and_the_upstream_does_not_see_them()
    {
        ScriptedBackend backend = gateway.Backend("fields");
        backend.Answer = request => backend.Requests.Count < 4 ? "HTTP/1.1 418 X\r\ncontent-length: 0\r\n\r\n" : ScriptedBackend.Ok;

        Assert.Equal(200, (await gateway.GetAsync("fields")).Status);

        Assert.Equal(4, backend.Requests.Count);
        Assert.All(backend.Requests, request => Assert.DoesNotContain(
            request.Headers, field => field.Key.StartsWith("x-envoy-ret", StringComparison.Ordinal) || field.Key == "x-envoy-max-retries"));
    }

    [Fact]
    public async Task A_route_may_name_answer_fields_that_are_tried_again()
    {
        ScriptedBackend backend = gateway.Backend("answer-fields");
        backend.Answer = FailFirst("HTTP/1.1 200 OK\r\nx-try-again: please\r\ncontent-length: 0\r\n\r\n");

        Assert.Equal("ok", (await gateway.GetAsync("answer-fields")).Body);

        Assert.Equal(2, backend.Requests.Count);
    }

    [Theory]
    [InlineData("limit")]
    [InlineData("budget")]
    public async Task S14_retries_at_the_same_time_are_limited(string name)
    {
        // 1. The first request's second attempt hangs, and holds the one retry that there may be.
        ScriptedBackend backend = gateway.Backend(name);
        var second = new TaskCompletionSource();
        var release = new TaskCompletionSource();
        backend.Script = async connection =>
        {
            while (await connection.ReadRequestAsync() is { } request)
            {
                if (request.Headers["x-envoy-attempt-count"] == "2")
                {
                    second.TrySetResult();
                    await release.Task;
                    await connection.SendAsync(ScriptedBackend.Ok);
                }
                else
                {
                    await connection.SendAsync("HTTP/1.1 503 X\r\ncontent-length: 0\r\n\r\n");
                }
            }
        };
        Task<WireResponse> first = gateway.GetAsync(name, "/first");
        await second.Task.WaitAsync(Eventually.Patience, TestContext.Current.CancellationToken);

        // 2. Another request may not be tried again.
        WireResponse other = await gateway.GetAsync(name, $"/over-{name}");
        release.SetResult();

        Assert.Equal(503, other.Status);
        Assert.Contains(" 503 UO via_upstream ", await gateway.Gateway.LogsAsync($"/over-{name}"));
        Assert.Equal(1, await gateway.CounterAsync(name, "upstream_rq_retry_overflow"));
        Assert.Equal(200, (await first).Status);

        // 3. When the first is done, there may be one again.
        Assert.Equal(200, (await gateway.GetAsync(name, "/third")).Status);
    }

    [Fact]
    public async Task S14_no_request_is_tried_more_often_than_its_attempts()
    {
        ScriptedBackend[] backends = gateway.Backends("storm");
        foreach (ScriptedBackend backend in backends)
        {
            backend.Answer = _ => "HTTP/1.1 503 X\r\ncontent-length: 0\r\n\r\n";
        }

        WireResponse[] responses = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => gateway.GetAsync("storm")));

        Assert.All(responses, response => Assert.Equal(503, response.Status));
        Assert.Equal(50 * 3, backends.Sum(backend => backend.Requests.Count));
    }

    // The first request gets this answer, every other one "ok".
    private static Func<BackendRequest, string> FailFirst(string answer)
    {
        int count = 0;
        return _ => Interlocked.Increment(ref count) == 1 ? answer : ScriptedBackend.Ok;
    }

    /// <summary>A host for each term and each limit.</summary>
    public sealed class Gateway : ScenarioGateway
    {
        private static readonly string[] Terms =
        [
            "5xx", "gateway-error", "reset", "reset-before-request", "connect-failure", "retriable-4xx", "envoy-ratelimited", "418",
            "cancelled", "deadline-exceeded", "resource-exhausted", "internal", "unavailable",
        ];

        /// <inheritdoc/>
        protected override IReadOnlyDictionary<string, Scenario> Scenarios
        {
            get
            {
                var scenarios = new Dictionary<string, Scenario>
                {
                    ["exhausted"] = new("retries: {attempts: 3, retryOn: 5xx, backoff: 1ms}"),
                    ["succeeds"] = new("retries: {attempts: 3, retryOn: 5xx, backoff: 1ms}"),
                    ["never"] = new("retries: {attempts: 0}"),
                    ["default"] = new(),
                    ["body"] = new("retries: {attempts: 1, retryOn: 5xx}"),
                    ["large-body"] = new("retries: {attempts: 1, retryOn: 5xx}"),
                    ["two"] = new("retries: {attempts: 5, retryOn: 5xx, backoff: 1ms}", Backends: 2),
                    ["storm"] = new("retries: {attempts: 2, retryOn: 5xx, backoff: 1ms}", Backends: 2),
                    ["per-try"] = new("retries: {attempts: 2, retryOn: 5xx, perTryTimeout: 700ms}"),
                    ["per-try-all"] = new("retries: {attempts: 2, retryOn: 5xx, perTryTimeout: 50ms}"),
                    ["route-timeout"] = new("retries: {attempts: 1000, retryOn: 5xx, backoff: 20ms}\ntimeout: 300ms"),
                    ["fields"] = new(
                        "headers: {request: {set: {x-envoy-retry-on: retriable-status-codes, x-envoy-retriable-status-codes: \"418,419\", x-envoy-max-retries: \"5\"}}}"),
                    ["answer-fields"] = new(
                        "headers: {request: {set: {x-envoy-retry-on: retriable-headers, x-envoy-retriable-header-names: \"x-other, x-try-again\"}}}"),
                    ["limit"] = new("retries: {attempts: 3, retryOn: 5xx, backoff: 1ms}", "{connectionPool: {http: {maxRetries: 1}}}"),
                    ["budget"] = new("retries: {attempts: 3, retryOn: 5xx, backoff: 1ms}", "{retryBudget: {percent: 10, minRetryConcurrency: 1}}"),
                };
                foreach (string method in (string[])["GET", "PUT", "POST", "PATCH"])
                {
                    scenarios.Add($"stale-{method.ToLowerInvariant()}", new());
                }

                foreach (string term in Terms)
                {
                    scenarios.Add($"on-{term}", new($"retries: {{attempts: 2, retryOn: \"{term}\", backoff: 1ms}}"));
                    scenarios.Add($"ends-on-{term}", new($"retries: {{attempts: 2, retryOn: \"{term}\", backoff: 1ms}}"));
                    scenarios.Add($"dead-on-{term}", new($"retries: {{attempts: 2, retryOn: \"{term}\", backoff: 1ms}}"));
                }

                return scenarios;
            }
        }
    }
}
