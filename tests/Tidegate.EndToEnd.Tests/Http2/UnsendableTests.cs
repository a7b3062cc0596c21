using System.Globalization;
using Tidegate.EndToEnd.Tests.Harness;

namespace Tidegate.EndToEnd.Tests.Http2;

/// <summary>Requests that an endpoint of HTTP/2 has said it does not take: they are not sent, the client is told, and the endpoint has not failed.</summary>
public sealed class UnsendableTests : IAsyncLifetime
{
    private const string Details = "'localReplyConfig': {'bodyFormat': {'textFormatSource': {'inlineString': '%RESPONSE_CODE_DETAILS% %RESPONSE_FLAGS%'}}}";

    private readonly ScriptedBackend _backend = ScriptedBackend.Start(Loopback.Next());

    /// <inheritdoc/>
    public ValueTask InitializeAsync() => default;

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _backend.DisposeAsync();

    [Fact]
    public async Task A_head_that_is_larger_than_the_endpoint_takes_is_a_431_and_its_connection_goes_on()
    {
        AnswerWith(0, 6, 0, 0, 0x10, 0); // SETTINGS_MAX_HEADER_LIST_SIZE: 4096
        await using XdsProxy proxy = await XdsProxy.StartAsync(_backend.EndPoint, FrameBackend.Speaks, Details);
        Assert.Equal(204, (await proxy.GetAsync()).Status); // and SETTINGS have come

        WireResponse refused = await proxy.GetAsync("/large", $"x-large: {new string('a', 4096)}\r\n");
        WireResponse next = await proxy.GetAsync();

        Assert.Equal((431, "request_headers_too_large_for_upstream -"), (refused.Status, refused.Body));
        Assert.Equal(204, next.Status);
        Assert.Single(_backend.Connections);
        Assert.Equal(0, proxy.Counter("cluster.backend.upstream_rq_tx_reset"));
    }

    [Fact]
    public async Task Trailers_that_are_larger_end_the_request_and_not_the_connection()
    {
        AnswerWith(0, 6, 0, 0, 0x10, 0);
        await using XdsProxy proxy = await XdsProxy.StartAsync(_backend.EndPoint, FrameBackend.Speaks, Details);
        Assert.Equal(204, (await proxy.GetAsync()).Status);
        using FrameClient client = await FrameClient.ConnectAsync(proxy);

        await client.SayAsync(FramePeer.Frame(1, 4, 1, FrameClient.Post), FramePeer.Headers(1, true, [.. Enumerable.Repeat("x-large: " + new string('a', 110), 40)]));

        await client.HearUntilAsync("HEADERS 1");
        Assert.Equal("431", client.Field(":status"));
        Assert.Equal(204, (await proxy.GetAsync()).Status);
        Assert.Single(_backend.Connections);
    }

    [Fact]
    public async Task An_upgrade_that_the_endpoint_does_not_take_is_a_502_that_says_so()
    {
        AnswerWith();
        await using XdsProxy proxy = await XdsProxy.StartAsync(_backend.EndPoint, FrameBackend.Speaks, Details + ", 'upgradeConfigs': [{'upgradeType': 'websocket'}]");

        WireResponse refused = await proxy.GetAsync("/", "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n");

        Assert.Equal((502, "upstream_takes_no_upgrades -"), (refused.Status, refused.Body));
        Assert.Equal(204, (await proxy.GetAsync()).Status);
    }

    // Answers 204 to each request that ends with its head.
    private void AnswerWith(params byte[] settings) => FrameBackend.Script(
        _backend,
        static async backend =>
        {
            while (await backend.HearRequestAsync() is ['H', ..] request)
            {
                if (!request.EndsWith("END", StringComparison.Ordinal))
                {
                    continue;
                }

                await backend.SayAsync(FramePeer.Headers(int.Parse(request.Split(' ')[1], CultureInfo.InvariantCulture), true, ":status: 204"));
            }
        },
        settings);
}
