using Envoy.Config.Core.V3;
using Envoy.Config.Listener.V3;
using Envoy.Config.Route.V3;
using Envoy.Extensions.Filters.Network.HttpConnectionManager.V3;

namespace Tidegate.Tests.ProxyConfig;

/// <summary>The table of listeners (cli.md, 1).</summary>
public sealed class ListenerReportTests
{
    [Fact]
    public async Task Without_a_Gateway_there_are_the_two_listeners_of_the_bootstrap() => Assert.Equal(
        """
        ADDRESS PORT  MATCH DESTINATION
        0.0.0.0 15021 ALL   Inline Route: /healthz/ready*
        0.0.0.0 15090 ALL   Inline Route: /stats/prometheus*

        """,
        await Dump.OfTutorial(hasGateway: false, hasVirtualService: false).PrintAsync("listener"));

    [Fact]
    public async Task With_a_Gateway_its_port_comes_first() => Assert.Equal(
        """
        ADDRESS PORT  MATCH DESTINATION
        0.0.0.0 8080  ALL   Route: http.8080
        0.0.0.0 15021 ALL   Inline Route: /healthz/ready*
        0.0.0.0 15090 ALL   Inline Route: /stats/prometheus*

        """,
        await Dump.OfTutorial(hasGateway: true, hasVirtualService: false).PrintAsync("l"));

    [Fact]
    public async Task Server_names_widen_the_column() => Assert.Equal(
        """
        ADDRESS PORT  MATCH                 DESTINATION
        0.0.0.0 8080  ALL                   Route: http.8080
        0.0.0.0 8443  SNI: shop.example.com Route: https.443.https.shop-gateway.shop
        0.0.0.0 15021 ALL                   Inline Route: /healthz/ready*
        0.0.0.0 15090 ALL                   Inline Route: /stats/prometheus*

        """,
        await Dump.OfTutorial(hasGateway: true, hasVirtualService: false)
            .With(Dump.HttpListener(8443, "https.443.https.shop-gateway.shop", new FilterChainMatch { ServerNames = { "shop.example.com" } }))
            .PrintAsync("listeners"));

    [Fact]
    public async Task The_current_form_heads_its_first_column_with_ADDRESSES_and_shows_all_of_them()
    {
        Listener listener = Dump.HttpListener(8080, "http.8080");
        listener.AdditionalAddresses.Add(new AdditionalAddress { Address = Dump.Socket("::", 8080) });
        var dump = new Dump().With(listener);

        Assert.Equal("ADDRESSES  PORT MATCH DESTINATION\n0.0.0.0,:: 8080 ALL   Route: http.8080\n", await dump.PrintAsync("listener", "--compatibility-version", "current"));
        Assert.Equal("ADDRESS PORT MATCH DESTINATION\n0.0.0.0 8080 ALL   Route: http.8080\n", await dump.PrintAsync("listener"));
    }

    [Fact]
    public async Task Without_chains_the_type_is_shown() => Assert.Equal(
        """
        ADDRESS PORT  TYPE
        0.0.0.0 8080  HTTP
        0.0.0.0 9000  UNKNOWN
        0.0.0.0 9001  HTTP+TCP
        0.0.0.0 9002  TCP
        0.0.0.0 15021 HTTP
        0.0.0.0 15090 HTTP

        """,
        await Dump.OfTutorial(hasGateway: true, hasVirtualService: false)
            .With(Dump.Listener(9000, new FilterChain { Filters = { Dump.Tcp("BlackHoleCluster") } }))
            .With(Dump.Listener(9001, new FilterChain { Filters = { Dump.Tcp("a") } }, new FilterChain { Filters = { Dump.Http(new HttpConnectionManager()) } }))
            .With(Dump.Listener(9002, new FilterChain { Filters = { Dump.Tcp("a") } }))
            .PrintAsync("listener", "--verbose=false"));

    [Fact]
    public async Task Chains_are_sorted_by_destination_downwards()
    {
        Listener listener = Dump.Listener(
            9000,
            new FilterChain { Filters = { Dump.Tcp("outbound|9000||db.prod.svc.cluster.local") }, FilterChainMatch = new FilterChainMatch { PrefixRanges = { Range("10.0.0.0", 8), Range("1.2.3.4", 32) }, DestinationPort = 9000 } },
            new FilterChain { Filters = { Dump.Tcp("BlackHoleCluster") }, FilterChainMatch = new FilterChainMatch { DestinationPort = 1 } },
            new FilterChain { Filters = { Dump.Http(new HttpConnectionManager()) }, FilterChainMatch = new FilterChainMatch { TransportProtocol = "tls", ApplicationProtocols = { "istio-peer-exchange", "istio" } } },
            new FilterChain { Filters = { Dump.Http(new HttpConnectionManager { Rds = new Rds { RouteConfigName = "9000" } }) }, FilterChainMatch = new FilterChainMatch { ServerNames = { "a", "b" }, ApplicationProtocols = { "x", "y" } } });
        listener.DefaultFilterChain = new FilterChain { Filters = { Dump.Tcp("PassthroughCluster") } };

        Assert.Equal(
            """
            ADDRESS PORT MATCH                            DESTINATION
            0.0.0.0 9000 SNI: a,b; App: x,y               Route: 9000
            0.0.0.0 9000 ALL                              PassthroughCluster
            0.0.0.0 9000 Addr: *:1                        Non-HTTP/Non-TCP
            0.0.0.0 9000 Trans: tls; App: TCP TLS         HTTP
            0.0.0.0 9000 Addr: 10.0.0.0/8,1.2.3.4/32:9000 Cluster: outbound|9000||db.prod.svc.cluster.local

            """,
            await new Dump().With(listener).PrintAsync("listener"));
    }

    [Fact]
    public async Task Inline_routes_name_their_domains_unless_they_take_all()
    {
        var routes = new RouteConfiguration
        {
            VirtualHosts =
            {
                Dump.Host("a", ["a.test", "b.test"], Dump.RouteTo("/x", "c"), new Route { Match = new RouteMatch { Path = "/exact" } }),
                Dump.Host("b", ["*"], new Route { Match = new RouteMatch { SafeRegex = new Envoy.Type.Matcher.V3.RegexMatcher { Regex = "/r.*" } } }),
            },
        };
        var everything = new RouteConfiguration { VirtualHosts = { Dump.Host("all", ["*"], Dump.RouteTo("/", "outbound|80||a")) } };
        var named = new RouteConfiguration { VirtualHosts = { Dump.Host("all", ["*"], Dump.RouteTo("/", "SomeCluster")) } };

        Assert.Equal(
            """
            ADDRESS PORT MATCH DESTINATION
            0.0.0.0 1    ALL   Inline Route: a.test/b.test /x*, /exact; regex /r.*
            0.0.0.0 2    ALL   Cluster: outbound|80||a
            0.0.0.0 3    ALL   SomeCluster

            """,
            await new Dump().With(Dump.HttpListener(1, routes)).With(Dump.HttpListener(2, everything)).With(Dump.HttpListener(3, named)).PrintAsync("listener"));
    }

    [Theory]
    [InlineData("--port", "8080")]
    [InlineData("--type", "http", "--port", "8080")]
    [InlineData("--address", "0.0.0.0", "--port=8080")]
    public async Task Filters_have_to_hold_together(params string[] filters) => Assert.Equal(
        "ADDRESS PORT MATCH DESTINATION\n0.0.0.0 8080 ALL   Route: http.8080\n",
        await Dump.OfTutorial(hasGateway: true, hasVirtualService: false).PrintAsync(["listener", .. filters]));

    [Fact]
    public async Task Json_has_the_listeners_in_the_dumps_order()
    {
        string json = await Dump.OfTutorial(hasGateway: true, hasVirtualService: false).PrintAsync("listener", "-o", "json");

        Assert.StartsWith("[\n    {\n        \"name\": \"0.0.0.0_8080\",\n        \"address\": {\n            \"socketAddress\": {\n", json);
        Assert.True(json.IndexOf("0.0.0.0_15021", StringComparison.Ordinal) < json.IndexOf("0.0.0.0_15090", StringComparison.Ordinal));
        Assert.EndsWith("\n    }\n]\n", json);
        Assert.Equal("[]\n", await Dump.OfTutorial(hasGateway: true, hasVirtualService: false).PrintAsync("listener", "-o", "json", "--port", "1"));
    }

    private static CidrRange Range(string prefix, uint length) => new() { AddressPrefix = prefix, PrefixLen = length };
}
