using System.Net;
using System.Text;
using Tidegate.EndToEnd.Tests.Harness;
using Tidegate.Proxy.Workers;
using static Tidegate.EndToEnd.Tests.Http2.FrameClient;
using static Tidegate.EndToEnd.Tests.Http2.FramePeer;

namespace Tidegate.EndToEnd.Tests.Http2;

/// <summary>HTTP/2 of clients on the wire: by prior knowledge, many requests at once, windows, resets, the end of connections. The codec has tests of its own.</summary>
public sealed class Http2DownstreamTests : IAsyncLifetime
{
    private readonly ScriptedBackend _backend = ScriptedBackend.Start(Loopback.Next());

    /// <inheritdoc/>
    public ValueTask InitializeAsync() => default;

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _backend.DisposeAsync();

    [Fact]
    public async Task Many_requests_of_one_connection_are_served_at_once()
    {
        _backend.Answer = request => $"HTTP/1.1 200 OK\r\ncontent-length: {request.Target.Length}\r\n\r\n{request.Target}";
        await using XdsProxy proxy = await XdsProxy.StartAsync(_backend);
        using HttpClient client = Client();

        string[] answers = await Task.WhenAll(Enumerable.Range(0, 200).Select(i => client.GetStringAsync($"http://{proxy.EndPoint}/{i}", TestContext.Current.CancellationToken)));

        Assert.Equal(Enumerable.Range(0, 200).Select(i => $"/{i}"), answers);
        Assert.Equal((1, 200), (proxy.Counter("http.test.downstream_cx_http2_total"), proxy.Counter("http.test.downstream_rq_http2_total")));
        _backend.AssertSawNothingAmbiguous();
    }

    [Fact]
    public async Task Bodies_larger_than_all_windows_go_both_ways()
    {
        byte[] body = new byte[3 * 1024 * 1024];
        new Random(1).NextBytes(body);
        _backend.Script = async connection =>
        {
            while (await connection.ReadRequestAsync() is { } request)
            {
                await connection.SendAsync($"HTTP/1.1 200 OK\r\ncontent-length: {request.BodyBytes.Length}\r\n\r\n");
                await connection.SendAsync(request.BodyBytes);
            }
        };
        await using XdsProxy proxy = await XdsProxy.StartAsync(_backend);
        using HttpClient client = Client();

        using HttpResponseMessage response = await client.PostAsync($"http://{proxy.EndPoint}/", new ByteArrayContent(body), TestContext.Current.CancellationToken);

        Assert.Equal(HttpVersion.Version20, response.Version);
        Assert.Equal(body, await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task H2_P2_half_a_preface_and_silence_end_in_time()
    {
        await using XdsProxy proxy = await XdsProxy.StartAsync(_backend, options: new ProxyOptions { RequestHeadersTimeoutMs = 200 });
        using RawClient raw = await proxy.ConnectAsync();

        await raw.SendAsync("PRI * HTTP/2"u8.ToArray());
        string answer = Encoding.Latin1.GetString(await raw.Reader.ReadToEndAsync(TestContext.Current.CancellationToken));

        Assert.True(answer.Length == 0 || answer.StartsWith("HTTP/1.1 408", StringComparison.Ordinal), answer);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(10)]
    public async Task H2_P3_the_preface_may_come_in_pieces(int pieceLength)
    {
        await using XdsProxy proxy = await XdsProxy.StartAsync(_backend);
        using RawClient raw = await proxy.ConnectAsync();
        using var client = new FrameClient(raw);

        await raw.SendInPiecesAsync(Encoding.Latin1.GetString([.. Greeting(), .. Frame(1, 5, 1, Get)]), pieceLength);

        Assert.Equal("SETTINGS\nSETTINGS ACK\nHEADERS 1\nDATA 1 END ok", (await client.HearUntilAsync("DATA 1 END")).Replace("DATA 1 ok\nDATA 1 END", "DATA 1 END ok", StringComparison.Ordinal));
    }

    [Fact]
    public async Task H2_W1_a_stream_whose_window_is_closed_does_not_hold_up_the_others()
    {
        await using XdsProxy proxy = await XdsProxy.StartAsync(_backend);
        using FrameClient client = await FrameClient.ConnectAsync(proxy, 0, 4, 0, 0, 0, 0);

        await client.SayAsync(Frame(1, 5, 1, Get));
        await client.HearUntilAsync("HEADERS 1"); // the backend may answer in any order
        await client.SayAsync(Frame(1, 5, 3, Get), Frame(8, 0, 3, 0, 0, 0, 9));
        string heard = await client.HearUntilAsync("DATA 3 END");

        Assert.DoesNotContain("DATA 1", heard, StringComparison.Ordinal);
        await client.SayAsync(Frame(8, 0, 1, 0, 0, 0, 1));
        Assert.Equal("DATA 1 o", await client.HearUntilAsync("DATA 1"));
    }

    [Fact]
    public async Task H2_W1_a_stream_whose_window_stays_closed_is_reset()
    {
        await using XdsProxy proxy = await XdsProxy.StartAsync(_backend, options: new ProxyOptions { ResponseWriteTimeoutMs = 200 });
        using FrameClient client = await FrameClient.ConnectAsync(proxy, 0, 4, 0, 0, 0, 0);

        await client.SayAsync(Frame(1, 5, 1, Get));

        Assert.EndsWith("RST_STREAM 1 8", await client.HearUntilAsync("RST_STREAM"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task H2_W2_a_connection_whose_window_stays_closed_costs_its_streams_and_serves_again()
    {
        const int Length = 100_000;
        _backend.Answer = request => request.Target == "/" ? $"HTTP/1.1 200 OK\r\ncontent-length: {Length}\r\n\r\n{new string('x', Length)}" : ScriptedBackend.Ok;
        await using XdsProxy proxy = await XdsProxy.StartAsync(_backend, options: new ProxyOptions { ResponseWriteTimeoutMs = 200 });
        using FrameClient client = await FrameClient.ConnectAsync(proxy, 0, 4, 0x7F, 0xFF, 0xFF, 0xFF); // windows of streams as large as can be

        await client.SayAsync(Frame(1, 5, 1, Get));
        Assert.EndsWith("RST_STREAM 1 8", await client.HearUntilAsync("RST_STREAM"), StringComparison.Ordinal);
        Assert.Equal(65_535, client.Said.Length);
        await client.SayAsync(Frame(8, 0, 0, 0, 1, 0, 0), FramePeer.Headers(3, true, ":method: GET", ":scheme: http", ":path: /small", ":authority: x"));

        Assert.Contains("DATA 3", await client.HearUntilAsync("DATA 3"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task H2_F9517_a_client_that_grants_windows_and_reads_nothing_is_held_to_little_and_dropped()
    {
        const int Piece = 1 << 20;
        var sent = new List<int>();
        _backend.Script = async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync($"HTTP/1.1 200 OK\r\ncontent-length: {256L * Piece}\r\n\r\n");
            try
            {
                for (int i = 0; i < 256; i++)
                {
                    await connection.SendAsync(new byte[Piece]);
                    sent.Add(i);
                }
            }
            catch (Exception exception) when (exception is IOException or System.Net.Sockets.SocketException)
            {
                // The gateway has given it up.
            }
        };
        await using XdsProxy proxy = await XdsProxy.StartAsync(_backend, options: new ProxyOptions { ResponseWriteTimeoutMs = 500 });
        using FrameClient client = await FrameClient.ConnectAsync(proxy, 0, 4, 0x7F, 0xFF, 0xFF, 0xFF);

        await client.SayAsync(Frame(8, 0, 0, 0x7F, 0, 0, 0), Frame(1, 5, 1, Get));
        await Eventually.HoldsAsync(() => proxy.Counter("http.test.downstream_cx_tx_bytes_buffered") > 0, "the client does not read");
        Assert.InRange(proxy.Counter("http.test.downstream_cx_tx_bytes_buffered"), 0, Piece);

        await Eventually.HoldsAsync(() => proxy.Counter("http.test.downstream_cx_active") == 0, "the client is dropped");
        Assert.InRange(sent.Count, 0, 64); // the rest is what the kernel's buffers take
    }

    [Fact]
    public async Task A_reset_of_the_client_ends_what_is_done_for_it()
    {
        var arrived = new TaskCompletionSource();
        _backend.Script = async connection =>
        {
            await connection.ReadHeadAsync();
            arrived.SetResult();
            await connection.UntilClosedByGatewayAsync();
        };
        await using XdsProxy proxy = await XdsProxy.StartAsync(_backend);
        using FrameClient client = await FrameClient.ConnectAsync(proxy);

        await client.SayAsync(Frame(1, 5, 1, Get));
        await arrived.Task;
        await client.SayAsync(Frame(3, 0, 1, 0, 0, 0, 8));

        await Eventually.HoldsAsync(() => _backend.Connections[0].Closed.IsCompleted, "the backend's side is closed");
        await client.SayAsync(Frame(6, 0, 0, new byte[8]));
        Assert.Equal("PING ACK", await client.HearUntilAsync("PING"));
    }

    [Fact]
    public async Task A_body_that_is_not_as_long_as_it_said_is_never_whole_for_the_backend()
    {
        await using XdsProxy proxy = await XdsProxy.StartAsync(_backend);
        using FrameClient client = await FrameClient.ConnectAsync(proxy);

        byte[] length3 = [.. Post, 0x0F, 0x0D, 1, (byte)'3'];
        byte[] length0 = [.. Post, 0x0F, 0x0D, 1, (byte)'0'];
        await client.SayAsync(Frame(1, 4, 1, length3), Frame(0, 1, 1, (byte)'a'), Frame(1, 4, 3, length0), Frame(0, 0, 3, (byte)'a'));
        string heard = await client.HearUntilAsync("RST_STREAM 3");

        Assert.Equal("RST_STREAM 1 1\nRST_STREAM 3 1", heard);
        Assert.Empty(_backend.Requests);
    }

    [Fact]
    public async Task An_answer_before_the_end_of_the_request_refuses_the_rest()
    {
        _backend.Script = async connection =>
        {
            await connection.ReadHeadAsync();
            await connection.SendAsync(ScriptedBackend.Ok);
            await connection.UntilClosedByGatewayAsync();
        };
        await using XdsProxy proxy = await XdsProxy.StartAsync(_backend);
        using FrameClient client = await FrameClient.ConnectAsync(proxy);

        await client.SayAsync(Frame(1, 4, 1, Post));
        string heard = await client.HearUntilAsync("RST_STREAM");

        Assert.StartsWith("HEADERS 1", heard, StringComparison.Ordinal);
        Assert.EndsWith("RST_STREAM 1 0", heard, StringComparison.Ordinal);
    }

    [Fact]
    public async Task H2_RR1_a_flood_of_resets_ends_the_connection_and_what_it_had_begun()
    {
        await using XdsProxy proxy = await XdsProxy.StartAsync(_backend);
        using FrameClient client = await FrameClient.ConnectAsync(proxy);

        byte[][] flood = [.. Enumerable.Range(0, 1000).SelectMany(i => (byte[][])[Frame(1, 5, (2 * i) + 1, Get), Frame(3, 0, (2 * i) + 1, 0, 0, 0, 8)])];
        await client.SayAsync(flood);

        Assert.EndsWith(" 11", await client.HearUntilAsync("GOAWAY"), StringComparison.Ordinal);
        await Eventually.HoldsAsync(() => proxy.Counter("http.test.downstream_rq_active") == 0, "nothing is under way any more");
        Assert.InRange(proxy.Counter("http.test.downstream_rq_total"), 1, 1000);
    }

    [Fact]
    public async Task A_connection_that_failed_ends_no_request_of_another()
    {
        var arrived = new TaskCompletionSource();
        var answer = new TaskCompletionSource();
        _backend.Script = async connection =>
        {
            await connection.ReadRequestAsync();
            arrived.SetResult();
            await answer.Task;
            await connection.SendAsync(ScriptedBackend.Ok);
        };
        await using XdsProxy proxy = await XdsProxy.StartAsync(_backend);
        FrameClient failing = await FrameClient.ConnectAsync(proxy);
        using FrameClient other = await FrameClient.ConnectAsync(proxy);

        await failing.SayAsync(Frame(1, 5, 1, 0x80)); // RFC 7541, section 6.1: index 0
        Assert.Equal("GOAWAY 1 9", await failing.HearUntilAsync("GOAWAY"));
        await other.SayAsync(Frame(1, 5, 1, Get)); // what the request before it has left is used again
        await arrived.Task;
        failing.Dispose();
        await Eventually.HoldsAsync(() => proxy.Counter("http.test.downstream_cx_active") == 1, "the connection that failed is gone");
        answer.SetResult();

        Assert.StartsWith("HEADERS 1", await other.HearUntilAsync("DATA 1"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task H2_CF3_a_field_block_that_does_not_go_on_ends_the_connection()
    {
        await using XdsProxy proxy = await XdsProxy.StartAsync(_backend, options: new ProxyOptions { RequestHeadersTimeoutMs = 200 });
        using FrameClient client = await FrameClient.ConnectAsync(proxy);

        await client.SayAsync(Frame(1, 0, 1, Get));

        Assert.StartsWith("GOAWAY 0", await client.HearUntilAsync("GOAWAY"), StringComparison.Ordinal);
        await client.IsClosedAsync();
    }

    [Fact]
    public async Task An_idle_connection_is_told_that_it_ends()
    {
        await using XdsProxy proxy = await XdsProxy.StartAsync(_backend, "'commonHttpProtocolOptions': {'idleTimeout': '0.2s'}");
        using FrameClient client = await FrameClient.ConnectAsync(proxy);

        Assert.Equal("GOAWAY 0 0", await client.HearUntilAsync("GOAWAY"));
        await client.IsClosedAsync();
    }

    [Fact]
    public async Task H2_G1_draining_serves_what_is_under_way_and_what_was_on_its_way()
    {
        var answer = new TaskCompletionSource();
        _backend.Script = async connection =>
        {
            while (await connection.ReadRequestAsync() is not null)
            {
                await answer.Task;
                await connection.SendAsync(ScriptedBackend.Ok);
            }
        };
        await using XdsProxy proxy = await XdsProxy.StartAsync(_backend);
        using FrameClient client = await FrameClient.ConnectAsync(proxy);

        await client.SayAsync(Frame(1, 5, 1, Get));
        await Eventually.HoldsAsync(() => _backend.Connections.Count == 1, "the request is at the backend");
        Task drained = proxy.DrainAsync();
        Assert.Equal("GOAWAY 2147483647 0", await client.HearUntilAsync("GOAWAY"));
        await client.SayAsync(Frame(1, 5, 3, Get));
        await Eventually.HoldsAsync(() => _backend.Connections.Count == 2, "the second is at the backend as well");
        answer.SetResult();
        string heard = await client.HearUntilAsync("GOAWAY");

        Assert.Contains("DATA 1 END", heard.Replace("DATA 1 ok\n", "", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Contains("DATA 3 END", heard.Replace("DATA 3 ok\n", "", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.EndsWith("GOAWAY 3 0", heard, StringComparison.Ordinal);
        client.FinishSending();
        await drained;
    }

    [Fact]
    public async Task A_listener_says_what_its_clients_may_do()
    {
        await using XdsProxy proxy = await XdsProxy.StartAsync(_backend, "'http2ProtocolOptions': {'maxConcurrentStreams': 1}");
        _backend.Script = connection => connection.UntilClosedByGatewayAsync();
        using FrameClient client = await FrameClient.ConnectAsync(proxy);

        await client.SayAsync(Frame(1, 4, 1, Post), Frame(1, 5, 3, Get));

        Assert.Equal("RST_STREAM 3 7", await client.HearUntilAsync("RST_STREAM"));
    }

    private static HttpClient Client() => new(new SocketsHttpHandler())
    {
        DefaultRequestVersion = HttpVersion.Version20,
        DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
    };
}
