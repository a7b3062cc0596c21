using System.Text;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Tidegate.Proxy.Filters;
using Tidegate.Proxy.Requests;
using Tidegate.Proxy.Routing;
using Tidegate.Proxy.Runtime;
using Tidegate.Proxy.Tests.Routing;

namespace Tidegate.Proxy.Tests.Runtime;

/// <summary>From a route configuration to the route of a request: istio-gateway.md 3, 4, 13.</summary>
public sealed class RouteTableTests
{
    // What Istio 1.16 sends for the tutorial's VirtualService.
    private const string Tutorial = """
        {"name": "http.8080", "virtualHosts": [{"name": "webapp.istioinaction.io:80", "domains": ["webapp.istioinaction.io"], "routes": [{
          "match": {"prefix": "/"},
          "route": {"cluster": "outbound|80||webapp.istioinaction.svc.cluster.local", "timeout": "0s",
            "retryPolicy": {"retryOn": "connect-failure,refused-stream,unavailable,cancelled,retriable-status-codes", "numRetries": 2,
              "retryHostPredicate": [{"name": "envoy.retry_host_predicates.previous_hosts",
                "typedConfig": {"@type": "type.googleapis.com/envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate"}}],
              "hostSelectionRetryMaxAttempts": "5", "retriableStatusCodes": [503]},
            "maxStreamDuration": {"maxStreamDuration": "0s", "grpcTimeoutHeaderMax": "0s"}},
          "metadata": {"filterMetadata": {"istio": {"config": "/apis/networking.istio.io/v1alpha3/namespaces/istioinaction/virtual-service/webapp-vs-from-gw"}}},
          "decorator": {"operation": "webapp.istioinaction.svc.cluster.local:80/*"}}],
          "includeRequestAttemptCount": true}], "validateClusters": false, "ignorePortInHostMatching": true}
        """;

    [Fact]
    public void The_tutorials_route_has_all_that_was_said_of_it()
    {
        RouteTable table = XdsJson.Routes(Tutorial);
        RuntimeRoute? route = table.Match(TestRequest.Get("WebApp.istioinaction.io:8080", "/api/catalog").ToRoute());
        Assert.NotNull(route);
        Assert.Equal(RouteActionKind.Forward, route.Action);
        Assert.Equal("outbound|80||webapp.istioinaction.svc.cluster.local", route.ChooseCluster(7).Name);
        Assert.Equal(0, route.TimeoutMs);
        Assert.Equal(0, route.MaxStreamDurationMs);
        Assert.Equal("/apis/networking.istio.io/v1alpha3/namespaces/istioinaction/virtual-service/webapp-vs-from-gw", route.ConfigPath);
        Assert.Equal("webapp.istioinaction.svc.cluster.local:80/*", route.DecoratorOperation);
        Assert.True(route.IncludesAttemptCount);
        Assert.Equal("webapp.istioinaction.io:80", route.VirtualHost.Name);
        RuntimeRetryPolicy policy = Assert.IsType<RuntimeRetryPolicy>(route.RetryPolicy);
        Assert.Equal(2u, policy.NumRetries);
        Assert.True(policy.AvoidsPreviousHosts);
        Assert.Equal(5, policy.HostSelectionRetryMaxAttempts);
        Assert.Equal([503], policy.RetriableStatusCodes);
        Assert.True(policy.RetriesConnectFailure);
        Assert.False(policy.RetriesReset);
        Assert.Null(table.Match(TestRequest.Get("other.io", "/").ToRoute()));
    }

    [Fact]
    public void What_routes_say_in_the_same_words_is_compiled_once()
    {
        const string route = "{'match': {'prefix': '/a'}, 'route': {'cluster': 'c', 'retryPolicy': {'retryOn': '5xx', 'retriableStatusCodes': [503]}}}";
        RouteTable table = XdsJson.Routes($$"""
            {'name': 'r', 'virtualHosts': [
              {'name': 'a', 'domains': ['a.com'], 'routes': [{{route}}, {{route.Replace("/a", "/b", StringComparison.Ordinal)}}]},
              {'name': 'b', 'domains': ['b.com'], 'routes': [{{route}}]}]}
            """);
        RuntimeRoute first = table.VirtualHosts[0].Routes[0];
        RuntimeRoute other = table.VirtualHosts[0].Routes[1];
        RuntimeRoute same = table.VirtualHosts[1].Routes[0];

        Assert.Same(first.Matcher, same.Matcher);
        Assert.NotSame(first.Matcher, other.Matcher);
        Assert.Same(first.RetryPolicy, same.RetryPolicy);
        Assert.Same(first.RetryPolicy, other.RetryPolicy);
    }

    [Fact]
    public void Without_virtual_hosts_or_routes_nothing_matches() // 3.7
    {
        Assert.Null(XdsJson.Routes("{'name': 'r'}").Match(TestRequest.Get("a.com", "/").ToRoute()));
        RouteTable blackhole = XdsJson.Routes("{'name': 'r', 'virtualHosts': [{'name': 'blackhole:80', 'domains': ['*']}]}");
        Assert.Null(blackhole.Match(TestRequest.Get("a.com", "/").ToRoute()));
        Assert.NotNull(blackhole.FindVirtualHost("a.com"u8));
    }

    [Fact]
    public void A_port_counts_unless_it_is_ignored()
    {
        const string Hosts = "'virtualHosts': [{'name': 'a', 'domains': ['a.com'], 'routes': [{'match': {'prefix': '/'}, 'route': {'cluster': 'a'}}]}]";
        Assert.Null(XdsJson.Routes($"{{{Hosts}}}").Match(TestRequest.Get("a.com:81", "/").ToRoute()));
        RouteTable ignoring = XdsJson.Routes($"{{{Hosts}, 'ignorePortInHostMatching': true}}");
        Assert.NotNull(ignoring.Match(TestRequest.Get("a.com:81", "/").ToRoute()));
        Assert.NotNull(ignoring.Match(TestRequest.Get("a.com", "/").ToRoute()));
    }

    [Fact]
    public void The_first_route_that_fits_is_taken_and_no_other_virtual_host_is_tried()
    {
        RouteTable table = XdsJson.Routes("""
            {"virtualHosts": [
              {"name": "narrow", "domains": ["a.foo.com"], "routes": [
                {"name": "1", "match": {"prefix": "/one"}, "route": {"cluster": "c"}},
                {"name": "2", "match": {"prefix": "/one/more"}, "route": {"cluster": "c"}}]},
              {"name": "wide", "domains": ["*.foo.com"], "routes": [{"name": "3", "match": {"prefix": "/"}, "route": {"cluster": "c"}}]}]}
            """);
        Assert.Equal("1", table.Match(TestRequest.Get("a.foo.com", "/one/more").ToRoute())?.Name);
        Assert.Null(table.Match(TestRequest.Get("a.foo.com", "/two").ToRoute()));
        Assert.Equal("3", table.Match(TestRequest.Get("b.foo.com", "/two").ToRoute())?.Name);
    }

    [Theory]
    [InlineData("GET", "/api/x?v=1", "canary", "x-user: jason", "both")]
    [InlineData("GET", "/api/x?v=2", "canary", "x-user: jason", "rest")]
    [InlineData("POST", "/api/x?v=1", "canary", "x-user: jason", "rest")]
    [InlineData("GET", "/api/x?v=1", "other", "x-user: jason", "rest")]
    public void All_conditions_have_to_be_met(string method, string path, string host, string field, string expected)
    {
        RouteTable table = XdsJson.Routes("""
            {"virtualHosts": [{"name": "h", "domains": ["*"], "routes": [
              {"name": "both", "route": {"cluster": "c"}, "match": {"prefix": "/api", "caseSensitive": true,
                "headers": [
                  {"name": "x-user", "stringMatch": {"safeRegex": {"regex": "j.*"}}},
                  {"name": "x-blocked", "presentMatch": true, "invertMatch": true},
                  {"name": ":method", "stringMatch": {"exact": "GET"}},
                  {"name": ":authority", "stringMatch": {"exact": "canary"}}],
                "queryParameters": [{"name": "v", "stringMatch": {"exact": "1"}}]}},
              {"name": "rest", "route": {"cluster": "c"}, "match": {"prefix": "/"}}]}]}
            """);
        Assert.Equal(expected, table.Match(TestRequest.Of(method, host, path, field).ToRoute())?.Name);
    }

    [Fact]
    public void A_share_of_requests_is_drawn_from_the_requests_random_number()
    {
        RouteTable table = XdsJson.Routes("""
            {"virtualHosts": [{"name": "h", "domains": ["*"], "routes": [
              {"name": "some", "match": {"prefix": "/", "runtimeFraction": {"defaultValue": {"numerator": 25}}}, "route": {"cluster": "c"}},
              {"name": "rest", "match": {"prefix": "/"}, "route": {"cluster": "c"}}]}]}
            """);
        int some = 0;
        for (ulong random = 0; random < 1000; random++)
        {
            some += table.Match(TestRequest.Get("a", "/").ToRoute(random: random))?.Name == "some" ? 1 : 0;
        }

        Assert.Equal(250, some);
    }

    [Theory]
    [InlineData("application/grpc", true)]
    [InlineData("application/grpc+proto", true)]
    [InlineData("application/grpc-web", false)]
    [InlineData("text/plain", false)]
    public void X13_gRPC_is_told_by_the_content_type(string type, bool matches)
    {
        RouteTable table = XdsJson.Routes("{'virtualHosts': [{'name': 'h', 'domains': ['*'], 'routes': [{'match': {'prefix': '/', 'grpc': {}}, 'route': {'cluster': 'c'}}]}]}");
        Assert.Equal(matches, table.Match(TestRequest.Get("a", "/", $"content-type: {type}").ToRoute()) is not null);
    }

    [Fact]
    public void Weights_share_the_requests_out_of_their_sum()
    {
        RouteTable table = XdsJson.Routes("""
            {"virtualHosts": [{"name": "h", "domains": ["*"], "routes": [{"match": {"prefix": "/"}, "route": {"weightedClusters": {"clusters": [
              {"name": "a", "weight": 20}, {"name": "none", "weight": 0}, {"name": "b", "weight": 60}]}}}]}]}
            """);
        RuntimeRoute route = table.Match(TestRequest.Get("x", "/").ToRoute())!;
        var random = new Random(1);
        Dictionary<string, int> counts = [];
        for (int i = 0; i < 80_000; i++)
        {
            string name = route.ChooseCluster((ulong)random.NextInt64()).Name;
            counts[name] = counts.GetValueOrDefault(name) + 1;
        }

        // 20,000 expected of a binomial distribution with a deviation of 122: five of them.
        Assert.InRange(counts["a"], 19_390, 20_610);
        Assert.Equal(80_000, counts["a"] + counts["b"]);
    }

    [Fact]
    public void A_virtual_host_that_requires_TLS_redirects_what_comes_without() // 3.4
    {
        RouteTable table = XdsJson.Routes("{'virtualHosts': [{'name': 'h', 'domains': ['*'], 'requireTls': 'ALL', 'routes': [{'name': 'r', 'match': {'prefix': '/'}, 'route': {'cluster': 'c'}}]}]}");
        RuntimeRoute redirect = table.Match(TestRequest.Get("a.com:8080", "/x?y").ToRoute())!;
        Assert.Equal(RouteActionKind.Redirect, redirect.Action);
        Assert.Equal(301, redirect.Redirect!.Status);
        var location = new ByteBuilder(stackalloc byte[64]);
        redirect.Redirect.AppendLocation(TestRequest.Get("a.com:8080", "/x?y").ToRoute(), redirect.Matcher.Path, ref location);
        Assert.Equal("https://a.com:8080/x?y", Encoding.ASCII.GetString(location.Written));
        location.Dispose();
        Assert.Equal("r", table.Match(TestRequest.Get("a.com", "/").ToRoute(isTls: true))?.Name);
        Assert.Equal("r", table.Match(TestRequest.Get("a.com", "/", "x-forwarded-proto: https").ToRoute())?.Name);
    }

    [Fact]
    public void A_redirect_and_a_direct_response_are_answers_of_the_route()
    {
        RouteTable table = XdsJson.Routes("""
            {"virtualHosts": [{"name": "h", "domains": ["*"], "routes": [
              {"match": {"prefix": "/r"}, "redirect": {"hostRedirect": "b.com", "pathRedirect": "/x", "responseCode": "TEMPORARY_REDIRECT", "portRedirect": 81, "schemeRedirect": "https"}},
              {"match": {"prefix": "/d"}, "directResponse": {"status": 418, "body": {"inlineString": "tea"}},
               "responseHeadersToAdd": [{"header": {"key": "x-a", "value": "1"}}]}]}]}
            """);
        Redirect redirect = table.Match(TestRequest.Get("a.com", "/r").ToRoute())!.Redirect!;
        Assert.Equal((307, "b.com", 81, "/x", "https"), (redirect.Status, redirect.Host, redirect.Port, redirect.Path, redirect.Scheme));
        RuntimeRoute direct = table.Match(TestRequest.Get("a.com", "/d").ToRoute())!;
        Assert.Equal(418, direct.DirectResponse!.Status);
        Assert.Equal("tea", Encoding.UTF8.GetString(direct.DirectResponse.Body.Span));
        Assert.False(direct.ResponseHeaders.IsEmpty);
    }

    [Theory]
    [InlineData(false, "host")]
    [InlineData(true, "cluster")]
    public void Changes_of_all_levels_are_made_from_the_most_specific_on_unless_that_is_turned_round(bool mostSpecificWins, string last) // 4.5
    {
        RouteTable table = XdsJson.Routes($$$$"""
            {"mostSpecificHeaderMutationsWins": {{{{(mostSpecificWins ? "true" : "false")}}}}, "virtualHosts": [{"name": "h", "domains": ["*"],
              "requestHeadersToAdd": [{"header": {"key": "x-level", "value": "host"}, "appendAction": "OVERWRITE_IF_EXISTS_OR_ADD"}],
              "routes": [{"match": {"prefix": "/"},
                "requestHeadersToAdd": [{"header": {"key": "x-level", "value": "route"}, "append": false}],
                "requestHeadersToRemove": ["x-gone"],
                "route": {"weightedClusters": {"clusters": [{"name": "c", "weight": 1,
                  "requestHeadersToAdd": [
                    {"header": {"key": "x-level", "value": "cluster"}, "appendAction": "OVERWRITE_IF_EXISTS_OR_ADD"},
                    {"header": {"key": "x-gone", "value": "added below, removed above"}},
                    {"header": {"key": "x-percent", "value": "100%%"}},
                    {"header": {"key": "x-twice", "value": "2"}},
                    {"header": {"key": "x-there", "value": "no"}, "appendAction": "ADD_IF_ABSENT"},
                    {"header": {"key": "x-absent", "value": "no"}, "appendAction": "OVERWRITE_IF_EXISTS"},
                    {"header": {"key": "x-empty", "value": ""}},
                    {"header": {"key": "x-kept", "value": ""}, "keepEmptyValue": true}]}]}}}]}]}
            """);
        Http.RequestHead head = TestRequest.Get("a", "/", "x-twice: 1", "x-there: yes");
        table.Match(head.ToRoute())!.ChooseDestination(0).RequestHeaders.Apply(head.Headers, new HttpExchange());
        Assert.Equal(last, Value(head, "x-level"));
        Assert.Equal(mostSpecificWins ? "added below, removed above" : null, Value(head, "x-gone"));
        Assert.Equal("100%", Value(head, "x-percent"));
        Assert.Equal(2, head.Headers.CountOf("x-twice"u8));
        Assert.Equal("yes", Value(head, "x-there"));
        Assert.Null(Value(head, "x-absent"));
        Assert.Null(Value(head, "x-empty"));
        Assert.Equal(string.Empty, Value(head, "x-kept"));
    }

    [Fact]
    public void All_that_is_wrong_is_said_at_once()
    {
        IReadOnlyList<string> reasons = XdsJson.RouteReasons("""
            {"virtualHosts": [
              {"name": "a", "domains": ["x.com"], "routes": [
                {"match": {"safeRegex": {"regex": "("}}, "route": {"cluster": "c"}},
                {"match": {"prefix": "/"}},
                {"match": {"prefix": "/"}, "route": {"clusterHeader": "h"}},
                {"match": {"prefix": "/"}, "route": {"weightedClusters": {"clusters": [{"name": "c", "weight": 0}]}}},
                {"match": {"prefix": "/", "dynamicMetadata": [{"filter": "f"}]}, "route": {"cluster": "c"}},
                {"match": {"prefix": "/"}, "route": {"cluster": "c"}, "requestHeadersToAdd": [{"header": {"key": ":path", "value": "/"}}]},
                {"match": {"prefix": "/"}, "route": {"cluster": "c"}, "requestHeadersToAdd": [{"header": {"key": "x", "value": "%NOPE(y)%"}}]},
                {"match": {"prefix": "/"}, "route": {"cluster": "c"}, "typedPerFilterConfig": {"envoy.filters.http.local_ratelimit":
                  {"@type": "type.googleapis.com/envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit", "statPrefix": "x"}}}]},
              {"name": "a", "domains": ["X.com"]}]}
            """);
        string all = string.Join('\n', reasons);
        Assert.Contains("virtual_hosts[\"a\"].routes[0]: match.safe_regex: error parsing regexp: missing closing ): `(`", all, StringComparison.Ordinal);
        Assert.Contains("routes[1]: an action is missing", all, StringComparison.Ordinal);
        Assert.Contains("routes[2]: route: the cluster specifier ClusterHeader is not supported", all, StringComparison.Ordinal);
        Assert.Contains("routes[3]: route.weighted_clusters: the weights' sum is 0", all, StringComparison.Ordinal);
        Assert.Contains("match.dynamic_metadata[0]: path is empty", all, StringComparison.Ordinal);
        Assert.Contains("routes[5]: request_headers_to_add[0]: the field \":path\" may not be changed", all, StringComparison.Ordinal);
        Assert.Contains("routes[6]: request_headers_to_add[0]: ", all, StringComparison.Ordinal);
        Assert.Contains("typed_per_filter_config[\"envoy.filters.http.local_ratelimit\"]: token_bucket is missing", all, StringComparison.Ordinal);
        Assert.Contains("virtual_hosts[\"a\"]: another virtual host has that name", all, StringComparison.Ordinal);
        Assert.Contains("the domain \"X.com\" is taken by another virtual host", all, StringComparison.Ordinal);
        Assert.Equal(10, reasons.Count);
    }

    [Fact]
    public void Mirrors_are_the_routes_own_else_its_hosts_and_those_without_a_share_are_none()
    {
        RouteTable table = XdsJson.Routes("""
            {"virtualHosts": [{"name": "h", "domains": ["*"], "requestMirrorPolicies": [{"cluster": "host"}],
              "routes": [
                {"match": {"path": "/own"}, "route": {"cluster": "c", "requestMirrorPolicies": [
                  {"cluster": "m", "disableShadowHostSuffixAppend": true, "runtimeFraction": {"defaultValue": {"numerator": 5, "denominator": "TEN_THOUSAND"}}},
                  {"cluster": "none", "runtimeFraction": {"defaultValue": {"numerator": 0}}}]}},
                {"match": {"prefix": "/"}, "route": {"cluster": "c"}}]}]}
            """);

        RouteMirror own = Assert.Single(table.Match(TestRequest.Get("a", "/own").ToRoute())!.Mirrors);
        RouteMirror ofHost = Assert.Single(table.Match(TestRequest.Get("a", "/").ToRoute())!.Mirrors);

        Assert.Equal(("m", new RequestFraction(5, 10_000), false), (own.Cluster.Name, own.Share, own.MarksHost));
        Assert.Equal(("host", new RequestFraction(100, 100), true), (ofHost.Cluster.Name, ofHost.Share, ofHost.MarksHost));
    }

    [Fact]
    public void A_hedge_policy_is_the_routes_own_else_its_hosts() // 13
    {
        RouteTable table = XdsJson.Routes("""
            {'name': 'r', 'virtualHosts': [{'name': 'v', 'domains': ['*'], 'hedgePolicy': {'hedgeOnPerTryTimeout': true}, 'routes': [
              {'match': {'prefix': '/own'}, 'route': {'cluster': 'c', 'hedgePolicy': {}}},
              {'match': {'prefix': '/'}, 'route': {'cluster': 'c'}}]}]}
            """);

        Assert.False(table.Match(TestRequest.Get("a.com", "/own").ToRoute())!.HedgesOnPerTryTimeout);
        Assert.True(table.Match(TestRequest.Get("a.com", "/").ToRoute())!.HedgesOnPerTryTimeout);
    }

    [Fact]
    public void A_routes_filters_are_the_listeners_with_what_route_and_host_say()
    {
        RouteTable table = XdsJson.Routes("""
            {"virtualHosts": [{"name": "h", "domains": ["*"],
              "typedPerFilterConfig": {"envoy.filters.http.cors": {"@type": "type.googleapis.com/envoy.extensions.filters.http.cors.v3.CorsPolicy", "maxAge": "1"},
                "envoy.filters.http.fault": {"@type": "type.googleapis.com/envoy.extensions.filters.http.fault.v3.HTTPFault", "abort": {"httpStatus": 500}}},
              "routes": [{"match": {"prefix": "/"}, "route": {"cluster": "c"},
                "typedPerFilterConfig": {"envoy.filters.http.cors": {"@type": "type.googleapis.com/envoy.extensions.filters.http.cors.v3.CorsPolicy", "maxAge": "2"}}}]}]}
            """);
        RuntimeRoute route = table.Match(TestRequest.Get("a", "/").ToRoute())!;
        RuntimeHttpFilter[] filters =
        [
            new("envoy.filters.http.fault", HttpFilterKind.Fault, null, false) { Filter = new FaultFilter(new FaultRule()) },
            new("envoy.filters.http.cors", HttpFilterKind.Cors, null, false) { Filter = CorsFilter.Inactive },
            new("envoy.filters.http.router", HttpFilterKind.Router, null, false),
        ];

        PlacedFilter[] chain = route.ChooseDestination(0).Filters.Bind(filters);

        Assert.Equal(500, Assert.IsType<FaultFilter>(chain[0].Filter).Rule.Abort!.Status);
        Assert.Equal("2"u8.ToArray(), Assert.IsType<CorsFilter>(chain[1].Filter).Policy!.MaxAge);
        Assert.Equal(2, chain.Length);
        Assert.Empty(RouteFilters.Default.Bind(filters)); // without a word of the route they do nothing, and are not there
    }

    [Property(MaxTest = 200)]
    public Property Virtual_hosts_of_other_names_change_no_match() => Prop.ForAll(
        Gen.Choose(0, 50).ToArbitrary(),
        Gen.Elements("a.com", "b.a.com", "c.org", "A.com").ToArbitrary(),
        Gen.Elements("/", "/one", "/one/two", "/three").ToArbitrary(),
        (others, host, path) =>
        {
            string hosts = string.Concat(Enumerable.Range(0, others).Select(static i =>
                $"{{'name': 'o{i}', 'domains': ['o{i}.net', '*.o{i}.net'], 'routes': [{{'name': 'other', 'match': {{'prefix': '/'}}, 'route': {{'cluster': 'o'}}}}]}},"));
            const string Own = """
                {'name': 'own', 'domains': ['a.com', '*.a.com'], 'routes': [
                  {'name': 'one', 'match': {'pathSeparatedPrefix': '/one'}, 'route': {'cluster': 'c'}}, {'name': 'root', 'match': {'path': '/'}, 'route': {'cluster': 'c'}}]}
                """;
            string? alone = XdsJson.Routes($"{{'virtualHosts': [{Own}]}}").Match(TestRequest.Get(host, path).ToRoute())?.Name;
            string? among = XdsJson.Routes($"{{'virtualHosts': [{hosts}{Own}]}}").Match(TestRequest.Get(host, path).ToRoute())?.Name;
            return alone == among;
        });

    [Fact]
    public void A_match_allocates_nothing()
    {
        RouteTable table = XdsJson.Routes(Tutorial.Replace("\"prefix\": \"/\"", """
            "safeRegex": {"regex": "/a[pP]i/.+"}, "headers": [{"name": "x-user", "stringMatch": {"prefix": "j"}}, {"name": ":method", "stringMatch": {"exact": "GET"}}],
            "queryParameters": [{"name": "q", "stringMatch": {"contains": "x"}}]
            """));
        Http.RequestHead head = TestRequest.Get("webapp.istioinaction.io", "/api/catalog/items?p=1&q=axb", "x-user: jason", "accept: */*");
        for (int i = 0; i < 100; i++)
        {
            Assert.NotNull(table.Match(head.ToRoute()));
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++)
        {
            table.Match(head.ToRoute());
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static string? Value(Http.RequestHead head, string name) =>
        head.Headers.TryGet(Encoding.ASCII.GetBytes(name), out ReadOnlySpan<byte> value) ? Encoding.UTF8.GetString(value) : null;
}
