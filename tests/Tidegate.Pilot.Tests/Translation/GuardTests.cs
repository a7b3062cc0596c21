using Envoy.Config.Listener.V3;
using Envoy.Config.Route.V3;
using Envoy.Extensions.Filters.Network.HttpConnectionManager.V3;
using Google.Protobuf;
using Tidegate.Pilot.Sources;
using Tidegate.Pilot.Translation;
using Tidegate.Pilot.Translation.Steps;
using Tidegate.Pilot.Validation;
using Tidegate.Xds;

namespace Tidegate.Pilot.Tests.Translation;

/// <summary>
/// A guard that an EnvoyFilter asks for and that cannot be used as it is written is sent as it was written, for the proxy to close what it guards
/// (docs/decisions/unit-of-refusal.md); the error names its line.
/// </summary>
public sealed class GuardTests
{
    private const string OAuth2 = "type.googleapis.com/envoy.extensions.filters.http.oauth2.v4.OAuth2"; // a version that is not known here
    private const string LocalRateLimit = "type.googleapis.com/envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit";

    [Theory]
    [InlineData("{name: g, typed_config: {\"@type\": " + OAuth2 + ", config: {a: [1, {b: c}]}}}", OAuth2, "typed_config.@type: this proxy has no extension")]
    [InlineData("{name: g, typed_config: {\"@type\": type.googleapis.com/udpa.type.v1.TypedStruct, type_url: " + OAuth2 + ", value: {config: {a: [1, {b: c}]}}}}", OAuth2, "typed_config.@type: this proxy has no extension")]
    [InlineData("{name: g, typed_config: {\"@type\": " + LocalRateLimit + ", stat_prefix: x, token_bukket: {}}}", LocalRateLimit, "typed_config.token_bukket: envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit has no field")]
    [InlineData("{name: g, typed_config: {\"@type\": " + LocalRateLimit + ", stat_prefix: x, response_headers_to_add: [{header: {key: 'a b', value: c}}]}}", LocalRateLimit, "typed_config.response_headers_to_add[0].header.key: ")]
    [InlineData("{name: g, disabled: maybe, typed_config: {\"@type\": " + LocalRateLimit + ", stat_prefix: x}}", LocalRateLimit, "disabled: ")]
    [InlineData("{name: envoy.filters.http.basic_auth}", "", "typed_config: is missing, so that the filter \"envoy.filters.http.basic_auth\" says nothing")]
    [InlineData("{name: g, config_discovery: {type_urls: [" + OAuth2 + "], config_source: {ads: {}}}}", OAuth2, "config_discovery: is not supported")]
    public void A_guard_among_the_HTTP_filters_stays_in_its_place(string filter, string type, string problem)
    {
        var (resources, told) = Translate($"{{applyTo: HTTP_FILTER, patch: {{operation: INSERT_FIRST, value: {filter}}}}}");

        var found = Manager(resources).HttpFilters[0];
        Assert.Equal(type, found.TypedConfig is null ? "" : "type.googleapis.com/" + TypedStructs.TypeNameOf(found.TypedConfig));
        Assert.StartsWith($"spec.configPatches[0].patch.value.{problem}", $"{told.Field}: {told.Message}", StringComparison.Ordinal);
        Assert.EndsWith("; requests that it guards are answered with 503, unless an earlier version of it can be used", told.Message, StringComparison.Ordinal);
        Assert.Equal((Severity.Error, "guard-unusable"), (told.Severity, told.Code));
    }

    [Fact]
    public void All_that_was_written_is_sent()
    {
        var (resources, _) = Translate("""
            {applyTo: HTTP_FILTER, patch: {operation: INSERT_FIRST, value: {name: g, disabled: true, typed_config: {"@type": OAUTH2, config: {a: [1, {b: c}]}}}}}
            """);

        var filter = Manager(resources).HttpFilters[0];
        Assert.True(filter.Disabled);
        Assert.Equal("""{ "config": { "a": [ 1, { "b": "c" } ] } }""", JsonFormatter.Default.Format(filter.TypedConfig.Unpack<global::Xds.Type.V3.TypedStruct>().Value));
    }

    [Fact]
    public void One_that_is_optional_is_left_out_as_its_author_says()
    {
        var (resources, told) = Translate($"{{applyTo: HTTP_FILTER, patch: {{operation: INSERT_FIRST, value: {{name: g, is_optional: true, typed_config: {{\"@type\": {OAuth2}}}}}}}}}");

        Assert.DoesNotContain(Manager(resources).HttpFilters, filter => filter.Name == "g");
        Assert.Equal("envoy-patch-broken", told.Code);
    }

    [Fact]
    public void One_within_a_connection_manager_takes_nothing_along()
    {
        var (resources, _) = Translate("""
            {applyTo: NETWORK_FILTER, match: {listener: {filterChain: {filter: {name: envoy.filters.network.http_connection_manager}}}}, patch: {operation: MERGE, value: {typed_config: {"@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager, via: here, http_filters: [{name: g, typed_config: {"@type": OAUTH2}}]}}}}
            """);

        Assert.Equal("here", Manager(resources).Via);
        Assert.Contains(Manager(resources).HttpFilters, filter => filter.Name == "g");
    }

    [Fact]
    public void What_is_merged_into_a_guard_makes_it_unusable_as_well()
    {
        const string Limit = $"{{applyTo: HTTP_FILTER, patch: {{operation: INSERT_FIRST, value: {{name: g, typed_config: {{\"@type\": {LocalRateLimit}, stat_prefix: x}}}}}}}}";
        const string Merge = $"{{applyTo: HTTP_FILTER, match: {{listener: {{filterChain: {{filter: {{name: envoy.filters.network.http_connection_manager, subFilter: {{name: g}}}}}}}}}}, patch: {{operation: MERGE, value: {{typed_config: {{\"@type\": {LocalRateLimit}, nosuch: 1}}}}}}}}";
        var (resources, _) = Translate($"{Limit}\n  - {Merge}");

        Assert.True(Manager(resources).HttpFilters[0].TypedConfig.Is(global::Xds.Type.V3.TypedStruct.Descriptor));
    }

    [Theory]
    [InlineData("typed_per_filter_config: {any: {\"@type\": type.googleapis.com/envoy.extensions.filters.http.client_ssl_auth.v3.ClientSSLAuthPerRoute, users: {}}}")]
    [InlineData("typed_per_filter_config: {any: {\"@type\": type.googleapis.com/envoy.config.route.v3.FilterConfig, config: {\"@type\": type.googleapis.com/envoy.extensions.filters.http.client_ssl_auth.v3.ClientSSLAuthPerRoute}}}")]
    [InlineData("typed_per_filter_config: {any: {\"@type\": " + LocalRateLimit + ", nosuch: 1}}")]
    public void What_a_route_says_to_a_guard_stays(string value)
    {
        var (resources, told) = Translate($"{{applyTo: VIRTUAL_HOST, match: {{routeConfiguration: {{vhost: {{name: 'one.test:80'}}}}}}, patch: {{operation: MERGE, value: {{{value}}}}}}}");

        var hosts = resources.Select(resource => resource.Message).OfType<RouteConfiguration>().Single().VirtualHosts;
        Assert.True(hosts.Single(host => host.Name == "one.test:80").TypedPerFilterConfig["any"].Is(global::Xds.Type.V3.TypedStruct.Descriptor));
        Assert.Empty(hosts.Single(host => host.Name == "two.test:80").TypedPerFilterConfig);
        Assert.Equal(Severity.Error, told.Severity);
    }

    [Fact]
    public void A_route_that_switches_a_guard_off_is_taken()
    {
        var (resources, told) = Translate(
            "{applyTo: VIRTUAL_HOST, patch: {operation: MERGE, value: {typed_per_filter_config: {envoy.filters.http.oauth2: {\"@type\": type.googleapis.com/envoy.config.route.v3.FilterConfig, disabled: true}}}}}");

        Assert.Null(told);
        Assert.All(
            resources.Select(resource => resource.Message).OfType<RouteConfiguration>().Single().VirtualHosts.Where(host => host.TypedPerFilterConfig.Count > 0),
            host => Assert.True(host.TypedPerFilterConfig["envoy.filters.http.oauth2"].Unpack<FilterConfig>().Disabled));
    }

    [Theory]
    [InlineData("{applyTo: HTTP_FILTER, patch: {operation: ADD, value: {name: limit, typed_config: {\"@type\": type.googleapis.com/envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit, stat_prefix: x}}}}")]
    [InlineData("{applyTo: HTTP_FILTER, match: {listener: {filterChain: {filter: {name: envoy.filters.network.http_connection_manager, subFilter: {name: envoy.filters.http.router}}}}}, patch: {operation: INSERT_AFTER, value: {name: limit, typed_config: {\"@type\": OAUTH2}}}}")]
    public void A_guard_that_is_put_behind_the_router_stays_there_for_the_proxy_to_close_what_it_should_guard(string patch)
    {
        var (resources, told) = Translate(patch);

        Assert.Equal("limit", Manager(resources).HttpFilters[^1].Name);
        Assert.Equal((Severity.Error, "guard-unusable"), (told.Severity, told.Code));
    }

    [Theory]
    [InlineData("NETWORK_FILTER, patch: {operation: INSERT_FIRST, value: {name: g, typed_config: {\"@type\": type.googleapis.com/envoy.extensions.filters.network.client_ssl_auth.v3.ClientSSLAuth}}}", "connections that it guards are closed")]
    [InlineData("LISTENER_FILTER, patch: {operation: ADD, value: {name: envoy.filters.listener.local_ratelimit}}", "its listener does not open")]
    public void Guards_of_connections_stay(string patch, string consequence)
    {
        var (resources, told) = Translate($"{{applyTo: {patch}}}");

        var listener = resources.Select(resource => resource.Message).OfType<Listener>().Single();
        Assert.True(listener.ListenerFilters.Count > 0 || listener.FilterChains[0].Filters[0].Name == "g");
        Assert.Contains(consequence, told.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("envoy.extensions.filters.http.lua.v3.Lua", Severity.Error)]
    [InlineData("envoy.extensions.filters.http.wasm.v3.Wasm", Severity.Error)]
    [InlineData("envoy.extensions.filters.http.tap.v3.Tap", Severity.Warning)]
    public void What_is_no_guard_is_left_out(string type, Severity severity)
    {
        var (resources, told) = Translate($"{{applyTo: HTTP_FILTER, patch: {{operation: INSERT_FIRST, value: {{name: envoy.filters.http.rbac, typed_config: {{\"@type\": type.googleapis.com/{type}}}}}}}}}");

        Assert.DoesNotContain(Manager(resources).HttpFilters, filter => filter.Name == "envoy.filters.http.rbac");
        Assert.Equal(severity, told.Severity);
    }

    private static HttpConnectionManager Manager(IReadOnlyList<XdsResource> resources) =>
        resources.Select(resource => resource.Message).OfType<Listener>().Single().FilterChains[0].Filters[^1].TypedConfig.Unpack<HttpConnectionManager>();

    private static (IReadOnlyList<XdsResource> Resources, Diagnostic Told) Translate(string patches)
    {
        var objects = TranslationCase.Read("""
            apiVersion: networking.istio.io/v1
            kind: Gateway
            metadata: {name: web, namespace: prod}
            spec:
              selector: {istio: ingressgateway}
              servers:
              - {port: {number: 80, name: http, protocol: HTTP}, hosts: ["*"]}
            ---
            apiVersion: networking.istio.io/v1
            kind: VirtualService
            metadata: {name: one, namespace: prod}
            spec: {hosts: [one.test], gateways: [web], http: [{directResponse: {status: 200}}]}
            ---
            apiVersion: networking.istio.io/v1
            kind: VirtualService
            metadata: {name: two, namespace: prod}
            spec: {hosts: [two.test], gateways: [web], http: [{directResponse: {status: 200}}]}
            ---
            apiVersion: networking.istio.io/v1alpha3
            kind: EnvoyFilter
            metadata: {name: guard, namespace: istio-system}
            spec:
              configPatches:
              - PATCHES
            """.Replace("PATCHES", patches.Replace("OAUTH2", OAuth2, StringComparison.Ordinal), StringComparison.Ordinal));
        Assert.DoesNotContain(objects.Diagnostics, diagnostic => diagnostic.Severity == Severity.Error);
        var result = new Translator().Translate(new TranslationInput(ObjectSet.Of(objects.Resources)));
        return (result.Resources, result.Diagnostics.FirstOrDefault(diagnostic => diagnostic.Severity > Severity.Info)!);
    }
}
