using System.Net;
using System.Net.Sockets;
using System.Text;
using Envoy.Config.Cluster.V3;
using Envoy.Config.Listener.V3;
using Tidegate.Proxy.Tests.Filters;
using Tidegate.Proxy.Tests.Runtime;
using Tidegate.Proxy.Workers;

namespace Tidegate.Proxy.Tests.Upstream;

/// <summary>Routes that lead to the gateway itself: what goes round is found and answered, and what merely comes back is served.</summary>
public sealed class LoopTests
{
    private const string Details = """, "localReplyConfig": {"bodyFormat": {"textFormatSource": {"inlineString": "%RESPONSE_CODE_DETAILS% %RESPONSE_FLAGS%"}}}""";
    private const string ToItself = """{"match": {"prefix": "/"}, "route": {"cluster": "self", "retryPolicy": {"retryOn": "5xx", "numRetries": 3}}}""";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("", 10)]
    [InlineData("", 0)]
    [InlineData(Http2, 3)]
    public async Task A_request_that_goes_round_is_a_508_after_so_many_times(string protocol, int limit)
    {
        await using FilterGateway gateway = await StartAsync(ToItself, protocol, new ProxyOptions { Concurrency = 1, MaxHops = limit });

        HttpResponseMessage response = await gateway.GetAsync();

        Assert.Equal(508, (int)response.StatusCode);
        Assert.Equal("loop_detected LD", await response.Content.ReadAsStringAsync(Cancellation));
        await gateway.EventuallyAsync(() => gateway.Stat("http.in.downstream_rq_active") == 0);
        Assert.Equal(limit + 1, gateway.Stat("http.in.downstream_rq_total")); // and no turn asked twice
        Assert.Equal(0, gateway.Stat("cluster.self.upstream_rq_active"));
        Assert.Empty(gateway.Seen);
    }

    [Fact]
    public async Task A_copy_that_goes_round_ends_as_well()
    {
        const string Routes = """
            {"match": {"prefix": "/"}, "route": {"cluster": "service", "requestMirrorPolicies": [{"cluster": "self"}]}}
            """;
        await using FilterGateway gateway = await StartAsync(Routes, string.Empty, new ProxyOptions { Concurrency = 1, MaxHops = 3 });

        Assert.Equal(HttpStatusCode.OK, (await gateway.GetAsync()).StatusCode);

        await gateway.EventuallyAsync(() => gateway.Stat("cluster.self.upstream_rq_total") == 4 && gateway.Stat("cluster.self.upstream_rq_active") == 0);
        await gateway.EventuallyAsync(() => gateway.Stat("http.in.downstream_rq_active") == 0);
        Assert.Equal(4, gateway.Stat("http.in.downstream_rq_total"));
    }

    [Fact]
    public async Task What_comes_back_once_is_served_and_nobody_behind_hears_of_it()
    {
        const string Routes = """
            {"match": {"prefix": "/", "headers": [{"name": "x-round", "presentMatch": true}]}, "route": {"cluster": "self"}, "requestHeadersToRemove": ["x-round"]},
            {"match": {"prefix": "/"}, "route": {"cluster": "service"}}
            """;
        await using FilterGateway gateway = await StartAsync(Routes, string.Empty, new ProxyOptions { Concurrency = 1 });

        Assert.Equal(HttpStatusCode.OK, (await gateway.GetAsync("/", ("x-round", "1"))).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await gateway.GetAsync("/", ("x-tidegate-hops", "99"))).StatusCode);

        Assert.All(gateway.Seen, static request => Assert.DoesNotContain("x-tidegate-hops", request, StringComparison.OrdinalIgnoreCase));
        Assert.Equal(2, gateway.Seen.Count);
    }

    [Fact]
    public async Task A_TCP_listener_does_not_connect_to_itself()
    {
        await using FilterGateway gateway = await StartAsync(ToItself, string.Empty, new ProxyOptions { Concurrency = 1 });
        Assert.Empty(await gateway.Proxy.ApplyAsync(XdsJson.Delta(
            "3",
            ClusterTo("tcp-self", gateway.Address, 8081, string.Empty),
            XdsJson.Parse<Listener>("""
                {"name": "t", "address": {"socketAddress": {"address": "0.0.0.0", "portValue": 8081}}, "filterChains": [{"filters": [{"name": "tcp", "typedConfig": {
                  "@type": "type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy", "statPrefix": "t", "cluster": "tcp-self"}}]}]}
                """))));
        using var client = new TcpClient();

        await client.ConnectAsync(gateway.Address, 8081, Cancellation);
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes("round"), Cancellation);

        try
        {
            Assert.Equal(0, await client.GetStream().ReadAsync(new byte[1], Cancellation));
        }
        catch (IOException)
        {
            // a reset is an end as well
        }

        Assert.InRange(gateway.Stat("cluster.tcp-self.upstream_cx_total"), 1, 2);
        Assert.Equal(0, gateway.Stat("cluster.tcp-self.upstream_cx_active"));
    }

    private const string Http2 = """
        , "typedExtensionProtocolOptions": {"envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
          "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions", "explicitHttpConfig": {"http2ProtocolOptions": {}}}}
        """;

    private static async Task<FilterGateway> StartAsync(string routes, string protocol, ProxyOptions options)
    {
        FilterGateway gateway = await FilterGateway.StartAsync(string.Empty, routes, manager: Details, proxy: options);
        Assert.Empty(await gateway.Proxy.ApplyAsync(XdsJson.Delta("2", ClusterTo("self", gateway.Address, 8080, protocol))));
        return gateway;
    }

    private static Cluster ClusterTo(string name, IPAddress address, int port, string protocol) => XdsJson.Parse<Cluster>($$$$$$"""
        {"name": "{{{{{{name}}}}}}", "type": "STATIC", "loadAssignment": {"clusterName": "{{{{{{name}}}}}}", "endpoints": [{"lbEndpoints": [{"endpoint":
          {"address": {"socketAddress": {"address": "{{{{{{address}}}}}}", "portValue": {{{{{{port}}}}}}}}}}]}]} {{{{{{protocol}}}}}}}
        """);
}
