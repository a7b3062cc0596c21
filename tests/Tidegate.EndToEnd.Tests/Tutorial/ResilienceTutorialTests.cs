using Tidegate.EndToEnd.Tests.Harness;

namespace Tidegate.EndToEnd.Tests.Tutorial;

/// <summary>
/// The tutorial's situations of resilience at the gateway: the backend's endpoints are slow, fail now and then or all the time, and
/// the rules for its host say what a client sees of it.
/// </summary>
public sealed class ResilienceTutorialTests(ResilienceTutorialTests.Gateway gateway) : IClassFixture<ResilienceTutorialTests.Gateway>
{
    [Fact]
    public async Task A_slow_endpoint_gets_less_by_least_request_and_its_share_by_turns()
    {
        // One of three takes its time: as long as the test holds it back.
        Assert.Equal(60, await FastWhileOneIsSlowAsync("round-robin", clients: 90));

        // Of two that are drawn the one with less to do: the slow one gets those where it is drawn twice, a ninth (80 of 90 are fast, with a standard deviation of 3).
        Assert.InRange(await FastWhileOneIsSlowAsync("least-conn", clients: 90), 66, 90);
    }

    [Fact]
    public async Task An_answer_that_takes_longer_than_the_timeout_is_a_504()
    {
        gateway.Backend("timeout").Script = async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.UntilClosedByGatewayAsync();
        };

        WireResponse response = await gateway.GetAsync("timeout", "/timeout");

        Assert.Equal((504, "upstream request timeout"), (response.Status, response.Body));
        Assert.Contains(" 504 UT response_timeout ", await gateway.Gateway.LogsAsync("/timeout"));
    }

    [Theory]
    [InlineData("default", 503, 200)] // what is tried again without a word of it: 503
    [InlineData("default", 500, 500)]
    [InlineData("two-attempts", 503, 200)]
    [InlineData("two-attempts", 500, 500)]
    [InlineData("on-5xx", 500, 200)]
    [InlineData("on-5xx", 408, 408)]
    [InlineData("switched-off", 503, 503)]
    public async Task A_failure_now_and_then_is_tried_again_where_the_policy_has_it(string name, int failure, int seen)
    {
        ScriptedBackend backend = gateway.Backend(name);
        FailFirst(backend, failure);

        Assert.Equal(seen, (await gateway.GetAsync(name)).Status);
    }

    [Theory]
    [InlineData(408, 200)]
    [InlineData(400, 200)]
    [InlineData(500, 500)]
    public async Task More_statuses_are_tried_again_by_an_EnvoyFilter(int failure, int seen)
    {
        FailFirst(gateway.Backend("more-statuses"), failure);

        Assert.Equal(seen, (await gateway.GetAsync("more-statuses")).Status);
    }

    [Fact]
    public async Task A_retry_budget_by_an_EnvoyFilter_limits_retries()
    {
        // The budget is one retry at a time; the first request's second attempt holds it.
        var second = new TaskCompletionSource();
        var release = new TaskCompletionSource();
        gateway.Backend("budget").Script = async connection =>
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
        Task<WireResponse> first = gateway.GetAsync("budget");
        await second.Task.WaitAsync(Eventually.Patience, TestContext.Current.CancellationToken);

        Assert.Equal(503, (await gateway.GetAsync("budget")).Status);
        release.SetResult();
        Assert.Equal(200, (await first).Status);
        Assert.Equal(1, await gateway.CounterAsync("budget", "upstream_rq_retry_overflow"));
    }

    [Fact]
    public async Task A_request_over_the_connection_limits_is_refused_with_the_flag_UO()
    {
        // One connection, one that waits; the third is too many.
        ScriptedBackend backend = gateway.Backend("limits");
        var release = new TaskCompletionSource();
        backend.Script = async connection =>
        {
            await connection.ReadRequestAsync();
            await release.Task;
            await connection.SendAsync(ScriptedBackend.Ok);
            await connection.UntilClosedByGatewayAsync();
        };
        Task<WireResponse> running = gateway.GetAsync("limits");
        await Eventually.HoldsAsync(() => backend.Requests.Count == 1, "the first is under way");
        Task<WireResponse> waiting = gateway.GetAsync("limits");
        await Eventually.HoldsAsync(async () => await gateway.CounterAsync("limits", "upstream_rq_pending_active") == 1, () => "the second waits");

        WireResponse refused = await gateway.GetAsync("limits", "/too-many");

        Assert.Equal(503, refused.Status);
        Assert.Equal("true", refused.Headers["x-envoy-overloaded"]);
        Assert.Contains(" 503 UO ", await gateway.Gateway.LogsAsync("/too-many"));
        Assert.Equal(1, await gateway.CounterAsync("limits", "upstream_rq_pending_overflow"));
        release.SetResult();
        Assert.Equal([200, 200], (await Task.WhenAll(running, waiting)).Select(response => response.Status));
    }

    [Fact]
    public async Task An_endpoint_that_always_fails_is_ejected_and_nobody_sees_it_any_more()
    {
        ScriptedBackend[] backends = gateway.Backends("outlier");
        backends[0].Answer = _ => "HTTP/1.1 500 X\r\ncontent-length: 0\r\n\r\n";
        int failures = 0;
        await Eventually.HoldsAsync(
            async () =>
            {
                failures += (await gateway.GetAsync("outlier")).Status == 500 ? 1 : 0;
                return await gateway.CounterAsync("outlier", "outlier_detection.ejections_active") == 1;
            },
            () => gateway.Gateway.Log);

        for (int i = 0; i < 30; i++)
        {
            Assert.Equal(200, (await gateway.GetAsync("outlier")).Status);
        }

        // One was enough; with retries for 500 even that one would not be seen.
        Assert.Equal(1, failures);
        Assert.Single(backends[0].Requests);
        Assert.Equal(1, await gateway.CounterAsync("outlier", "outlier_detection.ejections_enforced_total"));
    }

    [Fact]
    public async Task An_endpoint_that_is_ejected_comes_back_after_its_time()
    {
        ScriptedBackend backend = gateway.Backend("outlier-short");
        backend.Answer = _ => "HTTP/1.1 500 X\r\ncontent-length: 0\r\n\r\n";
        await gateway.Gateway.AnswersAsync(503, "outlier-short.test");
        backend.Answer = _ => ScriptedBackend.Ok;

        await gateway.Gateway.AnswersAsync(200, "outlier-short.test");
    }

    // The fast endpoints' answers while one endpoint holds all of its requests back.
    private async Task<int> FastWhileOneIsSlowAsync(string name, int clients)
    {
        var release = new TaskCompletionSource();
        gateway.Backends(name)[0].Script = async connection =>
        {
            while (await connection.ReadRequestAsync() is not null)
            {
                await release.Task;
                await connection.SendAsync(ScriptedBackend.Ok);
            }
        };
        List<Task<WireResponse>> asking = [];
        int slow = 0;
        for (int i = 0; i < clients; i++)
        {
            // One after the other, each either answered or held back: what is under way is known when the next one comes.
            int before = gateway.Backends(name)[0].Requests.Count;
            Task<WireResponse> one = gateway.GetAsync(name);
            await Eventually.HoldsAsync(() => one.IsCompleted || gateway.Backends(name)[0].Requests.Count > before, "it is answered or held back");
            slow += gateway.Backends(name)[0].Requests.Count > before ? 1 : 0;
            asking.Add(one);
        }

        release.SetResult();
        Assert.All(await Task.WhenAll(asking), response => Assert.Equal(200, response.Status));
        return clients - slow;
    }

    private static void FailFirst(ScriptedBackend backend, int status)
    {
        int count = 0;
        backend.Answer = _ => Interlocked.Increment(ref count) == 1 ? $"HTTP/1.1 {status} X\r\ncontent-length: 0\r\n\r\n" : ScriptedBackend.Ok;
    }

    /// <summary>A host for each situation.</summary>
    public sealed class Gateway : ScenarioGateway
    {
        /// <inheritdoc/>
        protected override IReadOnlyDictionary<string, Scenario> Scenarios { get; } = new Dictionary<string, Scenario>
        {
            ["round-robin"] = new(TrafficPolicy: "{loadBalancer: {simple: ROUND_ROBIN}}", Backends: 3),
            ["least-conn"] = new(TrafficPolicy: "{loadBalancer: {simple: LEAST_CONN}}", Backends: 3),
            ["timeout"] = new("timeout: 0.5s"),
            ["default"] = new(),
            ["two-attempts"] = new("retries: {attempts: 2}"),
            ["on-5xx"] = new("retries: {attempts: 2, retryOn: 5xx}"),
            ["switched-off"] = new("retries: {attempts: 0}"),
            ["more-statuses"] = new("retries: {attempts: 2, retryOn: \"retriable-status-codes\"}"),
            ["budget"] = new("retries: {attempts: 2, retryOn: 5xx, backoff: 1ms}"),
            ["limits"] = new(
                "retries: {attempts: 0}",
                "{connectionPool: {tcp: {maxConnections: 1}, http: {http1MaxPendingRequests: 1, maxRequestsPerConnection: 1, maxRetries: 1}}}"),
            ["outlier"] = new(
                "retries: {attempts: 0}", "{outlierDetection: {consecutive5xxErrors: 1, interval: 5s, baseEjectionTime: 30s, maxEjectionPercent: 100}}", 3),
            ["outlier-short"] = new(
                "retries: {attempts: 0}", "{outlierDetection: {consecutive5xxErrors: 1, interval: 1s, baseEjectionTime: 1s, maxEjectionPercent: 100}}"),
        };

        /// <inheritdoc/>
        protected override string ExtraManifests => """
            ---
            apiVersion: networking.istio.io/v1alpha3
            kind: EnvoyFilter
            metadata:
              name: more-statuses
              namespace: istio-system
            spec:
              workloadSelector:
                labels:
                  istio: ingressgateway
              configPatches:
              - applyTo: HTTP_ROUTE
                match:
                  context: GATEWAY
                  routeConfiguration:
                    vhost:
                      name: "more-statuses.test:80"
                patch:
                  operation: MERGE
                  value:
                    route:
                      retry_policy:
                        retry_back_off:
                          base_interval: 50ms
                        retriable_status_codes:
                        - 408
                        - 400
            ---
            apiVersion: networking.istio.io/v1alpha3
            kind: EnvoyFilter
            metadata:
              name: budget
              namespace: istio-system
            spec:
              workloadSelector:
                labels:
                  istio: ingressgateway
              configPatches:
              - applyTo: CLUSTER
                match:
                  context: GATEWAY
                  cluster:
                    portNumber: 80
                    service: budget.test
                patch:
                  operation: MERGE
                  value:
                    circuit_breakers:
                      thresholds:
                      - retry_budget:
                          budget_percent: {value: 20.0}
                          min_retry_concurrency: 1

            """;
    }
}
