using Tidegate.EndToEnd.Tests.Harness;

namespace Tidegate.EndToEnd.Tests.Filters;

/// <summary>
/// A guard that an EnvoyFilter asks for and that cannot be used closes what it guards, and nothing else; the error names its line, once
/// (docs/decisions/unit-of-refusal.md).
/// </summary>
public sealed class GuardTests(GuardTests.Fixture routes) : IClassFixture<GuardTests.Fixture>
{
    private const string Unknown = "type.googleapis.com/envoy.extensions.filters.http.client_ssl_auth.v3.ClientSSLAuth";
    private const string LocalRateLimit = "type.googleapis.com/envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit";

    [Fact]
    public async Task A_guard_that_is_not_there_closes_its_port()
    {
        WireResponse guarded = await routes.Gateway.GetAsync("one.test", "/guarded", port: 8090);
        WireResponse other = await routes.GetAsync("plain.test", "/");

        Assert.Equal((503, 200), (guarded.Status, other.Status));
        Assert.Contains(" 503 NR http_filter_not_configured{port-guard} ", await routes.Gateway.LogsAsync("GET /guarded "), StringComparison.Ordinal);
        Assert.Single(Told("port-guard"), line => line.Contains($"no extension {Unknown}; requests that it guards are answered with 503", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_guard_that_one_host_asks_for_closes_that_host()
    {
        Assert.Equal(503, (await routes.GetAsync("guarded.test", "/")).Status);
        Assert.Equal(200, (await routes.GetAsync("plain.test", "/")).Status);
        Assert.Single(Told("host-guard"), line => line.Contains("ClientSSLAuthPerRoute; requests that it guards are answered with 503", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_last_good_version_of_a_guard_guards_on()
    {
        // 1. It works.
        routes.Gateway.Apply("limit.yaml", Filter("limit", 8091, $"{{name: limit, typed_config: {{\"@type\": {LocalRateLimit}, stat_prefix: x, token_bucket: {{max_tokens: 1, fill_interval: 3600s}}, filter_enabled: {{default_value: {{numerator: 100}}}}, filter_enforced: {{default_value: {{numerator: 100}}}}}}}}"));
        await Eventually.HoldsAsync(async () => (await routes.Gateway.GetAsync("one.test", port: 8091)).Status == 429, () => "limited");

        // 2. A slip in it, and all that was let in before is let in, and no more.
        routes.Gateway.Apply("limit.yaml", Filter("limit", 8091, $"{{name: limit, typed_config: {{\"@type\": {LocalRateLimit}, stat_prefix: x, token_bukket: {{max_tokens: 1}}}}}}"));
        await routes.Gateway.ReportsAsync("LocalRateLimit has no field \"token_bukket\"");
        Assert.Equal(429, (await routes.Gateway.GetAsync("one.test", port: 8091)).Status);
        Assert.DoesNotContain("the proxy refuses", routes.Gateway.Errors, StringComparison.Ordinal);

        // 3. It is mended by taking it away.
        routes.Gateway.Remove("limit.yaml");
        await routes.Gateway.ReportsAsync("limit.yaml:11: EnvoyFilter istio-system/limit: spec.configPatches[0].patch.value.typed_config.token_bukket: ");
        await Eventually.HoldsAsync(() => Task.FromResult(Told("limit").Any(static line => line.Contains(" mended: ", StringComparison.Ordinal))), () => "it is told to be mended");
        Assert.Equal(200, (await routes.Gateway.GetAsync("one.test", port: 8091)).Status);
    }

    private IEnumerable<string> Told(string name) => routes.Gateway.Errors.Split('\n').Where(line => line.Contains($"EnvoyFilter istio-system/{name}: ", StringComparison.Ordinal));

    private static string Filter(string name, int port, string filter) => $$"""
        ---
        apiVersion: networking.istio.io/v1alpha3
        kind: EnvoyFilter
        metadata: {name: {{name}}, namespace: istio-system}
        spec:
          configPatches:
          - applyTo: HTTP_FILTER
            match: {listener: {portNumber: {{port}} } }
            patch:
              operation: INSERT_FIRST
              value: {{filter}}

        """;

    /// <summary>The manifests of this class.</summary>
    public sealed class Fixture : EchoGateway
    {
        /// <inheritdoc/>
        protected override IReadOnlyList<string> Services => ["echo"];

        /// <inheritdoc/>
        protected override string Routes => Manifests.HttpGateway("guarded", 8090) + Manifests.HttpGateway("limited", 8091)
            + Manifests.Route("plain.test", "echo.svc") + Manifests.Route("guarded.test", "echo.svc")
            + Manifests.Route("one.test", "echo.svc").Replace("gateways: [edge]", "gateways: [guarded, limited]", StringComparison.Ordinal)
            + Filter("port-guard", 8090, $"{{name: port-guard, typed_config: {{\"@type\": {Unknown}, users: {{inline_string: x}}}}}}")
            + $$"""
              ---
              apiVersion: networking.istio.io/v1alpha3
              kind: EnvoyFilter
              metadata: {name: host-guard, namespace: istio-system}
              spec:
                configPatches:
                - applyTo: VIRTUAL_HOST
                  match: {routeConfiguration: {vhost: {name: "guarded.test:80"} } }
                  patch:
                    operation: MERGE
                    value: {typed_per_filter_config: {host-guard: {"@type": {{Unknown}}PerRoute} } }

              """;
    }
}
