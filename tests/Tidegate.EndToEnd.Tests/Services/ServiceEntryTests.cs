using Tidegate.EndToEnd.Tests.Balancing;
using Tidegate.EndToEnd.Tests.Harness;
using Tidegate.EndToEnd.Tests.Upstream;

namespace Tidegate.EndToEnd.Tests.Services;

/// <summary>ServiceEntries and WorkloadEntries of every kind, with requests to them (istio-gateway.md, 6.3).</summary>
public sealed class ServiceEntryTests(ServiceEntryTests.Fixture gateway) : IClassFixture<ServiceEntryTests.Fixture>
{
    [Theory]
    [InlineData("dns.test", "b0")]
    [InlineData("dns-several.test", "b0,b1")]
    [InlineData("round-robin.test", "b0")]
    [InlineData("target-port.test", "b0")]
    [InlineData("second-host.test", "b0")]
    [InlineData("workloads.test", "b0,b1")]
    [InlineData("workloads-v2.test", "b1")]
    [InlineData("inline-subset.test", "b1")]
    public async Task Requests_reach_the_endpoints(string host, string endpoints) =>
        Assert.Equal(endpoints, string.Join(',', (await gateway.CountAsync(host, 60)).Keys));

    [Fact]
    public async Task A_workloads_weight_is_its_share()
    {
        // 3 and 1 of 4, in turns.
        SortedDictionary<string, int> counts = await gateway.CountAsync("workloads-weights.test", 80);

        Assert.InRange(counts["b0"], 58, 62);
        Assert.InRange(counts["b1"], 18, 22);
    }

    [Theory]
    [InlineData("none.test")]
    [InlineData("no-workloads.test")]
    public async Task Without_endpoints_the_answer_is_a_503(string host)
    {
        WireResponse response = await gateway.GetAsync(host, $"/{host}");

        Assert.Equal((503, "no healthy upstream"), (response.Status, response.Body));
        Assert.Contains(" 503 UH no_healthy_upstream - ", await gateway.Gateway.LogsAsync($"/{host}"));
    }

    [Fact]
    public async Task An_entry_that_is_not_exported_has_no_cluster()
    {
        Assert.Equal(503, (await gateway.GetAsync("hidden.test", "/hidden")).Status);

        Assert.Contains(" 503 NC cluster_not_found ", await gateway.Gateway.LogsAsync("/hidden"));
    }

    [Fact]
    public async Task An_endpoint_has_its_own_port_for_one_and_the_target_port_for_another()
    {
        // Nothing listens at 80 and 8080: each of the two has to be led elsewhere.
        Assert.Equal(["b1"], (await gateway.CountAsync("two-ports.test", 10, path: "/80")).Keys);
        Assert.Equal(["b1"], (await gateway.CountAsync("two-ports.test", 10, path: "/8080")).Keys);
    }

    /// <summary>The entries.</summary>
    public sealed class Fixture : NamedGateway
    {
        /// <inheritdoc/>
        protected override int Count => 3;

        /// <inheritdoc/>
        protected override string[] Options => ["--gateway-namespace", "default"];

        /// <inheritdoc/>
        protected override string ManifestsFor(NamedBackends backends) =>
            Entry("dns", $"resolution: DNS, endpoints: [{Endpoint(0)}]")
            + Entry("dns-several", $"resolution: DNS, endpoints: [{Endpoint(0)}, {Endpoint(1)}]")
            + Entry("round-robin", $"resolution: DNS_ROUND_ROBIN, endpoints: [{Endpoint(0)}]")
            + Entry("target-port", $"resolution: STATIC, endpoints: [{{address: {backends[0].EndPoint.Address}}}]", $"targetPort: {backends[0].EndPoint.Port}")
            + Entry("first-host", $"resolution: STATIC, endpoints: [{Endpoint(0)}]", hosts: "first-host.test, second-host.test")
            + Entry("workloads", "resolution: STATIC, workloadSelector: {labels: {app: vm}}")
            + Entry("workloads-weights", "resolution: STATIC, workloadSelector: {labels: {app: heavy}}")
            + Entry("no-workloads", "resolution: STATIC, workloadSelector: {labels: {app: nobody}}")
            + Entry("none", "resolution: NONE")
            + Entry("hidden", $"resolution: STATIC, exportTo: [\".\"], endpoints: [{Endpoint(0)}]", ns: "elsewhere")
            + Entry("inline-subset", $"resolution: STATIC, endpoints: [{Endpoint(0, "labels: {version: v1}")}, {Endpoint(1, "labels: {version: v2}")}]")
            + Workload("vm-1", $"{Address(0)}, labels: {{app: vm, version: v1}}")
            + Workload("vm-2", $"{Address(1)}, labels: {{version: v2}}", "labels: {app: vm}")
            + Workload("vm-sick", $"{Address(2)}, labels: {{app: vm}}", "annotations: {proxy.istio.io/health-checks-enabled: \"true\"}", "status: {conditions: [{type: Healthy, status: \"False\"}]}")
            + Workload("vm-elsewhere", $"{Address(2)}, labels: {{app: vm}}", ns: "elsewhere")
            + Workload("heavy-1", $"{Address(0)}, labels: {{app: heavy}}, weight: 3")
            + Workload("heavy-2", $"{Address(1)}, labels: {{app: heavy}}")
            + Rule("workloads", "host: workloads.test, subsets: [{name: v2, labels: {version: v2}}]")
            + Rule("workloads-weights", "host: workloads-weights.test, trafficPolicy: {loadBalancer: {simple: ROUND_ROBIN}}")
            + Rule("inline-subset", "host: inline-subset.test, subsets: [{name: v2, labels: {version: v2}}]")
            + $$"""
              ---
              apiVersion: networking.istio.io/v1
              kind: ServiceEntry
              metadata: {name: two-ports, namespace: default}
              spec:
                hosts: [two-ports.test]
                resolution: STATIC
                ports: [{number: 80, name: http, protocol: HTTP}, {number: 8080, name: more, protocol: HTTP, targetPort: {{backends[1].EndPoint.Port}} }]
                endpoints:
                - {address: {{backends[1].EndPoint.Address}}, ports: {http: {{backends[1].EndPoint.Port}} } }

              """
            + Routes;

        private const string Routes = """
            ---
            apiVersion: networking.istio.io/v1
            kind: VirtualService
            metadata: {name: all, namespace: default}
            spec:
              hosts: ["*.test"]
              gateways: [edge]
              http:
              - match: [{authority: {exact: dns.test}}]
                route: [{destination: {host: dns.test}}]
              - match: [{authority: {exact: dns-several.test}}]
                route: [{destination: {host: dns-several.test}}]
              - match: [{authority: {exact: round-robin.test}}]
                route: [{destination: {host: round-robin.test}}]
              - match: [{authority: {exact: target-port.test}}]
                route: [{destination: {host: target-port.test}}]
              - match: [{authority: {exact: second-host.test}}]
                route: [{destination: {host: second-host.test}}]
              - match: [{authority: {exact: workloads.test}}]
                route: [{destination: {host: workloads.test}}]
              - match: [{authority: {exact: workloads-v2.test}}]
                route: [{destination: {host: workloads.test, subset: v2}}]
              - match: [{authority: {exact: workloads-weights.test}}]
                route: [{destination: {host: workloads-weights.test}}]
              - match: [{authority: {exact: no-workloads.test}}]
                route: [{destination: {host: no-workloads.test}}]
              - match: [{authority: {exact: none.test}}]
                route: [{destination: {host: none.test}}]
              - match: [{authority: {exact: hidden.test}}]
                route: [{destination: {host: hidden.test}}]
              - match: [{authority: {exact: inline-subset.test}}]
                route: [{destination: {host: inline-subset.test, subset: v2}}]
              - match: [{authority: {exact: two-ports.test}, uri: {exact: /8080}}]
                route: [{destination: {host: two-ports.test, port: {number: 8080}}}]
              - match: [{authority: {exact: two-ports.test}}]
                route: [{destination: {host: two-ports.test, port: {number: 80}}}]

            """;

        private string Address(int backend) => $"address: {Backends[backend].EndPoint.Address}, ports: {{http: {Backends[backend].EndPoint.Port}}}";

        private string Endpoint(int backend, string more = "") => $"{{{Address(backend)}{(more.Length > 0 ? ", " : "")}{more}}}";

        private static string Entry(string name, string spec, string port = "", string hosts = "", string ns = "default") => $$"""
            ---
            apiVersion: networking.istio.io/v1
            kind: ServiceEntry
            metadata: {name: {{name}}, namespace: {{ns}} }
            spec: {hosts: [{{(hosts.Length > 0 ? hosts : name + ".test")}}], ports: [{number: 80, name: http, protocol: HTTP{{(port.Length > 0 ? ", " : "")}}{{port}} }], {{spec}} }

            """;

        private static string Workload(string name, string spec, string metadata = "", string more = "", string ns = "default") => $$"""
            ---
            apiVersion: networking.istio.io/v1
            kind: WorkloadEntry
            metadata: {name: {{name}}, namespace: {{ns}}{{(metadata.Length > 0 ? ", " : "")}}{{metadata}} }
            spec: { {{spec}} }
            {{more}}

            """;

        private static string Rule(string name, string spec) => $$"""
            ---
            apiVersion: networking.istio.io/v1
            kind: DestinationRule
            metadata: {name: {{name}}, namespace: default}
            spec: { {{spec}} }

            """;
    }
}
