using Envoy.Config.Route.V3;
using Tidegate.Http;
using Tidegate.Proxy.HeaderPolicy;
using Tidegate.Proxy.Routing;
using Tidegate.Proxy.Runtime;
using Proto = Envoy.Extensions.Filters.Network.HttpConnectionManager.V3.HttpConnectionManager;

namespace Tidegate.Proxy.Tests.HeaderPolicy;

/// <summary>What routing, filters and the upstream may believe of a request.</summary>
public sealed class RequestHeaderPolicyTests
{
    [Fact]
    public void Fields_that_are_internal_are_taken_off_requests_from_outside()
    {
        var source = new RouteConfiguration();
        var routes = new RouteTableSlot("r", isInline: true)
        {
            Current = new RouteTable
            {
                Name = "r",
                Source = source,
                Settings = source,
                InForce = source,
                Hosts = new HostTable<RuntimeVirtualHost>(),
                VirtualHosts = [],
                InternalOnlyHeaders = ["x-internal"u8.ToArray()],
            },
        };
        var exchange = new RoutedExchange { ConnectionManager = new RuntimeHttpConnectionManager { Source = new Proto(), StatPrefix = "x", Routes = routes, Filters = [] } };
        exchange.Request.SetMethod(KnownMethod.Get);
        Assert.True(exchange.Request.Headers.Add("X-Internal"u8, "yes"u8));
        Assert.True(exchange.Request.Headers.Add("x-other"u8, "yes"u8));

        RequestHeaderPolicy.ApplyAtEdge(exchange, new Random(1));

        Assert.False(exchange.Request.Headers.Contains("x-internal"u8));
        Assert.True(exchange.Request.Headers.Contains("x-other"u8));
    }
}
