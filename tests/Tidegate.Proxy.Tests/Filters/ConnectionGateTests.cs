using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Tidegate.Proxy.Tests.Filters;

/// <summary>envoy.filters.network.local_ratelimit and connection_limit, before HTTP and before bytes.</summary>
public sealed class ConnectionGateTests
{
    private const string Api = "type.googleapis.com/envoy.extensions.filters.network";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Connections_beyond_a_rate_are_closed(bool isTcp)
    {
        await using FilterGateway gateway = await StartAsync(Rate("'statPrefix': 'r', 'tokenBucket': {'maxTokens': 2, 'fillInterval': '3600s'}"), isTcp);

        Assert.Equal("yes yes no no", await AnsweredAsync(gateway, 4));

        Assert.Equal(2, gateway.Stat("local_rate_limit.r.rate_limited"));
        await gateway.EventuallyAsync(() => gateway.Stat("listener.0.0.0.0_8080.downstream_cx_active") == 0 || isTcp);
    }

    [Fact]
    public async Task Limits_with_one_key_and_bucket_count_together()
    {
        string first = Rate("'statPrefix': 'r', 'shareKey': 'k', 'tokenBucket': {'maxTokens': 3, 'fillInterval': '3600s'}");
        await using FilterGateway gateway = await StartAsync(first + first, isTcp: false);

        Assert.Equal("yes no no", await AnsweredAsync(gateway, 3));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task So_many_connections_are_there_at_once(bool isTcp)
    {
        await using FilterGateway gateway = await StartAsync(Limit("'statPrefix': 'c', 'maxConnections': '1'"), isTcp);
        using (TcpClient first = await ConnectAsync(gateway))
        {
            Assert.True(await IsAnsweredAsync(first));
            Assert.Equal("no", await AnsweredAsync(gateway, 1));
            Assert.Equal((1, 1), (gateway.Stat("connection_limit.c.limited_connections"), gateway.Stat("connection_limit.c.active_connections")));
        }

        await gateway.EventuallyAsync(() => gateway.Stat("connection_limit.c.active_connections") == 0);
        Assert.Equal("yes", await AnsweredAsync(gateway, 1));
    }

    [Fact]
    public async Task A_refused_connection_can_be_held_for_a_while()
    {
        await using FilterGateway gateway = await StartAsync(Limit("'statPrefix': 'c', 'maxConnections': '1', 'delay': '0.2s'"), isTcp: false);
        using TcpClient first = await ConnectAsync(gateway);
        Assert.True(await IsAnsweredAsync(first));
        long begin = Environment.TickCount64;
        using TcpClient second = await ConnectAsync(gateway);

        Assert.False(await IsAnsweredAsync(second));

        Assert.True(Environment.TickCount64 - begin >= 190, "it is held");
    }

    [Fact]
    public async Task One_that_is_switched_off_or_cannot_be_used_lets_all_in()
    {
        await using FilterGateway off = await StartAsync(Rate("'statPrefix': 'r', 'runtimeEnabled': {'defaultValue': false, 'runtimeKey': 'k'}, 'tokenBucket': {'maxTokens': 1, 'fillInterval': '3600s'}"), isTcp: false);
        await using FilterGateway broken = await StartAsync(Limit("'statPrefix': 'c', 'maxConnections': '0'"), isTcp: false, isRefusedInPart: true);

        Assert.Equal("yes yes", await AnsweredAsync(off, 2));
        Assert.Equal("yes yes", await AnsweredAsync(broken, 2));
    }

    private static Task<FilterGateway> StartAsync(string network, bool isTcp, bool isRefusedInPart = false) =>
        FilterGateway.StartAsync(string.Empty, network: network, isTcp: isTcp, isRefusedInPart: isRefusedInPart || isTcp);

    private static string Rate(string config) => $"{{'name': 'rate', 'typedConfig': {{'@type': '{Api}.local_ratelimit.v3.LocalRateLimit', {config}}}}},";

    private static string Limit(string config) => $"{{'name': 'limit', 'typedConfig': {{'@type': '{Api}.connection_limit.v3.ConnectionLimit', {config}}}}},";

    private static async Task<string> AnsweredAsync(FilterGateway gateway, int count)
    {
        string[] answered = new string[count];
        for (int i = 0; i < count; i++)
        {
            using TcpClient client = await ConnectAsync(gateway);
            answered[i] = await IsAnsweredAsync(client) ? "yes" : "no";
        }

        return string.Join(' ', answered);
    }

    private static async Task<TcpClient> ConnectAsync(FilterGateway gateway)
    {
        var client = new TcpClient();
        await client.ConnectAsync(new IPEndPoint(gateway.Address, 8080), Cancellation);
        return client;
    }

    private static async Task<bool> IsAnsweredAsync(TcpClient client)
    {
        byte[] buffer = new byte[1024];
        try
        {
            await client.GetStream().WriteAsync("GET / HTTP/1.1\r\nhost: a\r\n\r\n"u8.ToArray(), Cancellation);
            int read = await client.GetStream().ReadAsync(buffer, Cancellation);
            return Encoding.ASCII.GetString(buffer, 0, read).StartsWith("HTTP/1.1 200 ", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false; // reset
        }
    }
}
