using System.Net.Sockets;
using Tidegate.EndToEnd.Tests.Harness;

namespace Tidegate.EndToEnd.Tests.Tcp;

/// <summary>What bounds connections that are passed on: time, number, endpoints that do not answer; and what is counted of them.</summary>
public sealed class TcpLimitTests
{
    private const string Cluster = "outbound|9000||echo.test";

    [Fact]
    public async Task A_connection_on_which_nothing_passes_is_closed_and_counted()
    {
        using StreamBackend echo = StreamBackends.Echo();
        await using GatewayProcess gateway = await StartAsync(echo, "{connectionPool: {tcp: {idleTimeout: 500ms}}}");
        using StreamClient client = await StreamClient.ConnectAsync(gateway);
        await client.EchoAsync("x");
        await client.AssertClosedAsync();
        Assert.Equal(1, await gateway.StatAsync($"tcp.{Cluster}.idle_timeout"));
    }

    [Fact]
    public async Task A_connection_that_is_too_old_is_closed_with_the_flag_DT()
    {
        using StreamBackend echo = StreamBackends.Echo();
        await using GatewayProcess gateway = await StartAsync(echo, "{connectionPool: {tcp: {maxConnectionDuration: 500ms}}}");
        using StreamClient client = await StreamClient.ConnectAsync(gateway);
        await client.EchoAsync("x");
        await client.AssertClosedAsync();
        Assert.Contains(" 0 DT ", await gateway.LogsAsync(Cluster), StringComparison.Ordinal);
        Assert.Equal(1, await gateway.StatAsync($"tcp.{Cluster}.max_downstream_connection_duration"));
    }

    [Fact]
    public async Task A_connection_beyond_the_limit_is_closed_with_the_flag_UO()
    {
        using StreamBackend echo = StreamBackends.Echo();
        await using GatewayProcess gateway = await StartAsync(echo, "{connectionPool: {tcp: {maxConnections: 1}}}");
        using (StreamClient first = await StreamClient.ConnectAsync(gateway))
        {
            await first.EchoAsync("x");
            using StreamClient second = await StreamClient.ConnectAsync(gateway);
            await second.AssertClosedAsync();
            Assert.Contains(" 0 UO ", await gateway.LogsAsync(" UO "), StringComparison.Ordinal);
            Assert.Equal(1, await gateway.StatAsync($"cluster.{Cluster}.upstream_cx_overflow"));
            await first.EchoAsync("y");
        }

        await Eventually.HoldsAsync(async () => await gateway.StatAsync($"cluster.{Cluster}.upstream_cx_active") == 0, () => "the first is over");
        using StreamClient third = await StreamClient.ConnectAsync(gateway);
        await third.EchoAsync("z");
    }

    [Fact]
    public async Task Without_endpoints_it_is_closed_with_the_flag_UH()
    {
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(
            StreamManifests.Gateway() + StreamManifests.Service("echo.test") + StreamManifests.TcpRoute("echo.test"));
        using StreamClient client = await StreamClient.ConnectAsync(gateway);
        await client.AssertClosedAsync();
        Assert.Contains(" 0 UH ", await gateway.LogsAsync(Cluster), StringComparison.Ordinal);
        Assert.Equal(1, await gateway.StatAsync($"cluster.{Cluster}.upstream_cx_none_healthy"));
    }

    [Fact]
    public async Task Without_the_cluster_it_is_closed_and_counted_as_without_a_route()
    {
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(StreamManifests.Gateway() + StreamManifests.TcpRoute("nowhere.test"));
        using StreamClient client = await StreamClient.ConnectAsync(gateway);
        await client.AssertClosedAsync();
        Assert.Equal(1, await gateway.StatAsync("tcp.outbound|9000||nowhere.test.downstream_cx_no_route"));
    }

    [Fact]
    public async Task An_endpoint_that_refuses_is_ejected()
    {
        using StreamBackend echo = StreamBackends.Named("up");
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(
            StreamManifests.Gateway() + StreamManifests.Service("echo.test", echo.EndPoint, StreamBackends.Refusing()) + StreamManifests.TcpRoute("echo.test")
            + StreamManifests.Rule(
                "echo.test",
                "{loadBalancer: {simple: ROUND_ROBIN}, outlierDetection: {consecutive5xxErrors: 1, interval: 100ms, baseEjectionTime: 1h, maxEjectionPercent: 100}}"));
        await Eventually.HoldsAsync(
            async () =>
            {
                await StreamClient.NameAtAsync(gateway);
                return await gateway.StatAsync($"cluster.{Cluster}.outlier_detection.ejections_active") == 1;
            },
            () => $"the endpoint is ejected\n{gateway.Log}");
        for (int i = 0; i < 6; i++)
        {
            Assert.Equal("up", await StreamClient.NameAtAsync(gateway));
        }
    }

    [Fact]
    public async Task B02_an_endpoint_that_takes_no_connection_is_given_up_after_the_connect_timeout()
    {
        using var hole = new BlackHole();
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(
            StreamManifests.Gateway() + StreamManifests.Service("echo.test", hole.EndPoint) + StreamManifests.TcpRoute("echo.test")
            + StreamManifests.Rule("echo.test", "{connectionPool: {tcp: {connectTimeout: 200ms}}}"));
        using StreamClient client = await StreamClient.ConnectAsync(gateway);
        await client.SendAsync("waiting");
        await client.AssertClosedAsync();
        Assert.Matches(" 0 (URX,UF|UF,URX) ", await gateway.LogsAsync(Cluster));
        Assert.Equal(1, await gateway.StatAsync($"cluster.{Cluster}.upstream_cx_connect_timeout"));
        Assert.Equal(0, await gateway.StatAsync($"cluster.{Cluster}.upstream_cx_active"));
    }

    [Fact]
    public async Task Connecting_is_tried_again_as_often_as_the_proxy_says()
    {
        using StreamBackend echo = StreamBackends.Named("up");
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(
            StreamManifests.Gateway() + StreamManifests.Service("echo.test", echo.EndPoint, StreamBackends.Refusing()) + StreamManifests.TcpRoute("echo.test")
            + StreamManifests.Rule("echo.test", "{loadBalancer: {simple: ROUND_ROBIN}}")
            + StreamManifests.Patch(
                "NETWORK_FILTER",
                "{typed_config: {'@type': type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy, max_connect_attempts: 2}}",
                "{filterChain: {filter: {name: envoy.filters.network.tcp_proxy}}}"));
        for (int i = 0; i < 4; i++)
        {
            Assert.Equal("up", await StreamClient.NameAtAsync(gateway));
        }

        Assert.Equal(0, await gateway.StatAsync($"cluster.{Cluster}.upstream_cx_connect_attempts_exceeded"));
        Assert.NotEqual(0, await gateway.StatAsync($"cluster.{Cluster}.upstream_cx_connect_fail"));
    }

    [Fact]
    public async Task After_the_last_attempt_it_is_closed_with_the_flags_UF_and_URX()
    {
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(
            StreamManifests.Gateway() + StreamManifests.Service("echo.test", StreamBackends.Refusing()) + StreamManifests.TcpRoute("echo.test"));
        using StreamClient client = await StreamClient.ConnectAsync(gateway);
        await client.AssertClosedAsync();
        Assert.Contains(" 0 URX,UF ", await gateway.LogsAsync(Cluster), StringComparison.Ordinal);
        Assert.Equal(1, await gateway.StatAsync($"cluster.{Cluster}.upstream_cx_connect_attempts_exceeded"));
    }

    [Fact]
    public async Task An_endpoint_that_does_not_speak_the_TLS_it_should_is_a_failed_connect_with_a_reason()
    {
        using StreamBackend echo = StreamBackends.Named("HTTP/1.1 400 Bad Request\r\n\r\n");
        await using GatewayProcess gateway = await StartAsync(echo, "{tls: {mode: SIMPLE, insecureSkipVerify: true}}");
        using StreamClient client = await StreamClient.ConnectAsync(gateway);
        await client.AssertClosedAsync();
        Assert.Matches(" 0 URX,UF - - \"TLS_error[^\"]+\" 0 0 ", await gateway.LogsAsync(Cluster));
    }

    [Fact]
    public async Task Bytes_are_counted_where_they_pass_and_logged()
    {
        using StreamBackend echo = StreamBackends.Echo();
        await using GatewayProcess gateway = await StartAsync(echo, "{}");
        using (StreamClient client = await StreamClient.ConnectAsync(gateway))
        {
            await client.EchoAsync("hello");
            Assert.Equal(1, await gateway.StatAsync($"cluster.{Cluster}.upstream_cx_active"));
            client.Socket.Shutdown(SocketShutdown.Send);
            Assert.Equal("", await client.ReceiveToEndAsync());
        }

        string line = await gateway.LogsAsync(Cluster);

        // Istio's format: no request, no status; bytes received and sent, the duration, the upstream, the cluster, the addresses.
        Assert.Matches(
            $"""^\[[-0-9T:.Z]+\] "- - -" 0 - - - "-" 5 5 \d+ - "-" "-" "-" "-" "{echo.EndPoint}" {Cluster.Replace("|", "\\|", StringComparison.Ordinal)} [\d.:]+ {gateway.At(31400)} [\d.:]+ - -$""", line);
        Assert.Equal(5, await gateway.StatAsync($"cluster.{Cluster}.upstream_cx_rx_bytes_total"));
        Assert.Equal(5, await gateway.StatAsync($"cluster.{Cluster}.upstream_cx_tx_bytes_total"));
        Assert.Equal(5, await gateway.StatAsync($"tcp.{Cluster}.downstream_cx_tx_bytes_total"));
        Assert.Equal(0, await gateway.StatAsync($"cluster.{Cluster}.upstream_cx_active"));
        string[] metrics = (await gateway.AdminAsync("stats/prometheus")).Split('\n');
        foreach (string name in (string[])["istio_tcp_sent_bytes_total", "istio_tcp_received_bytes_total"])
        {
            Assert.EndsWith(" 5", metrics.Single(line => line.StartsWith(name + "{", StringComparison.Ordinal)), StringComparison.Ordinal);
        }

        foreach (string name in (string[])["istio_tcp_connections_opened_total", "istio_tcp_connections_closed_total"])
        {
            Assert.EndsWith(" 1", metrics.Single(line => line.StartsWith(name + "{", StringComparison.Ordinal)), StringComparison.Ordinal);
        }

        Assert.Contains(metrics, line => line.StartsWith("envoy_tcp_downstream_cx_total{", StringComparison.Ordinal) && line.Contains(Cluster, StringComparison.Ordinal));
        Assert.Contains(metrics, line => line.StartsWith("envoy_cluster_upstream_cx_rx_bytes_total{", StringComparison.Ordinal) && line.Contains(Cluster, StringComparison.Ordinal));
    }

    private static Task<GatewayProcess> StartAsync(StreamBackend backend, string policy) => GatewayProcess.StartAsync(
        StreamManifests.Gateway() + StreamManifests.Service("echo.test", backend.EndPoint) + StreamManifests.TcpRoute("echo.test")
        + (policy == "{}" ? "" : StreamManifests.Rule("echo.test", policy)));
}
