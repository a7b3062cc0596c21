using Tidegate.Pilot.Sources;
using Tidegate.Pilot.Translation;
using Tidegate.Pilot.Translation.Steps;
using Tidegate.Pilot.Validation;

namespace Tidegate.Pilot.Tests.Translation;

/// <summary>A patch of an EnvoyFilter that finds nothing to be applied to is told of, at its line; Istio is silent.</summary>
public sealed class UnmatchedPatchTests
{
    private const string Objects = """
        apiVersion: networking.istio.io/v1
        kind: Gateway
        metadata: {name: web, namespace: prod}
        spec:
          selector: {istio: ingressgateway}
          servers:
          - {port: {number: 80, name: http, protocol: HTTP}, hosts: ["*"]}
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: web, namespace: prod}
        spec: {ports: [{name: http, port: 80}]}
        ---
        apiVersion: networking.istio.io/v1
        kind: VirtualService
        metadata: {name: web, namespace: prod}
        spec:
          hosts: [web.test]
          gateways: [web]
          http:
          - {name: api, route: [{destination: {host: web}}]}

        """;

    private const string Filter = "{name: x, typed_config: {\"@type\": type.googleapis.com/envoy.extensions.filters.http.buffer.v3.Buffer, max_request_bytes: 5}}";
    private const string Inspector = "{name: envoy.filters.listener.tls_inspector}";

    [Theory]
    [InlineData("LISTENER, match: {listener: {portNumber: 80}}, patch: {operation: MERGE, value: {tcp_backlog_size: 5}}", "its listeners are 0.0.0.0_8080")]
    [InlineData("LISTENER, match: {listener: {name: 0.0.0.0_80}}, patch: {operation: REMOVE}", "its listeners are 0.0.0.0_8080")]
    [InlineData("LISTENER_FILTER, match: {listener: {portNumber: 9}}, patch: {operation: ADD, value: " + Inspector + "}", "its listeners are")]
    [InlineData("LISTENER_FILTER, match: {listener: {listenerFilter: none}}, patch: {operation: INSERT_AFTER, value: " + Inspector + "}", "its listeners are")]
    [InlineData("FILTER_CHAIN, match: {listener: {filterChain: {sni: web.test}}}, patch: {operation: MERGE, value: {name: x}}", "its listeners are")]
    [InlineData("NETWORK_FILTER, match: {listener: {filterChain: {filter: {name: envoy.filters.network.tcp_proxy}}}}, patch: {operation: MERGE, value: {name: x}}", "its listeners are")]
    [InlineData("HTTP_FILTER, match: {listener: {filterChain: {filter: {name: envoy.filters.network.http_connection_manager, subFilter: {name: none}}}}}, patch: {operation: INSERT_BEFORE, value: " + Filter + "}", "its listeners are")]
    [InlineData("HTTP_FILTER, match: {listener: {portNumber: 443}}, patch: {operation: INSERT_FIRST, value: " + Filter + "}", "its listeners are")]
    [InlineData("ROUTE_CONFIGURATION, match: {routeConfiguration: {name: http.80}}, patch: {operation: MERGE, value: {request_headers_to_remove: [x]}}", "its route configurations are http.8080")]
    [InlineData("VIRTUAL_HOST, match: {routeConfiguration: {vhost: {name: 'web.test'}}}, patch: {operation: MERGE, value: {request_headers_to_remove: [x]}}", "its route configurations are")]
    [InlineData("VIRTUAL_HOST, match: {routeConfiguration: {name: none}}, patch: {operation: ADD, value: {name: x, domains: [x.test]}}", "its route configurations are")]
    [InlineData("HTTP_ROUTE, match: {routeConfiguration: {vhost: {route: {name: none}}}}, patch: {operation: MERGE, value: {decorator: {operation: x}}}", "its route configurations are")]
    [InlineData("HTTP_ROUTE, match: {routeConfiguration: {vhost: {route: {action: REDIRECT}}}}, patch: {operation: REMOVE}", "its route configurations are")]
    [InlineData("CLUSTER, match: {cluster: {service: none.prod.svc.cluster.local}}, patch: {operation: MERGE, value: {connect_timeout: 1s}}", "its clusters are")]
    [InlineData("CLUSTER, match: {cluster: {name: none}}, patch: {operation: REMOVE}", "its clusters are")]
    public void A_patch_that_matches_nothing_is_told_of(string patch, string names)
    {
        var told = Assert.Single(Told(Objects, patch));

        Assert.Equal((Severity.Warning, 28), (told.Severity, told.Line));
        Assert.StartsWith("spec.configPatches[0].match", told.Field, StringComparison.Ordinal);
        Assert.Contains($"matches nothing that this gateway has; {names}", told.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("LISTENER, match: {listener: {portNumber: 8080}}, patch: {operation: MERGE, value: {tcp_backlog_size: 5}}")]
    [InlineData("LISTENER, patch: {operation: ADD, value: {name: l, address: {socket_address: {address: 0.0.0.0, port_value: 9}}}}")]
    [InlineData("LISTENER_FILTER, patch: {operation: ADD, value: " + Inspector + "}")]
    [InlineData("FILTER_CHAIN, patch: {operation: MERGE, value: {name: x}}")]
    [InlineData("NETWORK_FILTER, match: {listener: {filterChain: {filter: {name: envoy.filters.network.http_connection_manager}}}}, patch: {operation: MERGE, value: {typed_config: {\"@type\": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager, via: x}}}")]
    [InlineData("HTTP_FILTER, match: {listener: {filterChain: {filter: {name: envoy.filters.network.http_connection_manager, subFilter: {name: envoy.filters.http.router}}}}}, patch: {operation: INSERT_BEFORE, value: " + Filter + "}")]
    [InlineData("HTTP_FILTER, patch: {operation: INSERT_FIRST, value: " + Filter + "}")]
    [InlineData("ROUTE_CONFIGURATION, match: {routeConfiguration: {portNumber: 80}}, patch: {operation: MERGE, value: {request_headers_to_remove: [x]}}")]
    [InlineData("VIRTUAL_HOST, match: {routeConfiguration: {vhost: {name: 'web.test:80'}}}, patch: {operation: MERGE, value: {request_headers_to_remove: [x]}}")]
    [InlineData("HTTP_ROUTE, match: {routeConfiguration: {vhost: {route: {name: api}}}}, patch: {operation: MERGE, value: {decorator: {operation: x}}}")]
    [InlineData("CLUSTER, match: {cluster: {portNumber: 80}}, patch: {operation: MERGE, value: {connect_timeout: 1s}}")]
    public void A_patch_that_is_applied_somewhere_is_not(string patch) => Assert.Empty(Told(Objects, patch));

    [Fact]
    public void It_is_told_as_long_as_it_is_true()
    {
        var translator = new Translator();
        var filter = EnvoyFilter("HTTP_ROUTE, match: {routeConfiguration: {vhost: {route: {name: old}}}}, patch: {operation: MERGE, value: {decorator: {operation: x}}}");
        var others = filter.Replace("name: one", "name: two", StringComparison.Ordinal);

        Assert.Equal(2, Told(translator, Objects + filter + others).Count);
        Assert.Equal(2, Told(translator, Objects + filter + others).Count);
        Assert.Empty(Told(translator, Objects.Replace("{name: api", "{name: old", StringComparison.Ordinal) + filter + others));
        Assert.Single(Told(translator, Objects + filter));
    }

    [Fact]
    public void Where_there_is_nothing_that_could_match_another_thing_is_missing() =>
        Assert.Empty(Told("", "HTTP_FILTER, match: {listener: {portNumber: 80}}, patch: {operation: INSERT_FIRST, value: " + Filter + "}"));

    [Fact]
    public void Of_what_would_keep_traffic_out_it_is_an_error()
    {
        var told = Assert.Single(Told(Objects, """
            HTTP_FILTER, match: {listener: {portNumber: 80}}, patch: {operation: INSERT_FIRST, value: {name: x, typed_config: {"@type": type.googleapis.com/envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit, stat_prefix: x}}}
            """));

        Assert.Equal(Severity.Error, told.Severity);
        Assert.EndsWith("the patch has no effect, and traffic is not protected by it", told.Message, StringComparison.Ordinal);
    }

    private static IReadOnlyList<Diagnostic> Told(string objects, string patch) => Told(new Translator(), objects + EnvoyFilter(patch));

    private static IReadOnlyList<Diagnostic> Told(Translator translator, string objects) =>
        [.. translator.Translate(new TranslationInput(ObjectSet.Of(TranslationCase.Read(objects).Resources))).Diagnostics.Where(diagnostic => diagnostic.Code == "envoy-patch-matches-nothing")];

    private static string EnvoyFilter(string patch) => $$"""
        ---
        apiVersion: networking.istio.io/v1alpha3
        kind: EnvoyFilter
        metadata: {name: one, namespace: istio-system}
        spec:
          configPatches:
          - {applyTo: {{patch}}}

        """;
}
