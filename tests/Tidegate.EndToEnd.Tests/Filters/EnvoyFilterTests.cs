using System.IO.Compression;
using Tidegate.EndToEnd.Tests.Harness;

namespace Tidegate.EndToEnd.Tests.Filters;

/// <summary>Filters that EnvoyFilters put into the chain, as people do it on gateways (istio-gateway.md, 2.7), with traffic.</summary>
public sealed class EnvoyFilterTests(EnvoyFilterTests.Fixture routes) : IClassFixture<EnvoyFilterTests.Fixture>
{
    [Fact]
    public async Task A_local_rate_limit_of_a_route_refuses_what_is_too_much()
    {
        WireResponse first = await routes.GetAsync("limited.test", "/");
        WireResponse second = await routes.GetAsync("limited.test", "/");
        WireResponse third = await routes.GetAsync("limited.test", "/over");

        Assert.Equal((200, 200), (first.Status, second.Status));
        Assert.Equal((429, "local_rate_limited", "true"), (third.Status, third.Body, third.Headers["x-local-rate-limit"]));
        Assert.Contains("\" 429 RL local_rate_limited - \"-\" ", await routes.Gateway.LogsAsync("GET /over "));
        Assert.Equal(200, (await routes.GetAsync("plain.test", "/")).Status);
        Assert.Equal(1, await routes.Gateway.StatAsync("route_limiter.http_local_rate_limit.enforced"));
    }

    [Fact]
    public async Task Limits_by_path_and_by_field_stand_side_by_side()
    {
        int[] byPath = [await StatusAsync("/ip"), await StatusAsync("/ip"), await StatusAsync("/ip")];
        int[] byField = [await StatusAsync("/", "user-agent: agent123"), await StatusAsync("/", "user-agent: agent123"), await StatusAsync("/", "user-agent: agent123")];
        int[] others = [await StatusAsync("/"), await StatusAsync("/"), await StatusAsync("/", "user-agent: other")];

        Assert.Equal([200, 429, 429], byPath);
        Assert.Equal([200, 200, 429], byField);
        Assert.Equal([200, 200, 200], others);

        async Task<int> StatusAsync(string path, params string[] fields) => (await routes.GetAsync("described.test", path, fields)).Status;
    }

    [Fact]
    public async Task Options_of_sockets_are_those_of_the_connections_that_are_accepted()
    {
        using RawClient client = await routes.Gateway.ConnectAsync();
        await client.SendAsync("GET / HTTP/1.1\r\nHost: plain.test\r\n\r\n");

        // The gateway's end, with the timer that runs on it: 02 is keep-alive (Documentation/networking/proc_net_tcp.rst).
        string port = client.LocalEndPoint.Port.ToString("X4", System.Globalization.CultureInfo.InvariantCulture);
        await Eventually.HoldsAsync(
            async () => (await File.ReadAllLinesAsync("/proc/net/tcp")).Select(static line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
                .Any(fields => fields[2].EndsWith($":{port}", StringComparison.Ordinal) && fields[1].EndsWith(":1F90", StringComparison.Ordinal) && fields[5].StartsWith("02:", StringComparison.Ordinal)),
            () => "a keep-alive timer runs");
    }

    [Fact]
    public async Task Answers_are_compressed()
    {
        WireResponse response = await routes.GetAsync("plain.test", "/", "accept-encoding: gzip", "x-answer-fields: content-type=text/plain", $"x-padding: {new string('p', 2000)}");

        Assert.Equal("gzip", response.Headers["content-encoding"]);
        Assert.Equal("Accept-Encoding", response.Headers["vary"]);
        Assert.InRange(response.BodyBytes.Length, 1, 1000);
        using var decoded = new StreamReader(new GZipStream(new MemoryStream(response.BodyBytes), CompressionMode.Decompress));
        Assert.Contains("x-padding: pppp", await decoded.ReadToEndAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Fields_are_changed_and_health_is_told()
    {
        EchoedRequest seen = await routes.EchoAsync("plain.test", "/");
        WireResponse health = await routes.GetAsync("any.test", "/healthz");

        Assert.Equal("gateway", seen.Headers["x-mutated"]);
        Assert.Equal(200, health.Status);
        Assert.Equal("", health.Body);
    }

    [Fact]
    public async Task A_body_beyond_the_buffer_is_refused()
    {
        WireResponse response = await routes.Gateway.ExchangeAsync("POST /large HTTP/1.1\r\nHost: plain.test\r\ncontent-length: 5000\r\n\r\n" + new string('b', 5000));

        Assert.Equal((413, "Payload Too Large"), (response.Status, response.Body));
        Assert.Contains("\" 413 - request_payload_too_large ", await routes.Gateway.LogsAsync("POST /large "));
    }

    /// <summary>The manifests of this class.</summary>
    public sealed class Fixture : EchoGateway
    {
        /// <inheritdoc/>
        protected override IReadOnlyList<string> Services => ["echo"];

        /// <inheritdoc/>
        protected override string Routes =>
            Manifests.Route("plain.test", "echo.svc") +
            Manifests.Route("limited.test", "echo.svc") +
            Manifests.Route("described.test", "echo.svc") +
            """
            ---
            apiVersion: networking.istio.io/v1alpha3
            kind: EnvoyFilter
            metadata: {name: filters, namespace: istio-system}
            spec:
              workloadSelector: {labels: {istio: ingressgateway} }
              configPatches:

            """ +
            Filter("envoy.filters.http.local_ratelimit", "local_ratelimit.v3.LocalRateLimit", "stat_prefix: limiter") +
            Filter("envoy.filters.http.health_check", "health_check.v3.HealthCheck", "pass_through_mode: false\n          headers: [{name: \":path\", string_match: {exact: /healthz} }]") +
            Filter(
                "envoy.filters.http.header_mutation",
                "header_mutation.v3.HeaderMutation",
                "mutations: {request_mutations: [{append: {header: {key: x-mutated, value: gateway}, append_action: OVERWRITE_IF_EXISTS_OR_ADD} }]}") +
            Filter("envoy.filters.http.buffer", "buffer.v3.Buffer", "max_request_bytes: 4096") +
            Filter(
                "envoy.filters.http.compressor",
                "compressor.v3.Compressor",
                "compressor_library: {name: text, typed_config: {\"@type\": type.googleapis.com/envoy.extensions.compression.gzip.compressor.v3.Gzip} }") +
            """
              - applyTo: HTTP_ROUTE
                match: {context: GATEWAY, routeConfiguration: {vhost: {name: "limited.test:80"} } }
                patch:
                  operation: MERGE
                  value:
                    typed_per_filter_config:
                      envoy.filters.http.local_ratelimit:
                        "@type": type.googleapis.com/envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit
                        stat_prefix: route_limiter
                        token_bucket: {max_tokens: 2, tokens_per_fill: 1, fill_interval: 3600s}
                        filter_enabled: {default_value: {numerator: 100, denominator: HUNDRED} }
                        filter_enforced: {default_value: {numerator: 100, denominator: HUNDRED} }
                        response_headers_to_add: [{header: {key: x-local-rate-limit, value: "true"} }]
              - applyTo: VIRTUAL_HOST
                match: {context: GATEWAY, routeConfiguration: {vhost: {name: "described.test:80"} } }
                patch:
                  operation: MERGE
                  value:
                    rate_limits:
                    - actions: [{request_headers: {header_name: ":path", descriptor_key: path} }]
                    - actions: [{request_headers: {header_name: user-agent, descriptor_key: agent} }]
                    typed_per_filter_config:
                      envoy.filters.http.local_ratelimit:
                        "@type": type.googleapis.com/envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit
                        stat_prefix: descriptors
                        token_bucket: {max_tokens: 1000, tokens_per_fill: 1, fill_interval: 3600s}
                        filter_enabled: {default_value: {numerator: 100, denominator: HUNDRED} }
                        filter_enforced: {default_value: {numerator: 100, denominator: HUNDRED} }
                        descriptors:
                        - {entries: [{key: path, value: /ip}], token_bucket: {max_tokens: 1, tokens_per_fill: 1, fill_interval: 3600s} }
                        - {entries: [{key: agent, value: agent123}], token_bucket: {max_tokens: 2, tokens_per_fill: 1, fill_interval: 3600s} }
              - applyTo: LISTENER
                match: {context: GATEWAY, listener: {portNumber: 8080} }
                patch:
                  operation: MERGE
                  value: {socket_options: [{level: 1, name: 9, int_value: 1}, {level: 6, name: 4, int_value: 60}]}

            """;

        private static string Filter(string name, string type, string config) => $$"""
              - applyTo: HTTP_FILTER
                match:
                  context: GATEWAY
                  listener: {filterChain: {filter: {name: envoy.filters.network.http_connection_manager, subFilter: {name: envoy.filters.http.router} } } }
                patch:
                  operation: INSERT_BEFORE
                  value:
                    name: {{name}}
                    typed_config:
                      "@type": type.googleapis.com/envoy.extensions.filters.http.{{type}}
                      {{config}}

            """;
    }
}
