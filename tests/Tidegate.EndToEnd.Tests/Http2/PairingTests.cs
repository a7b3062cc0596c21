using System.Text;
using Tidegate.EndToEnd.Tests.Harness;

namespace Tidegate.EndToEnd.Tests.Http2;

/// <summary>What is changed between HTTP/1.1 and HTTP/2, either way, and how streams end (http2-envoy.md, sections 5 and 9).</summary>
public sealed class PairingTests : IAsyncLifetime
{
    private const string TrailersDown = "'httpProtocolOptions': {'enableTrailers': true}";
    private const string TrailersUp = "'explicitHttpConfig': {'httpProtocolOptions': {'enableTrailers': true} }";
    private const string NoTrailersUp = "'explicitHttpConfig': {'httpProtocolOptions': {} }";

    private readonly ScriptedBackend _backend = ScriptedBackend.Start(Loopback.Next());

    /// <inheritdoc/>
    public ValueTask InitializeAsync() => default;

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _backend.DisposeAsync();

    [Theory]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "HEADERS 1\nDATA 1 END")]
    [InlineData("Content-Length: 0\r\n\r\n", "HEADERS 1 END")]
    [InlineData("\r\n", "HEADERS 1 END")]
    public async Task A_request_of_HTTP_1_ends_on_HTTP_2_as_it_ended(string rest, string expected)
    {
        Task<string> heard = HearOneRequestAsync();
        await using XdsProxy proxy = await XdsProxy.StartAsync(_backend.EndPoint, FrameBackend.Speaks);

        WireResponse response = await proxy.ExchangeAsync($"POST / HTTP/1.1\r\nHost: x\r\n{rest}");

        Assert.Equal(204, response.Status);
        Assert.Equal(expected, await heard);
    }

    [Theory]
    [InlineData(true, "HEADERS 1 END")]
    [InlineData(false, "HEADERS 1\nDATA 1 END")]
    public async Task A_request_of_HTTP_2_without_a_body_ends_as_it_ended(bool endsWithHead, string expected)
    {
        Task<string> heard = HearOneRequestAsync();
        await using XdsProxy proxy = await XdsProxy.StartAsync(_backend.EndPoint, FrameBackend.Speaks);
        using FrameClient client = await FrameClient.ConnectAsync(proxy);

        await client.SayAsync(FramePeer.Headers(1, endsWithHead, [":method: POST", ":scheme: http", ":path: /", ":authority: x", "content-length: 0"]));
        if (!endsWithHead)
        {
            await client.SayAsync(FramePeer.Data(1, true, ""));
        }

        Assert.Equal("HEADERS 1 END", await client.HearUntilAsync("HEADERS 1"));
        Assert.Equal(expected, await heard);
    }

    [Theory]
    [InlineData("", NoTrailersUp, "\r\n0\r\n\r\n", "")]
    [InlineData(TrailersDown, NoTrailersUp, "\r\n0\r\n\r\n", "")]
    [InlineData("", TrailersUp, "\r\n0\r\n\r\n", "")]
    [InlineData(TrailersDown, TrailersUp, "\r\n0\r\nx-t: 1\r\n\r\n", "x-a: 2\r\n")]
    public async Task Trailers_pass_on_HTTP_1_where_both_sides_are_told_to(string manager, string speaks, string atBackend, string atClient)
    {
        _backend.Script = async connection =>
        {
            while (await connection.ReadRequestAsync() is not null)
            {
                await connection.SendAsync("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ntrailer: x-a\r\n\r\n1\r\na\r\n0\r\nx-a: 2\r\n\r\n");
            }
        };
        await using XdsProxy proxy = await XdsProxy.StartAsync(_backend.EndPoint, speaks, manager);
        using RawClient client = await proxy.ConnectAsync();

        await client.SendAsync("POST / HTTP/1.1\r\nHost: x\r\nTE: trailers\r\nConnection: close\r\nTransfer-Encoding: chunked\r\nTrailer: x-t\r\n\r\n1\r\na\r\n0\r\nx-t: 1\r\n\r\n");
        string answer = Encoding.ASCII.GetString(await client.Reader.ReadToEndAsync(TestContext.Current.CancellationToken));

        Assert.EndsWith(atBackend, _backend.Received, StringComparison.Ordinal);
        Assert.EndsWith($"1\r\na\r\n0\r\n{atClient}\r\n", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Trailers_pass_between_HTTP_2_and_HTTP_2()
    {
        string? trailers = null;
        FrameBackend.Script(_backend, async backend =>
        {
            await backend.HearRequestAsync();
            await backend.HearUntilAsync("HEADERS 1 END");
            trailers = string.Join('\n', backend.Fields);
            await backend.SayAsync(FramePeer.Headers(1, false, ":status: 200"), FramePeer.Headers(1, true, "grpc-status: 0"));
            await backend.HearUntilAsync("GOAWAY");
        });
        await using XdsProxy proxy = await XdsProxy.StartAsync(_backend.EndPoint, FrameBackend.Speaks);
        using FrameClient client = await FrameClient.ConnectAsync(proxy);

        await client.SayAsync(FramePeer.Frame(1, 4, 1, FrameClient.Post), FramePeer.Data(1, false, "a"), FramePeer.Headers(1, true, "x-t: 1"));

        Assert.Equal("HEADERS 1\nHEADERS 1 END", await client.HearUntilAsync("HEADERS 1 END"));
        Assert.Equal(["grpc-status: 0"], client.Fields);
        Assert.Equal("x-t: 1", trailers);
    }

    [Fact]
    public async Task An_answer_before_the_end_of_the_request_says_nothing_of_time_and_ends_both_streams()
    {
        var reset = new TaskCompletionSource<string>();
        FrameBackend.Script(_backend, async backend =>
        {
            await backend.HearRequestAsync();
            await backend.SayAsync(FramePeer.Headers(1, true, ":status: 200"));
            reset.SetResult(await backend.HearUntilAsync("RST_STREAM"));
        });
        await using XdsProxy proxy = await XdsProxy.StartAsync(_backend.EndPoint, FrameBackend.Speaks);
        using FrameClient client = await FrameClient.ConnectAsync(proxy);

        await client.SayAsync(FramePeer.Frame(1, 4, 1, FrameClient.Post));

        Assert.Equal("HEADERS 1 END\nRST_STREAM 1 0", await client.HearUntilAsync("RST_STREAM"));
        Assert.Null(client.Field("x-envoy-upstream-service-time"));
        Assert.EndsWith("RST_STREAM 1 2", await reset.Task, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_request_that_its_client_takes_back_is_taken_back_from_the_endpoint()
    {
        var arrived = new TaskCompletionSource();
        var reset = new TaskCompletionSource<string>();
        FrameBackend.Script(_backend, async backend =>
        {
            await backend.HearRequestAsync();
            arrived.SetResult();
            reset.SetResult(await backend.HearUntilAsync("RST_STREAM"));
        });
        await using XdsProxy proxy = await XdsProxy.StartAsync(_backend.EndPoint, FrameBackend.Speaks);
        using FrameClient client = await FrameClient.ConnectAsync(proxy);

        await client.SayAsync(FramePeer.Frame(1, 5, 1, FrameClient.Get));
        await arrived.Task;
        await client.SayAsync(FramePeer.Reset(1, 8));

        Assert.EndsWith("RST_STREAM 1 2", await reset.Task, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_endpoint_whose_answers_are_malformed_is_not_asked_again_on_that_connection()
    {
        FrameBackend.Script(_backend, async backend =>
        {
            await backend.HearRequestAsync();
            await backend.SayAsync(_backend.Connections.Count == 1 ? FramePeer.Headers(1, true, "x-a: 1") : FramePeer.Headers(1, true, ":status: 204"));
            await backend.HearUntilAsync("GOAWAY");
        });
        await using XdsProxy proxy = await XdsProxy.StartAsync(_backend.EndPoint, FrameBackend.Speaks);

        WireResponse malformed = await proxy.GetAsync();
        WireResponse next = await proxy.GetAsync();

        Assert.Equal((502, 204), (malformed.Status, next.Status));
        Assert.EndsWith("reset reason: protocol error", malformed.Body, StringComparison.Ordinal);
        Assert.Equal(2, _backend.Connections.Count);
    }

    [Fact]
    public async Task A_malformed_answer_costs_the_other_requests_of_its_connection_nothing()
    {
        FrameBackend.Script(_backend, async backend =>
        {
            await backend.HearRequestAsync();
            await backend.HearRequestAsync();
            await backend.SayAsync(FramePeer.Headers(1, true, ":status: 200", "connection: close"));
            string heard = await backend.HearUntilAsync("RST_STREAM 1");
            await backend.SayAsync(FramePeer.Headers(3, true, $":status: {(heard.EndsWith("RST_STREAM 1 1", StringComparison.Ordinal) ? 204 : 500)}"));
            await backend.HearUntilAsync("GOAWAY");
        });
        await using XdsProxy proxy = await XdsProxy.StartAsync(_backend.EndPoint, FrameBackend.Speaks);
        using FrameClient client = await FrameClient.ConnectAsync(proxy);

        await client.SayAsync(FramePeer.Frame(1, 5, 1, FrameClient.Get), FramePeer.Frame(1, 5, 3, FrameClient.Get));
        await client.HearUntilAsync("HEADERS 1");
        string malformed = client.Fields[0];
        await client.HearUntilAsync("HEADERS 3");

        Assert.Equal((":status: 502", ":status: 204"), (malformed, client.Fields[0]));
        Assert.Single(_backend.Connections);
    }

    [Fact]
    public async Task A_client_sees_what_came_of_an_answer_that_is_cut_at_once()
    {
        FrameBackend.Script(_backend, async backend =>
        {
            for (int stream = 1; await backend.HearRequestAsync() == $"HEADERS {stream} END"; stream += 2)
            {
                await backend.SayAsync(FramePeer.Headers(stream, false, ":status: 200", "content-length: 2"), FramePeer.Data(stream, true, "abc"));
            }
        });
        await using XdsProxy proxy = await XdsProxy.StartAsync(_backend.EndPoint, FrameBackend.Speaks);
        using FrameClient client = await FrameClient.ConnectAsync(proxy);
        using RawClient old = await proxy.ConnectAsync();

        await client.SayAsync(FramePeer.Frame(1, 5, 1, FrameClient.Get));
        Assert.Equal("HEADERS 1\nRST_STREAM 1 2", await client.HearUntilAsync("RST_STREAM"));
        await old.SendAsync("GET / HTTP/1.1\r\nHost: x\r\n\r\n");

        Assert.Equal(200, (await old.ReadResponseAsync(toHead: true)).Status);
        await old.AssertClosedAsync();
    }

    // What a backend hears of a request, which it answers with 204.
    private Task<string> HearOneRequestAsync()
    {
        var heard = new TaskCompletionSource<string>();
        FrameBackend.Script(_backend, async backend =>
        {
            string head = await backend.HearRequestAsync();
            heard.SetResult(head.EndsWith("END", StringComparison.Ordinal) ? head : $"{head}\n{await backend.HearUntilAsync("DATA")}");
            await backend.SayAsync(FramePeer.Headers(1, true, ":status: 204"));
            await backend.HearUntilAsync("GOAWAY");
        });
        return heard.Task;
    }
}
