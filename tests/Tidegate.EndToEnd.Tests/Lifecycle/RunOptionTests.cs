using Tidegate.EndToEnd.Tests.Harness;

namespace Tidegate.EndToEnd.Tests.Lifecycle;

/// <summary>What <c>tidegate run</c> is told reaches the gateway.</summary>
public sealed class RunOptionTests
{
    private const string ServiceWithoutEndpoints = """
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: webapp, namespace: shop}
        spec:
          selector: {app: webapp}
          ports: [{name: http, port: 80, targetPort: 8080}]
        ---
        apiVersion: networking.istio.io/v1
        kind: VirtualService
        metadata: {name: webapp, namespace: shop}
        spec:
          hosts: [shop.test]
          gateways: [default/edge]
          http:
          - route:
            - destination: {host: webapp}

        """;

    [Fact]
    public async Task An_endpoint_can_be_told_on_the_command_line()
    {
        await using ScriptedBackend backend = ScriptedBackend.Start(Loopback.Next());
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(
            Manifests.HttpGateway() + ServiceWithoutEndpoints, "--endpoint", $"webapp.shop={backend.EndPoint}");

        await gateway.AnswersAsync(200, "shop.test");

        Assert.Contains($"{backend.EndPoint}", (await gateway.CommandAsync("proxy-config", "endpoint", "deploy/istio-ingressgateway")).Succeeded);
    }

    [Fact]
    public async Task Without_endpoints_the_service_has_no_healthy_upstream()
    {
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(Manifests.HttpGateway() + ServiceWithoutEndpoints);

        await gateway.AnswersAsync(503, "shop.test");

        Assert.Equal("no healthy upstream", (await gateway.GetAsync("shop.test")).Body);
    }

    [Fact]
    public async Task Objects_without_a_namespace_get_that_of_the_option()
    {
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(
            Manifests.HttpGateway().Replace(", namespace: default", "", StringComparison.Ordinal) +
            ServiceWithoutEndpoints.Replace("default/edge", "shop/edge", StringComparison.Ordinal),
            "-n",
            "shop");

        await gateway.AnswersAsync(503, "shop.test");
    }

    [Fact]
    public async Task A_wrong_option_is_a_usage_error_with_what_would_be_right()
    {
        CommandResult result = await TidegateCommand.RunAsync("run", ".", "--concurrency", "none", "--bind", "everywhere");

        Assert.Equal(64, result.ExitCode);
        Assert.Contains("--concurrency: found \"none\", expected a number from 1 to 1024", result.Errors);
        Assert.Contains("--bind: found \"everywhere\", expected an IP address", result.Errors);
    }
}
