using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Tidegate.EndToEnd.Tests.Harness;

namespace Tidegate.EndToEnd.Tests.Exchanges;

/// <summary>
/// Where and when the next attempt goes, and who may change it: endpoints that were tried, the pause between attempts, fields of the
/// route, the mesh's policy (istio-gateway.md 4.9, 4.10, 9.1).
/// </summary>
public sealed class RetryScopeTests(RetryScopeTests.Gateway gateway) : IClassFixture<RetryScopeTests.Gateway>
{
    private const string Fails = "HTTP/1.1 503 X\r\ncontent-length: 0\r\n\r\n";

    [Theory]
    [InlineData("hash-default", true)]
    [InlineData("hash-ignores", true)]
    [InlineData("hash-stays", false)]
    public async Task An_endpoint_that_was_tried_is_avoided_unless_the_route_says_otherwise(string name, bool isAvoided)
    {
        // The hash leads every attempt to the same endpoint, if nothing keeps it away. Where it does, five other places of the ring are asked, and with four
        // endpoints it is one time in a thousand that all of them are the same one.
        ScriptedBackend[] backends = gateway.Backends(name);
        string field = $"x-user: {await KeyOfAsync(name, backends[0])}\r\n";
        int before = backends[0].Requests.Count;
        backends[0].Answer = _ => Fails;

        WireResponse response = await gateway.GetAsync(name, "/", field);

        Assert.Equal(isAvoided ? 200 : 503, response.Status);
        Assert.Equal(isAvoided ? 1 : 3, backends[0].Requests.Count - before);
    }

    [Fact]
    public async Task There_is_a_pause_between_attempts_that_grows()
    {
        // Envoy: before the first retry a random time up to the base, before each further one up to twice what it was before. What is drawn
        // can be next to nothing, so only the sum of many has a lower bound: the mean of 6 * 3 pauses with a base of 40 ms is 840 ms, its
        // standard deviation 130 ms, and the bound more than five of them lower.
        var arrivals = new ConcurrentQueue<long>();
        gateway.Backend("pause").Answer = _ =>
        {
            arrivals.Enqueue(Stopwatch.GetTimestamp());
            return Fails;
        };

        for (int i = 0; i < 6; i++)
        {
            Assert.Equal(503, (await gateway.GetAsync("pause")).Status);
        }

        long[] times = [.. arrivals];
        Assert.Equal(6 * 4, times.Length);
        double[] pauses = [.. Enumerable.Range(0, times.Length - 1).Where(i => i % 4 != 3).Select(i => Stopwatch.GetElapsedTime(times[i], times[i + 1]).TotalMilliseconds)];

        Assert.True(pauses.Sum() >= 150, string.Join(' ', pauses.Select(pause => pause.ToString("0", CultureInfo.InvariantCulture))));
        Assert.Equal(6 * 3, await gateway.CounterAsync("pause", "upstream_rq_retry_backoff_exponential"));
    }

    [Fact]
    public async Task A_filter_may_set_the_timeout_in_a_field()
    {
        gateway.Backend("field-timeout").Script = HangAsync;

        WireResponse response = await gateway.GetAsync("field-timeout", "/field-timeout", "x-our-timeout: 150\r\n");

        Assert.Equal((504, "upstream request timeout"), (response.Status, response.Body));
        BackendRequest seen = gateway.Backend("field-timeout").SingleRequest;
        Assert.Equal("150", seen.Headers["x-envoy-expected-rq-timeout-ms"]);
        Assert.False(seen.Headers.Has("x-envoy-upstream-rq-timeout-ms"));
        Assert.Contains(" 504 UT response_timeout ", await gateway.Gateway.LogsAsync("/field-timeout"));
    }

    [Fact]
    public async Task A_routes_own_fields_come_too_late_for_the_timeout_as_in_Envoy()
    {
        // Its retries are read after the route's changes, its timeouts before.
        Assert.Equal(200, (await gateway.GetAsync("late")).Status);

        BackendRequest seen = gateway.Backend("late").SingleRequest;
        Assert.Equal("30000", seen.Headers["x-envoy-expected-rq-timeout-ms"]);
        Assert.Equal("1", seen.Headers["x-envoy-upstream-rq-timeout-ms"]);
    }

    [Fact]
    public async Task A_filter_may_set_the_timeout_of_an_attempt_in_a_field()
    {
        ScriptedBackend backend = gateway.Backend("field-per-try");
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

        Assert.Equal(200, (await gateway.GetAsync("field-per-try", "/", "x-our-per-try-timeout: 100\r\n")).Status);

        Assert.Equal(2, attempts);
        Assert.False(backend.Requests[0].Headers.Has("x-envoy-upstream-rq-per-try-timeout-ms"));
        Assert.Equal(1, await gateway.CounterAsync("field-per-try", "upstream_rq_per_try_timeout"));
    }

    [Theory]
    [InlineData("x-envoy-upstream-rq-timeout-ms: 1")]
    [InlineData("x-envoy-upstream-rq-per-try-timeout-ms: 1")]
    [InlineData("x-envoy-max-retries: 7")]
    [InlineData("x-envoy-retry-on: 5xx")]
    public async Task A_client_from_outside_may_not(string field)
    {
        ScriptedBackend backend = gateway.Backend("outside");
        int before = backend.Requests.Count;
        backend.Answer = _ => "HTTP/1.1 500 X\r\ncontent-length: 0\r\n\r\n";

        Assert.Equal(500, (await gateway.GetAsync("outside", "/", field + "\r\n")).Status);

        BackendRequest seen = Assert.Single(backend.Requests.Skip(before));
        Assert.False(seen.Headers.Has(field[..field.IndexOf(':', StringComparison.Ordinal)]));
        Assert.Equal("15000", seen.Headers["x-envoy-expected-rq-timeout-ms"] ?? "15000");
    }

    [Theory]
    [InlineData("mesh", 5)]
    [InlineData("own", 2)]
    [InlineData("none", 1)]
    public async Task A_route_without_a_policy_has_the_meshs(string name, int attempts)
    {
        ScriptedBackend backend = gateway.Backend(name);
        backend.Answer = _ => "HTTP/1.1 409 X\r\ncontent-length: 0\r\n\r\n";

        Assert.Equal(409, (await gateway.GetAsync(name)).Status);

        Assert.Equal(attempts, backend.Requests.Count);
    }

    private static async Task HangAsync(BackendConnection connection)
    {
        await connection.ReadRequestAsync();
        await connection.UntilClosedByGatewayAsync();
    }

    // A value of x-user that leads to this backend.
    private async Task<int> KeyOfAsync(string name, ScriptedBackend backend)
    {
        for (int key = 0; ; key++)
        {
            int before = backend.Requests.Count;
            Assert.Equal(200, (await gateway.GetAsync(name, "/", $"x-user: {key}\r\n")).Status);
            if (backend.Requests.Count > before)
            {
                return key;
            }
        }
    }

    /// <summary>A host for each situation, and a mesh that tries conflicts (409) four times more.</summary>
    public sealed class Gateway : ScenarioGateway
    {
        private const string Hash = "{loadBalancer: {consistentHash: {httpHeaderName: x-user}}}";

        /// <inheritdoc/>
        protected override IReadOnlyDictionary<string, Scenario> Scenarios { get; } = new Dictionary<string, Scenario>
        {
            ["hash-default"] = new("retries: {attempts: 2, retryOn: 5xx, backoff: 1ms}", Hash, 4),
            ["hash-ignores"] = new("retries: {attempts: 2, retryOn: 5xx, backoff: 1ms, retryIgnorePreviousHosts: true}", Hash, 4),
            ["hash-stays"] = new("retries: {attempts: 2, retryOn: 5xx, backoff: 1ms, retryIgnorePreviousHosts: false}", Hash, 4),
            ["pause"] = new("retries: {attempts: 3, retryOn: 5xx, backoff: 40ms}"),
            ["field-timeout"] = new("retries: {attempts: 0}\ntimeout: 30s"),
            ["late"] = new("timeout: 30s\nheaders: {request: {set: {x-envoy-upstream-rq-timeout-ms: \"1\"}}}"),
            ["field-per-try"] = new("retries: {attempts: 1, retryOn: 5xx, backoff: 1ms}"),
            ["outside"] = new("retries: {attempts: 0}"),
            ["mesh"] = new(),
            ["own"] = new("retries: {attempts: 1, retryOn: \"409\", backoff: 1ms}"),
            ["none"] = new("retries: {attempts: 0}"),
        };

        /// <inheritdoc/>
        protected override string ExtraManifests => """
            ---
            mesh:
              defaultHttpRetryPolicy: {attempts: 4, retryOn: "409", backoff: 1ms}
            ---
            apiVersion: networking.istio.io/v1alpha3
            kind: EnvoyFilter
            metadata: {name: trusted, namespace: istio-system}
            spec:
              configPatches:
              - applyTo: HTTP_FILTER
                match:
                  context: GATEWAY
                  listener: {filterChain: {filter: {name: envoy.filters.network.http_connection_manager, subFilter: {name: envoy.filters.http.router}}}}
                patch:
                  operation: INSERT_BEFORE
                  value:
                    name: envoy.filters.http.header_mutation
                    typed_config:
                      "@type": type.googleapis.com/envoy.extensions.filters.http.header_mutation.v3.HeaderMutation
                      mutations:
                        request_mutations:
                        - append: {header: {key: x-envoy-upstream-rq-timeout-ms, value: "%REQ(x-our-timeout)%"}, append_action: OVERWRITE_IF_EXISTS_OR_ADD}
                        - append: {header: {key: x-envoy-upstream-rq-per-try-timeout-ms, value: "%REQ(x-our-per-try-timeout)%"}, append_action: OVERWRITE_IF_EXISTS_OR_ADD}

            """;
    }
}
