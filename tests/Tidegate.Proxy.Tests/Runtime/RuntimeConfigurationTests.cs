using System.Net;
using Envoy.Config.Bootstrap.V3;
using Envoy.Config.Cluster.V3;
using Envoy.Config.Listener.V3;
using Envoy.Config.Route.V3;
using Envoy.Extensions.Filters.Network.HttpConnectionManager.V3;
using Envoy.Extensions.TransportSockets.Tls.V3;
using Google.Protobuf.WellKnownTypes;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Tidegate.Http.Paths;
using Tidegate.Proxy.Clusters;
using Tidegate.Proxy.Configuration;
using Tidegate.Proxy.Routing;
using Tidegate.Proxy.Runtime;
using Tidegate.Proxy.Runtime.FilterChains;
using Tidegate.Proxy.Tls;
using Tidegate.Xds;

namespace Tidegate.Proxy.Tests.Runtime;

/// <summary>Applying deltas: one bad resource is refused alone, what is good is in force, what is not there yet is waited for.</summary>
public sealed class RuntimeConfigurationTests : IAsyncDisposable
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero));
    private readonly RuntimeConfiguration _configuration;

    public RuntimeConfigurationTests()
    {
        _configuration = New(new Bootstrap());
    }

    public ValueTask DisposeAsync() => _configuration.DisposeAsync();

    [Fact]
    public void A_listener_waits_for_its_routes()
    {
        RuntimeChange first = _configuration.Apply(XdsJson.Delta("1", XdsJson.Listener()));
        Assert.Empty(first.Listeners);
        Assert.Empty(first.Rejections);
        Assert.Empty(_configuration.Listeners);
        AppliedResource waiting = Assert.Single(_configuration.AppliedOf(XdsTypes.Listener));
        Assert.Null(waiting.Active);
        Assert.Equal("1", waiting.Warming?.Version);

        RuntimeChange second = _configuration.Apply(XdsJson.Delta("2", Routes("http.8080", "c")));
        Assert.Equal("0.0.0.0_8080", Assert.Single(second.Listeners).Name);
        Assert.True(_configuration.Listeners.ContainsKey("0.0.0.0_8080"));
        AppliedResource serving = Assert.Single(_configuration.AppliedOf(XdsTypes.Listener));
        Assert.Equal("1", serving.Active?.Version);
        Assert.Null(serving.Warming);
    }

    [Fact]
    public void A_changed_listener_serves_as_it_was_until_its_new_routes_are_there()
    {
        _configuration.Apply(XdsJson.Delta("1", Routes("http.8080", "c"), XdsJson.Listener()));
        RuntimeListener before = _configuration.Listeners["0.0.0.0_8080"];
        _configuration.Apply(XdsJson.Delta("2", XdsJson.Listener(routes: "http.new")));
        Assert.Same(before, _configuration.Listeners["0.0.0.0_8080"]);
        AppliedResource both = Assert.Single(_configuration.AppliedOf(XdsTypes.Listener));
        Assert.Equal(("1", "2"), (both.Active?.Version, both.Warming?.Version));

        _configuration.Apply(XdsJson.Delta("3", Routes("http.new", "c")));
        Assert.Equal("http.new", _configuration.Listeners["0.0.0.0_8080"].FilterChains[0].Http!.Routes.Name);
    }

    [Theory]
    [InlineData(null, 15)] // Envoy: initial_fetch_timeout, 15 s when unset
    [InlineData(2, 2)]
    public void A_listener_whose_routes_never_come_serves_without_them_after_a_while(int? timeout, int seconds)
    {
        int overdue = 0;
        _configuration.RoutesOverdue += () => overdue++;
        Listener listener = Waiting(timeout);
        _configuration.Apply(XdsJson.Delta("1", listener));
        _time.Advance(TimeSpan.FromSeconds(1));

        // A later version goes on with the wait.
        _configuration.Apply(XdsJson.Delta("2", listener));
        _time.Advance(TimeSpan.FromSeconds(seconds - 1.001));
        Assert.Equal(0, overdue);
        Assert.Empty(_configuration.Listeners);

        _time.Advance(TimeSpan.FromSeconds(0.001));
        Assert.Equal(1, overdue);
        Assert.Equal("0.0.0.0_8080", Assert.Single(_configuration.GiveUpWaiting()).Name);
        RouteTableSlot slot = Assert.Single(_configuration.Listeners["0.0.0.0_8080"].WithoutRoutes).Routes;
        Assert.Null(slot.Current);

        _configuration.Apply(XdsJson.Delta("3", Routes("http.8080", "c")));
        Assert.NotNull(slot.Current);
        Assert.Empty(_configuration.Listeners["0.0.0.0_8080"].WithoutRoutes);
    }

    [Fact]
    public void A_listener_that_may_wait_for_ever_does()
    {
        int overdue = 0;
        _configuration.RoutesOverdue += () => overdue++;
        _configuration.Apply(XdsJson.Delta("1", Waiting(0)));

        _time.Advance(TimeSpan.FromDays(1));

        Assert.Equal(0, overdue);
        Assert.Empty(_configuration.GiveUpWaiting());
        Assert.Equal(1, _configuration.WarmingListeners);
    }

    [Fact]
    public void Order_inside_a_delta_does_not_matter()
    {
        RuntimeChange change = _configuration.Apply(XdsJson.Delta(
            "1", XdsJson.Listener(), Routes("http.8080", "c"), XdsJson.Assignment("c", "10.0.0.1:80"), XdsJson.EdsCluster("c")));
        Assert.Single(change.Listeners);
        Assert.Equal("c", Assert.Single(change.Clusters).Name);
        Assert.Equal("10.0.0.1:80", Assert.Single(ClusterOf("c").Endpoints.All).ToString());
    }

    [Fact]
    public void A_new_route_configuration_is_what_the_next_request_sees()
    {
        _configuration.Apply(XdsJson.Delta("1", Routes("http.8080", "old"), XdsJson.Listener()));
        RouteTableSlot slot = _configuration.Listeners["0.0.0.0_8080"].FilterChains[0].Http!.Routes;
        RouteTable held = slot.Current!;
        RuntimeChange change = _configuration.Apply(XdsJson.Delta("2", Routes("http.8080", "new")));
        Assert.Equal(["http.8080"], change.Routes);
        Assert.Empty(change.Listeners);
        Assert.Equal("new", ClusterNameOf(slot.Current!));
        Assert.Equal("old", ClusterNameOf(held));
    }

    [Fact]
    public void A_bad_resource_is_refused_alone_and_its_last_good_version_stays()
    {
        _configuration.Apply(XdsJson.Delta("1", Routes("http.8080", "c"), XdsJson.Listener(), XdsJson.EdsCluster("c")));
        RouteConfiguration bad = XdsJson.Parse<RouteConfiguration>("{'name': 'http.8080', 'virtualHosts': [{'name': 'h', 'domains': ['*'], 'routes': [{'match': {'prefix': '/'}}]}]}");
        _time.Advance(TimeSpan.FromSeconds(1));
        RuntimeChange change = _configuration.Apply(XdsJson.Delta("2", bad, XdsJson.EdsCluster("d")));
        XdsRejection rejection = Assert.Single(change.Rejections);
        Assert.Equal(("http.8080", "2"), (rejection.Name.Name, rejection.Version));
        Assert.Contains("an action is missing", rejection.Reason, StringComparison.Ordinal);
        Assert.Equal("d", Assert.Single(change.Clusters).Name);
        Assert.Equal("c", ClusterNameOf(_configuration.RouteTables[0]));

        AppliedResource applied = Assert.Single(_configuration.AppliedOf(XdsTypes.Route));
        Assert.Equal(Routes("http.8080", "c"), applied.Active?.Message);
        Assert.Equal(("2", _time.GetUtcNow()), (applied.Error?.Version, applied.Error?.LastAttempt));
        Assert.Same(bad, applied.Error?.Message);

        _configuration.Apply(XdsJson.Delta("3", Routes("http.8080", "e")));
        AppliedResource healed = Assert.Single(_configuration.AppliedOf(XdsTypes.Route));
        Assert.Equal("3", healed.Active?.Version);
        Assert.Null(healed.Error);
    }

    [Fact]
    public void A_resource_that_never_was_good_is_known_with_its_error_only()
    {
        _configuration.Apply(XdsJson.Delta("1", XdsJson.Parse<Cluster>("{'name': 'c', 'type': 'STATIC', 'lbSubsetConfig': {}}")));
        AppliedResource applied = Assert.Single(_configuration.AppliedOf(XdsTypes.Cluster));
        Assert.Null(applied.Active);
        Assert.Contains("lb_subset_config", applied.Error?.Details, StringComparison.Ordinal);
        Assert.Empty(_configuration.Clusters);
    }

    [Fact]
    public void A_cluster_that_is_removed_is_gone_for_new_requests_and_stays_for_those_that_hold_it()
    {
        _configuration.Apply(XdsJson.Delta("1", Routes("http.8080", "c"), XdsJson.EdsCluster("c"), XdsJson.Assignment("c", "10.0.0.1:80")));
        ClusterSlot slot = SlotOf(_configuration.RouteTables[0]);
        RuntimeCluster held = slot.Current!;
        RuntimeChange change = _configuration.Apply(XdsJson.Without("2", XdsJson.EdsCluster("c"), XdsJson.Assignment("c")));
        Assert.Same(slot, Assert.Single(change.Clusters));
        Assert.Null(slot.Current);
        Assert.Equal("c", held.Name);

        _configuration.Apply(XdsJson.Delta("3", XdsJson.EdsCluster("c")));
        Assert.NotNull(slot.Current);
    }

    [Fact]
    public void A_listener_that_is_removed_can_leave_its_address_to_another_in_the_same_delta()
    {
        _configuration.Apply(XdsJson.Delta("1", Routes("http.8080", "c"), XdsJson.Listener("a")));
        RuntimeChange change = _configuration.Apply(new XdsDelta("2", [XdsJson.Listener("b").ToResource()], [new XdsName(XdsTypes.Listener, "a")]));
        Assert.Equal(["a"], change.RemovedListeners);
        Assert.Equal("b", Assert.Single(change.Listeners).Name);
    }

    [Fact]
    public void Two_listeners_can_not_have_one_address()
    {
        RuntimeChange change = _configuration.Apply(XdsJson.Delta("1", Routes("http.8080", "c"), XdsJson.Listener("a"), XdsJson.Listener("b")));
        Assert.Contains("the address 0.0.0.0:8080 is that of listener \"a\"", Assert.Single(change.Rejections).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_route_configuration_that_is_removed_serves_as_long_as_its_listener_does()
    {
        _configuration.Apply(XdsJson.Delta("1", Routes("http.8080", "c"), XdsJson.Listener()));
        RouteTableSlot slot = _configuration.Listeners["0.0.0.0_8080"].FilterChains[0].Http!.Routes;
        _configuration.Apply(XdsJson.Without("2", Routes("http.8080", "c")));
        Assert.NotNull(slot.Current);
        Assert.Empty(_configuration.AppliedOf(XdsTypes.Route));

        // Connections that the listener has when it goes are answered as before; who comes later starts from nothing.
        _configuration.Apply(XdsJson.Without("3", XdsJson.Listener()));
        Assert.NotNull(slot.Current);
        Assert.Empty(_configuration.Apply(XdsJson.Delta("4", XdsJson.Listener())).Listeners);
    }

    [Fact]
    public void An_endpoint_stays_the_same_object_as_long_as_its_address_is_assigned()
    {
        _configuration.Apply(XdsJson.Delta("1", XdsJson.EdsCluster("c"), XdsJson.Assignment("c", "10.0.0.1:80", "10.0.0.2:80")));
        IReadOnlyList<RuntimeEndpoint> before = ClusterOf("c").Endpoints.All;
        RuntimeChange change = _configuration.Apply(XdsJson.Delta("2", XdsJson.Assignment("c", "10.0.0.3:80", "10.0.0.2:80*7!")));
        Assert.Equal("c", Assert.Single(change.Clusters).Name);
        IReadOnlyList<RuntimeEndpoint> after = ClusterOf("c").Endpoints.All;
        Assert.Same(before[1], after[1]);
        Assert.Equal(7u, after[1].State.Weight);
        Assert.Equal(EndpointHealth.Unhealthy, after[1].State.Health);
        Assert.DoesNotContain(before[0], after);

        // A new version of the cluster changes no endpoint either.
        _configuration.Apply(XdsJson.Delta("3", XdsJson.EdsCluster("c", ", \"connectTimeout\": \"1s\"")));
        Assert.Equal(after, ClusterOf("c").Endpoints.All);
    }

    [Fact]
    public void Endpoints_of_a_cluster_have_different_indexes_that_do_not_grow_for_ever() // edge.md B08
    {
        _configuration.Apply(XdsJson.Delta("0", XdsJson.EdsCluster("c")));
        int largest = 0;
        for (int i = 0; i < 2000; i++)
        {
            string[] addresses = [.. Enumerable.Range(i * 3, 3).Select(static n => $"10.0.{n / 250 % 250}.{n % 250}:80")];
            _configuration.Apply(XdsJson.Delta($"{i}", XdsJson.Assignment("c", addresses)));
            IReadOnlyList<RuntimeEndpoint> all = ClusterOf("c").Endpoints.All;
            Assert.Equal(3, all.Select(static endpoint => endpoint.Index).Distinct().Count());
            largest = Math.Max(largest, all.Max(static endpoint => endpoint.Index));
        }

        Assert.InRange(largest, 3, 300);
    }

    [Fact]
    public void An_address_that_stands_twice_is_one_endpoint()
    {
        _configuration.Apply(XdsJson.Delta("1", XdsJson.EdsCluster("c"), XdsJson.Assignment("c", "10.0.0.1:80", "10.0.0.1:80")));
        Assert.Single(ClusterOf("c").Endpoints.All);
    }

    [Fact]
    public void An_EDS_cluster_without_assignment_has_no_endpoints_and_one_that_came_first_is_kept_for_it()
    {
        _configuration.Apply(XdsJson.Delta("1", XdsJson.EdsCluster("c"), XdsJson.Assignment("d", "10.0.0.1:80")));
        Assert.Empty(ClusterOf("c").Endpoints.All);
        _configuration.Apply(XdsJson.Delta("2", XdsJson.EdsCluster("d")));
        Assert.Single(ClusterOf("d").Endpoints.All);
    }

    [Fact]
    public void An_assignment_of_which_nothing_can_be_used_leaves_the_endpoints_as_they_are()
    {
        _configuration.Apply(XdsJson.Delta("1", XdsJson.EdsCluster("c"), XdsJson.Assignment("c", "10.0.0.1:80")));
        RuntimeChange change = _configuration.Apply(XdsJson.Delta("2", XdsJson.Assignment("c", "not-an-address:80")));
        XdsRejection rejection = Assert.Single(change.Rejections);
        Assert.True(rejection.IsWhole);
        Assert.Contains("\"not-an-address\" is no IP address", rejection.Reason, StringComparison.Ordinal);
        Assert.Equal("10.0.0.1:80", Assert.Single(ClusterOf("c").Endpoints.All).ToString());
    }

    [Fact]
    public void What_is_announced_as_something_else_is_refused()
    {
        var delta = new XdsDelta("1", [XdsJson.EdsCluster("c").ToResource() with { Name = new XdsName(XdsTypes.Cluster, "d") }], []);
        Assert.Contains("announced as \"d\" and named \"c\"", Assert.Single(_configuration.Apply(delta).Rejections).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Secrets_are_kept()
    {
        _configuration.Apply(XdsJson.Delta("1", new Secret { Name = "kubernetes://cert" }));
        Assert.Equal("kubernetes://cert", Assert.Single(_configuration.AppliedOf(XdsTypes.Secret)).Name);
        _configuration.Apply(XdsJson.Without("2", new Secret { Name = "kubernetes://cert" }));
        Assert.Empty(_configuration.AppliedOf(XdsTypes.Secret));
    }

    [Fact]
    public void Each_type_has_the_version_of_the_last_delta_that_touched_it()
    {
        _configuration.Apply(XdsJson.Delta("1", XdsJson.EdsCluster("c"), Routes("r", "c")));
        _configuration.Apply(XdsJson.Delta("2", Routes("r", "d")));
        Assert.Equal(("1", "2", string.Empty), (_configuration.VersionOf(XdsTypes.Cluster), _configuration.VersionOf(XdsTypes.Route), _configuration.VersionOf(XdsTypes.Listener)));
    }

    [Fact]
    public async Task The_bootstraps_resources_are_static()
    {
        await using RuntimeConfiguration configuration = New(XdsJson.Parse<Bootstrap>("""
            {
              "layeredRuntime": {"layers": [{"name": "deprecation", "staticLayer": {
                "envoy.reloadable_features.match_headers_individually": "false"}}]},
              "staticResources": {
                "clusters": [{"name": "agent", "type": "STATIC", "connectTimeout": "0.250s", "loadAssignment": {"clusterName": "agent", "endpoints": [{"lbEndpoints": [
                  {"endpoint": {"address": {"socketAddress": {"address": "127.0.0.1", "portValue": 15020}}}}]}]}},
                  {"name": "xds-grpc", "type": "STATIC", "transportSocket": {"name": "envoy.transport_sockets.tls"}}],
                "listeners": [{"name": "0.0.0.0_15021", "statPrefix": "agent", "ignoreGlobalConnLimit": true,
                  "address": {"socketAddress": {"address": "0.0.0.0", "portValue": 15021}},
                  "filterChains": [{"filters": [{"name": "envoy.filters.network.http_connection_manager", "typedConfig": {
                    "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager", "statPrefix": "agent",
                    "routeConfig": {"virtualHosts": [{"name": "backend", "domains": ["*"], "routes": [{"match": {"prefix": "/healthz/ready"}, "route": {"cluster": "agent"}}]}]},
                    "httpFilters": [{"name": "envoy.filters.http.router", "typedConfig": {"@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"}}]}}]}]}]
              }
            }
            """));
        RuntimeListener listener = configuration.Listeners["0.0.0.0_15021"];
        Assert.True(listener.IsStatic);
        Assert.Equal(new IPEndPoint(IPAddress.Any, 15021), Assert.Single(listener.Addresses));
        Assert.Equal("agent", ClusterNameOf(listener.FilterChains[0].Http!.Routes.Current!));
        Assert.False(listener.FilterChains[0].Http!.UsesRemoteAddress);
        Assert.Equal(RepeatedHeaderMode.Joined, configuration.Flags.RepeatedHeaders);
        Assert.Equal(250, Assert.Single(configuration.Clusters).ConnectTimeoutMs);
        Assert.True(Assert.Single(configuration.AppliedOf(XdsTypes.Listener)).IsStatic);

        // Routes that are written in a listener are in the dump as static ones.
        AppliedResource routes = Assert.Single(configuration.AppliedOf(XdsTypes.Route));
        Assert.True(routes.IsStatic);
        Assert.IsType<RouteConfiguration>(routes.Active?.Message);

        RuntimeChange change = configuration.Apply(XdsJson.Delta("1", XdsJson.EdsCluster("agent")));
        Assert.Contains("a static cluster", Assert.Single(change.Rejections).Reason, StringComparison.Ordinal);
        configuration.Apply(XdsJson.Without("2", XdsJson.EdsCluster("agent"), XdsJson.Listener("0.0.0.0_15021")));
        Assert.Single(configuration.Clusters);
        Assert.Single(configuration.Listeners);
    }

    [Fact]
    public void A_connection_manager_says_all_that_Istio_says_of_it() // 2.4
    {
        _configuration.Apply(XdsJson.Delta("1", Routes("http.8080", "c"), XdsJson.Listener(manager: """
            , "useRemoteAddress": true, "xffNumTrustedHops": 2, "forwardClientCertDetails": "SANITIZE_SET", "serverName": "istio-envoy", "proxy100Continue": true,
            "normalizePath": true, "mergeSlashes": true, "pathWithEscapedSlashesAction": "UNESCAPE_AND_FORWARD", "upgradeConfigs": [{"upgradeType": "websocket"}],
            "streamIdleTimeout": "0s", "tracing": {}, "httpProtocolOptions": {}, "commonHttpProtocolOptions": {"idleTimeout": "60s", "maxHeadersCount": 50},
            "maxRequestHeadersKb": 8, "requestHeadersTimeout": "10.5s"
            """)));
        RuntimeHttpConnectionManager manager = _configuration.Listeners["0.0.0.0_8080"].FilterChains[0].Http!;
        Assert.True(manager.UsesRemoteAddress);
        Assert.Equal(2, manager.TrustedHops);
        Assert.Equal("istio-envoy", manager.ServerName);
        Assert.Equal(PathOptions.DecodeAndMergeSlashes, manager.PathOptions);
        Assert.True(manager.Upgrades.Allows("WebSocket"u8));
        Assert.Equal(0, manager.StreamIdleTimeoutMs);
        Assert.True(manager.HasTracing);
        Assert.Equal(60_000, manager.IdleTimeoutMs);
        Assert.Equal(10_500, manager.RequestHeadersTimeoutMs);
        Assert.Null(manager.RequestTimeoutMs);
        Http.Http1.Http1Limits limits = manager.LimitsFrom(new Http.Http1.Http1Limits());
        Assert.Equal((8192, 50), (limits.MaxHeaderBytes, limits.MaxHeaderCount));
        Assert.Equal(HttpFilterKind.Router, Assert.Single(manager.Filters).Kind);
    }

    [Theory]
    [InlineData(", \"transportSocket\": {\"name\": \"envoy.transport_sockets.alts\"}", "filter_chains[0]: transport_socket")]
    [InlineData(", \"filterChainMatch\": {\"serverNames\": [\"a.*\"]}", "filter_chains[0]: filter_chain_match")]
    public void What_a_chain_can_not_do_yet_is_named(string chain, string reason)
    {
        RuntimeChange change = _configuration.Apply(XdsJson.Delta("1", Routes("http.8080", "c"), XdsJson.Listener(chain: chain)));
        Assert.Contains(reason, Assert.Single(change.Rejections).Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(", \"httpFilters\": [{\"name\": \"envoy.filters.http.lua\"}]", "http_filters[1]: http filter \"envoy.filters.http.lua\" is not supported")]
    [InlineData(
        ", \"httpFilters\": [{\"name\": \"cors\", \"typedConfig\": {\"@type\": \"type.googleapis.com/envoy.extensions.filters.http.cors.v3.Cors\"}}]",
        "stands behind the router, which is the last")]
    [InlineData(", \"codecType\": \"HTTP3\"", "codec_type Http3 is not supported yet")]
    [InlineData(", \"accessLog\": [{\"name\": \"envoy.access_loggers.open_telemetry\"}]", "access log envoy.access_loggers.open_telemetry: the type (none) is not supported")]
    public void What_a_connection_manager_can_not_do_is_named(string manager, string reason)
    {
        RuntimeChange change = _configuration.Apply(XdsJson.Delta("1", Routes("http.8080", "c"), XdsJson.Listener(manager: manager)));
        Assert.Contains(reason, Assert.Single(change.Rejections).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void An_optional_filter_that_is_not_known_is_left_out_as_Envoy_does()
    {
        RuntimeChange change = _configuration.Apply(XdsJson.Delta(
            "1", Routes("http.8080", "c"), XdsJson.Listener(manager: ", \"httpFilters\": [{\"name\": \"x\", \"isOptional\": true}]")));
        Assert.Empty(change.Rejections);
    }

    [Fact]
    public void A_TCP_proxy_has_its_clusters_and_limits()
    {
        Listener listener = XdsJson.Parse<Listener>("""
            {"name": "tcp", "address": {"socketAddress": {"address": "0.0.0.0", "portValue": 1}}, "filterChains": [{"filters": [{"name": "istio.stats"}, {"name": "envoy.filters.network.tcp_proxy",
              "typedConfig": {"@type": "type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy", "statPrefix": "x", "idleTimeout": "5s", "maxConnectAttempts": 3,
                "weightedClusters": {"clusters": [{"name": "a", "weight": 1}, {"name": "b", "weight": 0}, {"name": "c", "weight": 3}]}}}]}]}
            """);
        Assert.Empty(_configuration.Apply(XdsJson.Delta("1", listener)).Rejections);
        RuntimeFilterChain chain = _configuration.Listeners["tcp"].FilterChains[0];
        Assert.Null(chain.Http);
        Assert.Equal(["a", "c"], chain.TcpProxy!.Destinations.Select(static destination => destination.Cluster.Name));
        Assert.Equal((5000L, 3u, 0L), (chain.TcpProxy.IdleTimeoutMs, chain.TcpProxy.MaxConnectAttempts, chain.TcpProxy.MaxDownstreamConnectionDurationMs));
        int often = Enumerable.Range(0, 1000).Count(_ => chain.TcpProxy.Choose(new Random(Random.Shared.Next())).Cluster.Name == "c");
        Assert.InRange(often, 600, 900);
    }

    [Fact]
    public void A_cluster_has_what_a_DestinationRule_makes_of_it() // 5.2, 5.4
    {
        _configuration.Apply(XdsJson.Delta("1", XdsJson.EdsCluster("c", """
            , "altStatName": "c;", "lbPolicy": "LEAST_REQUEST", "commonLbConfig": {"healthyPanicThreshold": {}, "localityWeightedLbConfig": {}},
            "circuitBreakers": {"thresholds": [{"maxConnections": 4294967295, "maxPendingRequests": 7, "maxRequests": 8, "maxRetries": 9}]},
            "typedExtensionProtocolOptions": {"envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
              "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
              "commonHttpProtocolOptions": {"idleTimeout": "5s", "maxRequestsPerConnection": 3}, "explicitHttpConfig": {"http2ProtocolOptions": {}}}},
            "transportSocketMatches": [{"name": "tlsMode-istio", "match": {"tlsMode": "istio"}, "transportSocket": {"name": "envoy.transport_sockets.tls", "typedConfig": {
              "@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext", "sni": "outbound_.80_._.c"}}},
              {"name": "tlsMode-disabled", "match": {}, "transportSocket": {"name": "envoy.transport_sockets.raw_buffer"}}],
            "filters": [{"name": "istio.metadata_exchange"}]
            """)));
        RuntimeCluster cluster = ClusterOf("c");
        Assert.Equal("c;", cluster.StatName);
        Assert.Equal(10_000, cluster.ConnectTimeoutMs);
        Assert.Equal(LoadBalancerKind.LeastRequest, cluster.LoadBalancer.Kind);
        Assert.Equal(0, cluster.LoadBalancer.HealthyPanicThreshold);
        Assert.True(cluster.LoadBalancer.IsLocalityWeighted);
        Assert.Equal(new Tidegate.Proxy.Clusters.CircuitBreakers(uint.MaxValue, 7, 8, 9), cluster.CircuitBreakers);
        Assert.Equal((5000L, 3u), (cluster.IdleTimeoutMs, cluster.MaxRequestsPerConnection));
        Assert.Equal(UpstreamProtocol.Http2, cluster.Protocol);
    }

    [Fact]
    public void Envoys_defaults_hold_where_nothing_is_said()
    {
        _configuration.Apply(XdsJson.Delta("1", XdsJson.Parse<Cluster>("{'name': 'c', 'type': 'STATIC'}")));
        RuntimeCluster cluster = ClusterOf("c");
        Assert.Equal(5000, cluster.ConnectTimeoutMs);
        Assert.Equal(new Tidegate.Proxy.Clusters.CircuitBreakers(1024, 1024, 1024, 3), cluster.CircuitBreakers);
        Assert.Equal(new LoadBalancerPolicy(), cluster.LoadBalancer);
        Assert.Equal(50, cluster.LoadBalancer.HealthyPanicThreshold);
        Assert.Empty(cluster.Endpoints.All);
        _configuration.Apply(XdsJson.Delta("2", Routes("r", "c")));
        Assert.Equal(15_000, _configuration.RouteTables[0].VirtualHosts[0].Routes[0].TimeoutMs);
    }

    [Fact]
    public void A_retry_budget_that_was_merged_into_a_cluster_is_the_clusters()
    {
        _configuration.Apply(XdsJson.Delta("1", XdsJson.EdsCluster("c", """
            , "circuitBreakers": {"thresholds": [
              {"maxRetries": 9}, {"priority": "HIGH", "retryBudget": {"budgetPercent": {"value": 1}}}, {"maxRetries": 1, "retryBudget": {"minRetryConcurrency": 7}}]}
            """)));

        Assert.Equal(9u, ClusterOf("c").CircuitBreakers.MaxRetries);
        Assert.Equal(new RetryBudget(20, 7), ClusterOf("c").CircuitBreakers.RetryBudget);
    }

    [Fact]
    public void Endpoints_have_the_TLS_that_their_metadata_asks_for() // 5.6, auto mTLS
    {
        _configuration.Apply(XdsJson.Delta("1", XdsJson.EdsCluster("d", """
            , "transportSocketMatches": [{"name": "tlsMode-istio", "match": {"tlsMode": "istio"}, "transportSocket": {"name": "envoy.transport_sockets.tls", "typedConfig": {
              "@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext", "sni": "outbound_.80_._.d"}}},
              {"name": "tlsMode-disabled", "match": {}, "transportSocket": {"name": "envoy.transport_sockets.raw_buffer"}}]
            """)));
        Envoy.Config.Endpoint.V3.ClusterLoadAssignment assignment = XdsJson.Assignment("d", "10.0.0.1:80", "10.0.0.2:80");
        assignment.Endpoints[0].LbEndpoints[0].Metadata = XdsJson.Parse<Envoy.Config.Core.V3.Metadata>("{'filterMetadata': {'envoy.transport_socket_match': {'tlsMode': 'istio'}}}");
        Assert.Empty(_configuration.Apply(XdsJson.Delta("2", assignment)).Rejections);

        RuntimeCluster cluster = ClusterOf("d");
        Assert.Equal("outbound_.80_._.d", cluster.TlsWith(cluster.Endpoints.All[0])?.ServerName);
        Assert.Null(cluster.TlsWith(cluster.Endpoints.All[1]));
    }

    private static Listener Waiting(int? seconds)
    {
        Listener listener = XdsJson.Listener();
        Envoy.Config.Listener.V3.Filter filter = listener.FilterChains[0].Filters[0];
        HttpConnectionManager manager = filter.TypedConfig.Unpack<HttpConnectionManager>();
        manager.Rds.ConfigSource.InitialFetchTimeout = seconds is { } value ? Duration.FromTimeSpan(TimeSpan.FromSeconds(value)) : null;
        filter.TypedConfig = Any.Pack(manager);
        return listener;
    }

    private static RouteConfiguration Routes(string name, string cluster) => XdsJson.Parse<RouteConfiguration>(
        $"{{'name': '{name}', 'virtualHosts': [{{'name': 'h', 'domains': ['*'], 'routes': [{{'match': {{'prefix': '/'}}, 'route': {{'cluster': '{cluster}'}}}}]}}]}}");

    private static ClusterSlot SlotOf(RouteTable table) => table.VirtualHosts[0].Routes[0].ChooseCluster(0);

    private static string ClusterNameOf(RouteTable table) => SlotOf(table).Name;

    private RuntimeCluster ClusterOf(string name) => _configuration.Clusters.Single(cluster => cluster.Name == name);

    private RuntimeConfiguration New(Bootstrap bootstrap) => new(bootstrap, NullLoggerFactory.Instance, _time);
}
