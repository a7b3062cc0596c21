using Tidegate.EndToEnd.Tests.Balancing;
using Tidegate.EndToEnd.Tests.Harness;
using Tidegate.EndToEnd.Tests.Upstream;

namespace Tidegate.EndToEnd.Tests.Services;

/// <summary>Kubernetes Services and the endpoints that their EndpointSlices name (istio-gateway.md 5.7, 6.1, 6.2).</summary>
public sealed class KubernetesServiceTests(KubernetesServiceTests.Fixture gateway) : IClassFixture<KubernetesServiceTests.Fixture>
{
    [Theory]
    [InlineData("headless", "b0")]
    [InlineData("alias", "b0")]
    [InlineData("named-port", "b0")]
    [InlineData("app-protocol", "b0")]
    [InlineData("nameless-port", "b0")]
    [InlineData("old-endpoints", "b0,b1")]
    [InlineData("several-slices", "b0,b1,b2")]
    [InlineData("conditions", "b0,b1")]
    [InlineData("draining", "b0")]
    [InlineData("not-ready-published", "b0,b1")]
    [InlineData("serving-while-terminating", "b0")]
    [InlineData("external-ip", "b0")]
    public async Task Requests_reach_the_endpoints_that_may_take_them(string service, string endpoints) =>
        Assert.Equal(endpoints, string.Join(',', (await gateway.CountAsync($"{service}.test", 60)).Keys));

    [Fact]
    public async Task Each_port_of_a_service_leads_to_its_own_target()
    {
        Assert.Equal(["b0"], (await gateway.CountAsync("ports.test", 10, path: "/80")).Keys);
        Assert.Equal(["b1"], (await gateway.CountAsync("ports.test", 10, path: "/90")).Keys);
    }

    [Fact]
    public async Task A_port_that_a_service_has_alone_needs_no_mention() =>
        Assert.Equal(["b0"], (await gateway.CountAsync("named-port.test", 10)).Keys);

    [Fact]
    public async Task When_no_endpoint_is_ready_the_answer_is_a_503()
    {
        WireResponse response = await gateway.GetAsync("none-ready.test", "/none-ready");

        Assert.Equal((503, "no healthy upstream"), (response.Status, response.Body));
        Assert.Contains(" 503 UH no_healthy_upstream - ", await gateway.Gateway.LogsAsync("/none-ready"));
    }

    [Fact]
    public async Task Short_names_are_of_the_virtual_services_namespace()
    {
        Assert.Equal(["b2"], (await gateway.CountAsync("short.test", 10)).Keys);
        Assert.Equal(["b1"], (await gateway.CountAsync("full.test", 10)).Keys);
    }

    [Fact]
    public async Task A_service_that_is_not_exported_has_no_cluster()
    {
        WireResponse response = await gateway.GetAsync("private.test", "/private");

        Assert.Equal(503, response.Status);
        Assert.Contains(" 503 NC cluster_not_found ", await gateway.Gateway.LogsAsync("/private"));
    }

    [Theory]
    [InlineData("close", "b0")]
    [InlineData("same-zone", "b0")]
    [InlineData("annotated", "b0")]
    [InlineData("anywhere", "b0,b1,b2")]
    public async Task Near_endpoints_are_preferred_where_the_service_says_so(string service, string endpoints) =>
        Assert.Equal(endpoints, string.Join(',', (await gateway.CountAsync($"{service}.test", 60)).Keys));

    /// <summary>The services.</summary>
    public sealed class Fixture : NamedGateway
    {
        private const string Ports = "ports: [{name: http, port: 80}]";

        /// <inheritdoc/>
        protected override int Count => 3;

        /// <inheritdoc/>
        protected override string[] Options => ["--gateway-labels", "istio=ingressgateway,istio-locality=eu.eu-a"];

        /// <inheritdoc/>
        protected override string ManifestsFor(NamedBackends backends) =>
            Service("headless", $"clusterIP: None, {Ports}") + Slice("headless", 0)
            + Service("alias", "type: ExternalName, externalName: named-port.shop.svc.cluster.local, ports: [{name: http, port: 80}]")
            + Service("named-port", "ports: [{name: http-web, port: 80, targetPort: web}]") + Slice("named-port", 0, port: "http-web")
            + Service("app-protocol", "ports: [{name: anything, port: 80, appProtocol: http}]") + Slice("app-protocol", 0, port: "anything")
            + Service("nameless-port", "ports: [{port: 80}]") + Slice("nameless-port", 0, port: "\"\"")
            + Service("old-endpoints", Ports)
            + $$"""
              ---
              apiVersion: v1
              kind: Endpoints
              metadata: {name: old-endpoints, namespace: shop}
              subsets:
              - {addresses: [{ip: {{backends[0].EndPoint.Address}} }], ports: [{name: http, port: {{backends[0].EndPoint.Port}} }] }
              - {addresses: [{ip: {{backends[1].EndPoint.Address}} }], ports: [{name: http, port: {{backends[1].EndPoint.Port}} }] }
              - {notReadyAddresses: [{ip: {{backends[2].EndPoint.Address}} }], ports: [{name: http, port: {{backends[2].EndPoint.Port}} }] }

              """
            + Service("several-slices", Ports) + Slice("several-slices", 0) + Slice("several-slices", 1) + Slice("several-slices", 2)
            + Service("conditions", Ports) + Slice("conditions", 0) + Slice("conditions", 1, "conditions: {ready: true}") + Slice("conditions", 2, "conditions: {ready: false}")
            + Service("draining", Ports) + Slice("draining", 0) + Slice("draining", 1, "conditions: {ready: false, serving: true, terminating: true}") + Slice("draining", 2, labels: "istio.io/draining: \"true\"")
            + Service("not-ready-published", $"publishNotReadyAddresses: true, {Ports}") + Slice("not-ready-published", 0, "conditions: {ready: false}") + Slice("not-ready-published", 1)
            + Service("serving-while-terminating", Ports) + Slice("serving-while-terminating", 0) + Slice("serving-while-terminating", 1, "conditions: {ready: false, serving: false, terminating: true}")
            + Service("external-ip", $"externalIPs: [203.0.113.9], {Ports}") + Slice("external-ip", 0)
            + Service("none-ready", Ports) + Slice("none-ready", 0, "conditions: {ready: false}")
            + Service("ports", "ports: [{name: http, port: 80}, {name: http-more, port: 90, targetPort: 9090}]") + Slice("ports", 0) + Slice("ports", 1, port: "http-more")
            + Service("private", Ports, "networking.istio.io/exportTo: \".\"") + Slice("private", 0)
            + Service("same-name", Ports) + Slice("same-name", 2)
            + Service("same-name", Ports, ns: "other") + Slice("same-name", 1, ns: "other")
            + Near("close", "trafficDistribution: PreferClose") + Near("same-zone", "trafficDistribution: PreferSameZone") + Near("anywhere", "")
            + Near("annotated", "", "networking.istio.io/traffic-distribution: PreferClose")
            + Virtual("short.test", "same-name") + Virtual("full.test", "same-name.other.svc.cluster.local")
            + string.Concat(new[]
            {
                "headless", "alias", "named-port", "app-protocol", "nameless-port", "old-endpoints", "several-slices", "conditions", "draining",
                "not-ready-published", "serving-while-terminating", "external-ip", "none-ready", "private", "close", "same-zone", "anywhere", "annotated",
            }.Select(name => Virtual($"{name}.test", name)))
            + """
              ---
              apiVersion: networking.istio.io/v1
              kind: VirtualService
              metadata: {name: ports, namespace: shop}
              spec:
                hosts: [ports.test]
                gateways: [default/edge]
                http:
                - match: [{uri: {exact: /90}}]
                  route: [{destination: {host: ports, port: {number: 90}}}]
                - route: [{destination: {host: ports, port: {number: 80}}}]

              """;

        // b0 is in the gateway's zone, b1 in another one of its region, b2 far away.
        private string Near(string name, string spec, string annotation = "") =>
            Service(name, spec.Length > 0 ? $"{spec}, {Ports}" : Ports, annotation)
            + Slice(name, 0, labels: "istio-locality: eu.eu-a") + Slice(name, 1, labels: "istio-locality: eu.eu-b") + Slice(name, 2, labels: "istio-locality: us.us-a");

        private static string Service(string name, string spec, string annotation = "", string ns = "shop") => $$"""
            ---
            apiVersion: v1
            kind: Service
            metadata: {name: {{name}}, namespace: {{ns}}, annotations: { {{annotation}} } }
            spec: { {{spec}} }

            """;

        private string Slice(string service, int backend, string endpoint = "", string port = "http", string labels = "", string ns = "shop") => $$"""
            ---
            apiVersion: discovery.k8s.io/v1
            kind: EndpointSlice
            metadata: {name: {{service}}-{{backend}}, namespace: {{ns}}, labels: {kubernetes.io/service-name: {{service}}{{(labels.Length > 0 ? ", " : "")}}{{labels}} } }
            addressType: IPv4
            ports: [{name: {{port}}, port: {{Backends[backend].EndPoint.Port}} }]
            endpoints: [{addresses: [{{Backends[backend].EndPoint.Address}}]{{(endpoint.Length > 0 ? ", " : "")}}{{endpoint}} }]

            """;

        private static string Virtual(string host, string destination) => $$"""
            ---
            apiVersion: networking.istio.io/v1
            kind: VirtualService
            metadata: {name: {{host.Replace('.', '-')}}, namespace: shop}
            spec:
              hosts: [{{host}}]
              gateways: [default/edge]
              http:
              - route: [{destination: {host: {{destination}} } }]

            """;
    }
}
