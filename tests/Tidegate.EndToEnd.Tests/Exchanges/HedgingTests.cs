using System.Collections.Concurrent;
using System.Globalization;
using Tidegate.EndToEnd.Tests.Harness;

namespace Tidegate.EndToEnd.Tests.Exchanges;

/// <summary>Attempts beside one that takes too long: an EnvoyFilter's <c>hedge_policy</c> (istio-gateway.md 13).</summary>
public sealed class HedgingTests(HedgingTests.Gateway gateway) : IClassFixture<HedgingTests.Gateway>
{
    [Fact]
    public async Task The_second_attempt_answers_while_the_first_hangs()
    {
        Attempts attempts = gateway.Attempts("second");
        attempts.On(1, Attempts.HangAsync);
        attempts.On(2, Attempts.Answer("second"));

        WireResponse response = await gateway.GetAsync("second", "/second");

        Assert.Equal((200, "second"), (response.Status, response.Body));
        Assert.Equal(["1", "2"], attempts.Backend.Requests.Select(request => request.Headers["x-envoy-attempt-count"]));
        await attempts.ClosedAsync(1);
        Assert.Equal(1, await gateway.CounterAsync("second", "upstream_rq_per_try_timeout"));
        Assert.Equal(1, await gateway.CounterAsync("second", "upstream_rq_retry"));
        Assert.Equal(0, await gateway.CounterAsync("second", "upstream_rq_active"));
        Assert.Contains(" 200 - via_upstream ", await gateway.Gateway.LogsAsync("/second"));
    }

    [Fact]
    public async Task The_first_attempt_goes_on_and_may_still_win()
    {
        Attempts attempts = gateway.Attempts("first");
        attempts.On(1, async connection =>
        {
            await attempts.ArrivedAsync(2);
            await connection.SendAsync(Attempts.Text(200, "first"));
        });
        attempts.On(2, Attempts.HangAsync);

        Assert.Equal("first", (await gateway.GetAsync("first")).Body);
        await attempts.ClosedAsync(2);
    }

    [Fact]
    public async Task A_bad_answer_does_not_win_while_another_attempt_is_under_way()
    {
        Attempts attempts = gateway.Attempts("bad-second");
        attempts.On(1, async connection =>
        {
            await attempts.DoneAsync(2);
            await connection.SendAsync(Attempts.Text(200, "first"));
        });
        attempts.On(2, Attempts.Answer("bad", 503));

        WireResponse response = await gateway.GetAsync("bad-second");

        Assert.Equal((200, "first"), (response.Status, response.Body));
        Assert.Equal(2, attempts.Backend.Requests.Count);
    }

    [Fact]
    public async Task The_last_bad_answer_is_better_than_none()
    {
        Attempts attempts = gateway.Attempts("all-bad");
        attempts.On(1, async _ => await attempts.ArrivedAsync(2)); // and then the connection ends
        attempts.On(2, async connection =>
        {
            await attempts.DoneAsync(1);
            await connection.SendAsync(Attempts.Text(503, "bad"));
        });

        WireResponse response = await gateway.GetAsync("all-bad");

        Assert.Equal((503, "bad"), (response.Status, response.Body));
        Assert.Equal(2, attempts.Backend.Requests.Count);
    }

    [Fact]
    public async Task When_every_attempt_breaks_off_the_client_is_told()
    {
        Attempts attempts = gateway.Attempts("all-broken");
        attempts.On(1, async _ => await attempts.DoneAsync(2));
        attempts.On(2, _ => Task.CompletedTask);

        WireResponse response = await gateway.GetAsync("all-broken", "/all-broken");

        Assert.Equal(503, response.Status);
        Assert.Contains(" 503 URX,UC ", await gateway.Gateway.LogsAsync("/all-broken"));
    }

    [Fact]
    public async Task Attempts_are_begun_as_long_as_the_policy_has_some()
    {
        Attempts attempts = gateway.Attempts("third");
        attempts.On(1, Attempts.HangAsync);
        attempts.On(2, Attempts.HangAsync);
        attempts.On(3, Attempts.Answer("third"));

        Assert.Equal("third", (await gateway.GetAsync("third")).Body);
        await attempts.ClosedAsync(1);
        await attempts.ClosedAsync(2);
    }

    [Fact]
    public async Task An_attempt_that_breaks_off_is_tried_again_beside_the_others()
    {
        Attempts attempts = gateway.Attempts("again");
        attempts.On(1, Attempts.HangAsync);
        attempts.On(2, _ => Task.CompletedTask);
        attempts.On(3, Attempts.Answer("third"));

        Assert.Equal("third", (await gateway.GetAsync("again")).Body);
    }

    [Fact]
    public async Task The_routes_limit_of_time_ends_all_attempts()
    {
        Attempts attempts = gateway.Attempts("timeout");
        attempts.Otherwise(Attempts.HangAsync);

        WireResponse response = await gateway.GetAsync("timeout", "/timeout");

        Assert.Equal(504, response.Status);
        Assert.Contains(" 504 URX,UT ", await gateway.Gateway.LogsAsync("/timeout"));
        await attempts.ClosedAsync(1);
        await attempts.ClosedAsync(2);
        Assert.Equal(0, await gateway.CounterAsync("timeout", "upstream_rq_active"));
    }

    [Fact]
    public async Task A_client_that_leaves_ends_all_attempts()
    {
        Attempts attempts = gateway.Attempts("leaves");
        attempts.Otherwise(Attempts.HangAsync);
        using (RawClient client = await gateway.Gateway.ConnectAsync())
        {
            await client.SendAsync("GET / HTTP/1.1\r\nHost: leaves.test\r\n\r\n");
            await attempts.ArrivedAsync(2);
        }

        await attempts.ClosedAsync(1);
        await attempts.ClosedAsync(2);
    }

    [Fact]
    public async Task A_body_is_sent_again_whole()
    {
        Attempts attempts = gateway.Attempts("body");
        attempts.On(1, Attempts.HangAsync);
        attempts.On(2, Attempts.Answer("second"));
        string body = new('b', 40_000);

        WireResponse response = await gateway.Gateway.ExchangeAsync(
            $"POST / HTTP/1.1\r\nHost: body.test\r\nTransfer-Encoding: chunked\r\n\r\n9c40\r\n{body}\r\n0\r\n\r\n");

        Assert.Equal("second", response.Body);
        Assert.Equal([body, body], attempts.Backend.Requests.Select(request => request.Body));
        attempts.Backend.AssertSawNothingAmbiguous();
    }

    [Fact]
    public async Task Many_requests_at_once_get_each_its_own_answer()
    {
        ScriptedBackend backend = gateway.Backend("many");
        int count = 0;
        backend.Script = async connection =>
        {
            while (await connection.ReadRequestAsync() is { } request)
            {
                if (Interlocked.Increment(ref count) % 4 == 0)
                {
                    await connection.UntilClosedByGatewayAsync();
                    return;
                }

                await connection.SendAsync(Attempts.Text(200, request.Target));
            }
        };

        await Task.WhenAll(Enumerable.Range(0, 8).Select(async client =>
        {
            using RawClient connection = await gateway.Gateway.ConnectAsync();
            for (int i = 0; i < 25; i++)
            {
                await connection.SendAsync($"GET /{client}/{i} HTTP/1.1\r\nHost: many.test\r\n\r\n");
                Assert.Equal($"/{client}/{i}", (await connection.ReadResponseAsync()).Body);
            }
        }));
    }

    /// <summary>What a backend does with the first, the second, ... attempt of the one request that it gets.</summary>
    public sealed class Attempts
    {
        private readonly ConcurrentDictionary<int, Func<BackendConnection, Task>> _scripts = new();
        private readonly ConcurrentDictionary<int, TaskCompletionSource> _arrived = new();
        private readonly ConcurrentDictionary<int, TaskCompletionSource> _done = new();
        private Func<BackendConnection, Task> _otherwise = Answer("unexpected");
        private int _count;

        internal Attempts(ScriptedBackend backend)
        {
            Backend = backend;
            backend.Script = async connection =>
            {
                if (await connection.ReadRequestAsync() is null)
                {
                    return;
                }

                int number = Interlocked.Increment(ref _count);
                Of(_arrived, number).TrySetResult();
                try
                {
                    await _scripts.GetValueOrDefault(number, _otherwise)(connection);
                }
                finally
                {
                    connection.Close();
                    Of(_done, number).TrySetResult();
                }
            };
        }

        public ScriptedBackend Backend { get; }

        public static string Text(int status, string body) =>
            string.Create(CultureInfo.InvariantCulture, $"HTTP/1.1 {status} X\r\ncontent-length: {body.Length}\r\n\r\n{body}");

        public static Func<BackendConnection, Task> Answer(string body, int status = 200) => connection => connection.SendAsync(Text(status, body));

        public static Task HangAsync(BackendConnection connection) => connection.UntilClosedByGatewayAsync();

        public void On(int attempt, Func<BackendConnection, Task> script) => _scripts[attempt] = script;

        public void Otherwise(Func<BackendConnection, Task> script) => _otherwise = script;

        /// <summary>The attempt's request has come.</summary>
        public Task ArrivedAsync(int attempt) => Of(_arrived, attempt).Task.WaitAsync(Eventually.Patience, TestContext.Current.CancellationToken);

        /// <summary>The attempt's script is done.</summary>
        public Task DoneAsync(int attempt) => Of(_done, attempt).Task.WaitAsync(Eventually.Patience, TestContext.Current.CancellationToken);

        /// <summary>The gateway has closed the connection of an attempt that hangs.</summary>
        public Task ClosedAsync(int attempt) => DoneAsync(attempt);

        private static TaskCompletionSource Of(ConcurrentDictionary<int, TaskCompletionSource> sources, int number) =>
            sources.GetOrAdd(number, static _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
    }

    /// <summary>A host for each situation, all of them hedged.</summary>
    public sealed class Gateway : ScenarioGateway
    {
        private static readonly string[] OneMore = ["second", "first", "bad-second", "all-bad", "all-broken", "leaves", "body"];

        /// <inheritdoc/>
        protected override IReadOnlyDictionary<string, Scenario> Scenarios
        {
            get
            {
                var scenarios = OneMore.ToDictionary(static name => name, static _ => Hedged(1));
                scenarios.Add("third", Hedged(2));
                scenarios.Add("again", Hedged(2));
                scenarios.Add("many", Hedged(20));
                scenarios.Add("timeout", Hedged(1, "600ms"));
                return scenarios;
            }
        }

        /// <inheritdoc/>
        protected override string ExtraManifests => """
            ---
            apiVersion: networking.istio.io/v1alpha3
            kind: EnvoyFilter
            metadata: {name: hedging, namespace: istio-system}
            spec:
              workloadSelector: {labels: {istio: ingressgateway} }
              configPatches:
              - applyTo: VIRTUAL_HOST
                match: {context: GATEWAY}
                patch: {operation: MERGE, value: {hedge_policy: {hedge_on_per_try_timeout: true} } }

            """;

        public Attempts Attempts(string name) => new(Backend(name));

        private static Scenario Hedged(int attempts, string timeout = "30s") =>
            new($"retries: {{attempts: {attempts}, retryOn: 5xx, perTryTimeout: 150ms, backoff: 1ms}}\ntimeout: {timeout}");
    }
}
