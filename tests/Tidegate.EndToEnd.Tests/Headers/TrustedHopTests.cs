using Tidegate.EndToEnd.Tests.Harness;

namespace Tidegate.EndToEnd.Tests.Headers;

/// <summary>Who the client is behind proxies that are trusted (gatewayTopology.numTrustedProxies), edge.md X02.</summary>
public sealed class TrustedHopTests
{
    [Theory]
    [InlineData(1, "x-forwarded-for: 203.0.113.9", "203.0.113.9")]
    [InlineData(1, "x-forwarded-for: 192.0.2.1, 203.0.113.9", "203.0.113.9")]
    [InlineData(1, "x-forwarded-for: 192.0.2.1\r\nx-forwarded-for: 2001:db8::9", "2001:db8::9")]
    [InlineData(1, "x-other: 1", "127.")]
    [InlineData(1, "x-forwarded-for: 203.0.113.9, unknown", "127.")]
    [InlineData(2, "x-forwarded-for: 192.0.2.1, 203.0.113.9, 198.51.100.7", "203.0.113.9")]
    [InlineData(2, "x-forwarded-for: 203.0.113.9", "127.")]
    public async Task X02_the_client_is_as_many_entries_from_the_right_as_proxies_are_trusted(int proxies, string field, string client)
    {
        await using ScriptedBackend backend = ScriptedBackend.Start(Loopback.Next());
        backend.Answer = static request => EchoedRequest.Answer("echo", request);
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(
            Mesh($"numTrustedProxies: {proxies}") + Manifests.HttpGateway() + Manifests.Backend("app.test", backend));
        await gateway.AnswersAsync(200, "app.test");

        EchoedRequest seen = EchoedRequest.Of(await gateway.ExchangeAsync($"GET /seen HTTP/1.1\r\nHost: app.test\r\n{field}\r\nx-forwarded-proto: https\r\n\r\n"));

        Assert.StartsWith(client, seen.Headers["x-envoy-external-address"], StringComparison.Ordinal);

        // What a trusted proxy says of the scheme is believed, and the peer is still told on.
        Assert.Equal("https", seen.Headers["x-forwarded-proto"]);
        Assert.Matches(@"(^|,)127\.[\d.]+$", seen.Headers["x-forwarded-for"]!);
        Assert.Matches($@" \[?{client.Replace(".", "\\.", StringComparison.Ordinal)}[\d.]*\]?:\d+ ", await gateway.LogsAsync("GET /seen "));
    }

    [Fact]
    public async Task The_address_behind_trusted_proxies_is_what_consistent_hashing_goes_by()
    {
        await using ScriptedBackend one = Named("one");
        await using ScriptedBackend two = Named("two");
        await using ScriptedBackend three = Named("three");
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(
            Mesh("numTrustedProxies: 1") + Manifests.HttpGateway() + Manifests.Service("app.test", one.EndPoint, two.EndPoint, three.EndPoint)
            + Manifests.Route("app.test", "app.test") + HashRule("app.test"));
        await gateway.AnswersAsync(200, "app.test");
        var chosen = new HashSet<string>();
        for (int client = 1; client <= 20; client++)
        {
            string get = $"GET / HTTP/1.1\r\nHost: app.test\r\nx-forwarded-for: 203.0.113.{client}\r\n\r\n";
            string name = (await gateway.ExchangeAsync(get)).Body;
            Assert.Equal(name, (await gateway.ExchangeAsync(get)).Body);
            chosen.Add(name);
        }

        // Twenty clients on one of three endpoints: once in 10^9 runs.
        Assert.InRange(chosen.Count, 2, 3);
    }

    /// <summary>A rule: the client's address chooses the endpoint.</summary>
    public static string HashRule(string host) => $$"""
        ---
        apiVersion: networking.istio.io/v1
        kind: DestinationRule
        metadata: {name: hash, namespace: default}
        spec:
          host: {{host}}
          trafficPolicy: {loadBalancer: {consistentHash: {useSourceIp: true} } }

        """;

    /// <summary>The mesh's configuration with this <c>gatewayTopology</c>.</summary>
    public static string Mesh(string topology) => $$"""
        ---
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: istio, namespace: istio-system}
        data:
          mesh: |-
            defaultConfig:
              gatewayTopology:
                {{topology}}

        """;

    private static ScriptedBackend Named(string name)
    {
        ScriptedBackend backend = ScriptedBackend.Start(Loopback.Next());
        backend.Answer = _ => $"HTTP/1.1 200 OK\r\ncontent-length: {name.Length}\r\n\r\n{name}";
        return backend;
    }
}
