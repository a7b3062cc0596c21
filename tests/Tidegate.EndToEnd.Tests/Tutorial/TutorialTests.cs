using System.Text.RegularExpressions;
using Tidegate.EndToEnd.Tests.Harness;

namespace Tidegate.EndToEnd.Tests.Tutorial;

/// <summary>The tutorial, step by step, with the outputs that its reader sees.</summary>
public sealed partial class TutorialTests(CoolstoreServices services) : IClassFixture<CoolstoreServices>
{
    private const string ListenersBefore = """
        ADDRESS PORT  MATCH DESTINATION
        0.0.0.0 15021 ALL   Inline Route: /healthz/ready*
        0.0.0.0 15090 ALL   Inline Route: /stats/prometheus*

        """;

    private const string ListenersWithGateway = """
        ADDRESS PORT  MATCH DESTINATION
        0.0.0.0 8080  ALL   Route: http.8080
        0.0.0.0 15021 ALL   Inline Route: /healthz/ready*
        0.0.0.0 15090 ALL   Inline Route: /stats/prometheus*

        """;

    // A row whose last cell is empty ends in the padding of the cell before it, as istioctl prints it.
    private const string RoutesWithGateway =
        "NAME          DOMAINS     MATCH                  VIRTUAL SERVICE\n" +
        "http.8080     *           /*                     404\n" +
        "              *           /healthz/ready*        \n" +
        "              *           /stats/prometheus*     \n";

    private const string RoutesWithVirtualService =
        "NAME          DOMAINS                     MATCH                  VIRTUAL SERVICE\n" +
        "http.8080     webapp.istioinaction.io     /*                     webapp-vs-from-gw.istioinaction\n" +
        "              *                           /healthz/ready*        \n" +
        "              *                           /stats/prometheus*     \n";

    private const string RouteJsonWithGateway = """
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

        """;

    private const string RouteJsonWithVirtualService = """
        [
            {
                "name": "http.8080",
                "virtualHosts": [
                    {
                        "name": "webapp.istioinaction.io:80",
                        "domains": [
                            "webapp.istioinaction.io"
                        ],
                        "routes": [
                            {
                                "match": {
                                    "prefix": "/"
                                },
                                "route": {
                                    "cluster": "outbound|80||webapp.istioinaction.svc.cluster.local",
                                    "timeout": "0s",
                                    "retryPolicy": {
                                        "retryOn": "connect-failure,refused-stream,unavailable,cancelled,retriable-status-codes",
                                        "numRetries": 2,
                                        "retryHostPredicate": [
                                            {
                                                "name": "envoy.retry_host_predicates.previous_hosts",
                                                "typedConfig": {
                                                    "@type": "type.googleapis.com/envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate"
                                                }
                                            }
                                        ],
                                        "hostSelectionRetryMaxAttempts": "5",
                                        "retriableStatusCodes": [
                                            503
                                        ]
                                    },
                                    "maxStreamDuration": {
                                        "maxStreamDuration": "0s",
                                        "grpcTimeoutHeaderMax": "0s"
                                    }
                                },
                                "metadata": {
                                    "filterMetadata": {
                                        "istio": {
                                            "config": "/apis/networking.istio.io/v1alpha3/namespaces/istioinaction/virtual-service/webapp-vs-from-gw"
                                        }
                                    }
                                },
                                "decorator": {
                                    "operation": "webapp.istioinaction.svc.cluster.local:80/*"
                                }
                            }
                        ],
                        "includeRequestAttemptCount": true
                    }
                ],
                "validateClusters": false,
                "ignorePortInHostMatching": true
            }
        ]

        """;

    [Fact]
    public async Task The_tutorial_shows_what_its_reader_is_promised()
    {
        // 1. The application alone: no gateway port is open.
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(
            services.Manifest("application/namespace.yaml") + "---\n" + services.Manifest("application/catalog.yaml") + "---\n" +
            services.Manifest("application/webapp.yaml") + "---\n" + services.Manifest("endpoints/local.yaml"));
        Assert.Equal(ListenersBefore, await ProxyConfigAsync(gateway, "listener"));

        // 2. The Gateway opens port 8080, with nothing behind it.
        gateway.Apply("gateway.yaml", services.Manifest("gateway/coolstore-gateway.yaml"));
        await gateway.AnswersAsync(404, "webapp.istioinaction.io", "/api/catalog");
        Assert.Equal(ListenersWithGateway, await ProxyConfigAsync(gateway, "listener"));
        Assert.Equal(RoutesWithGateway, await ProxyConfigAsync(gateway, "route"));
        Assert.Equal(RouteJsonWithGateway, await ProxyConfigAsync(gateway, "route", "-o", "json", "--name", "http.8080"));

        // 3. The VirtualService leads to webapp, which asks catalog.
        gateway.Apply("virtualservice.yaml", services.Manifest("gateway/webapp-virtualservice.yaml"));
        await gateway.AnswersAsync(200, "webapp.istioinaction.io", "/api/catalog");
        Assert.Equal(ListenersWithGateway, await ProxyConfigAsync(gateway, "listener"));
        Assert.Equal(RoutesWithVirtualService, await ProxyConfigAsync(gateway, "route"));
        Assert.Equal(RouteJsonWithVirtualService, await ProxyConfigAsync(gateway, "route", "-o", "json", "--name", "http.8080"));

        // 4. curl, on the listener's own port and on the node port; another host has nothing here.
        foreach (string authority in (string[])[$"{gateway.Address}:8080", await NodePortAuthorityAsync(gateway)])
        {
            CommandResult catalog = await CurlAsync(authority, "webapp.istioinaction.io");
            Assert.StartsWith("HTTP/1.1 200 OK\r\n", catalog.Succeeded);
            Assert.Contains("\r\nserver: istio-envoy\r\n", catalog.Output);
            Assert.Matches(@"\r\nx-envoy-upstream-service-time: \d+\r\n", catalog.Output);
            Assert.Contains("\"Tide clock\"", catalog.Output);

            CommandResult other = await CurlAsync(authority, "other.istioinaction.io");
            Assert.Matches(@"^HTTP/1\.1 404 Not Found\r\n(?:[\w-]+: .*\r\n)+\r\n$", other.Succeeded);
        }
    }

    [Fact]
    public async Task The_load_balancer_port_answers_like_the_listener_port()
    {
        Assert.SkipUnless(Environment.UserName == "root", "port 80 needs root");
        await using GatewayProcess gateway = await StartWithEverythingAsync();

        CommandResult catalog = await CurlAsync($"{gateway.Address}", "webapp.istioinaction.io");

        Assert.StartsWith("HTTP/1.1 200 OK\r\n", catalog.Succeeded);
        Assert.Contains("\"Tide clock\"", catalog.Output);
    }

    [Fact]
    public async Task Service_lists_the_ports_of_the_ingress_gateway()
    {
        await using GatewayProcess gateway = await StartWithEverythingAsync();

        string table = await ServiceTableAsync(gateway);

        string[] rows = table.TrimEnd('\n').Split('\n');
        Assert.Equal(
            [
                ["NAMESPACE", "NAME", "TARGET PORT", "URL"],
                ["istio-system", "istio-ingressgateway", "status-port/15021", "http://HOST:PORT"],
                ["", "", "http2/80", "http://HOST:PORT"],
                ["", "", "https/443", "http://HOST:PORT"],
                ["", "", "tcp/31400", "http://HOST:PORT"],
                ["", "", "tls/15443", "http://HOST:PORT"],
            ],
            rows.Where(row => !row.StartsWith("|-", StringComparison.Ordinal)).Select(row => HostAndPort().Replace(row, "http://HOST:PORT").Trim('|').Split('|').Select(cell => cell.Trim()).ToArray()));
        Assert.All(rows, row => Assert.Equal(rows[0].Length, row.Length));
        Assert.Equal([0, 2, 8], Enumerable.Range(0, rows.Length).Where(i => rows[i].StartsWith("|-", StringComparison.Ordinal)));
    }

    private async Task<GatewayProcess> StartWithEverythingAsync()
    {
        string[] files = ["application/namespace.yaml", "application/catalog.yaml", "application/webapp.yaml", "endpoints/local.yaml",
            "gateway/coolstore-gateway.yaml", "gateway/webapp-virtualservice.yaml"];
        GatewayProcess gateway = await GatewayProcess.StartAsync(string.Join("---\n", files.Select(services.Manifest)));
        await gateway.AnswersAsync(200, "webapp.istioinaction.io", "/api/catalog");
        return gateway;
    }

    private static async Task<string> ProxyConfigAsync(GatewayProcess gateway, string what, params string[] more) =>
        (await gateway.CommandAsync(["proxy-config", what, "deploy/istio-ingressgateway", "-n", "istio-system", .. more])).Succeeded;

    private static async Task<string> ServiceTableAsync(GatewayProcess gateway) =>
        (await gateway.CommandAsync("service", "istio-ingressgateway", "-n", "istio-system")).Succeeded;

    private static async Task<string> NodePortAuthorityAsync(GatewayProcess gateway)
    {
        string row = (await ServiceTableAsync(gateway)).Split('\n').Single(line => line.Contains("http2/80", StringComparison.Ordinal));
        return HostAndPort().Match(row).Groups[1].Value;
    }

    private static Task<CommandResult> CurlAsync(string authority, string host) => TidegateCommand.RunProgramAsync(
        "curl", "-s", "-i", "--noproxy", "*", "--max-time", "10", "-H", $"Host: {host}", $"http://{authority}/api/catalog");

    [GeneratedRegex(@"http://([\d.]+:\d+)")]
    private static partial Regex HostAndPort();
}
