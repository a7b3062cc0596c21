using Tidegate.EndToEnd.Tests.Balancing;
using Tidegate.EndToEnd.Tests.Harness;
using Tidegate.EndToEnd.Tests.Upstream;

namespace Tidegate.EndToEnd.Tests.Tutorial;

/// <summary>
/// The tutorial's situations of traffic control: a second version of the catalog goes live in steps, each a new VirtualService that the
/// running gateway takes. <c>b0</c> is version 1, <c>b1</c> version 2, <c>b2</c> a service outside.
/// </summary>
public sealed class TrafficTutorialTests(TrafficTutorialTests.Fixture shop) : IClassFixture<TrafficTutorialTests.Fixture>
{
    private const string Host = "catalog.istioinaction.io";

    [Fact]
    public async Task A_new_version_goes_live_in_steps()
    {
        // 1. Everything to version 1, though the Service has both.
        await ApplyAsync("- route: [{destination: {host: catalog, subset: version-v1}}]", async () => await IsAllAsync("b0"));

        // 2. Only those who ask for it see version 2.
        await ApplyAsync(
            """
            - match:
                - headers:
                    x-istio-cohort:
                      exact: "internal"
                route:
                - destination:
                    host: catalog
                    subset: version-v2
              - route:
                - destination:
                    host: catalog
                    subset: version-v1
            """,
            async () => (await shop.GetAsync(Host, "/", "x-istio-cohort: internal\r\n")).Body == "b1");
        Assert.Equal(["b1"], (await shop.CountAsync(Host, 20, "x-istio-cohort: internal\r\n")).Keys);
        Assert.Equal(["b0"], (await shop.CountAsync(Host, 20)).Keys);
        Assert.Equal(["b0"], (await shop.CountAsync(Host, 20, "x-istio-cohort: external\r\n")).Keys);

        // 3. A tenth of all, half of all, all. Six standard deviations of 500 draws: 40 and 67.
        await ApplyAsync(Weights(90, 10), async () => (await shop.GetAsync(Host)).Body == "b1");
        Assert.InRange((await shop.CountAsync(Host, 500))["b1"], 50 - 40, 50 + 40);
        await ApplyAsync(Weights(50, 50), async () => (await shop.CountAsync(Host, 100)).GetValueOrDefault("b1") > 30);
        Assert.InRange((await shop.CountAsync(Host, 500))["b1"], 250 - 67, 250 + 67);
        await ApplyAsync(Weights(0, 100), async () => await IsAllAsync("b1"));

        // 4. And back: the new version is wrong, nobody's request fails on the way.
        await ApplyAsync(Weights(100, 0), async () => await IsAllAsync("b0"));

        // 5. Version 2 gets a copy of everything, and answers nobody.
        await ApplyAsync(
            """
            - route:
                - destination:
                    host: catalog
                    subset: version-v1
                  weight: 100
                mirror:
                  host: catalog
                  subset: version-v2
            """,
            async () =>
            {
                int before = shop.Backends[1].Requests.Count;
                Assert.Equal("b0", (await shop.GetAsync(Host)).Body);
                return shop.Backends[1].Requests.Count > before;
            });
        Assert.Equal("b0", (await shop.GetAsync(Host, "/copied")).Body);
        await Eventually.HoldsAsync(() => shop.Backends[1].Requests.Any(request => request.Target == "/copied"), "the copy arrives");
        BackendRequest copy = shop.Backends[1].Requests.Single(request => request.Target == "/copied");
        Assert.Equal($"{Host}-shadow", copy.Headers["host"]);
        Assert.Equal(
            shop.Backends[0].Requests.Single(request => request.Target == "/copied").Headers["x-request-id"], copy.Headers["x-request-id"]);

        // 6. A broken version 2 does no harm to what it only gets copies of.
        shop.Backends[1].Kill();
        Assert.Equal(["b0"], (await shop.CountAsync(Host, 20)).Keys);
    }

    [Fact]
    public async Task A_service_outside_is_reached_by_its_ServiceEntry()
    {
        // 1. A host that nobody has announced has no cluster.
        Assert.Equal(503, (await shop.GetAsync("forum.istioinaction.io", "/before")).Status);
        Assert.Contains(" 503 NC cluster_not_found ", await shop.Gateway.LogsAsync("/before"));

        // 2. With its ServiceEntry it answers, under its own name.
        shop.Gateway.Apply("forum.yaml", $$"""
            apiVersion: networking.istio.io/v1alpha3
            kind: ServiceEntry
            metadata:
              name: outside-forum
              namespace: istioinaction
            spec:
              hosts:
              - forum.outside.example
              ports:
              - number: 80
                name: http
                protocol: HTTP
              resolution: DNS
              location: MESH_EXTERNAL
              endpoints:
              - address: {{shop.Backends[2].EndPoint.Address}}
                ports: {http: {{shop.Backends[2].EndPoint.Port}} }
            """);
        await shop.Gateway.AnswersAsync(200, "forum.istioinaction.io", "/posts");
        Assert.Equal("b2", (await shop.GetAsync("forum.istioinaction.io", "/posts")).Body);
        Assert.Contains(shop.Backends[2].Requests, request => request.Headers["host"] == "forum.outside.example");

        // 3. Without it, it is gone again.
        shop.Gateway.Remove("forum.yaml");
        await shop.Gateway.AnswersAsync(503, "forum.istioinaction.io");
    }

    private static string Weights(int first, int second) => $$"""
        - route:
            - destination: {host: catalog, subset: version-v1}
              weight: {{first}}
            - destination: {host: catalog, subset: version-v2}
              weight: {{second}}
        """;

    // Puts these routes in place and waits until they show; no request fails while they change.
    private async Task ApplyAsync(string routes, Func<Task<bool>> shows)
    {
        shop.Gateway.Apply("catalog-routes.yaml", $$"""
            apiVersion: networking.istio.io/v1alpha3
            kind: VirtualService
            metadata:
              name: catalog-from-gateway
              namespace: istioinaction
            spec:
              hosts:
              - "{{Host}}"
              gateways:
              - catalog-gateway
              http:
              {{routes}}

            """);
        await Eventually.HoldsAsync(
            async () =>
            {
                int status = (await shop.GetAsync(Host)).Status;
                Assert.True(status is 200 or 404, $"{status} while the routes changed");
                return status == 200 && await shows();
            },
            () => $"the routes show\n{shop.Gateway.Log}");
    }

    private async Task<bool> IsAllAsync(string name) => (await shop.CountAsync(Host, 20)).Keys.SequenceEqual([name]);

    /// <summary>The catalog's Service with both versions, its subsets and its Gateway.</summary>
    public sealed class Fixture : NamedGateway
    {
        /// <inheritdoc/>
        protected override int Count => 3;

        /// <inheritdoc/>
        protected override string ManifestsFor(NamedBackends backends) => $$"""
            ---
            apiVersion: v1
            kind: Service
            metadata:
              name: catalog
              namespace: istioinaction
            spec:
              ports: [{name: http, port: 80, targetPort: 3000}]
              selector: {app: catalog}
            ---
            apiVersion: networking.istio.io/v1alpha3
            kind: DestinationRule
            metadata:
              name: catalog
              namespace: istioinaction
            spec:
              host: catalog.istioinaction.svc.cluster.local
              subsets:
              - name: version-v1
                labels:
                  version: v1
              - name: version-v2
                labels:
                  version: v2
            ---
            apiVersion: networking.istio.io/v1alpha3
            kind: Gateway
            metadata:
              name: catalog-gateway
              namespace: istioinaction
            spec:
              selector:
                istio: ingressgateway
              servers:
              - port:
                  number: 80
                  name: http
                  protocol: HTTP
                hosts:
                - "*.istioinaction.io"
            ---
            apiVersion: networking.istio.io/v1alpha3
            kind: VirtualService
            metadata:
              name: forum
              namespace: istioinaction
            spec:
              hosts: [forum.istioinaction.io]
              gateways: [catalog-gateway]
              http:
              - route:
                - destination: {host: forum.outside.example}
                rewrite: {authority: forum.outside.example}

            """ + Slice(0, "v1") + Slice(1, "v2");

        private string Slice(int backend, string version) => $$"""
            ---
            apiVersion: discovery.k8s.io/v1
            kind: EndpointSlice
            metadata:
              name: catalog-{{version}}
              namespace: istioinaction
              labels: {kubernetes.io/service-name: catalog, version: {{version}} }
            addressType: IPv4
            ports: [{name: http, port: {{Backends[backend].EndPoint.Port}} }]
            endpoints: [{addresses: [{{Backends[backend].EndPoint.Address}}] }]

            """;
    }
}
