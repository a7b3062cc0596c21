using Envoy.Config.Route.V3;

namespace Tidegate.Tests.ProxyConfig;

/// <summary>The table of routes (cli.md, 2).</summary>
public sealed class RouteReportTests
{
    // A row whose last cell is empty ends in the padding of the cell before it.
    [Fact]
    public async Task A_virtual_host_without_routes_answers_404() => Assert.Equal(
        "NAME          DOMAINS     MATCH                  VIRTUAL SERVICE\n" +
        "http.8080     *           /*                     404\n" +
        "              *           /healthz/ready*        \n" +
        "              *           /stats/prometheus*     \n",
        await Dump.OfTutorial(hasGateway: true, hasVirtualService: false).PrintAsync("route"));

    [Fact]
    public async Task A_route_names_its_VirtualService() => Assert.Equal(
        "NAME          DOMAINS                     MATCH                  VIRTUAL SERVICE\n" +
        "http.8080     webapp.istioinaction.io     /*                     webapp-vs-from-gw.istioinaction\n" +
        "              *                           /healthz/ready*        \n" +
        "              *                           /stats/prometheus*     \n",
        await Dump.OfTutorial(hasGateway: true, hasVirtualService: true).PrintAsync("r"));

    [Fact]
    public async Task The_current_form_names_the_virtual_host() => Assert.Equal(
        "NAME          VHOST NAME                     DOMAINS                     MATCH                  VIRTUAL SERVICE\n" +
        "http.8080     webapp.istioinaction.io:80     webapp.istioinaction.io     /*                     webapp-vs-from-gw.istioinaction\n" +
        "              backend                        *                           /healthz/ready*        \n" +
        "              backend                        *                           /stats/prometheus*     \n",
        await Dump.OfTutorial(hasGateway: true, hasVirtualService: true).PrintAsync("routes", "--compatibility-version", "current"));

    [Fact]
    public async Task Without_routes_their_virtual_hosts_are_counted() => Assert.Equal(
        "NAME          VIRTUAL HOSTS\nhttp.8080     1\n              1\n              1\n",
        await Dump.OfTutorial(hasGateway: true, hasVirtualService: true).PrintAsync("route", "--verbose=false"));

    [Fact]
    public async Task Json_is_that_of_the_tutorial() => Assert.Equal(
        """
        [
            {
                "name": "http.8080",
                "virtualHosts": [
                    {
                        "name": "blackhole:80",
                        "domains": [
                            "*"
                        ]
                    }
                ],
                "validateClusters": false,
                "ignorePortInHostMatching": true
            }
        ]

        """,
        await Dump.OfTutorial(hasGateway: true, hasVirtualService: false).PrintAsync("route", "--name", "http.8080", "-o", "json"));

    [Fact]
    public async Task Yaml_has_sorted_keys_and_an_empty_line_at_the_end() => Assert.Equal(
        """
        - ignorePortInHostMatching: true
          name: http.8080
          validateClusters: false
          virtualHosts:
          - domains:
            - '*'
            name: blackhole:80


        """,
        await Dump.OfTutorial(hasGateway: true, hasVirtualService: false).PrintAsync("route", "--name", "http.8080", "-o", "yaml"));

    [Theory]
    [InlineData("example.com", "example.com", "example.com:8080")]
    [InlineData("only.com:80", "only.com:80")]
    [InlineData("a, b + 1 more...", "a", "a:80", "b", "b:80", "[fd00::1:2]", "[fd00::1:2]:80")]
    [InlineData("web, other", "web", "web.svc", "web.svc.cluster.local", "other")]
    [InlineData("web.svc.cluster.local, other", "web.svc.cluster.local", "other")]
    [InlineData("", "a:1", "b:2")]
    public async Task Domains_that_say_the_same_are_shown_once(string shown, params string[] domains)
    {
        string table = await new Dump().With(new RouteConfiguration { Name = "80", VirtualHosts = { Dump.Host("h", domains, Dump.RouteTo("/", "c")) } }).PrintAsync("route");

        Assert.Equal($"80       {shown.PadRight(Math.Max(shown.Length, 7) + 5)}/*        ", table.Split('\n')[1]);
    }

    [Fact]
    public async Task Matches_show_the_path_alone()
    {
        var regex = new Route { Match = new RouteMatch { SafeRegex = new Envoy.Type.Matcher.V3.RegexMatcher { Regex = "/v[0-9]" } } };
        var separated = new Route { Match = new RouteMatch { PathSeparatedPrefix = "/api" } };
        var headers = new Route { Match = new RouteMatch { Headers = { new HeaderMatcher { Name = "x" } } } };
        var dump = new Dump().With(new RouteConfiguration
        {
            Name = "80",
            VirtualHosts = { Dump.Host("h", ["*"], regex, separated, headers, new Route { Match = new RouteMatch { Path = "/exact" } }, Dump.RouteTo("/", "PassthroughCluster")) },
        });

        string[] old = (await dump.PrintAsync("route")).Split('\n')[1..^1];
        string[] current = (await dump.PrintAsync("route", "--compatibility-version", "current")).Split('\n')[1..^1];

        Assert.Equal(["80 * regex /v[0-9]", "80 *", "80 *", "80 * /exact"], old.Select(Squeeze));
        Assert.Equal(["80 h * regex /v[0-9]", "80 h * PathPrefix:/api", "80 h *", "80 h * /exact"], current.Select(Squeeze));
    }

    [Theory]
    [InlineData("v1alpha3", "web.shop")]
    [InlineData("v1", "web.shop")]
    public async Task The_object_is_named_whatever_its_version(string version, string shown)
    {
        Route route = Dump.RouteTo("/", "c");
        route.Metadata = Dump.ConfigMetadata(version, "shop", "virtual-service", "web");

        Assert.EndsWith($"{shown}\n", await new Dump().With(new RouteConfiguration { Name = "80", VirtualHosts = { Dump.Host("h", ["*"], route) } }).PrintAsync("route"));
    }

    [Fact]
    public async Task Names_that_are_ports_are_sorted_as_numbers()
    {
        RouteConfiguration Named(string name) => new() { Name = name, VirtualHosts = { Dump.Host("h", ["*"], Dump.RouteTo("/", "c")) } };

        string table = await new Dump().With(Named("9080")).With(Named("443")).With(Named("80")).PrintAsync("route", "--verbose=false");

        Assert.Equal(["80", "443", "9080"], table.Split('\n')[1..^1].Select(row => row.Split(' ')[0]));
    }

    private static string Squeeze(string row) => string.Join(' ', row.Split(' ', StringSplitOptions.RemoveEmptyEntries));
}
