using Tidegate.EndToEnd.Tests.Harness;
using Tidegate.EndToEnd.Tests.Http2;
using Tidegate.Proxy.Workers;
using static Tidegate.EndToEnd.Tests.Http2.FramePeer;

namespace Tidegate.EndToEnd.Tests.Limits;

/// <summary>Memory under attack (edge.md, S10 and S11): what there is no memory for is refused and counted, who takes most loses it, others are served, and what was taken is given back.</summary>
public sealed class MemoryBudgetTests : IAsyncLifetime
{
    private const string Hold = "GET /hold HTTP/1.1\r\nHost: x\r\n\r\n";
    private const string Used = "overload.memory_budget.used_bytes";
    private const string Refused = "http.test.downstream_rq_overload_close";
    private const string Ended = "overload.envoy.overload_actions.reset_high_memory_stream.count";

    private readonly ScriptedBackend _backend = ScriptedBackend.Start(Loopback.Next());
    private readonly List<RawClient> _clients = [];

    /// <inheritdoc/>
    public ValueTask InitializeAsync()
    {
        _backend.Script = async connection =>
        {
            while (await connection.ReadRequestAsync() is { } request)
            {
                if (request.Target == "/hold")
                {
                    await connection.UntilClosedByGatewayAsync();
                    return;
                }

                await connection.SendAsync(ScriptedBackend.Ok);
            }
        };
        return default;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        LetGo();
        return _backend.DisposeAsync();
    }

    [Fact]
    public async Task S11_requests_for_which_there_is_no_memory_get_503_and_are_counted_and_their_memory_is_given_back()
    {
        await using XdsProxy proxy = await StartAsync(budgetBytes: 4 * 1024 * 1024);

        // 1. As many as there is memory for.
        long highest = 0;
        while (proxy.Counter(Refused) == 0)
        {
            Assert.True(_clients.Count < 1000, $"1000 requests are held with {proxy.Counter(Used)} bytes");
            RawClient client = await proxy.ConnectAsync();
            _clients.Add(client);
            await client.TrySendAsync(Hold);
            await Eventually.HoldsAsync(
                () => proxy.Counter("http.test.downstream_rq_active") + proxy.Counter(Refused) >= _clients.Count, "the request has come to the gateway");
            highest = Math.Max(highest, proxy.Counter(Used));
        }

        Assert.InRange(_clients.Count, 100, 1000);
        Assert.InRange(highest, 3 * 1024 * 1024, (4 * 1024 * 1024) + 65536);

        // 2. One more is refused, with Envoy's words, and does not come again on this connection.
        WireResponse refusal = await proxy.GetAsync();
        Assert.Equal((503, "envoy overloaded"), (refusal.Status, refusal.Body));
        Assert.Equal("close", refusal.Headers["connection"]);
        Assert.Equal(1, proxy.Counter("overload.envoy.overload_actions.stop_accepting_requests.active"));

        // 3. Others go, and there is room.
        LetGo();
        await Eventually.HoldsAsync(async () => (await proxy.GetAsync()).Status == 200, () => $"who asks now is answered; {proxy.Counter(Used)} bytes are used");
        await Eventually.HoldsAsync(() => proxy.Counter(Used) < highest / 3, "the memory is given back");
        Assert.Equal(0, proxy.Counter("overload.envoy.overload_actions.stop_accepting_requests.active"));
    }

    [Fact]
    public async Task S11_connections_for_which_there_is_no_memory_are_closed_and_counted_and_those_that_are_there_are_served()
    {
        const string Rejected = "listener.0.0.0.0_8080.downstream_cx_overload_reject";
        await using XdsProxy proxy = await StartAsync(budgetBytes: 2 * 1024 * 1024);
        using RawClient first = await proxy.ConnectAsync();
        Assert.Equal(200, (await first.ExchangeAsync("GET / HTTP/1.1\r\nHost: x\r\n\r\n")).Status);

        while (proxy.Counter(Rejected) == 0)
        {
            Assert.True(_clients.Count < 1000, $"1000 connections are held with {proxy.Counter(Used)} bytes");
            _clients.Add(await proxy.ConnectAsync());
            await Eventually.HoldsAsync(() => proxy.Counter("listener.0.0.0.0_8080.downstream_cx_total") + proxy.Counter(Rejected) > _clients.Count, "the connection is accepted or refused");
        }

        using RawClient more = await proxy.ConnectAsync();
        await more.AssertClosedAsync();
        Assert.Equal(503, (await first.ExchangeAsync("GET / HTTP/1.1\r\nHost: x\r\n\r\n")).Status);

        LetGo();
        await Eventually.HoldsAsync(async () => await TryGetAsync(proxy) == 200, () => $"who comes now is let in; {proxy.Counter(Used)} bytes are used");
    }

    [Fact]
    public async Task S11_the_connection_that_holds_most_is_ended_so_that_others_are_served()
    {
        await using XdsProxy proxy = await StartAsync(budgetBytes: 1024 * 1024, manager: "'http2ProtocolOptions': {'maxConcurrentStreams': 1000}");
        using RawClient usual = await proxy.ConnectAsync();
        Assert.Equal(200, (await usual.ExchangeAsync("GET / HTTP/1.1\r\nHost: x\r\n\r\n")).Status);
        using FrameClient hostile = await FrameClient.ConnectAsync(proxy);

        await hostile.SayAsync([.. Enumerable.Range(0, 500).Select(i => Frame(1, 5, 1 + (2 * i), HoldBlock))]);

        string heard = await hostile.HearUntilAsync("GOAWAY");
        Assert.EndsWith(" 11", heard, StringComparison.Ordinal); // ENHANCE_YOUR_CALM
        Assert.True(proxy.Counter(Ended) > 0);
        Assert.True(proxy.Counter(Refused) > 0);
        await Eventually.HoldsAsync(async () => await TryGetAsync(proxy) == 200, () => $"others are served; {proxy.Counter(Used)} bytes are used");
    }

    [Fact]
    public async Task S11_bodies_are_not_kept_for_retries_when_memory_is_scarce_and_nothing_is_refused_for_them()
    {
        const int Uploads = 60;
        const int BodyBytes = 200 * 1024;
        await using XdsProxy proxy = await StartAsync(budgetBytes: 8 * 1024 * 1024, route: "'retryPolicy': {'retryOn': '5xx', 'numRetries': 2}");
        string most = new('a', BodyBytes - 1);
        for (int i = 0; i < Uploads; i++)
        {
            RawClient client = await proxy.ConnectAsync();
            _clients.Add(client);
            await client.SendAsync($"POST /upload HTTP/1.1\r\nHost: x\r\nContent-Length: {BodyBytes}\r\n\r\n{most}");
        }

        await Eventually.HoldsAsync(() => proxy.Counter(Used) > 3 * 1024 * 1024, "bodies are kept while there is memory");
        foreach (RawClient client in _clients)
        {
            await client.SendAsync("b");
            Assert.Equal(200, (await client.ReadResponseAsync()).Status);
            Assert.True(proxy.Counter(Used) < 7 * 1024 * 1024);
        }

        Assert.Equal(0, proxy.Counter(Refused));
        Assert.Equal(Uploads, _backend.Requests.Count(request => request.Body == most + "b"));
    }

    [Fact]
    public async Task S01_heads_that_come_piece_by_piece_are_refused_when_there_is_no_memory_for_more()
    {
        await using XdsProxy proxy = await StartAsync(budgetBytes: 2 * 1024 * 1024);
        string piece = $"GET / HTTP/1.1\r\nHost: x\r\n{string.Concat(Enumerable.Range(0, 30).Select(i => $"x-{i}: {new string('a', 1000)}\r\n"))}";

        while (proxy.Counter(Refused) == 0)
        {
            Assert.True(_clients.Count < 200, $"200 heads are held with {proxy.Counter(Used)} bytes");
            RawClient client = await proxy.ConnectAsync();
            _clients.Add(client);
            if (!await client.TrySendAsync(piece))
            {
                break;
            }

            await Eventually.HoldsAsync(() => proxy.Counter("http.test.downstream_cx_rx_bytes_total") >= piece.Length * (_clients.Count - 1L), "the head is read");
        }

        Assert.True(proxy.Counter(Used) < 3 * 1024 * 1024, $"{proxy.Counter(Used)} bytes are used");
        LetGo();
        await Eventually.HoldsAsync(async () => await TryGetAsync(proxy) == 200, () => $"who asks now is answered; {proxy.Counter(Used)} bytes are used");
    }

    private Task<XdsProxy> StartAsync(long budgetBytes, string route = "", string manager = "") =>
        XdsProxy.StartAsync(_backend, manager, route, options: new ProxyOptions { MemoryBudgetBytes = budgetBytes, MemoryTrimMs = 20 });

    private void LetGo()
    {
        foreach (RawClient client in _clients)
        {
            client.Dispose();
        }

        _clients.Clear();
    }

    private static async Task<int> TryGetAsync(XdsProxy proxy)
    {
        try
        {
            return (await proxy.GetAsync()).Status;
        }
        catch (Exception refused) when (refused is IOException or WireException)
        {
            return 0;
        }
    }

    // GET http://x/hold
    private static byte[] HoldBlock => [0x82, 0x86, 0x04, 5, .. "/hold"u8, 0x41, 1, (byte)'x'];
}
