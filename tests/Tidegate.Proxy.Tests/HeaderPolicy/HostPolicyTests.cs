using System.Net;
using System.Text;
using Tidegate.Http;
using Tidegate.Net;
using Tidegate.Proxy.HeaderPolicy;
using Tidegate.Proxy.Requests;
using Tidegate.Proxy.Runtime;

namespace Tidegate.Proxy.Tests.HeaderPolicy;

/// <summary>What is cut off a host: Envoy's <c>strip_trailing_host_dot</c>, <c>strip_any_host_port</c>, <c>strip_matching_host_port</c>.</summary>
public sealed class HostPolicyTests
{
    [Theory]
    [InlineData("shop.test.", "shop.test")]
    [InlineData("shop.test.:8080", "shop.test:8080")]
    [InlineData("shop.test", "shop.test")]
    [InlineData("shop.test..", "shop.test.")]
    [InlineData("[::1]:8080", "[::1]:8080")]
    public void A_dot_at_the_end_goes_and_the_port_stays(string host, string expected) =>
        Assert.Equal(expected, Host(host, dot: true, HostPortStripping.None));

    [Theory]
    [InlineData("shop.test:8080", "shop.test")]
    [InlineData("shop.test:1", "shop.test")]
    [InlineData("shop.test", "shop.test")]
    [InlineData("[::1]:443", "[::1]")]
    [InlineData("[::1]", "[::1]")]
    public void Any_port_goes(string host, string expected) => Assert.Equal(expected, Host(host, dot: false, HostPortStripping.Any));

    [Theory]
    [InlineData("shop.test:8080", "shop.test")]
    [InlineData("shop.test:80", "shop.test:80")]
    [InlineData("shop.test:08080", "shop.test")]
    public void The_listeners_own_port_goes(string host, string expected) => Assert.Equal(expected, Host(host, dot: false, HostPortStripping.Matching));

    [Fact]
    public void Both_go_together() => Assert.Equal("shop.test", Host("shop.test.:8080", dot: true, HostPortStripping.Any));

    [Fact]
    public void The_target_of_a_CONNECT_keeps_its_port() =>
        Assert.Equal("shop.test:8080", Host("shop.test:8080", dot: false, HostPortStripping.Any, KnownMethod.Connect));

    private static string Host(string host, bool dot, HostPortStripping port, KnownMethod method = KnownMethod.Get)
    {
        var manager = new RuntimeHttpConnectionManager
        {
            Source = new(),
            StatPrefix = "in",
            Routes = new RouteTableSlot("r", isInline: true),
            Filters = [],
            StripsTrailingHostDot = dot,
            HostPortStripping = port,
        };
        var exchange = new HttpExchange { DownstreamLocalAddress = NetAddress.From(IPAddress.Loopback, 8080) };
        exchange.Request.SetMethod(method);
        Assert.True(exchange.Request.SetAuthority(Encoding.ASCII.GetBytes(host)));

        HostPolicy.Apply(exchange, manager);

        return Encoding.ASCII.GetString(exchange.Request.Authority);
    }
}
