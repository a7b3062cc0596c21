using System.Net;
using System.Net.Sockets;
using Envoy.Config.Bootstrap.V3;
using Envoy.Config.Cluster.V3;
using Envoy.Config.Route.V3;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Tidegate.Proxy.Telemetry;
using Tidegate.Proxy.Tests.Runtime;
using Tidegate.Proxy.Workers;

namespace Tidegate.Proxy.Tests.Upstream.Health;

/// <summary>Traffic through a data plane whose cluster has active health checks: what they find is what requests see.</summary>
public sealed class HealthCheckTrafficTests : IAsyncLifetime
{
    private readonly List<WebApplication> _backends = [];
    private readonly int[] _healthStatus = [200, 200];
    private readonly HttpClient _client = new();
    private readonly int _port = FreePort();
    private ProxyServer? _proxy;

    private ProxyServer Proxy => _proxy!;

    public async ValueTask InitializeAsync()
    {
        for (int i = 0; i < _healthStatus.Length; i++)
        {
            int index = i;
            _backends.Add(await ServeAsync(context =>
            {
                bool isCheck = context.Request.Path == "/healthz";
                context.Response.StatusCode = isCheck ? _healthStatus[index] : 200;
                return context.Response.WriteAsync($"b{index}");
            }));
        }

        _proxy = ProxyServer.Create(new ProxyOptions { Concurrency = 2, BindAddress = IPAddress.Loopback }, new Bootstrap(), NullLoggerFactory.Instance);
        await _proxy.StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await Proxy.DisposeAsync();
        _client.Dispose();
        foreach (WebApplication backend in _backends)
        {
            await backend.DisposeAsync();
        }
    }

    [Fact]
    public async Task An_endpoint_that_fails_its_checks_gets_no_requests_until_it_passes_them()
    {
        await ApplyAsync(Check("'httpHealthCheck': {'path': '/healthz'}"));
        await HoldsAsync(async () => await ReachedAsync() == "b0 b1");

        _healthStatus[0] = 503;
        await HoldsAsync(() => Task.FromResult(Flags().SequenceEqual([true, false])));
        Assert.Equal("b1", await ReachedAsync());
        Dictionary<string, long> stats = Stats();
        Assert.Equal(1, stats["cluster.c.health_check.healthy"]);
        Assert.Equal(1, stats["cluster.c.membership_healthy"]);
        Assert.True(stats["cluster.c.health_check.failure"] > 0);
        Assert.True(stats["cluster.c.health_check.attempt"] >= stats["cluster.c.health_check.success"] + stats["cluster.c.health_check.failure"]);

        _healthStatus[0] = 200;
        await HoldsAsync(async () => await ReachedAsync() == "b0 b1");
        Assert.Equal([false, false], Flags());
    }

    [Fact]
    public async Task An_endpoint_gets_no_requests_before_its_first_check_has_passed()
    {
        _healthStatus[0] = 500;
        _healthStatus[1] = 500;
        await ApplyAsync(Check("'httpHealthCheck': {'path': '/healthz'}"));
        HttpResponseMessage response = await _client.GetAsync(new Uri($"http://127.0.0.1:{_port}/"), TestContext.Current.CancellationToken);
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "no healthy upstream"), (response.StatusCode, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)));
    }

    [Fact]
    public async Task Without_checks_any_more_what_they_found_does_not_count()
    {
        _healthStatus[0] = 500;
        await ApplyAsync(Check("'httpHealthCheck': {'path': '/healthz'}"));
        await HoldsAsync(async () => await ReachedAsync() == "b1");
        await ApplyAsync("");
        await HoldsAsync(async () => await ReachedAsync() == "b0 b1");
        Assert.DoesNotContain(Stats().Keys, name => name.Contains("health_check", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Checks_that_are_new_do_not_stop_traffic_to_endpoints_that_had_it()
    {
        await ApplyAsync("");
        await HoldsAsync(async () => await ReachedAsync() == "b0 b1");
        await ApplyAsync(Check("'tcpHealthCheck': {}"));
        Assert.Equal("b0 b1", await ReachedAsync());
    }

    private static string Check(string probe) =>
        $", 'healthChecks': [{{'timeout': '5s', 'interval': '0.02s', 'noTrafficInterval': '0.02s', 'unhealthyThreshold': 1, 'healthyThreshold': 2, {probe}}}]";

    private async Task ApplyAsync(string more)
    {
        string endpoints = string.Join(',', _backends.Select(static backend =>
            $"{{'endpoint': {{'address': {{'socketAddress': {{'address': '127.0.0.1', 'portValue': {new Uri(backend.Urls.Single()).Port}}}}}}}}}"));
        Cluster cluster = XdsJson.Parse<Cluster>(
            $"{{'name': 'c', 'type': 'STATIC', 'commonLbConfig': {{'healthyPanicThreshold': {{}}}}, 'loadAssignment': {{'clusterName': 'c', 'endpoints': [{{'lbEndpoints': [{endpoints}]}}]}}{more}}}");
        RouteConfiguration routes = XdsJson.Parse<RouteConfiguration>(
            "{'name': 'r', 'virtualHosts': [{'name': 'h', 'domains': ['*'], 'routes': [{'match': {'prefix': '/'}, 'route': {'cluster': 'c'}}]}]}");
        Assert.Empty(await Proxy.ApplyAsync(XdsJson.Delta("1", cluster, routes, XdsJson.Listener(port: _port, routes: "r"))));
    }

    // Which backends ten requests reach.
    private async Task<string> ReachedAsync()
    {
        SortedSet<string> reached = [];
        for (int i = 0; i < 10; i++)
        {
            using HttpResponseMessage response = await _client.GetAsync(new Uri($"http://127.0.0.1:{_port}/"), TestContext.Current.CancellationToken);
            reached.Add(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        }

        return string.Join(' ', reached);
    }

    private IEnumerable<bool> Flags() => Proxy.GetClusters().ClusterStatuses.Single().HostStatuses.Select(static host => host.HealthStatus.FailedActiveHealthCheck);

    private Dictionary<string, long> Stats() => Proxy.Stats.Sample().Samples
        .Where(static sample => sample.Kind is StatKind.Counter or StatKind.Gauge)
        .ToDictionary(static sample => sample.FullName, static sample => sample.Value);

    private static async Task HoldsAsync(Func<Task<bool>> condition)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (!await condition())
        {
            await Task.Delay(5, patience.Token);
        }
    }

    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    private static async Task<WebApplication> ServeAsync(RequestDelegate answer)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(static options => options.Listen(IPAddress.Loopback, 0));
        WebApplication server = builder.Build();
        server.Run(answer);
        await server.StartAsync();
        return server;
    }
}
