using System.Globalization;
using Tidegate.EndToEnd.Tests.Harness;

namespace Tidegate.EndToEnd.Tests.Upstream;

/// <summary>Which endpoint gets a request, as DestinationRules say (istio-gateway.md 5.4, 4.14).</summary>
public sealed class LoadBalancingTests(LoadBalancingTests.Services services) : IClassFixture<LoadBalancingTests.Services>
{
    private GatewayProcess Gateway => services.Gateway;

    [Fact]
    public async Task Round_robin_gives_every_endpoint_its_turn()
    {
        Dictionary<string, int> counts = await CountAsync("turns.test", 30);
        Assert.Equal([10, 10, 10], counts.Values);
    }

    [Fact]
    public async Task Weights_are_shares()
    {
        // 1, 2 and 3 of 6: exact to one request, as turns are spread.
        Dictionary<string, int> counts = await CountAsync("weights.test", 60);
        Assert.InRange(counts["b0"], 9, 11);
        Assert.InRange(counts["b1"], 19, 21);
        Assert.InRange(counts["b2"], 29, 31);
    }

    [Fact]
    public async Task Random_and_least_request_reach_all_endpoints()
    {
        Assert.Equal(3, (await CountAsync("random.test", 60)).Count);
        Assert.Equal(3, (await CountAsync("least.test", 60)).Count);
    }

    [Theory]
    [InlineData("header.test")]
    [InlineData("maglev.test")]
    public async Task The_same_field_leads_to_the_same_endpoint(string host)
    {
        HashSet<string> reached = [];
        foreach (int user in Enumerable.Range(0, 40))
        {
            Dictionary<string, int> counts = await CountAsync(host, 3, $"x-user: {user}\r\n");
            reached.Add(Assert.Single(counts).Key);
        }

        Assert.Equal(3, reached.Count);
    }

    [Fact]
    public async Task A_request_without_the_field_goes_anywhere() => Assert.Equal(3, (await CountAsync("header.test", 60)).Count);

    [Fact]
    public async Task The_same_query_parameter_leads_to_the_same_endpoint()
    {
        HashSet<string> reached = [];
        foreach (int id in Enumerable.Range(0, 40))
        {
            reached.Add(Assert.Single(await CountAsync("query.test", 3, path: $"/?other=1&id={id}")).Key);
        }

        Assert.Equal(3, reached.Count);
    }

    [Fact]
    public async Task The_same_client_address_leads_to_the_same_endpoint() => Assert.Single(await CountAsync("source.test", 20));

    [Fact]
    public async Task A_client_without_the_cookie_gets_one_that_leads_it_back()
    {
        HashSet<string> reached = [];
        for (int client = 0; client < 20; client++)
        {
            WireResponse first = await Gateway.GetAsync("cookie.test");
            string made = first.Headers["set-cookie"]!;
            Assert.Matches("^session=\"[0-9a-f]{16}\"; Max-Age=60; Path=/shop; HttpOnly$", made);
            Assert.Equal(first.Body, Assert.Single(await CountAsync("cookie.test", 3, $"cookie: a=1; {made[..made.IndexOf(';', StringComparison.Ordinal)]}\r\n")).Key);
            reached.Add(first.Body);
        }

        Assert.Equal(3, reached.Count);
    }

    [Fact]
    public async Task A_client_with_the_cookie_gets_no_other()
    {
        WireResponse response = await Gateway.ExchangeAsync("GET / HTTP/1.1\r\nHost: cookie.test\r\nCookie: session=mine\r\n\r\n");
        Assert.False(response.Headers.Has("set-cookie"));
    }

    [Fact]
    public async Task Configuration_that_balances_load_gives_no_warning()
    {
        await Gateway.AnswersAsync(200, "turns.test");
        Assert.DoesNotContain("not yet acted on", Gateway.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("hash_policy", Gateway.Errors, StringComparison.Ordinal);
    }

    private async Task<Dictionary<string, int>> CountAsync(string host, int requests, string fields = "", string path = "/")
    {
        Dictionary<string, int> counts = [];
        using RawClient client = await Gateway.ConnectAsync();
        for (int i = 0; i < requests; i++)
        {
            WireResponse response = await client.ExchangeAsync($"GET {path} HTTP/1.1\r\nHost: {host}\r\n{fields}\r\n");
            Assert.Equal(200, response.Status);
            counts[response.Body] = counts.GetValueOrDefault(response.Body) + 1;
        }

        return counts;
    }

    /// <summary>One gateway, three backends, a host for each way of choosing.</summary>
    public sealed class Services : IAsyncLifetime
    {
        private readonly NamedBackends _backends = new(3);
        private GatewayProcess? _gateway;

        /// <summary>The gateway.</summary>
        public GatewayProcess Gateway => _gateway!;

        /// <inheritdoc/>
        public async ValueTask InitializeAsync()
        {
            string manifests = Manifests.HttpGateway()
                + _backends.Manifest("turns.test", "loadBalancer: {simple: ROUND_ROBIN}")
                + _backends.Manifest("weights.test", "loadBalancer: {simple: ROUND_ROBIN}", index => string.Create(CultureInfo.InvariantCulture, $"weight: {index + 1}"))
                + _backends.Manifest("random.test", "loadBalancer: {simple: RANDOM}")
                + _backends.Manifest("least.test", "loadBalancer: {simple: LEAST_REQUEST, warmup: {duration: 1s}}")
                + _backends.Manifest("header.test", "loadBalancer: {consistentHash: {httpHeaderName: x-user}}")
                + _backends.Manifest("maglev.test", "loadBalancer: {consistentHash: {httpHeaderName: x-user, maglev: {tableSize: 1009}}}")
                + _backends.Manifest("query.test", "loadBalancer: {consistentHash: {httpQueryParameterName: id, ringHash: {minimumRingSize: 512}}}")
                + _backends.Manifest("source.test", "loadBalancer: {consistentHash: {useSourceIp: true}}")
                + _backends.Manifest("cookie.test", "loadBalancer: {consistentHash: {httpCookie: {name: session, path: /shop, ttl: 60s}}}");
            _gateway = await GatewayProcess.StartAsync(manifests);
            await _gateway.AnswersAsync(200, "cookie.test");
        }

        /// <inheritdoc/>
        public async ValueTask DisposeAsync()
        {
            if (_gateway is not null)
            {
                await _gateway.DisposeAsync();
            }

            await _backends.DisposeAsync();
        }
    }
}
