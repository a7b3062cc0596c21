using System.Globalization;
using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Tidegate.EndToEnd.Tests.Harness;
using Tidegate.RateLimit;

namespace Tidegate.EndToEnd.Tests.Limits;

/// <summary>A gateway that asks <c>tidegate ratelimit</c>, as in Istio's task for global rate limits.</summary>
public sealed class RateLimitServiceTests(RateLimitServiceTests.Fixture limits) : IClassFixture<RateLimitServiceTests.Fixture>
{
    [Fact]
    public async Task What_is_over_the_quota_is_told_when_to_come_again()
    {
        WireResponse first = await limits.GetAsync("/", "ann");
        WireResponse second = await limits.GetAsync("/over", "ann");
        WireResponse other = await limits.GetAsync("/", "ben");

        Assert.Equal((200, "1, 1;w=31536000", "0"), (first.Status, first.Headers["x-ratelimit-limit"], first.Headers["x-ratelimit-remaining"]));
        Assert.Equal((429, "true"), (second.Status, second.Headers["x-envoy-ratelimited"]));
        Assert.InRange(int.Parse(second.Headers["retry-after"]!, CultureInfo.InvariantCulture), 1, 31_536_000);
        Assert.Equal(200, other.Status);
        Assert.Contains("\" 429 RL request_rate_limited - \"-\" ", await limits.Gateway.LogsAsync("GET /over "));
        Assert.Equal(1, await limits.Gateway.StatAsync("cluster.outbound|80||shop.test.ratelimit.over_limit"));
    }

    [Fact]
    public async Task Requests_that_nothing_describes_are_not_asked_about() => Assert.Null((await limits.GetAsync("/", user: null)).Headers["x-ratelimit-limit"]);

    /// <summary>The gateway and the server.</summary>
    public sealed class Fixture : IAsyncLifetime
    {
        private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("tidegate-ratelimit-");
        private ScriptedBackend? _backend;
        private RateLimitServer? _server;
        private GatewayProcess? _gateway;

        /// <summary>The gateway.</summary>
        public GatewayProcess Gateway => _gateway!;

        /// <summary>A GET by a user.</summary>
        public Task<WireResponse> GetAsync(string path, string? user) =>
            Gateway.ExchangeAsync($"GET {path} HTTP/1.1\r\nHost: shop.test\r\n{(user is null ? "" : $"x-user: {user}\r\n")}\r\n");

        /// <inheritdoc/>
        public async ValueTask InitializeAsync()
        {
            string file = Path.Combine(_folder.FullName, "limits.yaml");
            File.WriteAllText(file, "domain: shop\ndescriptors:\n- key: user\n  rate_limit: {unit: year, requests_per_unit: 1}\n");
            _server = await RateLimitServer.StartAsync(
                new RateLimitOptions { Limits = file, Address = new IPEndPoint(IPAddress.Loopback, 0), PagesAddress = new IPEndPoint(IPAddress.Loopback, 0) },
                NullLoggerFactory.Instance,
                TimeProvider.System);
            _backend = ScriptedBackend.Start(Loopback.Next());
            _gateway = await GatewayProcess.StartAsync(Manifests.HttpGateway() + Manifests.Backend("shop.test", _backend) + Limits(_server.Addresses[0].Port));
            await _gateway.AnswersAsync(200, "shop.test");
        }

        /// <inheritdoc/>
        public async ValueTask DisposeAsync()
        {
            await _gateway!.DisposeAsync();
            await _backend!.DisposeAsync();
            await _server!.DisposeAsync();
            _folder.Delete(recursive: true);
        }

        private static string Limits(int port) => $$"""
            ---
            apiVersion: networking.istio.io/v1
            kind: ServiceEntry
            metadata: {name: ratelimit, namespace: default}
            spec:
              hosts: [ratelimit.test]
              location: MESH_INTERNAL
              resolution: STATIC
              ports: [{number: 8081, name: grpc, protocol: GRPC}]
              endpoints: [{address: 127.0.0.1, ports: {grpc: {{port}} } }]
            ---
            apiVersion: networking.istio.io/v1alpha3
            kind: EnvoyFilter
            metadata: {name: limits, namespace: istio-system}
            spec:
              workloadSelector: {labels: {istio: ingressgateway} }
              configPatches:
              - applyTo: HTTP_FILTER
                match:
                  context: GATEWAY
                  listener: {filterChain: {filter: {name: envoy.filters.network.http_connection_manager, subFilter: {name: envoy.filters.http.router} } } }
                patch:
                  operation: INSERT_BEFORE
                  value:
                    name: envoy.filters.http.ratelimit
                    typed_config:
                      "@type": type.googleapis.com/envoy.extensions.filters.http.ratelimit.v3.RateLimit
                      domain: shop
                      failure_mode_deny: true
                      timeout: 10s
                      enable_x_ratelimit_headers: DRAFT_VERSION_03
                      rate_limit_service:
                        transport_api_version: V3
                        grpc_service: {envoy_grpc: {cluster_name: "outbound|8081||ratelimit.test", authority: ratelimit.test} }
              - applyTo: VIRTUAL_HOST
                match: {context: GATEWAY, routeConfiguration: {vhost: {name: "shop.test:80" } } }
                patch:
                  operation: MERGE
                  value:
                    rate_limits:
                    - actions: [{request_headers: {header_name: x-user, descriptor_key: user} }]

            """;
    }
}
