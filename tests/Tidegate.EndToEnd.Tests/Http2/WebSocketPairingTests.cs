using System.Security.Cryptography;
using System.Text;
using Tidegate.EndToEnd.Tests.Harness;
using Tidegate.Proxy.Workers;

namespace Tidegate.EndToEnd.Tests.Http2;

/// <summary>WebSockets between HTTP/1.1, which upgrades, and HTTP/2, which connects (RFC 8441; http2-envoy.md, section 8).</summary>
public sealed class WebSocketPairingTests : IAsyncLifetime
{
    private const string Offered = "'upgradeConfigs': [{'upgradeType': 'websocket'}], 'http2ProtocolOptions': {'allowConnect': true}";
    private const string Upgrade =
        "GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

    private readonly ScriptedBackend _backend = ScriptedBackend.Start(Loopback.Next());

    /// <inheritdoc/>
    public ValueTask InitializeAsync() => default;

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _backend.DisposeAsync();

    [Fact]
    public async Task Towards_HTTP_1_the_gateway_makes_a_key_and_looks_for_its_answer()
    {
        _backend.Script = async connection =>
        {
            (string startLine, WireHeaders headers) = (await connection.ReadHeadAsync())!.Value;
            Assert.Equal("GET /ws HTTP/1.1", startLine);
            await connection.SendAsync(Agree(Proof(headers["sec-websocket-key"]!)));
            byte[] asked = await connection.Reader.ReadExactlyAsync(4, connection.Stopping);
            await connection.SendAsync(asked);
            await connection.UntilClosedByGatewayAsync();
        };
        await using XdsProxy proxy = await XdsProxy.StartAsync(_backend, Offered);
        using FrameClient client = await FrameClient.ConnectAsync(proxy);

        await client.SayAsync(FramePeer.Headers(1, false, FrameClient.WebSocket));
        Assert.Equal("HEADERS 1", await client.HearUntilAsync("HEADERS"));
        Assert.Equal(":status: 200", client.Fields[0]);
        Assert.Null(client.Field("sec-websocket-accept"));
        Assert.Null(client.Field("upgrade"));
        await client.SayAsync(FramePeer.Data(1, false, "ping"));

        Assert.Equal("DATA 1 ping", await client.HearUntilAsync("DATA"));
    }

    [Fact]
    public async Task An_endpoint_of_HTTP_1_that_closes_ends_the_stream_in_order()
    {
        _backend.Script = async connection =>
        {
            (_, WireHeaders headers) = (await connection.ReadHeadAsync())!.Value;
            await connection.SendAsync(Agree(Proof(headers["sec-websocket-key"]!)) + "bye");
        };
        await using XdsProxy proxy = await XdsProxy.StartAsync(_backend, Offered);
        using FrameClient client = await FrameClient.ConnectAsync(proxy);

        await client.SayAsync(FramePeer.Headers(1, false, FrameClient.WebSocket));

        Assert.Equal("HEADERS 1\nDATA 1 bye\nDATA 1 END\nRST_STREAM 1 0", await client.HearUntilAsync("RST_STREAM"));
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")]
    public async Task An_endpoint_that_does_not_answer_the_key_has_not_agreed(string proof)
    {
        _backend.Answer = _ => Agree(proof);
        await using XdsProxy proxy = await XdsProxy.StartAsync(_backend, Offered);
        using FrameClient client = await FrameClient.ConnectAsync(proxy);

        await client.SayAsync(FramePeer.Headers(1, false, FrameClient.WebSocket));
        await client.HearUntilAsync("HEADERS");

        Assert.Equal(":status: 502", client.Fields[0]);
    }

    [Fact]
    public async Task From_HTTP_2_a_client_of_HTTP_1_gets_the_proof_that_it_looks_for()
    {
        string? asked = null;
        var script = async (FrameBackend backend) =>
        {
            await backend.HearRequestAsync();
            asked = string.Join('\n', backend.Fields.Where(field => field[0] == ':'));
            await backend.SayAsync(FramePeer.Headers(1, false, ":status: 200", "sec-websocket-protocol: chat"), FramePeer.Data(1, false, "hello"));
            await backend.HearUntilAsync("GOAWAY");
        };
        FrameBackend.Script(_backend, script, FrameBackend.TakesExtendedConnect);
        await using XdsProxy proxy = await XdsProxy.StartAsync(_backend.EndPoint, FrameBackend.Speaks, Offered);
        using RawClient client = await proxy.ConnectAsync();

        await client.SendAsync(Upgrade);
        WireResponse answer = await client.ReadResponseAsync(toHead: true);

        Assert.Equal((101, "upgrade", "websocket"), (answer.Status, answer.Headers["connection"], answer.Headers["upgrade"]));
        Assert.Equal(("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", "chat"), (answer.Headers["sec-websocket-accept"], answer.Headers["sec-websocket-protocol"]));
        Assert.Equal("hello", Encoding.ASCII.GetString(await client.Reader.ReadExactlyAsync(5, TestContext.Current.CancellationToken)));
        Assert.Equal(":authority: x\n:path: /ws\n:method: CONNECT\n:scheme: http\n:protocol: websocket", asked);
    }

    [Fact]
    public async Task An_endpoint_that_does_not_take_extended_CONNECT_is_not_asked()
    {
        bool isAsked = false;
        FrameBackend.Script(_backend, async backend => isAsked = (await backend.HearUntilAsync("HEADERS")).Contains("HEADERS", StringComparison.Ordinal));
        await using XdsProxy proxy = await XdsProxy.StartAsync(_backend.EndPoint, FrameBackend.Speaks, Offered);

        Assert.Equal(502, (await proxy.ExchangeAsync(Upgrade)).Status);
        Assert.False(isAsked);
    }

    [Fact]
    public async Task Both_halves_of_a_tunnel_between_HTTP_2_and_HTTP_2_end_in_order()
    {
        string? end = null;
        var script = async (FrameBackend backend) =>
        {
            await backend.HearRequestAsync();
            await backend.SayAsync(FramePeer.Headers(1, false, ":status: 200"), FramePeer.Data(1, false, "one"));
            end = await backend.HearUntilAsync("DATA 1 END");
            await backend.SayAsync(FramePeer.Data(1, true, "two"));
            await backend.HearUntilAsync("GOAWAY");
        };
        FrameBackend.Script(_backend, script, FrameBackend.TakesExtendedConnect);
        await using XdsProxy proxy = await XdsProxy.StartAsync(_backend.EndPoint, FrameBackend.Speaks, Offered);
        using FrameClient client = await FrameClient.ConnectAsync(proxy);

        await client.SayAsync(FramePeer.Headers(1, false, FrameClient.WebSocket));
        Assert.Equal("HEADERS 1\nDATA 1 one", await client.HearUntilAsync("DATA"));
        await client.SayAsync(FramePeer.Data(1, true, ""));

        Assert.Equal("DATA 1 two\nDATA 1 END", await client.HearUntilAsync("DATA 1 END"));
        Assert.Equal("DATA 1 END", end);
    }

    [Fact]
    public async Task Another_2xx_of_an_HTTP_2_endpoint_is_an_answer_and_no_tunnel()
    {
        var reset = new TaskCompletionSource<string>();
        var script = async (FrameBackend backend) =>
        {
            await backend.HearRequestAsync();
            await backend.SayAsync(FramePeer.Headers(1, true, ":status: 204"));
            reset.SetResult(await backend.HearUntilAsync("RST_STREAM"));
        };
        FrameBackend.Script(_backend, script, FrameBackend.TakesExtendedConnect);
        await using XdsProxy proxy = await XdsProxy.StartAsync(_backend.EndPoint, FrameBackend.Speaks, Offered);
        using FrameClient client = await FrameClient.ConnectAsync(proxy);

        await client.SayAsync(FramePeer.Headers(1, false, FrameClient.WebSocket));

        Assert.Equal("HEADERS 1 END\nRST_STREAM 1 0", await client.HearUntilAsync("RST_STREAM"));
        Assert.Equal(":status: 204", client.Fields[0]);
        Assert.EndsWith("RST_STREAM 1 2", await reset.Task, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_2xx_of_an_HTTP_1_endpoint_that_stays_on_HTTP_has_no_body_for_who_expects_messages()
    {
        _backend.Answer = _ => "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 2\r\nx-a: 1\r\n\r\nno";
        await using XdsProxy proxy = await XdsProxy.StartAsync(_backend, Offered);

        WireResponse response = await proxy.ExchangeAsync(Upgrade);

        Assert.Equal((200, "", "close", "1"), (response.Status, response.Body, response.Headers["connection"], response.Headers["x-a"]));
        Assert.Null(response.Headers["content-type"]);
    }

    [Fact]
    public async Task A_protocol_that_is_not_offered_ends_the_connection_when_it_has_had_time()
    {
        await using XdsProxy proxy = await XdsProxy.StartAsync(_backend, Offered, options: new ProxyOptions { Http2DrainGraceMs = 300 });
        using FrameClient client = await FrameClient.ConnectAsync(proxy);

        await client.SayAsync(FramePeer.Headers(1, false, [.. FrameClient.WebSocket.Select(static field => field.Replace("websocket", "foo", StringComparison.Ordinal))]));
        string refused = await client.HearUntilAsync("RST_STREAM");
        await client.SayAsync(FramePeer.Frame(1, 5, 3, FrameClient.Get));
        string served = await client.HearUntilAsync("GOAWAY 3");

        Assert.Equal("GOAWAY 2147483647 0\nHEADERS 1 END\nRST_STREAM 1 0", string.Join('\n', refused.Split('\n').Order()));
        Assert.Equal("HEADERS 3\nDATA 3 ok\nDATA 3 END\nGOAWAY 3 0", served.Replace("DATA 3 END ok", "DATA 3 ok\nDATA 3 END", StringComparison.Ordinal));
        await client.IsClosedAsync();
    }

    [Fact]
    public async Task An_endpoint_that_cannot_be_reached_is_an_error_of_the_tunnel()
    {
        _backend.StopListening();
        await using XdsProxy proxy = await XdsProxy.StartAsync(_backend, Offered);
        using FrameClient client = await FrameClient.ConnectAsync(proxy);

        await client.SayAsync(FramePeer.Headers(1, false, FrameClient.WebSocket));
        string heard = await client.HearUntilAsync("RST_STREAM");

        Assert.Equal(":status: 503", client.Fields[0]);
        Assert.EndsWith("RST_STREAM 1 10", heard, StringComparison.Ordinal);
    }

    private static string Agree(string proof) =>
        $"HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-accept: {proof}\r\n\r\n";

#pragma warning disable CA5350 // RFC 6455, section 4.2.2, has it so; nothing is protected by it
    private static string Proof(string key) => Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")));
#pragma warning restore CA5350
}
