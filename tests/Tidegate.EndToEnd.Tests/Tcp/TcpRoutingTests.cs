using Tidegate.EndToEnd.Tests.Harness;
using Tidegate.EndToEnd.Tests.Headers;

namespace Tidegate.EndToEnd.Tests.Tcp;

/// <summary>Which backend a connection goes to, by <c>tcp</c> routes.</summary>
public sealed class TcpRoutingTests
{
    [Fact]
    public async Task Weights_divide_connections_and_none_goes_where_the_weight_is_0()
    {
        using StreamBackend one = StreamBackends.Named("one");
        using StreamBackend two = StreamBackends.Named("two");
        using StreamBackend three = StreamBackends.Named("three");
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(
            StreamManifests.Gateway() + StreamManifests.Service("one.test", one.EndPoint) + StreamManifests.Service("two.test", two.EndPoint)
            + StreamManifests.Service("three.test", three.EndPoint)
            + StreamManifests.TcpRoutes("""
                - route:
                  - {destination: {host: one.test}, weight: 75}
                  - {destination: {host: two.test}, weight: 25}
                  - {destination: {host: three.test}, weight: 0}
              """));
        var names = new List<string>();
        for (int i = 0; i < 200; i++)
        {
            names.Add(await StreamClient.NameAtAsync(gateway));
        }

        // 150 are expected; the bounds are more than six standard deviations away.
        Assert.InRange(names.Count(static name => name == "one"), 110, 190);
        Assert.Equal(200, names.Count(static name => name is "one" or "two"));
        Assert.Equal(200, await gateway.StatAsync("tcp.streams-tcp.default.downstream_cx_total"));
    }

    [Fact]
    public async Task The_port_decides_and_destination_subnets_do_not()
    {
        using StreamBackend one = StreamBackends.Named("one");
        using StreamBackend two = StreamBackends.Named("two");
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(
            StreamManifests.Gateway() + StreamManifests.Gateway(31401, name: "other")
            + StreamManifests.Service("one.test", one.EndPoint) + StreamManifests.Service("two.test", two.EndPoint)
            + StreamManifests.TcpRoutes("""
                - match: [{port: 31401, destinationSubnets: [192.0.2.0/24]}]
                  route: [{destination: {host: two.test, port: {number: 9000}}}]
                - match: [{port: 31400, destinationSubnets: [192.0.2.0/24]}]
                  route: [{destination: {host: one.test, port: {number: 9000}}}]
              """).Replace("[tcp]", "[tcp, other]", StringComparison.Ordinal));

        Assert.Equal("one", await StreamClient.NameAtAsync(gateway, 31400));
        Assert.Equal("two", await StreamClient.NameAtAsync(gateway, 31401));
    }

    [Fact]
    public async Task PP12_the_announced_address_chooses_the_endpoint()
    {
        using StreamBackend one = StreamBackends.Named("one");
        using StreamBackend two = StreamBackends.Named("two");
        using StreamBackend three = StreamBackends.Named("three");
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(
            TrustedHopTests.Mesh("proxyProtocol: {}") + TrustedHopTests.HashRule("named.test") + StreamManifests.Gateway()
            + StreamManifests.Service("named.test", one.EndPoint, two.EndPoint, three.EndPoint) + StreamManifests.TcpRoute("named.test"));
        var chosen = new HashSet<string>();
        for (int client = 1; client <= 20; client++)
        {
            string name = await AskAsync(client);
            Assert.Equal(name, await AskAsync(client));
            chosen.Add(name);
        }

        Assert.InRange(chosen.Count, 2, 3);
        Assert.Contains(" 198.51.100.1:443 203.0.113.7:4711 ", await gateway.LogsAsync("203.0.113.7:"), StringComparison.Ordinal);

        async Task<string> AskAsync(int client)
        {
            using StreamClient connection = await StreamClient.ConnectAsync(gateway);
            await connection.SendAsync($"PROXY TCP4 203.0.113.{client} 198.51.100.1 4711 443\r\n");
            return await connection.ReceiveToEndAsync();
        }
    }

    [Fact]
    public async Task A_new_route_takes_new_connections_and_leaves_the_others_where_they_are()
    {
        using StreamBackend echo = StreamBackends.Echo();
        using StreamBackend two = StreamBackends.Named("two");
        string services = StreamManifests.Gateway() + StreamManifests.Service("one.test", echo.EndPoint) + StreamManifests.Service("two.test", two.EndPoint);
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(services + StreamManifests.TcpRoute("one.test"));
        using StreamClient client = await StreamClient.ConnectAsync(gateway);
        await client.EchoAsync("before");

        gateway.Apply("manifests.yaml", services + StreamManifests.TcpRoute("two.test"));
        await Eventually.HoldsAsync(
            async () => (await gateway.AdminAsync("config_dump")).Contains("\"cluster\": \"outbound|9000||two.test\"", StringComparison.Ordinal),
            () => "the new route is in force");

        Assert.Equal("two", await StreamClient.NameAtAsync(gateway));
        await client.EchoAsync("after");

        // Also when the cluster that it was sent to is gone.
        gateway.Apply(
            "manifests.yaml", StreamManifests.Gateway() + StreamManifests.Service("two.test", two.EndPoint) + StreamManifests.TcpRoute("two.test"));
        await Eventually.HoldsAsync(
            async () => !(await gateway.AdminAsync("clusters")).Contains("one.test", StringComparison.Ordinal), () => "the cluster is gone");
        await client.EchoAsync("still");
    }
}
