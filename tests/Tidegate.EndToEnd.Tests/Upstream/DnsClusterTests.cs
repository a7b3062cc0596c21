using System.Net;
using Tidegate.EndToEnd.Tests.Harness;

namespace Tidegate.EndToEnd.Tests.Upstream;

/// <summary>Services whose endpoints are names, and services without endpoints that a gateway could know.</summary>
public sealed class DnsClusterTests
{
    [Theory]
    [InlineData("DNS")]
    [InlineData("DNS_ROUND_ROBIN")]
    public async Task A_service_is_found_by_the_name_of_its_endpoint(string resolution)
    {
        await using ScriptedBackend backend = ScriptedBackend.Start(IPAddress.Loopback);
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(Manifests.HttpGateway() + Service("web.test", resolution, "localhost", backend.EndPoint.Port));

        await gateway.AnswersAsync(200, "web.test");
        Assert.DoesNotContain("not yet acted on", gateway.Errors, StringComparison.Ordinal);
        Assert.Contains($"127.0.0.1:{backend.EndPoint.Port}", (await gateway.CommandAsync("proxy-config", "endpoint", "deploy/istio-ingressgateway")).Succeeded);
    }

    [Fact]
    public async Task B10_a_name_that_does_not_exist_is_a_503_and_holds_up_nothing_else()
    {
        await using ScriptedBackend backend = ScriptedBackend.Start(IPAddress.Loopback);
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(
            Manifests.HttpGateway() + Service("gone.test", "DNS", "no-such-name.invalid", 80) + Service("web.test", "DNS", "localhost", backend.EndPoint.Port));

        await gateway.AnswersAsync(200, "web.test");
        WireResponse response = await gateway.GetAsync("gone.test", "/gone");
        Assert.Equal((503, "no healthy upstream"), (response.Status, response.Body));
    }

    [Fact]
    public async Task A_passthrough_service_has_no_endpoint_on_a_gateway()
    {
        await using var backends = new NamedBackends(1);
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(Manifests.HttpGateway() + backends.Manifest("web.test", "loadBalancer: {simple: PASSTHROUGH}"));

        await gateway.AnswersAsync(503, "web.test");
        Assert.Equal("no healthy upstream", (await gateway.GetAsync("web.test")).Body);
        Assert.Empty(backends[0].Requests);
    }

    private static string Service(string host, string resolution, string address, int port) => $$"""
        ---
        apiVersion: networking.istio.io/v1
        kind: ServiceEntry
        metadata: {name: {{host.Replace('.', '-')}}, namespace: default}
        spec:
          hosts: [{{host}}]
          location: MESH_EXTERNAL
          resolution: {{resolution}}
          ports: [{number: 80, name: http, protocol: HTTP}]
          endpoints:
          - {address: {{address}}, ports: {http: {{port}} } }

        """ + Manifests.Route(host, host);
}
