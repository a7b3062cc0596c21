using System.Net;
using System.Net.Sockets;
using Envoy.Config.Listener.V3;
using Tidegate.Proxy.Listeners;
using Tidegate.Proxy.Runtime.FilterChains;

namespace Tidegate.Proxy.Tests.Listeners;

/// <summary>Which addresses a listener is to have, when several have one port.</summary>
public sealed class ListenerAddressesTests : IDisposable
{
    // Whatever has the port.
    private readonly TcpListener _taken = new(IPAddress.Parse("127.0.0.1"), 0);

    public ListenerAddressesTests() => _taken.Start();

    private int Port => ((IPEndPoint)_taken.LocalEndpoint).Port;

    public void Dispose() => _taken.Dispose();

    [Fact]
    public void A_single_address_can_be_had_beside_all_of_them()
    {
        var addresses = new ListenerAddresses(bindAddress: null, sharesPorts: false);
        RuntimeListener all = Listener("all", new IPEndPoint(IPAddress.Any, Port)), one = Listener("one", new IPEndPoint(IPAddress.Loopback, Port));

        // Another program's.
        Assert.Empty(addresses.Of(one));

        // Ours, as far as can be told.
        addresses.Note(all, [new ListenAddress(all.Addresses[0], "all", IsOwn: true)], []);
        Assert.Equal(one.Addresses, addresses.Of(one).Select(static address => address.EndPoint));
    }

    [Fact]
    public void A_port_of_the_Service_is_had_by_one_of_the_listeners_behind_it()
    {
        var service = new IPEndPoint(IPAddress.Parse("127.0.0.2"), Port);
        var addresses = new ListenerAddresses(bindAddress: null, sharesPorts: true) { ServicePorts = [new ServicePort(Port, service, "load balancer port 80")] };
        RuntimeListener first = Listener("first", new IPEndPoint(IPAddress.Parse("127.0.0.3"), Port)), second = Listener("second", new IPEndPoint(IPAddress.Parse("127.0.0.4"), Port));

        IReadOnlyList<ListenAddress> had = addresses.Of(first);
        Assert.Equal([first.Addresses[0], service], had.Select(static address => address.EndPoint));
        addresses.Note(first, had, []);

        Assert.Equal(second.Addresses, addresses.Of(second).Select(static address => address.EndPoint));
        Assert.Equal(had, addresses.Of(first));
    }

    private static RuntimeListener Listener(string name, IPEndPoint address) =>
        new() { Name = name, Source = new Listener(), InForce = new Listener(), Addresses = [address], FilterChains = [] };
}
