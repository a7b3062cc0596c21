using Tidegate.EndToEnd.Tests.Harness;

namespace Tidegate.EndToEnd.Tests.Exchanges;

/// <summary>The limits of a DestinationRule's <c>connectionPool</c> (edge.md, S13): what is too much is answered 503 at once, and says so.</summary>
public sealed class CircuitBreakerTests(CircuitBreakerTests.Gateway gateway) : IClassFixture<CircuitBreakerTests.Gateway>
{
    [Fact]
    public async Task S13_a_request_over_max_requests_is_refused()
    {
        (Task<WireResponse> first, TaskCompletionSource release) = await OccupyAsync("requests");

        WireResponse second = await gateway.GetAsync("requests", "/second-request");

        await AssertRefusedAsync(second, "requests", "/second-request");
        release.SetResult();
        Assert.Equal(200, (await first).Status);
        Assert.Equal(200, (await gateway.GetAsync("requests", "/third")).Status);
        Assert.Equal(0, await gateway.CounterAsync("requests", "upstream_rq_active"));
    }

    [Fact]
    public async Task S13_a_request_over_max_pending_requests_is_refused()
    {
        // One connection is busy, one request waits for it, a third may not wait.
        (Task<WireResponse> first, TaskCompletionSource release) = await OccupyAsync("pending");
        Task<WireResponse> second = gateway.GetAsync("pending", "/waits");
        await Eventually.HoldsAsync(async () => await gateway.CounterAsync("pending", "upstream_rq_pending_active") == 1, () => "the second request waits");

        WireResponse third = await gateway.GetAsync("pending", "/third-request");

        await AssertRefusedAsync(third, "pending", "/third-request");
        release.SetResult();
        Assert.Equal(200, (await first).Status);
        Assert.Equal(200, (await second).Status);
        Assert.Single(gateway.Backend("pending").Connections);
        Assert.InRange(await gateway.CounterAsync("pending", "upstream_cx_overflow"), 1, 2);
    }

    [Fact]
    public async Task Requests_over_max_connections_wait_for_one()
    {
        (Task<WireResponse> first, TaskCompletionSource release) = await OccupyAsync("connections");
        Task<WireResponse>[] others = [.. Enumerable.Range(0, 10).Select(i => gateway.GetAsync("connections", $"/{i}"))];
        await Eventually.HoldsAsync(async () => await gateway.CounterAsync("connections", "upstream_rq_pending_active") == 10, () => "the others wait");

        release.SetResult();

        Assert.Equal(200, (await first).Status);
        Assert.All(await Task.WhenAll(others), response => Assert.Equal(200, response.Status));
        Assert.Single(gateway.Backend("connections").Connections);
    }

    [Fact]
    public async Task A_connection_serves_max_requests_and_no_more()
    {
        for (int i = 0; i < 6; i++)
        {
            Assert.Equal(200, (await gateway.GetAsync("per-connection", $"/{i}")).Status);
        }

        Assert.Equal(3, gateway.Backend("per-connection").Connections.Count);
        Assert.Equal(3, await gateway.CounterAsync("per-connection", "upstream_cx_max_requests"));
    }

    [Fact]
    public async Task A_connection_lives_no_longer_than_it_may()
    {
        ScriptedBackend backend = gateway.Backend("lifetime");
        Assert.Equal(200, (await gateway.GetAsync("lifetime", "/first")).Status);

        await Eventually.HoldsAsync(() => backend.Connections[0].Closed.IsCompleted, "the idle connection is closed when its time is over");

        Assert.Equal(200, (await gateway.GetAsync("lifetime", "/second")).Status);
        Assert.Equal(2, backend.Connections.Count);
        Assert.InRange(await gateway.CounterAsync("lifetime", "upstream_cx_max_duration_reached"), 1, 2);
    }

    [Fact]
    public async Task A_connection_rests_no_longer_than_it_may()
    {
        ScriptedBackend backend = gateway.Backend("idle");
        Assert.Equal(200, (await gateway.GetAsync("idle", "/first")).Status);

        await Eventually.HoldsAsync(() => backend.Connections[0].Closed.IsCompleted, "the idle connection is closed");

        Assert.Equal(1, await gateway.CounterAsync("idle", "upstream_cx_idle_timeout"));
    }

    [Fact]
    public async Task B04_a_connection_that_the_backend_closes_while_it_rests_fails_no_request()
    {
        ScriptedBackend backend = gateway.Backend("closes");
        backend.Script = async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync(ScriptedBackend.Ok); // and closes without saying so
        };
        using RawClient client = await gateway.Gateway.ConnectAsync();

        for (int i = 0; i < 200; i++)
        {
            WireResponse response = await client.ExchangeAsync($"GET /{i} HTTP/1.1\r\nHost: closes.test\r\n\r\n");
            Assert.Equal((200, i), (response.Status, i));
        }

        Assert.Equal(200, backend.Requests.Count);
    }

    // A request that is under way until it is released.
    private async Task<(Task<WireResponse> Response, TaskCompletionSource Release)> OccupyAsync(string name)
    {
        var arrived = new TaskCompletionSource();
        var release = new TaskCompletionSource();
        gateway.Backend(name).Script = async connection =>
        {
            while (await connection.ReadRequestAsync() is not null)
            {
                arrived.TrySetResult();
                await release.Task.WaitAsync(connection.Stopping);
                await connection.SendAsync(ScriptedBackend.Ok);
            }
        };
        Task<WireResponse> response = gateway.GetAsync(name, "/occupies");
        await arrived.Task.WaitAsync(Eventually.Patience, TestContext.Current.CancellationToken);
        return (response, release);
    }

    private async Task AssertRefusedAsync(WireResponse response, string name, string path)
    {
        Assert.Equal(503, response.Status);
        Assert.Equal("upstream connect error or disconnect/reset before headers. reset reason: overflow", response.Body);
        Assert.Equal("true", response.Headers["x-envoy-overloaded"]);
        Assert.Contains(" 503 UO upstream_reset_before_response_started{overflow} ", await gateway.Gateway.LogsAsync(path));
        Assert.Equal(1, await gateway.CounterAsync(name, "upstream_rq_pending_overflow"));
    }

    /// <summary>A host for each limit.</summary>
    public sealed class Gateway : ScenarioGateway
    {
        /// <inheritdoc/>
        protected override IReadOnlyDictionary<string, Scenario> Scenarios { get; } = new Dictionary<string, Scenario>
        {
            ["requests"] = new("", "{connectionPool: {http: {http2MaxRequests: 1}}}"),
            ["pending"] = new("", "{connectionPool: {tcp: {maxConnections: 1}, http: {http1MaxPendingRequests: 1}}}"),
            ["connections"] = new("", "{connectionPool: {tcp: {maxConnections: 1}}}"),
            ["per-connection"] = new("", "{connectionPool: {http: {maxRequestsPerConnection: 2}}}"),
            ["lifetime"] = new("", "{connectionPool: {tcp: {maxConnectionDuration: 200ms}}}"),
            ["idle"] = new("", "{connectionPool: {http: {idleTimeout: 100ms}}}"),
            ["closes"] = new(),
        };
    }
}
