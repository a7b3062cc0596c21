using Envoy.Config.Bootstrap.V3;
using Envoy.Config.Cluster.V3;
using Envoy.Config.Listener.V3;
using Envoy.Config.Route.V3;
using Google.Protobuf;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Tidegate.Net;
using Tidegate.Proxy.Clusters;
using Tidegate.Proxy.Configuration;
using Tidegate.Proxy.Filters;
using Tidegate.Proxy.Runtime;
using Tidegate.Proxy.Runtime.FilterChains;
using Tidegate.Proxy.Tests.Routing;
using Tidegate.Proxy.Tls;
using Tidegate.Proxy.Workers;
using Tidegate.Xds;

namespace Tidegate.Proxy.Tests.Runtime;

/// <summary>What cannot be used costs the smallest thing with an owner: its last good version stays, or it is as if not configured (docs/decisions/unit-of-refusal.md).</summary>
public sealed class UnitOfRefusalTests : IAsyncDisposable
{
    private const string Owner = "/apis/networking.istio.io/v1/namespaces/team/virtual-service/bad";

    private readonly MemoryStore _store = new();
    private readonly List<RuntimeConfiguration> _started = [];
    private RuntimeConfiguration _configuration;
    private int _version;

    public UnitOfRefusalTests() => _configuration = Start();

    public async ValueTask DisposeAsync()
    {
        foreach (RuntimeConfiguration configuration in _started)
        {
            await configuration.DisposeAsync();
        }
    }

    [Fact]
    public void A_route_that_was_never_good_answers_503_and_names_its_object()
    {
        XdsRejection rejection = Refused(Hosts(GoodHost, BadHost("'route': {}")));

        XdsRefusedUnit unit = Assert.Single(rejection.Units);
        Assert.False(rejection.IsWhole);
        Assert.Equal(("virtual_hosts[\"bad\"].routes[0]", Owner, false), (unit.Path, unit.Origin, unit.KeepsLastGood));
        Assert.Equal("good", Route("good.test", "/")?.ChooseCluster(0).Name);
        RuntimeRoute refused = Route("bad.test", "/a")!;
        Assert.Equal((RouteActionKind.Unavailable, 503), (refused.Action, refused.Refusal?.Status));
        Assert.Equal("route_not_configured{virtual-service:team/bad}", refused.Refusal?.Details);
    }

    [Fact]
    public void Requests_of_a_refused_route_do_not_fall_through_to_a_later_one()
    {
        Refused(Hosts(BadHost("'requestHeadersToAdd': [{'header': {'key': 'a b', 'value': 'v'}}], 'route': {'cluster': 'guarded'}")));

        Assert.Equal(RouteActionKind.Unavailable, Route("bad.test", "/a")?.Action);
        Assert.Equal("rest", Route("bad.test", "/b")?.ChooseCluster(0).Name);
    }

    [Fact]
    public void A_route_of_which_it_is_not_known_what_it_is_for_is_passed_over()
    {
        Refused(Hosts("{'name': 'bad', 'domains': ['bad.test'], 'routes': [{'match': {'safeRegex': {'regex': '('}}, 'route': {'cluster': 'c'}}, {'match': {'prefix': '/'}, 'route': {'cluster': 'rest'}}]}"));

        Assert.Equal("rest", Route("bad.test", "/a")?.ChooseCluster(0).Name);
    }

    [Fact]
    public void The_last_good_version_of_a_route_stays_while_others_change_and_ends_when_it_is_mended()
    {
        Applied(Hosts(GoodHost, BadHost("'route': {'cluster': 'v1'}")));

        XdsRejection first = Refused(Hosts(GoodHost, BadHost("'route': {}")));
        XdsRejection second = Refused(Hosts(GoodHost.Replace("'good'", "'better'", StringComparison.Ordinal), BadHost("'route': {}")));

        Assert.True(Assert.Single(first.Units).KeepsLastGood);
        Assert.Equal(first.Units, second.Units);
        Assert.Equal("v1", Route("bad.test", "/a")?.ChooseCluster(0).Name);
        Assert.Equal("better", Route("good.test", "/")?.ChooseCluster(0).Name);
        Assert.Contains("v1", Assert.Single(_configuration.AppliedOf(XdsTypes.Route)).Active!.Message.ToString(), StringComparison.Ordinal);

        Applied(Hosts(GoodHost, BadHost("'route': {'cluster': 'v2'}")));
        Assert.Equal("v2", Route("bad.test", "/a")?.ChooseCluster(0).Name);
        Assert.Null(Assert.Single(_configuration.AppliedOf(XdsTypes.Route)).Error);
    }

    [Fact]
    public void A_setting_of_a_route_that_its_requests_can_do_without_is_left_out_alone()
    {
        XdsRejection rejection = Refused(Hosts(BadHost("'route': {'cluster': 'v1', 'internalRedirectPolicy': {'predicates': [{'name': 'x'}]}}")));

        Assert.Equal("virtual_hosts[\"bad\"].routes[0].route.internal_redirect_policy", Assert.Single(rejection.Units).Path);
        Assert.Equal("v1", Route("bad.test", "/a")?.ChooseCluster(0).Name);
        Assert.Equal(Hosts(BadHost("'route': {'cluster': 'v1'}")), _configuration.RouteTables[0].InForce);
    }

    [Fact]
    public void A_virtual_host_that_is_refused_for_itself_is_as_it_was_or_answers_503()
    {
        const string Bad = "{'name': 'bad', 'domains': ['bad.test', 'new.test'], 'responseHeadersToRemove': ['a b'], 'routes': [{'match': {'prefix': '/'}, 'route': {'cluster': 'c2'}}]}";
        Refused(Hosts(GoodHost, Bad));
        Assert.Equal("virtual_host_not_configured{bad}", Route("bad.test", "/x")?.Refusal?.Details);

        Applied(Hosts(GoodHost, BadHost("'route': {'cluster': 'v1'}")));
        Assert.True(Assert.Single(Refused(Hosts(GoodHost, Bad)).Units).KeepsLastGood);
        Assert.Equal("v1", Route("new.test", "/a")?.ChooseCluster(0).Name);
        Assert.Equal("good", Route("good.test", "/")?.ChooseCluster(0).Name);
    }

    [Fact]
    public void A_domain_belongs_to_the_first_that_has_it()
    {
        XdsRejection rejection = Refused(Hosts(GoodHost, "{'name': 'bad', 'domains': ['GOOD.test', 'own.test', ''], 'routes': [{'match': {'prefix': '/'}, 'route': {'cluster': 'own'}}]}"));

        Assert.Equal(2, rejection.Units.Count);
        Assert.Equal("good", Route("good.test", "/")?.ChooseCluster(0).Name);
        Assert.Equal("own", Route("own.test", "/")?.ChooseCluster(0).Name);
    }

    [Fact]
    public void What_is_said_for_all_virtual_hosts_is_what_was_said_before_where_it_cannot_be_used()
    {
        Applied(Hosts(GoodHost).With(routes => routes.RequestHeadersToRemove.Add("x-forged")));
        Refused(Hosts(GoodHost).With(routes => routes.RequestHeadersToRemove.Add("a b")));

        Assert.Equal(["x-forged"], _configuration.RouteTables[0].InForce.RequestHeadersToRemove);
        Assert.Equal("good", Route("good.test", "/")?.ChooseCluster(0).Name);
    }

    [Fact]
    public void A_route_limit_for_all_that_cannot_be_used_lets_nothing_through()
    {
        Refused(XdsJson.Parse<RouteConfiguration>($$$$"""
            {"name": "http.8080", "virtualHosts": [{{{{GoodHost.Replace('\'', '"')}}}}], "typedPerFilterConfig": {"limit":
              {"@type": "type.googleapis.com/envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit", "statPrefix": "x"}}}
            """));
        Apply(WithFilter("limit", "local_ratelimit.v3.LocalRateLimit\", \"statPrefix\": \"x"));

        RuntimeHttpConnectionManager manager = Listener.FilterChains[0].Http!;
        Assert.IsType<UnavailableFilter>(Assert.Single(Route("good.test", "/")!.Filters.For(manager)).Filter);
    }

    [Fact]
    public void A_chain_that_cannot_be_used_costs_its_own_connections_only()
    {
        Applied(Routes("http.8080"), Routes("https.443"));
        XdsRejection rejection = Refused(TwoChains("'TLSv1_3'", "'TLSv1_2'"));

        Assert.Equal("filter_chains[1]", Assert.Single(rejection.Units).Path);
        Assert.False(Find("a.test")!.IsUnavailable);
        Assert.True(Find("b.test")!.IsUnavailable);
        Assert.Null(Listener.Direct);
        Assert.Single(Listener.InForce.FilterChains);
    }

    [Fact]
    public void The_last_good_version_of_a_chain_stays()
    {
        Applied(Routes("http.8080"), Routes("https.443"), TwoChains("'TLSv1_2'", "'TLSv1_3'"));
        RuntimeFilterChain before = Find("b.test")!;

        Assert.True(Assert.Single(Refused(TwoChains("'TLSv1_3'", "'TLSv1_2'")).Units).KeepsLastGood);

        Assert.Same(before, Find("b.test"));
    }

    [Fact]
    public void Of_two_chains_for_the_same_connections_the_first_serves_and_the_other_keeps_the_rest_of_its_names()
    {
        Applied(Routes("http.8080"), Routes("https.443"));
        Listener listener = TwoChains("'TLSv1_2'", "'TLSv1_3'");
        listener.FilterChains[1].FilterChainMatch.ServerNames.Insert(0, "a.test");
        Refused(listener);

        Assert.Equal("http.8080", Find("a.test")?.Http?.Routes.Name);
        Assert.Equal("https.443", Find("b.test")?.Http?.Routes.Name);

        listener.FilterChains[1].FilterChainMatch = listener.FilterChains[0].FilterChainMatch.Clone();
        Refused(listener);
        Assert.Equal("http.8080", Find("a.test")?.Http?.Routes.Name);
        Assert.Single(Listener.FilterChains);
    }

    [Fact]
    public void A_listener_of_which_no_chain_can_serve_is_refused_whole()
    {
        Applied(Routes("http.8080"));
        Assert.True(Refused(XdsJson.Listener(manager: ", \"codecType\": \"HTTP3\"")).IsWhole);
        Assert.Empty(_configuration.Listeners);
    }

    [Theory]
    [InlineData(", \"localReplyConfig\": {\"mappers\": [{}]}")]
    [InlineData(", \"requestTimeout\": \"-1s\"")]
    [InlineData(", \"accessLog\": [{\"name\": \"envoy.access_loggers.open_telemetry\"}]")]
    [InlineData(", \"httpFilters\": [{\"name\": \"b\", \"typedConfig\": {\"@type\": \"type.googleapis.com/envoy.extensions.filters.http.buffer.v3.Buffer\"}}]")]
    public void What_requests_can_do_without_is_left_out_alone(string setting)
    {
        Applied(Routes("http.8080"));
        Assert.Single(Refused(XdsJson.Listener(manager: setting).With(RouterLast)).Units);
        Assert.Equal(XdsJson.Listener().FilterChains[0].Filters[0].TypedConfig, Listener.InForce.FilterChains[0].Filters[0].TypedConfig);
    }

    [Theory]
    [InlineData("'name': 'limit', 'typedConfig': {'@type': 'type.googleapis.com/envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit'}")]
    [InlineData("'name': 'any', 'typedConfig': {'@type': 'type.googleapis.com/xds.type.v3.TypedStruct', 'typeUrl': 'type.googleapis.com/envoy.extensions.filters.http.oauth2.v4.OAuth2'}")]
    [InlineData("'name': 'any', 'typedConfig': {'@type': 'type.googleapis.com/udpa.type.v1.TypedStruct', 'typeUrl': 'type.googleapis.com/envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit', 'value': {'nosuch': 1}}")]
    [InlineData("'name': 'envoy.filters.http.basic_auth'")]
    [InlineData("'name': 'any', 'configDiscovery': {'configSource': {'ads': {}}, 'typeUrls': ['type.googleapis.com/envoy.extensions.filters.http.api_key_auth.v3.ApiKeyAuth']}")]
    public void A_filter_that_keeps_requests_out_lets_none_through_when_it_cannot_be_used(string filter)
    {
        Applied(Routes("http.8080"));
        Assert.True(Assert.Single(Refused(XdsJson.Listener(manager: $", \"httpFilters\": [{{{filter.Replace('\'', '"')}}}]").With(RouterLast)).Units).IsClosed);
        Assert.IsType<UnavailableFilter>(Assert.Single(Listener.FilterChains[0].Http!.DefaultChain).Filter);
    }

    [Theory]
    [InlineData("'name': 'envoy.filters.http.lua'")]
    [InlineData("'name': 'envoy.filters.http.rbac', 'typedConfig': {'@type': 'type.googleapis.com/xds.type.v3.TypedStruct', 'typeUrl': 'type.googleapis.com/envoy.extensions.filters.http.tap.v3.Tap'}")]
    [InlineData("'name': 'any', 'typedConfig': {'@type': 'type.googleapis.com/xds.type.v3.TypedStruct', 'typeUrl': 'type.googleapis.com/envoy.extensions.filters.http.header_mutation.v3.HeaderMutation', 'value': {'nosuch': 1}}")]
    public void A_filter_that_keeps_nobody_out_is_left_out_when_it_cannot_be_used(string filter)
    {
        Applied(Routes("http.8080"));
        Assert.False(Assert.Single(Refused(XdsJson.Listener(manager: $", \"httpFilters\": [{{{filter.Replace('\'', '"')}}}]").With(RouterLast)).Units).IsClosed);
        Assert.Empty(Listener.FilterChains[0].Http!.DefaultChain);
    }

    [Theory]
    [InlineData("envoy.extensions.filters.http.basic_auth.v3.BasicAuthPerRoute", RouteActionKind.Unavailable)]
    [InlineData("envoy.extensions.filters.http.lua.v3.LuaPerRoute", RouteActionKind.Forward)]
    public void What_a_route_says_to_a_filter_that_is_not_there_costs_the_route_when_it_keeps_requests_out(string type, RouteActionKind action)
    {
        RouteConfiguration routes = XdsJson.Parse<RouteConfiguration>($$$$"""
            {"name": "http.8080", "virtualHosts": [{{{{GoodHost.Replace('\'', '"')}}}}, {"name": "h", "domains": ["h.test"], "routes": [{"match": {"prefix": "/"}, "route": {"cluster": "c"},
              "typedPerFilterConfig": {"any": {"@type": "type.googleapis.com/xds.type.v3.TypedStruct", "typeUrl": "type.googleapis.com/{{{{type}}}}"}}}]}]}
            """);

        Assert.Single(Refused(routes).Units);

        Assert.Equal(action, Route("h.test", "/")?.Action);
        Assert.Equal("good", Route("good.test", "/")?.ChooseCluster(0).Name);
    }

    [Theory]
    [InlineData("buffer.v3.Buffer\", \"maxRequestBytes\": \"10", 0)]
    [InlineData("local_ratelimit.v3.LocalRateLimit\", \"statPrefix\": \"x", 1)]
    public void A_filter_behind_the_router_is_left_out_or_closes_what_it_should_guard(string type, int closed)
    {
        Applied(Routes("http.8080"));
        Listener listener = WithFilter("late", type).With(Reverse);

        Assert.Contains("stands behind the router", Assert.Single(Refused(listener).Units).Reason, StringComparison.Ordinal);

        Assert.Equal(closed, Listener.FilterChains[0].Http!.DefaultChain.Count(static placed => placed.Filter is UnavailableFilter));
        Assert.Equal(HttpFilterKind.Router, Listener.FilterChains[0].Http!.Filters[^1].Kind);
    }

    [Fact]
    public void A_router_that_was_taken_away_is_put_again_and_a_second_one_is_left_out()
    {
        Applied(Routes("http.8080"));
        foreach (int count in (int[])[0, 2])
        {
            XdsRefusedUnit unit = Assert.Single(Refused(XdsJson.Listener().With(listener => WithManager(listener, manager =>
            {
                var router = manager.HttpFilters[0];
                manager.HttpFilters.Clear();
                manager.HttpFilters.Add(Enumerable.Repeat(router, count));
            }))).Units);

            Assert.False(unit.IsClosed);
            Assert.Equal(HttpFilterKind.Router, Assert.Single(Listener.FilterChains[0].Http!.Filters).Kind);
        }
    }

    [Fact]
    public void A_network_filter_behind_the_one_that_ends_the_chain_is_left_out()
    {
        Applied(Routes("http.8080"));
        Listener listener = XdsJson.Listener();
        listener.FilterChains[0].Filters.Add(new Envoy.Config.Listener.V3.Filter { Name = "envoy.filters.network.mongo_proxy" });
        listener.FilterChains[0].Filters.Add(listener.FilterChains[0].Filters[0].Clone());

        Assert.Equal(2, Refused(listener).Units.Count);

        Assert.NotNull(Assert.Single(Listener.FilterChains).Http);
        Assert.Single(Listener.InForce.FilterChains[0].Filters);
    }

    [Fact]
    public void A_network_filter_is_what_its_type_says_whatever_its_name()
    {
        Applied(Routes("http.8080"));
        Listener listener = XdsJson.Listener();
        listener.FilterChains[0].Filters[0].Name = "mine";
        Applied(listener);
        Assert.NotNull(Assert.Single(Listener.FilterChains).Http);
    }

    [Fact]
    public void The_last_good_version_of_a_filter_stays()
    {
        const string Good = "buffer.v3.Buffer\", \"maxRequestBytes\": \"10";
        Applied(Routes("http.8080"), WithFilter("buffer", Good));
        HttpFilter before = Assert.Single(Listener.FilterChains[0].Http!.DefaultChain).Filter;

        Assert.True(Assert.Single(Refused(WithFilter("buffer", "buffer.v3.Buffer")).Units).KeepsLastGood);

        Assert.Same(before, Assert.Single(Listener.FilterChains[0].Http!.DefaultChain).Filter);
    }

    [Fact]
    public void A_network_filter_that_may_keep_connections_out_costs_its_chain_and_one_that_watches_itself()
    {
        Applied(Routes("http.8080"), Routes("https.443"));
        Listener listener = TwoChains("'TLSv1_2'", "'TLSv1_3'");
        listener.FilterChains[0].Filters.Insert(0, new Envoy.Config.Listener.V3.Filter { Name = "envoy.filters.network.mysql_proxy" });
        listener.FilterChains[1].Filters.Insert(0, new Envoy.Config.Listener.V3.Filter { Name = "envoy.filters.network.rbac" });
        Assert.Equal(2, Refused(listener).Units.Count);

        Assert.False(Find("a.test")!.IsUnavailable);
        Assert.True(Find("b.test")!.IsUnavailable);
    }

    [Fact]
    public void A_listener_filter_goes_by_its_name_or_is_left_out_alone()
    {
        Applied(Routes("http.8080"));
        Listener listener = XdsJson.Listener();
        listener.ListenerFilters.Add(new ListenerFilter { Name = "envoy.filters.listener.http_inspector" });
        listener.ListenerFilters.Add(new ListenerFilter { Name = "envoy.filters.listener.proxy_protocol" });
        Assert.Single(Refused(listener).Units);
        Assert.NotNull(Listener.ProxyHeader);

        listener.ListenerFilters.Add(new ListenerFilter { Name = "envoy.filters.listener.local_ratelimit" });
        Assert.True(Refused(listener).IsWhole);
    }

    [Theory]
    [InlineData("'name': 'x.http', 'typedConfig': {'@type': 'type.googleapis.com/envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector'}", true, false)]
    [InlineData("'name': 'envoy.filters.listener.tls_inspector', 'typedConfig': {'@type': 'type.googleapis.com/envoy.extensions.filters.listener.proxy_protocol.v3.ProxyProtocol'}", false, true)]
    [InlineData("'name': 'any', 'typedConfig': {'@type': 'type.googleapis.com/udpa.type.v1.TypedStruct', 'typeUrl': 'type.googleapis.com/envoy.extensions.filters.listener.proxy_protocol.v3.ProxyProtocol'}", false, true)]
    [InlineData("'name': 'envoy.listener.tls_inspector'", true, false)]
    public void A_listener_filter_is_what_its_type_says_and_without_one_what_its_name_says(string filter, bool inspectsTls, bool takesHeader)
    {
        Listener listener = XdsJson.Listener();
        listener.ListenerFilters.Add(XdsJson.Parse<ListenerFilter>($"{{{filter}}}"));
        listener.FilterChains[0].Filters.Clear();
        listener.FilterChains[0].Filters.Add(XdsJson.Parse<Envoy.Config.Listener.V3.Filter>(
            "{'name': 'tcp', 'typedConfig': {'@type': 'type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy', 'statPrefix': 't', 'cluster': 'c'}}"));

        Applied(listener);

        Assert.Equal((inspectsTls, takesHeader), (Listener.InspectsClientHello, Listener.ProxyHeader is not null));
    }

    [Fact]
    public void A_setting_of_a_listener_that_it_can_do_without_is_left_out_alone()
    {
        Applied(Routes("http.8080"));
        Listener listener = XdsJson.Listener();
        listener.Transparent = true;
        listener.UdpListenerConfig = new UdpListenerConfig();
        listener.ListenerFiltersTimeout = Google.Protobuf.WellKnownTypes.Duration.FromTimeSpan(TimeSpan.FromSeconds(-1));
        listener.AdditionalAddresses.Add(new AdditionalAddress());

        Assert.Equal(
            ["udp_listener_config", "transparent", "listener_filters_timeout", "additional_addresses[0]"],
            Refused(listener).Units.Select(static unit => unit.Path));
        Assert.Equal((8080, 15_000), (Assert.Single(Listener.Addresses).Port, Listener.ListenerFiltersTimeoutMs));
        Assert.Null(Listener.InForce.UdpListenerConfig);
    }

    [Fact]
    public void An_endpoint_that_cannot_be_used_is_skipped()
    {
        XdsRejection rejection = Refused(XdsJson.Assignment("c", "10.0.0.1:80", "nowhere:80", "10.0.0.2:80"));
        Applied(XdsJson.EdsCluster("c"));

        Assert.Equal("endpoints[0].lb_endpoints[1]", Assert.Single(rejection.Units).Path);
        Assert.Equal(["10.0.0.1:80", "10.0.0.2:80"], Cluster("c").Endpoints.All.Select(static endpoint => endpoint.ToString()));
    }

    [Fact]
    public void An_endpoint_that_is_written_in_its_cluster_is_skipped_just_so()
    {
        var cluster = new Cluster { Name = "c", Type = Envoy.Config.Cluster.V3.Cluster.Types.DiscoveryType.Static, LoadAssignment = XdsJson.Assignment("c", "nowhere:80", "10.0.0.2:80") };
        Assert.False(Refused(cluster).IsWhole);
        Assert.Single(Cluster("c").Endpoints.All);

        cluster.LoadAssignment = XdsJson.Assignment("c", "nowhere:80");
        XdsRejection rejection = Refused(cluster);
        Assert.True(rejection.IsWhole && rejection.Units[0].KeepsLastGood);
        Assert.Single(Cluster("c").Endpoints.All);
    }

    [Fact]
    public void A_route_configuration_that_cannot_be_read_at_all_keeps_no_listener_waiting()
    {
        var resource = new XdsResource(new XdsName(XdsTypes.Route, "http.8080"), "1", new RouteConfiguration { Name = "other" });
        RuntimeChange change = _configuration.Apply(new XdsDelta("1", [resource, XdsJson.Listener().ToResource()], []));

        Assert.True(Assert.Single(change.Rejections).IsWhole);
        Assert.Equal(503, Listener.FilterChains[0].Http!.Routes.Current!.Match(TestRequest.Get("any.test", "/").ToRoute())?.Refusal?.Status);
    }

    [Fact]
    public void Last_good_units_outlive_the_process_as_long_as_they_are_needed()
    {
        Applied(Hosts(GoodHost, BadHost("'route': {'cluster': 'v1'}")), Routes("https.443"), TwoChains("'TLSv1_2'", "'TLSv1_3'"), XdsJson.EdsCluster("c"));
        Assert.Empty(_store.Kept);
        Refused(Hosts(GoodHost, BadHost("'route': {}")));
        Refused(TwoChains("'TLSv1_3'", "'TLSv1_2'"));
        Refused(XdsJson.EdsCluster("c", ", \"lbSubsetConfig\": {}"));
        Assert.DoesNotContain("good.test", _store.Kept[new XdsName(XdsTypes.Route, "http.8080")].ToString(), StringComparison.Ordinal);

        _configuration = Start();
        RuntimeChange change = _configuration.Apply(XdsJson.Delta(
            "1",
            Hosts(GoodHost, BadHost("'route': {}")), Routes("https.443"), TwoChains("'TLSv1_3'", "'TLSv1_2'"), XdsJson.EdsCluster("c", ", \"lbSubsetConfig\": {}")));

        Assert.Equal(3, change.Rejections.Count);
        Assert.Equal("v1", Route("bad.test", "/a")?.ChooseCluster(0).Name);
        Assert.Equal("good", Route("good.test", "/")?.ChooseCluster(0).Name);
        Assert.False(Find("b.test")!.IsUnavailable);
        Assert.Equal("c", Cluster("c").Name);
        Assert.Equal(3, _store.Kept.Count);

        Applied(Hosts(GoodHost), TwoChains("'TLSv1_2'", "'TLSv1_3'"), XdsJson.EdsCluster("c"));
        Assert.Empty(_store.Kept);
    }

    [Fact]
    public void A_hundred_good_hosts_answer_beside_any_number_of_bad_units()
    {
        string[] faults =
        [
            "'route': {}", "'redirect': {'portRedirect': 70000}", "'directResponse': {'status': 700}", "'route': {'clusterHeader': 'x'}",
            "'route': {'cluster': 'c', 'regexRewrite': {'pattern': {'regex': '('}, 'substitution': 'x'}}",
            "'route': {'cluster': 'c', 'hostRewriteLiteral': 'a b'}", "'requestHeadersToAdd': [{'header': {'key': '', 'value': '%INVALID%'}}], 'route': {'cluster': 'c'}",
            "'route': {'cluster': 'c', 'timeout': '-1s'}", "'route': {'weightedClusters': {'clusters': []}}", "'filterAction': {}",
        ];
        var random = new Random(1);
        for (int round = 0; round < 20; round++)
        {
            List<string> hosts = [.. Enumerable.Range(0, 100).Select(static i => GoodHost.Replace("good", $"good{i}", StringComparison.Ordinal))];
            for (int i = 0; i < 25; i++)
            {
                string bad = BadHost(faults[random.Next(faults.Length)]).Replace("'bad'", $"'bad{i}'", StringComparison.Ordinal).Replace("bad.test", $"bad{i}.test", StringComparison.Ordinal);
                hosts.Insert(random.Next(hosts.Count + 1), bad);
            }

            Assert.Equal(25, Refused(Hosts([.. hosts])).Units.Count);
            for (int i = 0; i < 100; i++)
            {
                Assert.Equal($"good{i}", Route($"good{i}.test", "/")?.ChooseCluster(0).Name);
            }

            for (int i = 0; i < 25; i++)
            {
                Assert.Equal(RouteActionKind.Unavailable, Route($"bad{i}.test", "/a")?.Action);
            }
        }
    }

    private const string GoodHost = "{'name': 'good', 'domains': ['good.test'], 'routes': [{'match': {'prefix': '/'}, 'route': {'cluster': 'good'}}]}";

    private RuntimeListener Listener => _configuration.Listeners["0.0.0.0_8080"];

    // A route for /a with this action, and one for the rest, both of the same object.
    private static string BadHost(string action) => $$$$"""
        {'name': 'bad', 'domains': ['bad.test'], 'routes': [
          {'match': {'prefix': '/a'}, 'metadata': {'filterMetadata': {'istio': {'config': '{{{{Owner}}}}'}}}, {{{{action}}}}},
          {'match': {'prefix': '/'}, 'route': {'cluster': 'rest'}}]}
        """;

    private static RouteConfiguration Hosts(params string[] hosts) =>
        XdsJson.Parse<RouteConfiguration>($"{{'name': 'http.8080', 'virtualHosts': [{string.Join(", ", hosts)}]}}");

    private static RouteConfiguration Routes(string name) => Hosts(GoodHost).With(routes => routes.Name = name);

    private static Listener WithFilter(string name, string type) => XdsJson.Listener(manager: $$$$"""
        , "httpFilters": [{"name": "{{{{name}}}}", "typedConfig": {"@type": "type.googleapis.com/envoy.extensions.filters.http.{{{{type}}}}"}}]
        """).With(RouterLast);

    // Chains for a.test in plain text and for b.test with TLS of these versions.
    private static Listener TwoChains(string min, string max) => XdsJson.Listener(chain: ", \"filterChainMatch\": {\"serverNames\": [\"a.test\"]}").With(listener =>
        listener.FilterChains.Add(XdsJson.Listener(routes: "https.443", chain: $$$$"""
            , "filterChainMatch": {"serverNames": ["b.test"]}, "transportSocket": {"name": "tls", "typedConfig": {
              "@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext", "commonTlsContext": {
                "tlsParams": {"tlsMinimumProtocolVersion": {{{{min.Replace('\'', '"')}}}}, "tlsMaximumProtocolVersion": {{{{max.Replace('\'', '"')}}}}},
                "tlsCertificateSdsSecretConfigs": [{"name": "kubernetes://cert"}]}}}
            """).FilterChains[0]));

    private static void RouterLast(Listener listener) => WithManager(listener, static manager =>
    {
        var router = manager.HttpFilters[0];
        manager.HttpFilters.RemoveAt(0);
        manager.HttpFilters.Add(router);
    });

    private static void Reverse(Listener listener) => WithManager(listener, static manager =>
    {
        var filters = manager.HttpFilters.Reverse().ToArray();
        manager.HttpFilters.Clear();
        manager.HttpFilters.Add(filters);
    });

    private static void WithManager(Listener listener, Action<Envoy.Extensions.Filters.Network.HttpConnectionManager.V3.HttpConnectionManager> change)
    {
        var manager = listener.FilterChains[0].Filters[0].TypedConfig.Unpack<Envoy.Extensions.Filters.Network.HttpConnectionManager.V3.HttpConnectionManager>();
        change(manager);
        listener.FilterChains[0].Filters[0].TypedConfig = Google.Protobuf.WellKnownTypes.Any.Pack(manager);
    }

    private RuntimeConfiguration Start()
    {
        var configuration = new RuntimeConfiguration(new Bootstrap(), NullLoggerFactory.Instance, new FakeTimeProvider(), store: _store);
        _started.Add(configuration);
        return configuration;
    }

    private RuntimeChange Apply(params IMessage[] messages) => _configuration.Apply(XdsJson.Delta($"{++_version}", messages));

    private void Applied(params IMessage[] messages) => Assert.Empty(Apply(messages).Rejections);

    private XdsRejection Refused(IMessage message) => Assert.Single(Apply(message).Rejections);

    private RuntimeRoute? Route(string host, string path) =>
        _configuration.RouteTables.Single(static table => table.Name == "http.8080").Match(TestRequest.Get(host, path).ToRoute());

    private RuntimeCluster Cluster(string name) => _configuration.Clusters.Single(cluster => cluster.Name == name);

    private RuntimeFilterChain? Find(string serverName) =>
        Listener.Chains.Find(new ConnectionTraits { LocalAddress = default(NetAddress), RemoteAddress = default, ServerName = serverName, IsTls = true });

    private sealed class MemoryStore : ILastGoodStore
    {
        public Dictionary<XdsName, IMessage> Kept { get; } = [];

        public IReadOnlyCollection<XdsName> Names => Kept.Keys;

        public IMessage? Read(XdsName name) => Kept.GetValueOrDefault(name);

        public void Write(XdsName name, IMessage? message)
        {
            if (message is null)
            {
                Kept.Remove(name);
            }
            else
            {
                Kept[name] = message;
            }
        }
    }
}
