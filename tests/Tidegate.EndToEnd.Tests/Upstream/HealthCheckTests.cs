using Tidegate.EndToEnd.Tests.Harness;
using Tidegate.EndToEnd.Tests.Tls;

namespace Tidegate.EndToEnd.Tests.Upstream;

/// <summary>Active health checks, which a user asks for by an EnvoyFilter on the cluster.</summary>
public sealed class HealthCheckTests
{
    private const string Filter = """
        ---
        apiVersion: networking.istio.io/v1alpha3
        kind: EnvoyFilter
        metadata: {name: checks, namespace: istio-system}
        spec:
          configPatches:
          - applyTo: CLUSTER
            match: {context: GATEWAY, cluster: {service: web.test, portNumber: 80} }
            patch:
              operation: MERGE
              value:
                health_checks:
                - timeout: 5s
                  interval: 0.05s
                  no_traffic_interval: 0.05s
                  unhealthy_threshold: 2
                  healthy_threshold: 2
                  http_health_check: {path: /healthz, host: checked.test}

        """;

    [Fact]
    public async Task An_endpoint_that_fails_its_checks_is_left_out_and_shown_until_it_passes_them()
    {
        await using var backends = new NamedBackends(2);
        int health = 200;
        backends[0].Answer = request => NamedBackends.AnswerOf(0, request.Target == "/healthz" ? Volatile.Read(ref health) : 200);
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(
            Manifests.HttpGateway() + backends.Manifest("web.test", "loadBalancer: {simple: ROUND_ROBIN}") + Filter);
        await gateway.AnswersAsync(200, "web.test");
        await Eventually.HoldsAsync(async () => (await gateway.GetAsync("web.test")).Body == "b0", () => gateway.Log);

        // 1. It says that it is ill: no request goes to it any more, and none fails.
        Volatile.Write(ref health, 503);
        await Eventually.HoldsAsync(async () => (await gateway.AdminAsync("clusters")).Contains("health_flags::/failed_active_hc\n", StringComparison.Ordinal), () => gateway.Log);
        for (int i = 0; i < 10; i++)
        {
            Assert.Equal("b1", (await gateway.GetAsync("web.test")).Body);
        }

        string stats = await gateway.AdminAsync("stats?filter=health_check");
        Assert.Contains("health_check.healthy: 1\n", stats, StringComparison.Ordinal);
        Assert.DoesNotContain("health_check.failure: 0\n", stats, StringComparison.Ordinal);
        BackendRequest check = backends[0].Requests.First(request => request.Target == "/healthz");
        Assert.Equal(("GET", "checked.test", "Envoy/HC"), (check.Method, check.Headers["host"], check.Headers["user-agent"]));

        // 2. It is well again.
        Volatile.Write(ref health, 200);
        await Eventually.HoldsAsync(async () => (await gateway.GetAsync("web.test")).Body == "b0", () => gateway.Log);
        Assert.DoesNotContain("failed_active_hc", await gateway.AdminAsync("clusters"), StringComparison.Ordinal);
        Assert.DoesNotContain("not acted on", gateway.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("api.test", 200)]
    [InlineData("other.test", 503)]
    public async Task A_check_is_made_by_the_TLS_that_requests_have(string expectedName, int status)
    {
        using var authority = new TestAuthority();
        await using ScriptedBackend backend = ScriptedBackend.Start(Loopback.Next());
        using var front = new TlsFront(backend.EndPoint, authority.Issue("api.test"));
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(
            Manifests.HttpGateway() + Manifests.Service("web.test", front.EndPoint) + Manifests.Route("web.test", "web.test") + Filter
            + TlsManifests.Secret("trusted", [("cacert", authority.Pem)])
            + $$"""
            ---
            apiVersion: networking.istio.io/v1
            kind: DestinationRule
            metadata: {name: web, namespace: default}
            spec:
              host: web.test
              trafficPolicy: {tls: {mode: SIMPLE, credentialName: trusted, sni: api.test, subjectAltNames: [{{expectedName}}] } }

            """);

        string flags = status == 200 ? "health_flags::healthy\n" : "health_flags::/failed_active_hc";
        await Eventually.HoldsAsync(async () => (await gateway.AdminAsync("clusters")).Contains($"outbound|80||web.test::{front.EndPoint}::{flags}", StringComparison.Ordinal), () => gateway.Log);
        await gateway.AnswersAsync(status, "web.test");
        Assert.Equal(status == 200, backend.Requests.Any(request => request is { Target: "/healthz" } && request.Headers["host"] == "checked.test"));
        Assert.All(front.Handshakes, static handshake => Assert.Equal("api.test", handshake.ServerName));
    }
}
