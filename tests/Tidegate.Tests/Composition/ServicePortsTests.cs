using System.Net;
using Tidegate.Pilot.Resources;
using Tidegate.Pilot.Translation.Gateways;
using Tidegate.Proxy.Workers;
using Tidegate.Running;
using Tidegate.Settings;

namespace Tidegate.Tests.Composition;

/// <summary>design.md, "Ports and how a client gets in".</summary>
public sealed class ServicePortsTests
{
    private static readonly GatewayService Service = new(
        "istio-system",
        "istio-ingressgateway",
        ServiceType.LoadBalancer,
        [new GatewayServicePort("http2", 80, 8080, 31365), new GatewayServicePort("tcp", 31400, 31400, null)],
        "127.0.0.1",
        TranslatesPorts: true,
        Source: null);

    [Fact]
    public void The_load_balancers_and_the_node_ports_lead_to_the_listener() => Assert.Equal(
        ["127.0.0.1:80 -> 8080", "127.0.0.1:31365 -> 8080"],
        ServicePorts.Of(new RunOptions(), [Service]).Select(port => $"{port.EndPoint} -> {port.ListenerPort}"));

    [Fact]
    public void Without_a_load_balancer_there_are_node_ports_only() => Assert.Equal(
        ["127.0.0.1:31365 -> 8080"],
        ServicePorts.Of(new RunOptions(), [Service with { LoadBalancerAddress = null }]).Select(port => $"{port.EndPoint} -> {port.ListenerPort}"));

    [Theory]
    [InlineData("127.0.0.5", "127.0.0.5")]
    [InlineData("192.0.2.1", "127.0.0.1")] // not this machine's
    [InlineData("lb.example.com", "127.0.0.1")]
    public void They_are_open_at_a_loopback_address(string given, string expected) =>
        Assert.Equal(expected, ServicePorts.AddressOf(new RunOptions(), Service with { LoadBalancerAddress = given }).ToString());

    [Fact]
    public void They_are_open_where_everything_is_bound_when_that_is_told() =>
        Assert.Equal("10.0.0.1", ServicePorts.AddressOf(new RunOptions { Proxy = new ProxyOptions { BindAddress = IPAddress.Parse("10.0.0.1") } }, Service).ToString());
}
