using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Tidegate.Http;
using Tidegate.Proxy.Filters;
using Tidegate.Proxy.LocalReplies;
using Tidegate.Proxy.Requests;
using Tidegate.Proxy.Runtime;
using Tidegate.Proxy.Upstream;

namespace Tidegate.Proxy.Tests.Filters;

/// <summary>What a filter can do, each shown by one that does it; and that a filter which fails costs its exchange and nothing else (edge.md, L05).</summary>
public sealed class FilterContractTests
{
    private const string Routes = """
        {"match": {"prefix": "/", "headers": [{"name": "x-to", "stringMatch": {"exact": "elsewhere"}}]}, "directResponse": {"status": 203}},
        {"match": {"prefix": "/"}, "route": {"cluster": "service", "retryPolicy": {"retryOn": "5xx", "numRetries": 1}}}
        """;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task It_sees_bodies_and_trailers_of_both_directions_and_changes_them()
    {
        var filter = new TestFilter
        {
            Request = static run => run.StateOf<Pieces>().Held.Clear(),
            RequestData = static (run, data) =>
            {
                run.StateOf<Pieces>().Held.AddRange(data.ToArray());
                return default; // held back
            },
            RequestEnd = static run => Encoding.ASCII.GetBytes(Encoding.ASCII.GetString([.. run.StateOf<Pieces>().Held]).ToUpperInvariant()),
            ResponseData = static (_, data) => Encoding.ASCII.GetBytes(Encoding.ASCII.GetString(data.Span).ToUpperInvariant()),
            ResponseEnd = static run =>
            {
                run.Exchange.ResponseTrailers.Set("x-sum"u8, "changed"u8);
                return "!"u8.ToArray();
            },
        };
        await using FilterGateway gateway = await StartAsync(filter);
        gateway.Answer = static _ => "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nx-sum: 1\r\n\r\n"u8.ToArray();
        var request = new HttpRequestMessage(HttpMethod.Post, "/") { Content = new StringContent("abc") };
        request.Headers.TE.Add(new System.Net.Http.Headers.TransferCodingWithQualityHeaderValue("trailers"));

        HttpResponseMessage response = await gateway.Client.SendAsync(request, Cancellation);

        Assert.Equal("HELLO!", await response.Content.ReadAsStringAsync(Cancellation));
        Assert.Equal("changed", response.TrailingHeaders.GetValues("x-sum").Single());
        Assert.EndsWith("\r\n\r\nABC", gateway.Seen.Single(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_may_wait_for_something_outside_and_continues_on_its_loop()
    {
        var filter = new TestFilter
        {
            RequestAsync = static async run =>
            {
                await Task.Delay(10, run.Cancellation);
                return run.Worker.Loop.IsCurrent ? null : LocalReply.InternalError;
            },
            ResponseAsync = static async run =>
            {
                await Task.Delay(10, run.Cancellation);
                run.Exchange.Response.Headers.Set("x-on-loop"u8, run.Worker.Loop.IsCurrent ? "yes"u8 : "no"u8);
            },
        };
        await using FilterGateway gateway = await StartAsync(filter);

        HttpResponseMessage response = await gateway.GetAsync();

        Assert.Equal((HttpStatusCode.OK, "yes"), (response.StatusCode, response.Headers.GetValues("x-on-loop").Single()));
    }

    [Fact]
    public async Task What_it_waits_for_ends_when_the_client_leaves_and_its_state_is_given_back()
    {
        var cancelled = new TaskCompletionSource();
        var filter = new TestFilter
        {
            RequestAsync = async run =>
            {
                run.StateOf<Pieces>().Given = cancelled;
                await Task.Delay(Timeout.Infinite, run.Cancellation);
                return null;
            },
        };
        await using FilterGateway gateway = await StartAsync(filter);
        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);

        Task<HttpResponseMessage> request = gateway.Client.GetAsync(new Uri("/", UriKind.Relative), leaving.Token);
        await filter.Called.Task.WaitAsync(Cancellation);
        await leaving.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => request);
        await cancelled.Task.WaitAsync(TimeSpan.FromSeconds(10), Cancellation);
        Assert.Empty(gateway.Seen);
    }

    [Fact]
    public async Task It_answers_with_fields_of_its_own()
    {
        var reply = new LocalReply(401, "who?"u8.ToArray(), ResponseFlags.None, "test") { Fields = [("www-authenticate"u8.ToArray(), "Bearer"u8.ToArray())] };
        await using FilterGateway gateway = await StartAsync(new TestFilter { RequestAsync = _ => new ValueTask<LocalReply?>(reply) });

        HttpResponseMessage response = await gateway.GetAsync();

        Assert.Equal((HttpStatusCode.Unauthorized, "Bearer"), (response.StatusCode, response.Headers.WwwAuthenticate.Single().Scheme));
        Assert.Equal("who?", await response.Content.ReadAsStringAsync(Cancellation));
    }

    [Fact]
    public async Task It_has_the_route_chosen_again()
    {
        var filter = new TestFilter
        {
            Request = static run =>
            {
                run.Exchange.Request.Headers.Set("x-to"u8, "elsewhere"u8);
                run.ChooseRouteAgain();
            },
        };
        await using FilterGateway gateway = await StartAsync(filter);

        Assert.Equal(HttpStatusCode.NonAuthoritativeInformation, (await gateway.GetAsync()).StatusCode);
    }

    [Fact]
    public async Task It_asks_a_cluster_and_shares_what_it_learned()
    {
        var filter = new TestFilter
        {
            RequestAsync = static async run =>
            {
                ConcurrentBag<string> known = run.Services.Shared(static () => new ConcurrentBag<string>());
                if (known.IsEmpty)
                {
                    var question = new RequestHead();
                    question.SetMethod(KnownMethod.Get);
                    question.SetPath("/keys"u8);
                    question.SetAuthority("keys"u8);
                    ClusterAnswer? answer = await run.Services.ClientOf(((RoutedExchange)run.Exchange).Destination!.Cluster)!
                        .SendAsync(question, default, timeoutMs: 5000, maxBytes: 1000, run.Cancellation);
                    known.Add(Encoding.ASCII.GetString(answer!.Body.Span));
                }

                run.Exchange.Request.Headers.Set("x-key"u8, Encoding.ASCII.GetBytes(known.Single()));
                return null;
            },
        };
        await using FilterGateway gateway = await StartAsync(filter);

        await gateway.GetAsync();
        await gateway.GetAsync();

        Assert.Equal(3, gateway.Seen.Count);
        Assert.StartsWith("GET /keys HTTP/1.1", gateway.Seen.First(), StringComparison.Ordinal);
        Assert.All(gateway.Seen.Skip(1), static head => Assert.Contains("\r\nx-key: ok\r\n", head, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(nameof(TestFilter.Request))]
    [InlineData(nameof(TestFilter.RequestAsync))]
    [InlineData(nameof(TestFilter.RequestData))]
    [InlineData(nameof(TestFilter.RequestEnd))]
    [InlineData(nameof(TestFilter.Response))]
    [InlineData(nameof(TestFilter.ResponseAsync))]
    [InlineData(nameof(TestFilter.ResponseData))]
    [InlineData(nameof(TestFilter.ResponseEnd))]
    [InlineData(nameof(TestFilter.End))]
    public async Task A_failure_at_any_step_ends_its_exchange_whole_and_no_other(string step)
    {
        var filter = TestFilter.Failing(step);
        await using FilterGateway gateway = await StartAsync(filter);
        gateway.Answer = static _ => "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello"u8.ToArray();

        for (int i = 0; i < 3; i++)
        {
            // The client gets 500, or a cut answer where its head was out: never what looks whole and is not.
            var request = new HttpRequestMessage(HttpMethod.Post, "/") { Content = new StringContent("abc") };
            HttpResponseMessage? response = null;
            try
            {
                response = await gateway.Client.SendAsync(request, Cancellation);
            }
            catch (HttpRequestException)
            {
                // cut
            }

            Assert.True(response is null or { StatusCode: HttpStatusCode.InternalServerError } || step == nameof(TestFilter.End), $"{response?.StatusCode}");
        }

        filter.IsBroken = false;
        HttpResponseMessage next = await gateway.GetAsync("/after");
        Assert.Equal("hello", await next.Content.ReadAsStringAsync(Cancellation));
        Assert.StartsWith("GET /after HTTP/1.1\r\n", gateway.Seen.Last(), StringComparison.Ordinal);
        Assert.EndsWith("\r\n\r\n", gateway.Seen.Last(), StringComparison.Ordinal);
        await HoldsAsync(() => gateway.Stat("http.in.downstream_rq_active") == 0 && gateway.Stat("cluster.service.upstream_rq_active") == 0);
        Assert.Equal(4, gateway.Stat("http.in.downstream_rq_total"));
        Assert.Equal(4, gateway.Stat("http.in.downstream_rq_completed"));
    }

    private static Task<FilterGateway> StartAsync(HttpFilter filter) =>
        FilterGateway.StartAsync(string.Empty, Routes, manager: ", \"httpProtocolOptions\": {\"enableTrailers\": true}", first: filter);

    private static async Task HoldsAsync(Func<bool> condition)
    {
        for (int i = 0; !condition(); i++)
        {
            Assert.True(i < 200, "the counters fall back to 0");
            await Task.Delay(10, Cancellation);
        }
    }

    private sealed class Pieces : IFilterState
    {
        public List<byte> Held { get; } = [];

        public TaskCompletionSource? Given { get; set; }

        public void Reset()
        {
            Held.Clear();
            Given?.TrySetResult();
            Given = null;
        }
    }

    private sealed class TestFilter : HttpFilter
    {
        public TaskCompletionSource Called { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public bool IsBroken { get; set; } = true;

        public Action<FilterRun>? Request { get; init; }

        public Func<FilterRun, ValueTask<LocalReply?>>? RequestAsync { get; init; }

        public Func<FilterRun, ReadOnlyMemory<byte>, ReadOnlyMemory<byte>>? RequestData { get; init; }

        public Func<FilterRun, ReadOnlyMemory<byte>>? RequestEnd { get; init; }

        public Action<FilterRun>? Response { get; init; }

        public Func<FilterRun, ValueTask>? ResponseAsync { get; init; }

        public Func<FilterRun, ReadOnlyMemory<byte>, ReadOnlyMemory<byte>>? ResponseData { get; init; }

        public Func<FilterRun, ReadOnlyMemory<byte>>? ResponseEnd { get; init; }

        public Action<FilterRun>? End { get; init; }

        public override bool SeesRequestData => RequestData is not null || RequestEnd is not null;

        public override bool SeesResponseData => ResponseData is not null || ResponseEnd is not null;

        public static TestFilter Failing(string step)
        {
            TestFilter filter = null!;
            void Fail()
            {
                if (filter.IsBroken)
                {
                    throw new InvalidOperationException("a bug");
                }
            }

            filter = new TestFilter
            {
                Request = step == nameof(Request) ? _ => Fail() : null,
                RequestAsync = step != nameof(RequestAsync) ? null : async _ =>
                {
                    await Task.Yield();
                    Fail();
                    return null;
                },
                RequestData = step != nameof(RequestData) ? null : (_, data) =>
                {
                    Fail();
                    return data;
                },
                RequestEnd = step != nameof(RequestEnd) ? null : _ =>
                {
                    Fail();
                    return default;
                },
                Response = step == nameof(Response) ? _ => Fail() : null,
                ResponseAsync = step != nameof(ResponseAsync) ? null : async _ =>
                {
                    await Task.Yield();
                    Fail();
                },
                ResponseData = step != nameof(ResponseData) ? null : (_, data) =>
                {
                    Fail();
                    return data;
                },
                ResponseEnd = step != nameof(ResponseEnd) ? null : _ =>
                {
                    Fail();
                    return default;
                },
                End = step == nameof(End) ? _ => Fail() : null,
            };
            return filter;
        }

        public override ValueTask<LocalReply?> OnRequestAsync(FilterRun run)
        {
            Called.TrySetResult();
            Request?.Invoke(run);
            return RequestAsync?.Invoke(run) ?? default;
        }

        public override ValueTask<ReadOnlyMemory<byte>> OnRequestDataAsync(FilterRun run, ReadOnlyMemory<byte> data) => new(RequestData?.Invoke(run, data) ?? data);

        public override ValueTask<ReadOnlyMemory<byte>> OnRequestEndAsync(FilterRun run) => new(RequestEnd?.Invoke(run) ?? default);

        public override ValueTask OnResponseAsync(FilterRun run)
        {
            Response?.Invoke(run);
            return ResponseAsync?.Invoke(run) ?? default;
        }

        public override ValueTask<ReadOnlyMemory<byte>> OnResponseDataAsync(FilterRun run, ReadOnlyMemory<byte> data) => new(ResponseData?.Invoke(run, data) ?? data);

        public override ValueTask<ReadOnlyMemory<byte>> OnResponseEndAsync(FilterRun run) => new(ResponseEnd?.Invoke(run) ?? default);

        public override void OnEnd(FilterRun run) => End?.Invoke(run);
    }
}
