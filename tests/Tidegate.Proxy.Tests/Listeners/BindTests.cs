using System.Net;
using System.Net.Sockets;
using Envoy.Config.Bootstrap.V3;
using Envoy.Config.Listener.V3;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Tidegate.Proxy.Listeners;
using Tidegate.Proxy.Tests.Runtime;
using Tidegate.Proxy.Workers;
using static Envoy.Admin.V3.ServerInfo.Types;

namespace Tidegate.Proxy.Tests.Listeners;

/// <summary>A port that cannot be had: what is told of it, and that it is had as soon as it is free.</summary>
public sealed class BindTests : IAsyncDisposable
{
    private readonly TcpListener _other = new(IPAddress.Loopback, 0);
    private readonly ProxyServer _proxy;

    public BindTests()
    {
        _other.Start();
        _proxy = ProxyServer.Create(new ProxyOptions { Concurrency = 2, BindAddress = IPAddress.Loopback, BindRetryMs = 10 }, new Bootstrap(), NullLoggerFactory.Instance);
    }

    private int Port => ((IPEndPoint)_other.LocalEndpoint).Port;

    public async ValueTask DisposeAsync()
    {
        await _proxy.DisposeAsync();
        _other.Dispose();
    }

    [Fact]
    public async Task A_taken_port_is_not_told_of_as_served_and_is_bound_when_it_is_free()
    {
        var ready = new TaskCompletionSource();
        await _proxy.StartAsync();
        int port = Port;
        _proxy.BecameReady += ready.SetResult;
        await _proxy.ApplyAsync(XdsJson.Delta("1", XdsJson.Listener("taken", port), Routes()));

        ListenerState state = Assert.Single(_proxy.ListenerStates);
        Assert.False(state.IsServing);
        Assert.Contains($"cannot listen on 127.0.0.1:{port}", state.Problem, StringComparison.Ordinal);
        Assert.Contains("listener taken does not serve", _proxy.NotReadyReason, StringComparison.Ordinal);
        Assert.Equal(State.Initializing, _proxy.State);
        Assert.Empty(_proxy.GetListeners().ListenerStatuses);
        Assert.Equal((2, 0), (Stat("listener_create_failure"), Stat("total_listeners_active")));

        _other.Stop();
        await ready.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);

        Assert.Equal(State.Live, _proxy.State);
        Assert.Equal([new IPEndPoint(IPAddress.Loopback, port)], Assert.Single(_proxy.ListenerStates).Open);
        Assert.Equal((2, 1), (Stat("listener_create_success"), Stat("total_listeners_active")));
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, port, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task What_was_ready_stays_ready_when_a_later_listener_cannot_serve()
    {
        await _proxy.StartAsync();
        Assert.Equal(State.Initializing, _proxy.State);
        await _proxy.ApplyAsync(XdsJson.Delta("1", Routes()));
        Assert.Null(_proxy.NotReadyReason);

        Listener refused = XdsJson.Listener("refused", Port, manager: ", \"codecType\": \"HTTP3\"");
        await _proxy.ApplyAsync(XdsJson.Delta("2", XdsJson.Listener("taken", Port), refused));

        Assert.Equal(State.Live, _proxy.State);
        Assert.All(_proxy.ListenerStates, static state => Assert.NotNull(state.Problem));
    }

    [Fact]
    public async Task A_first_listener_that_is_refused_whole_keeps_the_gateway_from_being_ready_until_it_is_mended()
    {
        await _proxy.StartAsync();
        _other.Stop();
        await _proxy.ApplyAsync(XdsJson.Delta("1", Routes(), XdsJson.Listener("l", Port, manager: ", \"codecType\": \"HTTP3\"")));
        Assert.Contains("codec_type Http3 is not supported", _proxy.NotReadyReason, StringComparison.Ordinal);
        Assert.Equal(1, Stat("lds.update_rejected"));

        await _proxy.ApplyAsync(XdsJson.Delta("2", XdsJson.Listener("l", Port)));
        Assert.Null(_proxy.NotReadyReason);
    }

    [Fact]
    public async Task A_listener_whose_routes_never_come_is_told_of_and_serves_when_it_has_waited_long_enough()
    {
        var time = new FakeTimeProvider();
        await using ProxyServer proxy = ProxyServer.Create(new ProxyOptions { Concurrency = 1, BindAddress = IPAddress.Loopback }, new Bootstrap(), NullLoggerFactory.Instance, time);
        var ready = new TaskCompletionSource();
        proxy.BecameReady += ready.SetResult;
        await proxy.StartAsync();
        int port = Port;
        _other.Stop();
        await proxy.ApplyAsync(XdsJson.Delta("1", XdsJson.Listener("l", port)));
        Assert.Contains("listener l does not serve: it waits for its routes", proxy.NotReadyReason, StringComparison.Ordinal);

        time.Advance(TimeSpan.FromSeconds(15));
        await ready.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);

        Assert.Contains("routes \"http.8080\" have never come", Assert.Single(proxy.ListenerStates).Problem, StringComparison.Ordinal);
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, port, TestContext.Current.CancellationToken);
        await client.GetStream().WriteAsync("GET / HTTP/1.1\r\nhost: a.test\r\nconnection: close\r\n\r\n"u8.ToArray(), TestContext.Current.CancellationToken);
        using var answer = new StreamReader(client.GetStream());
        Assert.StartsWith("HTTP/1.1 404 ", await answer.ReadToEndAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);

        await proxy.ApplyAsync(XdsJson.Delta("2", Routes()));
        Assert.Null(Assert.Single(proxy.ListenerStates).Problem);
    }

    [Fact]
    public async Task Refusals_of_routes_are_counted_for_the_connection_managers_that_have_them()
    {
        await _proxy.StartAsync();
        _other.Stop();
        await _proxy.ApplyAsync(XdsJson.Delta("1", Routes(), XdsJson.Listener("l", Port)));
        await _proxy.ApplyAsync(XdsJson.Delta("2", Routes("'route': {}")));

        IEnumerable<(string, long)> counters = _proxy.Stats.Sample().Samples.Where(static sample => sample.FullName.Contains(".rds.", StringComparison.Ordinal)).Select(static sample => (sample.FullName, sample.Value));
        Assert.Contains(("http.outbound_0.0.0.0_8080;.rds.http.8080.update_rejected", 1), counters);
        Assert.Contains(("http.outbound_0.0.0.0_8080;.rds.http.8080.update_success", 1), counters);
    }

    private static Envoy.Config.Route.V3.RouteConfiguration Routes(string action = "'route': {'cluster': 'c'}") => XdsJson.Parse<Envoy.Config.Route.V3.RouteConfiguration>(
        $"{{'name': 'http.8080', 'virtualHosts': [{{'name': 'h', 'domains': ['*'], 'routes': [{{'match': {{'prefix': '/'}}, {action}}}]}}]}}");

    private long Stat(string name) => _proxy.Stats.Sample().Samples.Where(sample => sample.FullName == $"listener_manager.{name}").Sum(static sample => sample.Value);
}
