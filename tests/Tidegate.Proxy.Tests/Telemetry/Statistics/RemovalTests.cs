using System.Net;
using System.Net.Sockets;
using Envoy.Config.Bootstrap.V3;
using Envoy.Config.Listener.V3;
using Microsoft.Extensions.Logging.Abstractions;
using Tidegate.Proxy.Tests.Runtime;
using Tidegate.Proxy.Workers;

namespace Tidegate.Proxy.Tests.Telemetry.Statistics;

/// <summary>The statistics of what is not configured any more are shown no more; those of what was only changed go on.</summary>
public sealed class RemovalTests : IAsyncDisposable
{
    private readonly ProxyServer _proxy =
        ProxyServer.Create(new ProxyOptions { Concurrency = 2, BindAddress = IPAddress.Loopback }, new Bootstrap(), NullLoggerFactory.Instance);

    public ValueTask DisposeAsync() => _proxy.DisposeAsync();

    [Fact]
    public async Task A_removed_listener_takes_its_statistics_with_it_and_a_changed_one_keeps_them()
    {
        await _proxy.StartAsync();
        int port = FreePort();
        await _proxy.ApplyAsync(XdsJson.Delta("1", Routes(), XdsJson.Listener("l", port)));
        string listener = $"listener.0.0.0.0_{port}.";
        await AskAsync(port);
        Assert.Equal(1, Stat($"{listener}http.outbound_0.0.0.0_8080;.downstream_rq_completed"));

        await _proxy.ApplyAsync(XdsJson.Delta("2", XdsJson.Listener("l", port, manager: ", \"serverName\": \"other\"")));
        await AskAsync(port);
        Assert.Equal(2, Stat($"{listener}http.outbound_0.0.0.0_8080;.downstream_rq_completed"));
        Assert.Equal(2, Stat("http.outbound_0.0.0.0_8080;.downstream_rq_total"));

        await _proxy.ApplyAsync(XdsJson.Without("3", new Listener { Name = "l" }));
        Assert.DoesNotContain(Names(), name => name.StartsWith("listener.", StringComparison.Ordinal) || name.StartsWith("http.", StringComparison.Ordinal));

        await _proxy.ApplyAsync(XdsJson.Delta("4", Routes(), XdsJson.Listener("l", port)));
        Assert.Equal(0, Stat("http.outbound_0.0.0.0_8080;.downstream_rq_total"));
    }

    [Fact]
    public async Task A_removed_cluster_takes_its_statistics_with_it_and_a_changed_one_keeps_them()
    {
        await _proxy.StartAsync();
        const string Checks = ", \"healthChecks\": [{\"timeout\": \"1s\", \"interval\": \"60s\", \"unhealthyThreshold\": 1, \"healthyThreshold\": 1, \"tcpHealthCheck\": {}}], \"outlierDetection\": {}";
        Envoy.Config.Cluster.V3.Cluster cluster = XdsJson.EdsCluster("c", Checks);
        await _proxy.ApplyAsync(XdsJson.Delta("1", cluster, XdsJson.Assignment("c", "127.0.0.1:1")));
        Assert.True(Stat("cluster.c.membership_change") > 0);
        Assert.Contains("cluster.c.outlier_detection.ejections_active", Names());
        Assert.Contains("cluster.c.health_check.attempt", Names());

        await _proxy.ApplyAsync(XdsJson.Delta("2", XdsJson.EdsCluster("c", ", \"outlierDetection\": {}")));
        Assert.True(Stat("cluster.c.membership_change") > 0);
        Assert.DoesNotContain("cluster.c.health_check.attempt", Names());

        await _proxy.ApplyAsync(XdsJson.Without("3", cluster));
        Assert.DoesNotContain(Names(), static name => name.StartsWith("cluster.", StringComparison.Ordinal));
    }

    private static Envoy.Config.Route.V3.RouteConfiguration Routes() => XdsJson.Parse<Envoy.Config.Route.V3.RouteConfiguration>(
        "{'name': 'http.8080', 'virtualHosts': [{'name': 'h', 'domains': ['*'], 'routes': [{'match': {'prefix': '/'}, 'directResponse': {'status': 200}}]}]}");

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    // The answer, and the counters with it, are there when the connection has ended.
    private static async Task AskAsync(int port)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, port, TestContext.Current.CancellationToken);
        await client.GetStream().WriteAsync("GET / HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n"u8.ToArray(), TestContext.Current.CancellationToken);
        using var reader = new StreamReader(client.GetStream());
        Assert.StartsWith("HTTP/1.1 200", await reader.ReadToEndAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    private IEnumerable<string> Names() => _proxy.Stats.Sample().Samples.Select(static sample => sample.FullName);

    private long Stat(string name) => _proxy.Stats.Sample().Samples.Where(sample => sample.FullName == name).Sum(static sample => sample.Value);
}
