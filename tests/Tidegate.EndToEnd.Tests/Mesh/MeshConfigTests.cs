using Tidegate.EndToEnd.Tests.Harness;

namespace Tidegate.EndToEnd.Tests.Mesh;

/// <summary>What the mesh's configuration says shows in traffic (istio-gateway.md, 9.1, 9.2).</summary>
public sealed class MeshConfigTests(MeshConfigTests.Fixture mesh) : IClassFixture<MeshConfigTests.Fixture>
{
    [Fact]
    public async Task The_access_log_has_the_meshs_format()
    {
        await mesh.GetAsync("web", "/logged");

        Assert.Equal("mesh GET /logged 200", (await mesh.Gateway.LogsAsync("/logged")).TrimEnd('\r'));
    }

    [Fact]
    public async Task The_gateway_has_the_name_that_the_mesh_gives_it() =>
        Assert.Equal("tide", (await mesh.GetAsync("web")).Headers["server"]);

    [Fact]
    public async Task Fields_that_the_mesh_switches_off_are_not_there()
    {
        WireResponse response = await mesh.GetAsync("off", "/", "x-request-id: mine\r\n");
        BackendRequest seen = mesh.Backend("off").SingleRequest;

        Assert.Equal("mine", seen.Headers["x-request-id"]);
        Assert.False(seen.Headers.Has("x-envoy-attempt-count"));
        Assert.False(seen.Headers.Has("x-envoy-expected-rq-timeout-ms"));
        Assert.False(response.Headers.Has("x-envoy-upstream-service-time"));
    }

    [Fact]
    public async Task Fields_that_the_mesh_switches_on_are_there()
    {
        await mesh.GetAsync("rewritten");
        BackendRequest seen = mesh.Backend("rewritten").SingleRequest;

        Assert.Equal("inner.example", seen.Headers["host"]);
        Assert.Equal("rewritten.test", seen.Headers["x-forwarded-host"]);
        Assert.Equal("8080", seen.Headers["x-forwarded-port"]);
    }

    [Fact]
    public async Task The_path_is_normalised_as_the_mesh_says()
    {
        await mesh.GetAsync("path", "/a//b/../c");

        Assert.Equal("/a/c", mesh.Backend("path").SingleRequest.Target);
    }

    [Fact]
    public async Task Connecting_may_take_as_long_as_the_mesh_says()
    {
        using var full = new BlackHole();
        mesh.Gateway.Apply("hole.yaml", Manifests.Service("hole.test", full.EndPoint) + Manifests.Route("hole.test", "hole.test") + "    retries: {attempts: 0}\n");

        // The first answer that is not the missing route's; by the mesh's policy the endpoint is out after it.
        WireResponse? response = null;
        await Eventually.HoldsAsync(async () => (response = await mesh.GetAsync("hole")).Status != 404, () => mesh.Gateway.Log);
        Assert.Equal(503, response!.Status);
        Assert.Contains("connection timeout", response.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Statistics_have_the_names_that_the_mesh_gives_them()
    {
        await mesh.GetAsync("web");

        Assert.Contains("cluster.web.test_80_http.upstream_rq_total: ", await mesh.Gateway.AdminAsync("stats"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_meshs_traffic_policy_holds_where_a_rule_says_nothing()
    {
        // 1. Two requests for each connection, from the mesh; a rule with a pool of its own has none of it.
        for (int i = 0; i < 4; i++)
        {
            Assert.Equal(200, (await mesh.GetAsync("pool")).Status);
            Assert.Equal(200, (await mesh.GetAsync("own-pool")).Status);
        }

        Assert.Equal(2, mesh.Backend("pool").Connections.Count);
        Assert.Single(mesh.Backend("own-pool").Connections);

        // 2. One error is enough, from the mesh.
        mesh.Backend("bad").Answer = _ => "HTTP/1.1 500 X\r\ncontent-length: 0\r\n\r\n";
        Assert.Equal(500, (await mesh.GetAsync("bad")).Status);
        await mesh.Gateway.AnswersAsync(503, "bad.test");
        Assert.Equal("no healthy upstream", (await mesh.GetAsync("bad")).Body);
    }

    [Theory]
    [InlineData("exported.test", 200)]
    [InlineData("kept.test", 404)]
    public async Task What_says_nothing_is_exported_as_the_mesh_says(string host, int status) =>
        Assert.Equal(status, (await mesh.Gateway.GetAsync(host)).Status);

    [Fact]
    public async Task HTTP_1_0_is_served_where_the_metadata_says_so() =>
        Assert.Equal(200, (await mesh.Gateway.ExchangeAsync("GET / HTTP/1.0\r\nHost: web.test\r\n\r\n")).Status);

    [Fact]
    public async Task A_ProxyConfig_comes_before_the_meshs_metadata()
    {
        // The mesh says an hour, the ProxyConfig that selects this gateway says next to nothing.
        using RawClient client = await mesh.Gateway.ConnectAsync();
        Assert.Equal(200, (await client.ExchangeAsync("GET / HTTP/1.1\r\nHost: web.test\r\n\r\n")).Status);
        await client.AssertClosedAsync();
    }

    [Fact]
    public async Task Configuration_of_the_mesh_gives_no_warning()
    {
        await mesh.GetAsync("web");

        Assert.DoesNotContain("ConfigMap istio-system/istio", mesh.Gateway.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("not yet acted on", mesh.Gateway.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_change_of_the_mesh_is_followed_without_a_restart()
    {
        await using ScriptedBackend backend = ScriptedBackend.Start(Loopback.Next());
        backend.Answer = _ => "HTTP/1.1 200 OK\r\nserver: inner\r\ncontent-length: 0\r\n\r\n";
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(Manifests.HttpGateway() + Manifests.Backend("web.test", backend));
        await gateway.AnswersAsync(200, "web.test");
        Assert.Equal("istio-envoy", (await gateway.GetAsync("web.test")).Headers["server"]);

        gateway.Apply("mesh.yaml", "mesh:\n  defaultConfig: {proxyHeaders: {server: {disabled: true}}}\n");
        await Eventually.HoldsAsync(async () => (await gateway.GetAsync("web.test")).Headers["server"] == "inner", () => gateway.Log);

        gateway.Apply("mesh.yaml", "mesh:\n  defaultConfig: {proxyHeaders: {server: {value: other}}}\n");
        await Eventually.HoldsAsync(async () => (await gateway.GetAsync("web.test")).Headers["server"] == "other", () => gateway.Log);
    }

    /// <summary>A gateway in namespace <c>default</c> and a mesh with much to say.</summary>
    public sealed class Fixture : ScenarioGateway
    {
        /// <inheritdoc/>
        protected override IReadOnlyDictionary<string, Scenario> Scenarios { get; } = new Dictionary<string, Scenario>
        {
            ["web"] = new(),
            ["off"] = new("timeout: 30s"),
            ["rewritten"] = new("rewrite: {authority: inner.example}"),
            ["path"] = new(),
            ["pool"] = new(TrafficPolicy: "{loadBalancer: {simple: ROUND_ROBIN}}"),
            ["own-pool"] = new(TrafficPolicy: "{connectionPool: {http: {http1MaxPendingRequests: 10}}}"),
            ["bad"] = new("retries: {attempts: 0}"),
        };

        /// <inheritdoc/>
        protected override string[] Options => ["--gateway-namespace", "default"];

        /// <inheritdoc/>
        protected override string ExtraManifests => """
            ---
            apiVersion: v1
            kind: ConfigMap
            metadata: {name: istio, namespace: istio-system}
            data:
              mesh: |-
                accessLogFile: /dev/stdout
                accessLogFormat: "mesh %REQ(:METHOD)% %REQ(:PATH)% %RESPONSE_CODE%\n"
                connectTimeout: 200ms
                outboundClusterStatName: "%SERVICE%_%SERVICE_PORT%_%SERVICE_PORT_NAME%"
                pathNormalization: {normalization: MERGE_SLASHES}
                defaultVirtualServiceExportTo: ["."]
                defaultTrafficPolicy:
                  connectionPool: {http: {maxRequestsPerConnection: 2}}
                  outlierDetection: {consecutive5xxErrors: 1, baseEjectionTime: 600s, maxEjectionPercent: 100}
                defaultConfig:
                  proxyMetadata: {ISTIO_META_HTTP10: "1", ISTIO_META_IDLE_TIMEOUT: 1h}
                  proxyHeaders:
                    server: {value: tide}
                    requestId: {disabled: true}
                    attemptCount: {disabled: true}
                    envoyDebugHeaders: {disabled: true}
                    xForwardedHost: {enabled: true}
                    xForwardedPort: {enabled: true}
            ---
            apiVersion: networking.istio.io/v1beta1
            kind: ProxyConfig
            metadata: {name: edge, namespace: default}
            spec:
              selector: {matchLabels: {istio: ingressgateway}}
              environmentVariables: {ISTIO_META_IDLE_TIMEOUT: 300ms}
            ---
            apiVersion: networking.istio.io/v1
            kind: VirtualService
            metadata: {name: kept, namespace: elsewhere}
            spec:
              hosts: [kept.test]
              gateways: [default/edge]
              http: [{directResponse: {status: 200}}]
            ---
            apiVersion: networking.istio.io/v1
            kind: VirtualService
            metadata: {name: exported, namespace: elsewhere}
            spec:
              hosts: [exported.test]
              gateways: [default/edge]
              exportTo: ["*"]
              http: [{directResponse: {status: 200}}]

            """;
    }
}
