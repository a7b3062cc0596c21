using System.Net.Sockets;
using Tidegate.EndToEnd.Tests.Harness;
using Tidegate.EndToEnd.Tests.Http2;

namespace Tidegate.EndToEnd.Tests.Tcp;

/// <summary>Connections that go through an HTTP proxy: a DestinationRule's <c>tunnel</c> (Envoy: <c>tunneling_config</c>).</summary>
public sealed class TcpTunnelTests : IAsyncLifetime
{
    private readonly ScriptedBackend _proxy = ScriptedBackend.Start(Loopback.Next());

    /// <inheritdoc/>
    public ValueTask InitializeAsync() => default;

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _proxy.DisposeAsync();

    [Fact]
    public async Task With_CONNECT_the_bytes_of_a_connection_follow_what_the_proxy_agrees_to()
    {
        string? asked = null;
        _proxy.Script = async connection =>
        {
            (string startLine, WireHeaders headers) = (await connection.ReadHeadAsync())!.Value;
            asked = $"{startLine} {headers["host"]}";
            await connection.SendAsync("HTTP/1.1 200 OK\r\n\r\nhello ");
            while (!await connection.Reader.IsAtEndAsync(connection.Stopping))
            {
                await connection.SendAsync(await connection.Reader.ReadExactlyAsync(connection.Reader.UnreadBytes, connection.Stopping));
            }

            await connection.SendAsync(" bye");
            connection.Close();
        };
        await using GatewayProcess gateway = await StartAsync("{tunnel: {targetHost: far.test, targetPort: 7000}}");
        using StreamClient client = await StreamClient.ConnectAsync(gateway, 31400);

        await client.SendAsync("ping");
        Assert.Equal("hello ping", await client.ReceiveAsync(10));
        client.Socket.Shutdown(SocketShutdown.Send);

        Assert.Equal(" bye", await client.ReceiveToEndAsync());
        Assert.Equal("CONNECT far.test:7000 HTTP/1.1 far.test:7000", asked);
        Assert.Contains(" 4 14 ", await gateway.LogsAsync("outbound|9000||echo.test"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task With_POST_they_are_the_bodies_of_a_request_and_its_answer()
    {
        string? asked = null;
        _proxy.Script = async connection =>
        {
            (string startLine, WireHeaders headers) = (await connection.ReadHeadAsync())!.Value;
            asked = $"{startLine} {headers["host"]}";
            await connection.SendAsync("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n");
            byte[] body = await connection.Reader.ReadChunkedAsync(connection.Stopping);
            await connection.SendAsync($"{body.Length:x}\r\n");
            await connection.SendAsync(body);
            await connection.SendAsync("\r\n0\r\n\r\n");
        };
        await using GatewayProcess gateway = await StartAsync("{tunnel: {protocol: POST, targetHost: far.test, targetPort: 7000}}");
        using StreamClient client = await StreamClient.ConnectAsync(gateway, 31400);

        await client.SendAsync("one");
        await client.SendAsync("two");
        client.Socket.Shutdown(SocketShutdown.Send);

        Assert.Equal("onetwo", await client.ReceiveToEndAsync());
        Assert.Equal("POST / HTTP/1.1 far.test:7000", asked);
    }

    [Fact]
    public async Task Over_HTTP_2_each_connection_is_a_stream_and_each_end_is_passed_on()
    {
        string? asked = null;
        string? end = null;
        FrameBackend.Script(_proxy, async backend =>
        {
            await backend.HearRequestAsync();
            asked = string.Join('\n', backend.Fields);
            await backend.SayAsync(FramePeer.Headers(1, false, ":status: 200"), FramePeer.Data(1, false, "hello "));
            await backend.HearUntilAsync("DATA 1 ping");
            end = await backend.HearUntilAsync("DATA 1 END");
            await backend.SayAsync(FramePeer.Data(1, true, "bye"));
            await backend.HearUntilAsync("GOAWAY");
        });
        await using GatewayProcess gateway = await StartAsync("{tunnel: {targetHost: far.test, targetPort: 7000}}", "HTTP2");
        using StreamClient client = await StreamClient.ConnectAsync(gateway, 31400);

        await client.SendAsync("ping");
        Assert.Equal("hello ", await client.ReceiveAsync(6));
        client.Socket.Shutdown(SocketShutdown.Send);

        Assert.Equal("bye", await client.ReceiveToEndAsync());
        Assert.Equal(":authority: far.test:7000\n:method: CONNECT", asked);
        Assert.Equal("DATA 1 END", end);
    }

    [Theory]
    [InlineData("HTTP/1.1 403 No\r\ncontent-length: 0\r\n\r\n")]
    [InlineData("")]
    public async Task A_proxy_that_does_not_agree_gets_no_byte_and_the_client_is_closed(string answer)
    {
        string after = "";
        _proxy.Script = async connection =>
        {
            await connection.ReadHeadAsync();
            await connection.SendAsync(answer);
            if (answer.Length > 0)
            {
                await connection.UntilClosedByGatewayAsync();
            }

            after = System.Text.Encoding.Latin1.GetString(connection.Reader.Transcript).Split("\r\n\r\n")[1];
        };
        await using GatewayProcess gateway = await StartAsync("{tunnel: {targetHost: far.test, targetPort: 7000}}");
        using StreamClient client = await StreamClient.ConnectAsync(gateway, 31400);

        await client.SendAsync("secret");
        int received = 0;
        try
        {
            received = await client.Socket.ReceiveAsync(new byte[1], TestContext.Current.CancellationToken);
        }
        catch (SocketException)
        {
            // What it sent was not read, so it may be a reset.
        }

        Assert.Equal(0, received);
        Assert.Contains("URX,UF", await gateway.LogsAsync("outbound|9000||echo.test"), StringComparison.Ordinal);
        Assert.Equal("", after);
    }

    private Task<GatewayProcess> StartAsync(string policy, string protocol = "TCP") => GatewayProcess.StartAsync(
        StreamManifests.Gateway()
        + StreamManifests.Service("echo.test", _proxy.EndPoint).Replace("protocol: TCP", $"protocol: {protocol}", StringComparison.Ordinal)
        + StreamManifests.TcpRoute("echo.test")
        + StreamManifests.Rule("echo.test", policy));
}
