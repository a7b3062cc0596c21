using System.Text;
using Tidegate.EndToEnd.Tests.Harness;
using Tidegate.Proxy.Workers;

namespace Tidegate.EndToEnd.Tests.Exchanges;

/// <summary>Upgrades and CONNECT over HTTP/1.1: what is passed on, what is refused, how tunnels end (RFC 9110, sections 7.8 and 9.3.6; edge.md H26 to H28).</summary>
public sealed class TunnelTests : IAsyncLifetime
{
    private const string WebSockets = "'upgradeConfigs': [{'upgradeType': 'websocket'}]";
    private const string Connects = "'upgradeConfigs': [{'upgradeType': 'CONNECT'}]";
    private const string Agreed = "HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

    private readonly ScriptedBackend _backend = ScriptedBackend.Start(Loopback.Next());

    /// <inheritdoc/>
    public ValueTask InitializeAsync() => default;

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _backend.DisposeAsync();

    [Fact]
    public async Task Both_sides_of_a_web_socket_get_what_the_other_sends_and_its_end()
    {
        _backend.Script = EchoAsync;
        await using XdsProxy proxy = await XdsProxy.StartAsync(_backend, WebSockets);
        using RawClient client = await proxy.ConnectAsync();

        await client.SendAsync(Upgrade() + "early");
        WireResponse head = await client.ReadResponseAsync(toHead: true);
        await client.SendAsync("-late");
        byte[] echo = await client.Reader.ReadExactlyAsync(10, TestContext.Current.CancellationToken);
        Assert.Equal(1, proxy.Counter("http.test.downstream_cx_upgrades_active"));
        client.FinishSending();
        await client.AssertClosedAsync();

        Assert.Equal(101, head.Status);
        Assert.Equal(("Upgrade", "websocket", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), (head.Headers["connection"], head.Headers["upgrade"], head.Headers["sec-websocket-accept"]));
        Assert.Null(head.Headers["x-envoy-upstream-service-time"]);
        Assert.Equal("early-late", Encoding.ASCII.GetString(echo));
        await Eventually.HoldsAsync(() => _backend.Connections[0].Closed.IsCompleted, "the backend's side is closed");
        await Eventually.HoldsAsync(() => proxy.Counter("http.test.downstream_cx_upgrades_active") == 0, "the tunnel is counted no more");
    }

    [Fact]
    public async Task What_the_backend_sent_before_it_ends_reaches_the_client()
    {
        _backend.Script = async connection =>
        {
            await connection.ReadHeadAsync();
            await connection.SendAsync(Agreed + "last words");
            connection.Close();
        };
        await using XdsProxy proxy = await XdsProxy.StartAsync(_backend, WebSockets);
        using RawClient client = await proxy.ConnectAsync();

        await client.SendAsync(Upgrade());
        await client.ReadResponseAsync(toHead: true);

        Assert.Equal("last words", Encoding.ASCII.GetString(await client.Reader.ReadToEndAsync(TestContext.Current.CancellationToken)));
    }

    [Theory]
    [InlineData("websocket", "", 403)]
    [InlineData("h2c", WebSockets, 200)]
    [InlineData("websocket, h2c", WebSockets, 403)]
    [InlineData("other", WebSockets, 403)]
    [InlineData("websocket, other", WebSockets, 403)]
    public async Task An_upgrade_that_is_not_offered_reaches_no_backend_as_one(string protocol, string manager, int status)
    {
        await using XdsProxy proxy = await XdsProxy.StartAsync(_backend, manager);

        WireResponse response = await proxy.ExchangeAsync(Upgrade(protocol));

        Assert.Equal(status, response.Status);
        Assert.DoesNotContain("upgrade:", _backend.Received, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task A_route_can_allow_what_its_listener_does_not_and_the_other_way_round()
    {
        _backend.Script = EchoAsync;
        await using XdsProxy allowing = await XdsProxy.StartAsync(_backend, route: WebSockets);
        await using XdsProxy forbidding = await XdsProxy.StartAsync(_backend, WebSockets, "'upgradeConfigs': [{'upgradeType': 'websocket', 'enabled': false}]");
        using RawClient allowed = await allowing.ConnectAsync();

        await allowed.SendAsync(Upgrade());

        Assert.Equal(101, (await allowed.ReadResponseAsync(toHead: true)).Status);
        Assert.Equal(403, (await forbidding.ExchangeAsync(Upgrade())).Status);
    }

    [Fact]
    public async Task A_refused_upgrade_is_an_answer_like_any_other_and_the_last_of_its_connection()
    {
        _backend.Answer = _ => "HTTP/1.1 403 No\r\ncontent-length: 2\r\n\r\nno";
        await using XdsProxy proxy = await XdsProxy.StartAsync(_backend, WebSockets);

        WireResponse response = await proxy.ExchangeAsync(Upgrade() + "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n");

        Assert.Equal((403, "no", "close"), (response.Status, response.Body, response.Headers["connection"]));
        Assert.Single(_backend.Requests);
    }

    [Fact]
    public async Task A_101_that_nobody_asked_for_is_a_broken_answer()
    {
        _backend.Answer = _ => Agreed;
        await using XdsProxy proxy = await XdsProxy.StartAsync(_backend, WebSockets);

        Assert.Equal(502, (await proxy.GetAsync()).Status);
    }

    [Fact]
    public async Task S21_a_tunnel_that_carries_nothing_for_too_long_ends_and_one_that_does_lives()
    {
        _backend.Script = EchoAsync;
        await using XdsProxy proxy = await XdsProxy.StartAsync(_backend, WebSockets, options: new ProxyOptions { TunnelIdleTimeoutMs = 400 });
        using RawClient client = await proxy.ConnectAsync();
        await client.SendAsync(Upgrade());
        await client.ReadResponseAsync(toHead: true);
        var alive = System.Diagnostics.Stopwatch.StartNew();

        while (alive.ElapsedMilliseconds < 800)
        {
            await client.SendAsync("x");
            await client.Reader.ReadExactlyAsync(1, TestContext.Current.CancellationToken);
        }

        await client.AssertClosedAsync();
        await Eventually.HoldsAsync(() => _backend.Connections[0].Closed.IsCompleted, "the backend's side is closed");
    }

    [Fact]
    public async Task CONNECT_is_passed_on_where_a_route_allows_it()
    {
        _backend.Script = async connection =>
        {
            await connection.ReadHeadAsync();
            await connection.SendAsync("HTTP/1.1 200 OK\r\n\r\n");
            await EchoBytesAsync(connection);
        };
        await using XdsProxy proxy = await XdsProxy.StartAsync(_backend, route: Connects, match: "'connectMatcher': {}");
        using RawClient client = await proxy.ConnectAsync();

        await client.SendAsync("CONNECT x:80 HTTP/1.1\r\nHost: x:80\r\n\r\nping");
        (string startLine, WireHeaders headers) = (await client.Reader.ReadHeadAsync(TestContext.Current.CancellationToken))!.Value;

        Assert.StartsWith("HTTP/1.1 200", startLine, StringComparison.Ordinal);
        Assert.Null(headers["content-length"]);
        Assert.Null(headers["transfer-encoding"]);
        Assert.Equal("ping", Encoding.ASCII.GetString(await client.Reader.ReadExactlyAsync(4, TestContext.Current.CancellationToken)));
        Assert.StartsWith("CONNECT x:80 HTTP/1.1\r\n", _backend.Received, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("'prefix': '/'", Connects, 404)]
    [InlineData("'safeRegex': {'regex': '.*'}", Connects, 404)]
    [InlineData("'connectMatcher': {}", "", 403)]
    public async Task CONNECT_needs_a_route_of_its_own_that_allows_it(string match, string route, int status)
    {
        await using XdsProxy proxy = await XdsProxy.StartAsync(_backend, route: route, match: match);

        WireResponse response = await proxy.ExchangeAsync("CONNECT x:80 HTTP/1.1\r\nHost: x:80\r\n\r\n");

        Assert.Equal((status, "close"), (response.Status, response.Headers["connection"]));
        Assert.Empty(_backend.Connections);
    }

    private static string Upgrade(string protocol = "websocket") =>
        $"GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: {protocol}\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

    private static async Task EchoAsync(BackendConnection connection)
    {
        await connection.ReadHeadAsync();
        await connection.SendAsync(Agreed);
        await EchoBytesAsync(connection);
    }

    private static async Task EchoBytesAsync(BackendConnection connection)
    {
        while (!await connection.Reader.IsAtEndAsync(connection.Stopping))
        {
            await connection.SendAsync(await connection.Reader.ReadExactlyAsync(connection.Reader.UnreadBytes, connection.Stopping));
        }
    }
}
