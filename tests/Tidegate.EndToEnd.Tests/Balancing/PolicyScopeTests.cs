using Tidegate.EndToEnd.Tests.Harness;
using Tidegate.EndToEnd.Tests.Upstream;

namespace Tidegate.EndToEnd.Tests.Balancing;

/// <summary>
/// Which part of which DestinationRule holds for a request: subsets, ports, hosts with a star, rules that are merged, rules of other
/// namespaces and for other workloads (istio-gateway.md 5.3, 5.4). What holds shows in turns (<c>ROUND_ROBIN</c>: each of two gets half,
/// exactly) against one place (consistent hash of a field that all requests have).
/// </summary>
public sealed class PolicyScopeTests(PolicyScopeTests.Fixture gateway) : IClassFixture<PolicyScopeTests.Fixture>
{
    private const string Field = "x-user: one\r\n";

    [Fact]
    public async Task A_subset_has_the_endpoints_with_its_labels()
    {
        Assert.Equal(["b0", "b2"], (await gateway.CountAsync("subsets.test", 20, path: "/v1")).Keys);
        Assert.Equal(["b1", "b3"], (await gateway.CountAsync("subsets.test", 20, path: "/v2")).Keys);
        Assert.Equal(["b2"], (await gateway.CountAsync("subsets.test", 20, path: "/both")).Keys);
        Assert.Equal(["b0", "b1", "b2", "b3"], (await gateway.CountAsync("subsets.test", 40, path: "/all")).Keys);
    }

    [Fact]
    public async Task A_subset_without_endpoints_is_a_503()
    {
        WireResponse response = await gateway.GetAsync("subsets.test", "/none");

        Assert.Equal((503, "no healthy upstream"), (response.Status, response.Body));
        Assert.Contains(" 503 UH no_healthy_upstream - ", await gateway.Gateway.LogsAsync("/none"));
    }

    [Fact]
    public async Task Each_subset_counts_on_its_own()
    {
        await gateway.CountAsync("subsets.test", 10, path: "/v2");

        string stats = await gateway.Gateway.AdminAsync("stats");
        Assert.Contains("cluster.outbound|80|v1|subsets.test.upstream_rq_total: ", stats, StringComparison.Ordinal);
        Assert.Contains("cluster.outbound|80|v2|subsets.test.upstream_rq_total: ", stats, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Weights_share_out_among_subsets()
    {
        // 25 of 100; six standard deviations of 400 draws are 52.
        SortedDictionary<string, int> counts = await gateway.CountAsync("subsets.test", 400, path: "/weights");

        Assert.InRange(counts["b0"] + counts["b2"], 100 - 52, 100 + 52);
    }

    [Theory]
    [InlineData("a port's settings take the place of the rule's", "ports.test", "/80", true)]
    [InlineData("a port without settings has the rule's", "ports.test", "/81", false)]
    [InlineData("a subset's policy takes the place of the port's", "ports.test", "/80-v1", false)]
    [InlineData("a subset's port settings take the place of all others", "ports.test", "/81-v2", true)]
    [InlineData("a rule with a star holds for hosts below", "one.star.test", "/", true)]
    [InlineData("an exact host comes before a star", "two.star.test", "/", false)]
    [InlineData("of rules for one host the oldest with a policy counts", "merged.test", "/", true)]
    [InlineData("a rule of the services namespace is used", "kept.test", "/", true)]
    [InlineData("a rule that stays in another namespace is not", "hidden.test", "/", false)]
    [InlineData("a rule for this workload is used", "selected.test", "/", true)]
    [InlineData("a rule for another workload is not", "unselected.test", "/", false)]
    public async Task The_rule_that_holds_is_the_right_one(string why, string host, string path, bool isInTurns)
    {
        SortedDictionary<string, int> counts = await gateway.CountAsync(host, 20, Field, path);

        Assert.True(isInTurns == counts.Values.SequenceEqual([10, 10]), $"{why}: {string.Join(", ", counts)}");
    }

    [Fact]
    public async Task Subsets_of_rules_that_are_merged_are_all_there() =>
        Assert.Equal(["b1"], (await gateway.CountAsync("merged.test", 10, path: "/second")).Keys);

    /// <summary>The services and the rules.</summary>
    public sealed class Fixture : NamedGateway
    {
        private const string Turns = "loadBalancer: {simple: ROUND_ROBIN}";
        private const string Hash = "loadBalancer: {consistentHash: {httpHeaderName: x-user}}";

        /// <inheritdoc/>
        protected override int Count => 4;

        /// <inheritdoc/>
        protected override string[] Options => ["--gateway-namespace", "default", "--gateway-labels", "istio=ingressgateway,tier=edge"];

        /// <inheritdoc/>
        protected override string ManifestsFor(NamedBackends backends) =>
            backends.Service("subsets.test", 4, index => $"labels: {{version: v{Text(1 + (index % 2))}, zone: z{Text(index)}}}")
            + Rule("subsets", "host: subsets.test, subsets: [{name: v1, labels: {version: v1}}, {name: v2, labels: {version: v2}}, {name: both, labels: {version: v1, zone: z2}}, {name: none, labels: {version: v9}}, {name: all}]")
            + Routes("subsets.test", "/v1=v1", "/v2=v2", "/both=both", "/none=none", "/all=all")
            + """
              - match: [{uri: {exact: /weights}}]
                route:
                - {destination: {host: subsets.test, subset: v1}, weight: 25}
                - {destination: {host: subsets.test, subset: v2}, weight: 75}

            """
            + PortsService(backends)
            + Rule("ports", $"host: ports.test, trafficPolicy: {{{Hash}, portLevelSettings: [{{port: {{number: 80}}, {Turns}}}]}}, subsets: ["
                + $"{{name: v1, labels: {{version: v1}}, trafficPolicy: {{{Hash}}}}}, "
                + $"{{name: v2, labels: {{version: v1}}, trafficPolicy: {{portLevelSettings: [{{port: {{number: 81}}, {Turns}}}]}}}}]")
            + Routes("ports.test", "/80-v1=v1:80", "/81-v2=v2:81", "/80=:80", "/81=:81")
            + Two("one.star.test") + Two("two.star.test") + Two("merged.test") + Two("kept.test") + Two("hidden.test") + Two("selected.test") + Two("unselected.test")
            + Rule("star", $"host: \"*.star.test\", trafficPolicy: {{{Turns}}}")
            + Rule("exact", $"host: two.star.test, trafficPolicy: {{{Hash}}}")
            + Rule("merged-1", "host: merged.test, subsets: [{name: first, labels: {app: a0}}]", "creationTimestamp: 2026-01-01T00:00:00Z")
            + Rule("merged-2", $"host: merged.test, trafficPolicy: {{{Turns}}}, subsets: [{{name: second, labels: {{app: a1}}}}]", "creationTimestamp: 2026-01-02T00:00:00Z")
            + Rule("merged-3", $"host: merged.test, trafficPolicy: {{{Hash}}}", "creationTimestamp: 2026-01-03T00:00:00Z")
            + Rule("kept", $"host: kept.test, trafficPolicy: {{{Turns}}}, exportTo: [\".\"]")
            + Rule("hidden", $"host: hidden.test, trafficPolicy: {{{Turns}}}, exportTo: [\".\"]", ns: "elsewhere")
            + Rule("hidden-rest", $"host: hidden.test, trafficPolicy: {{{Hash}}}")
            + Rule("selected", $"host: selected.test, trafficPolicy: {{{Turns}}}, workloadSelector: {{matchLabels: {{tier: edge}}}}")
            + Rule("unselected", $"host: unselected.test, trafficPolicy: {{{Turns}}}, workloadSelector: {{matchLabels: {{tier: inner}}}}")
            + Rule("unselected-rest", $"host: unselected.test, trafficPolicy: {{{Hash}}}")
            + """
            ---
            apiVersion: networking.istio.io/v1
            kind: VirtualService
            metadata: {name: two, namespace: default}
            spec:
              hosts: ["*.test"]
              gateways: [edge]
              http:

            """
            + string.Concat(new[] { "one.star.test", "two.star.test", "kept.test", "hidden.test", "selected.test", "unselected.test" }.Select(host =>
                $"  - match: [{{authority: {{exact: {host}}}}}]\n    route: [{{destination: {{host: {host}}}}}]\n"))
            + Routes("merged.test", "/second=second", "/=:80");

        private string Two(string host) => Backends.Service(host, 2, index => $"labels: {{app: a{Text(index)}}}");

        // A service with two ports; both lead to the same two backends.
        private static string PortsService(NamedBackends backends) => $$"""
            ---
            apiVersion: networking.istio.io/v1
            kind: ServiceEntry
            metadata: {name: ports, namespace: default}
            spec:
              hosts: [ports.test]
              location: MESH_INTERNAL
              resolution: STATIC
              ports: [{number: 80, name: http, protocol: HTTP}, {number: 81, name: http-more, protocol: HTTP}]
              endpoints:
              - {address: {{backends[0].EndPoint.Address}}, ports: {http: {{backends[0].EndPoint.Port}}, http-more: {{backends[0].EndPoint.Port}} }, labels: {version: v1} }
              - {address: {{backends[1].EndPoint.Address}}, ports: {http: {{backends[1].EndPoint.Port}}, http-more: {{backends[1].EndPoint.Port}} }, labels: {version: v1} }

            """;

        private static string Rule(string name, string spec, string metadata = "", string ns = "default") => $$"""
            ---
            apiVersion: networking.istio.io/v1
            kind: DestinationRule
            metadata: { name: {{name}}, namespace: {{ns}}{{(metadata.Length > 0 ? ", " : "")}}{{metadata}} }
            spec: { {{spec}} }

            """;

        // Routes "/path=subset:port" of a service.
        private static string Routes(string host, params string[] routes) => $$"""
            ---
            apiVersion: networking.istio.io/v1
            kind: VirtualService
            metadata: {name: {{host.Replace('.', '-')}}-routes, namespace: default}
            spec:
              hosts: [{{host}}]
              gateways: [edge]
              http:

            """ + string.Concat(routes.Select(route =>
            {
                string[] parts = route.Split('=', ':');
                string subset = parts[1].Length > 0 ? $", subset: {parts[1]}" : "";
                string port = parts.Length > 2 ? $", port: {{number: {parts[2]}}}" : "";
                return $"  - match: [{{uri: {{prefix: {parts[0]}}}}}]\n    route: [{{destination: {{host: {host}{subset}{port}}}}}]\n";
            }));
    }
}
