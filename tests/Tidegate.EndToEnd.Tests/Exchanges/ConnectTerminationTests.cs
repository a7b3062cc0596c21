using System.Text;
using Tidegate.EndToEnd.Tests.Harness;
using Tidegate.EndToEnd.Tests.Http2;

namespace Tidegate.EndToEnd.Tests.Exchanges;

/// <summary>CONNECT that ends at the gateway: its bytes go to the endpoint as they are (Envoy: <c>connect_config</c>).</summary>
public sealed class ConnectTerminationTests : IAsyncLifetime
{
    private const string Connect = "CONNECT x:80 HTTP/1.1\r\nHost: x:80\r\n\r\n";

    private readonly ScriptedBackend _backend = ScriptedBackend.Start(Loopback.Next());

    /// <inheritdoc/>
    public ValueTask InitializeAsync() => default;

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _backend.DisposeAsync();

    [Fact]
    public async Task A_client_of_HTTP_1_talks_to_the_endpoint_itself()
    {
        _backend.Script = EchoAsync;
        await using XdsProxy proxy = await StartAsync();
        using RawClient client = await proxy.ConnectAsync();

        await client.SendAsync(Connect + "ping");
        (string startLine, WireHeaders headers) = (await client.Reader.ReadHeadAsync(TestContext.Current.CancellationToken))!.Value;

        Assert.Equal("HTTP/1.1 200 OK", startLine);
        Assert.Null(headers["content-length"] ?? headers["transfer-encoding"]);
        Assert.Equal("ping", Encoding.ASCII.GetString(await client.Reader.ReadExactlyAsync(4, TestContext.Current.CancellationToken)));
        Assert.Equal("ping", _backend.Received);
    }

    [Fact]
    public async Task So_does_one_of_HTTP_2_and_each_end_is_passed_on()
    {
        _backend.Script = EchoAsync;
        await using XdsProxy proxy = await StartAsync();
        using FrameClient client = await FrameClient.ConnectAsync(proxy);

        await client.SayAsync(FramePeer.Headers(1, false, ":method: CONNECT", ":authority: x:80"), FramePeer.Data(1, false, "ping"));
        Assert.Equal("HEADERS 1\nDATA 1 ping", await client.HearUntilAsync("DATA"));
        Assert.Equal(":status: 200", client.Fields[0]);
        await client.SayAsync(FramePeer.Data(1, true, ""));

        Assert.Equal("DATA 1 END", await client.HearUntilAsync("DATA 1 END"));
        await Eventually.HoldsAsync(() => _backend.Connections[0].Closed.IsCompleted, "the endpoint's side has ended");
    }

    [Theory]
    [InlineData("V1", "PROXY TCP4 127.")]
    [InlineData("V2", "\r\n\r\n\0\r\nQUIT\n")]
    public async Task The_endpoint_can_be_told_whom_the_bytes_come_from(string version, string expected)
    {
        _backend.Script = EchoAsync;
        await using XdsProxy proxy = await StartAsync($"'proxyProtocolConfig': {{'version': '{version}'}}");
        using RawClient client = await proxy.ConnectAsync();

        await client.SendAsync(Connect + "ping");
        await client.Reader.ReadHeadAsync(TestContext.Current.CancellationToken);
        await Eventually.HoldsAsync(() => _backend.Received.EndsWith("ping", StringComparison.Ordinal), "the bytes are there");

        Assert.StartsWith(expected, _backend.Received, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_body_of_a_POST_goes_the_same_way_where_that_is_allowed()
    {
        _backend.Script = EchoAsync;
        await using XdsProxy proxy = await XdsProxy.StartAsync(
            _backend, route: "'upgradeConfigs': [{'upgradeType': 'CONNECT', 'connectConfig': {'allowPost': true}}]");

        WireResponse response = await proxy.ExchangeAsync("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nping");

        Assert.Equal((200, "ping"), (response.Status, response.Body));
        Assert.Equal("ping", _backend.Received);
    }

    [Fact]
    public async Task An_endpoint_that_cannot_be_reached_is_a_503()
    {
        _backend.StopListening();
        await using XdsProxy proxy = await StartAsync();

        WireResponse response = await proxy.ExchangeAsync(Connect);

        Assert.Equal(503, response.Status);
    }

    private Task<XdsProxy> StartAsync(string config = "") => XdsProxy.StartAsync(
        _backend, route: $"'upgradeConfigs': [{{'upgradeType': 'CONNECT', 'connectConfig': {{ {config} }} }}]", match: "'connectMatcher': {}");

    // Without a head: what comes goes back, until the other side ends.
    private static async Task EchoAsync(BackendConnection connection)
    {
        while (!await connection.Reader.IsAtEndAsync(connection.Stopping))
        {
            await connection.SendAsync(await connection.Reader.ReadExactlyAsync(connection.Reader.UnreadBytes, connection.Stopping));
        }
    }
}
