using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Tidegate.Proxy.Workers;

namespace Tidegate.Proxy.Tests.Upstream;

/// <summary>By what addresses the operator's pages would be reached, and which are other programs'.</summary>
public sealed class OwnPagesTests
{
    [Theory]
    [InlineData("127.0.0.1:15000", true)]
    [InlineData("[::ffff:127.0.0.1]:15000", true)]
    [InlineData("0.0.0.0:15000", true)]
    [InlineData("[::]:15000", true)]
    [InlineData("127.0.0.1:15001", false)]
    [InlineData("127.0.0.2:15000", false)]
    [InlineData("10.0.0.1:15000", false)]
    public void Pages_on_the_loopback_are_reached_by_its_address_and_by_none(string endpoint, bool isOne) =>
        Assert.Equal(isOne, Refuses(IPAddress.Loopback, endpoint));

    [Theory]
    [InlineData("127.0.0.1:15000", true)]
    [InlineData("127.9.9.9:15000", true)]
    [InlineData("[::1]:15000", true)]
    [InlineData("192.0.2.1:15000", false)]
    public void Pages_on_all_addresses_are_reached_by_each_of_this_machine(string endpoint, bool isOne) =>
        Assert.Equal(isOne, Refuses(IPAddress.Any, endpoint));

    [Fact]
    public void The_bootstraps_clusters_lead_to_what_of_them_is_for_everybody()
    {
        var socket = new UnixDomainSocketEndPoint("/pages");
        var pages = new OwnPages([new IPEndPoint(IPAddress.Loopback, 15000)], socket, NullLogger.Instance);
        var other = IPEndPoint.Parse("127.0.0.1:8080");

        Assert.Same(socket, pages.TargetOf(IPEndPoint.Parse("127.0.0.1:15000")));
        Assert.Same(other, pages.TargetOf(other));
    }

    private static bool Refuses(IPAddress page, string endpoint) =>
        new OwnPages([new IPEndPoint(page, 15000)], null, NullLogger.Instance).Refuses("outbound|80||a.test", IPEndPoint.Parse(endpoint));
}
