using Envoy.Config.Listener.V3;
using Tidegate.Pilot.Translation.Steps;
using Tidegate.Xds;

namespace Tidegate.Pilot.Tests.Translation;

/// <summary>From what the proxy refuses back to the object and line that a user wrote.</summary>
public sealed class ResourceOriginsTests
{
    private const string Objects = """
        apiVersion: networking.istio.io/v1
        kind: Gateway
        metadata: {name: edge, namespace: prod}
        spec:
          selector: {istio: ingressgateway}
          servers:
          - {port: {number: 80, name: http, protocol: HTTP}, hosts: ["*"]}
          - {port: {number: 443, name: a, protocol: HTTPS}, hosts: [a.test], tls: {mode: SIMPLE, credentialName: a}}
          - {port: {number: 443, name: b, protocol: HTTPS}, hosts: [b.test], tls: {mode: SIMPLE, credentialName: b}}
          - {port: {number: 443, name: c, protocol: TLS}, hosts: [c.test], tls: {mode: PASSTHROUGH}}
        ---
        apiVersion: networking.istio.io/v1
        kind: VirtualService
        metadata: {name: shop, namespace: prod}
        spec:
          hosts: [shop.test]
          gateways: [edge]
          http:
          - match: [{uri: {prefix: /one}}, {uri: {prefix: /two}}]
            route: [{destination: {host: pear}}]
          - name: rest
            route: [{destination: {host: pear}}]
        ---
        apiVersion: networking.istio.io/v1
        kind: VirtualService
        metadata: {name: through, namespace: prod}
        spec:
          hosts: [c.test]
          gateways: [edge]
          tls: [{match: [{sniHosts: [c.test]}], route: [{destination: {host: pear, port: {number: 80}}}]}]
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: pear, namespace: prod}
        spec: {ports: [{name: http, port: 80}]}
        ---
        apiVersion: networking.istio.io/v1
        kind: DestinationRule
        metadata: {name: pear, namespace: prod}
        spec: {host: pear, trafficPolicy: {connectionPool: {tcp: {maxConnections: 5}}}}

        """;

    private const string Patches = """
        ---
        apiVersion: networking.istio.io/v1alpha3
        kind: EnvoyFilter
        metadata: {name: other, namespace: istio-system}
        spec:
          configPatches:
          - applyTo: NETWORK_FILTER
            match: {context: GATEWAY, listener: {filterChain: {filter: {name: envoy.filters.network.http_connection_manager}}}}
            patch: {operation: MERGE, value: {typed_config: {"@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager, server_name: x}}}
        ---
        apiVersion: networking.istio.io/v1alpha3
        kind: EnvoyFilter
        metadata: {name: guilty, namespace: istio-system}
        spec:
          configPatches:
          - applyTo: NETWORK_FILTER
            match: {context: GATEWAY, listener: {portNumber: 8080, filterChain: {filter: {name: envoy.filters.network.http_connection_manager}}}}
            patch: {operation: MERGE, value: {typed_config: {"@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager, localReplyConfig: {}}}}
          - applyTo: HTTP_ROUTE
            match: {context: GATEWAY, routeConfiguration: {vhost: {name: "shop.test:80", route: {name: rest}}}}
            patch: {operation: MERGE, value: {route: {internal_redirect_policy: {}}}}

        """;

    [Theory]
    [InlineData("routes[0]", "spec.http[0]")]
    [InlineData("routes[1]", "spec.http[0]")]
    [InlineData("routes[2]", "spec.http[1]")]
    public void A_route_is_the_entry_of_its_VirtualService(string route, string field) =>
        Assert.Equal([$"VirtualService prod/shop {field}"], Of(Objects, XdsTypes.Route, "http.8080", $"virtual_hosts[\"shop.test:80\"].{route}"));

    [Fact]
    public void A_virtual_host_is_the_hosts_of_its_VirtualServices() =>
        Assert.Equal(["VirtualService prod/shop spec.hosts"], Of(Objects, XdsTypes.Route, "http.8080", "virtual_hosts[\"shop.test:80\"]"));

    [Theory]
    [InlineData("a.test", "transport_socket: tls_params: no", "Gateway prod/edge spec.servers[1].tls")]
    [InlineData("b.test", "filters[0]: no", "Gateway prod/edge spec.servers[2]")]
    [InlineData("c.test", "filters[0]: no", "VirtualService prod/through spec.tls[0]")]
    public void A_chain_is_its_server_or_who_passes_its_names_on(string name, string reason, string expected)
    {
        var result = Translate(Objects);
        var listener = (Listener)result.Resources.Single(resource => resource.Name.Name == "0.0.0.0_8443").Message;
        var index = listener.FilterChains.Select((chain, i) => (chain, i)).Single(pair => pair.chain.FilterChainMatch.ServerNames.Contains(name)).i;

        Assert.Equal([expected], Of(result, new XdsName(XdsTypes.Listener, listener.Name), new XdsRefusedUnit($"filter_chains[{index}]", reason, null, false)));
    }

    [Fact]
    public void A_plain_text_chain_is_the_server_of_its_port() =>
        Assert.Equal(["Gateway prod/edge spec.servers[0]"], Of(Objects, XdsTypes.Listener, "0.0.0.0_8080", "filter_chains[0]"));

    [Theory]
    [InlineData("filter_chains[0].filters[0].http_filters[0]", "envoy.filters.http.rbac/securitypolicy/prod/shop/allow")]
    [InlineData("filter_chains[0].filters[0].http_filters[0].providers[\"p\"]", null)]
    public void A_filter_of_a_SecurityPolicy_is_the_policy(string path, string? filter)
    {
        const string Policy = """
            ---
            apiVersion: gateway.envoyproxy.io/v1alpha1
            kind: SecurityPolicy
            metadata: {name: shop, namespace: prod}
            spec:
              targetRefs: [{group: networking.istio.io, kind: Gateway, name: edge}]
              authorization: {}

            """;
        var unit = new XdsRefusedUnit(path, "no", null, false) { Filter = filter };

        Assert.Equal(["SecurityPolicy prod/shop spec"], Of(Translate(Objects + Policy), new XdsName(XdsTypes.Listener, "0.0.0.0_8080"), unit));
    }

    [Fact]
    public void A_cluster_is_the_rule_that_its_metadata_names_else_its_service()
    {
        const string Cluster = "outbound|80||pear.prod.svc.cluster.local";
        Assert.Equal(["Service prod/pear "], Of(Objects, XdsTypes.Cluster, Cluster, ""));
        Assert.Equal(
            ["DestinationRule prod/pear "],
            Of(Translate(Objects), new XdsName(XdsTypes.Cluster, Cluster), new XdsRefusedUnit("", "no", "/apis/networking.istio.io/v1/namespaces/prod/destination-rule/pear", false)));
    }

    [Fact]
    public void What_an_EnvoyFilter_has_changed_is_the_patch_that_speaks_of_it()
    {
        Assert.Equal(
            ["EnvoyFilter istio-system/guilty spec.configPatches[0].patch.value"],
            Of(Objects + Patches, XdsTypes.Listener, "0.0.0.0_8080", "filter_chains[0].filters[0].local_reply_config"));
        Assert.Equal(
            ["EnvoyFilter istio-system/guilty spec.configPatches[1].patch.value"],
            Of(Objects + Patches, XdsTypes.Route, "http.8080", "virtual_hosts[\"shop.test:80\"].routes[2]", "route: internal_redirect_policy is not supported"));
    }

    [Fact]
    public void What_no_EnvoyFilter_has_changed_is_still_its_own_objects() =>
        Assert.Equal(["VirtualService prod/shop spec.http[0]"], Of(Objects + Patches, XdsTypes.Route, "http.8080", "virtual_hosts[\"shop.test:80\"].routes[0]", "route: internal_redirect_policy is not supported"));

    [Fact]
    public void What_a_patch_has_taken_away_is_that_patch()
    {
        const string Removing = """
              - {applyTo: HTTP_FILTER, match: {listener: {filterChain: {filter: {name: envoy.filters.network.http_connection_manager, subFilter: {name: envoy.filters.http.router}}}}}, patch: {operation: REMOVE}}

            """;

        Assert.Equal(
            ["EnvoyFilter istio-system/guilty spec.configPatches[2]"],
            Of(Objects + Patches.TrimEnd() + "\n" + Removing, XdsTypes.Listener, "0.0.0.0_8080", "filter_chains[0].filters[0].http_filters", "the last filter has to be envoy.filters.http.router, which is put there"));
    }

    [Fact]
    public void A_virtual_host_that_a_patch_adds_is_that_patch()
    {
        const string Added = """
            ---
            apiVersion: networking.istio.io/v1alpha3
            kind: EnvoyFilter
            metadata: {name: adding, namespace: istio-system}
            spec:
              configPatches:
              - {applyTo: VIRTUAL_HOST, patch: {operation: ADD, value: {name: one, domains: [one.test]}}}
              - {applyTo: VIRTUAL_HOST, patch: {operation: ADD, value: {name: two, domains: [shop.test]}}}

            """;

        Assert.Equal(
            ["EnvoyFilter istio-system/adding spec.configPatches[1].patch.value"],
            Of(Objects + Added, XdsTypes.Route, "http.8080", "virtual_hosts[\"two\"].domains[0]", "the domain \"shop.test\" is taken by another virtual host"));
    }

    private static TranslationResult Translate(string yaml) => new Translator().Translate(TranslationCase.InputOf(TranslationCase.Read(yaml), new CaseSettings()));

    private static IEnumerable<string> Of(string yaml, string type, string name, string path, string reason = "no") =>
        Of(Translate(yaml), new XdsName(type, name), new XdsRefusedUnit(path, reason, null, false));

    private static IEnumerable<string> Of(TranslationResult result, XdsName name, XdsRefusedUnit unit) =>
        result.Origins!.Of(name, unit).Select(field => $"{field.Resource} {field.Path}");
}
