using System.Collections.Frozen;
using Envoy.Extensions.Common.Ratelimit.V3;
using Envoy.Service.Ratelimit.V3;
using Envoy.Type.V3;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Tidegate.RateLimit.Configuration;
using Tidegate.RateLimit.Counters;
using Tidegate.RateLimit.Limits;
using Tidegate.RateLimit.Serving;
using Tidegate.RateLimit.Statistics;
using Tidegate.RateLimit.Tests.Configuration;

namespace Tidegate.RateLimit.Tests.Serving;

/// <summary>Decisions, as the well-known server makes them.</summary>
public sealed class RateLimitDeciderTests : IAsyncDisposable
{
    private const string Limits = """
        domain: d
        descriptors:
        - {key: two, rate_limit: {unit: minute, requests_per_unit: 2}}
        - {key: none, rate_limit: {unit: day, requests_per_unit: 0}}
        - {key: free, rate_limit: {unlimited: true}}
        - {key: shadow, shadow_mode: true, rate_limit: {unit: hour, requests_per_unit: 1}}
        - {key: general, rate_limit: {name: general, unit: hour, requests_per_unit: 1}}
        - {key: special, rate_limit: {unit: hour, requests_per_unit: 9, replaces: [{name: general}]}}
        - {key: file, value: "a*", share_threshold: true, rate_limit: {unit: hour, requests_per_unit: 1}}
        - {key: detail, detailed_metric: true, rate_limit: {unit: month, requests_per_unit: 5}}
        """;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 30, 12, 0, 10, TimeSpan.Zero));
    private readonly ServerCounts _counts = new(2);
    private readonly RecordedCounters _counters;
    private readonly RateLimitDecider _decider;

    public RateLimitDeciderTests()
    {
        _counters = new RecordedCounters(new MemoryCounters(1000, file: null, NullLogger.Instance, _time));
        _decider = Decider(new DeciderSettings(IsShadow: false, TellsRetryAfter: true, KeyPrefix: string.Empty));
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _counters.DisposeAsync();

    [Fact]
    public async Task So_many_hits_of_a_window_are_within_the_limit()
    {
        Assert.Equal("OK 1/2 50", await AskAsync("two=a"));
        Assert.Equal("OK 0/2 50", await AskAsync("two=a"));
        Assert.Equal("OVER 0/2 50", await AskAsync("two=a"));
        Assert.Equal("OK 1/2 50", await AskAsync("two=b"));
        _time.Advance(TimeSpan.FromSeconds(50));
        Assert.Equal("OK 1/2 60", await AskAsync("two=a"));
        Assert.Equal("d_two_a_1796040000", _counters.Keys[0]); // the well-known server's keys
    }

    [Fact]
    public async Task What_is_over_is_not_asked_about_again()
    {
        await AskAsync("none=a");
        await AskAsync("none=a");

        Assert.Single(_counters.Keys);
        Assert.Equal(("2", "2", "1"), (Count("d.none", "total_hits"), Count("d.none", "over_limit"), Count("d.none", "over_limit_with_local_cache")));
    }

    [Theory]
    [InlineData("unknown=a", "OK -")]
    [InlineData("free=a", "OK unlimited")]
    [InlineData("two=a|none=a", "OVER 1/2 50, 0/0 43190")]
    [InlineData("general=a|special=a", "OK -, 8/9 3590")] // replaced
    public async Task Each_descriptor_has_its_own_limit(string descriptors, string expected) => Assert.Equal(expected, await AskAsync(descriptors));

    [Fact]
    public async Task A_limit_in_shadow_is_never_over()
    {
        await AskAsync("shadow=a");

        Assert.Equal("OK 0/1 3590", await AskAsync("shadow=a"));
        Assert.Equal("1", Count("d.shadow", "shadow_mode"));
    }

    [Fact]
    public async Task Values_of_a_pattern_can_count_together()
    {
        Assert.Equal("OK 0/1 3590", await AskAsync("file=a1"));
        Assert.Equal("OVER 0/1 3590", await AskAsync("file=a2"));
        Assert.Equal("OK -", await AskAsync("file=b"));
    }

    [Fact]
    public async Task A_request_can_be_many_hits_or_none()
    {
        Assert.Equal("OK 2/2 50", await AskAsync("two=a", addend: 0, ownAddend: 0));
        Assert.Equal("OK 0/2 50", await AskAsync("two=a", addend: 2));
        Assert.Equal("OVER 0/2 50", await AskAsync("two=a", addend: 9, ownAddend: 1));
    }

    [Fact]
    public async Task A_limit_that_is_brought_counts_instead()
    {
        var request = new RateLimitRequest { Domain = "d", Descriptors = { LimitFileReaderTests.Descriptor("two=a") } };
        request.Descriptors[0].Limit = new RateLimitDescriptor.Types.RateLimitOverride { RequestsPerUnit = 42, Unit = RateLimitUnit.Hour };

        Assert.Equal("OK 41/42 3590", Describe(await _decider.DecideAsync(request, Cancellation)));
    }

    [Fact]
    public async Task A_refusal_says_when_to_come_again()
    {
        RateLimitResponse refused = await _decider.DecideAsync(Request("none=a|two=a"), Cancellation);
        RateLimitResponse let = await _decider.DecideAsync(Request("two=a"), Cancellation);
        RateLimitResponse silent = await Decider(new DeciderSettings(IsShadow: false, TellsRetryAfter: false, string.Empty)).DecideAsync(Request("none=a"), Cancellation);
        RateLimitResponse shadow = await Decider(new DeciderSettings(IsShadow: true, TellsRetryAfter: true, "p")).DecideAsync(Request("none=x"), Cancellation);

        Assert.Equal(("retry-after", "43190"), (Assert.Single(refused.ResponseHeadersToAdd).Key, refused.ResponseHeadersToAdd[0].Value));
        Assert.Empty(let.ResponseHeadersToAdd);
        Assert.Empty(silent.ResponseHeadersToAdd);
        Assert.Equal((RateLimitResponse.Types.Code.Ok, RateLimitResponse.Types.Code.OverLimit), (shadow.OverallCode, shadow.Statuses[0].Code));
        Assert.StartsWith("pd_none_x_", _counters.Keys[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Detailed_limits_have_metrics_by_value_and_not_too_many()
    {
        foreach (string value in new[] { "a", "b", "c", "a" })
        {
            await AskAsync($"detail={value}");
        }

        Assert.Equal(("2", "1", "1"), (Count("d.detail_a", "total_hits"), Count("d.detail_b", "total_hits"), Count("d.detail", "total_hits")));
        Assert.Contains("ratelimit_service_rate_limit_within_limit{descriptor=\"d.detail_a\"} 2\n", MetricsText.Write(_counts), StringComparison.Ordinal);
        Assert.Contains("ratelimit_service_should_rate_limit_total 4\n", MetricsText.Write(_counts), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "two=a", "rate limit domain must not be empty")]
    [InlineData("d", "", "rate limit descriptor list must not be empty")]
    public async Task A_question_that_is_none_is_refused(string domain, string descriptors, string reason)
    {
        RateLimitRequest request = Request(descriptors);
        request.Domain = domain;

        Assert.Equal(reason, (await Assert.ThrowsAsync<ArgumentException>(async () => await _decider.DecideAsync(request, Cancellation))).Message);
    }

    [Fact]
    public async Task Counters_that_cannot_be_had_are_an_error_and_counted()
    {
        _counters.IsBroken = true;

        await Assert.ThrowsAsync<CountersUnavailableException>(async () => await _decider.DecideAsync(Request("two=a"), Cancellation));

        Assert.Contains(("should_rate_limit_error_redis", 1L), _counts.All);
    }

    private static string Describe(RateLimitResponse response) =>
        $"{(response.OverallCode == RateLimitResponse.Types.Code.Ok ? "OK" : "OVER")} "
        + string.Join(", ", response.Statuses.Select(static status => status.CurrentLimit is { } limit
            ? $"{status.LimitRemaining}/{limit.RequestsPerUnit} {status.DurationUntilReset.Seconds}"
            : status.LimitRemaining == uint.MaxValue ? "unlimited" : "-"));

    private static RateLimitRequest Request(string descriptors) => new()
    {
        Domain = "d",
        Descriptors = { descriptors.Split('|', StringSplitOptions.RemoveEmptyEntries).Select(LimitFileReaderTests.Descriptor) },
    };

    private async Task<string> AskAsync(string descriptors, uint addend = 0, ulong? ownAddend = null)
    {
        RateLimitRequest request = Request(descriptors);
        request.HitsAddend = addend;
        request.Descriptors[0].HitsAddend = ownAddend;
        return Describe(await _decider.DecideAsync(request, Cancellation));
    }

    private string Count(string path, string name) => _counts.Limits.Single(limit => limit.Key == path).Value.All.Single(count => count.Name == name).Value.ToString(System.Globalization.CultureInfo.InvariantCulture);

    private RateLimitDecider Decider(DeciderSettings settings)
    {
        LimitNode root = LimitFileReader.Read("limits.yaml", Limits, _counts).Root!;
        var table = new LimitTable(new Dictionary<string, LimitNode> { ["d"] = root }.ToFrozenDictionary());
        return new RateLimitDecider(() => table, _counters, new OverLimitCache(100), _counts, settings, _time);
    }

    private sealed class RecordedCounters(MemoryCounters inner) : ICounters
    {
        public List<string> Keys { get; } = [];

        public bool IsBroken { get; set; }

        public string? Problem => null;

        public ValueTask<ulong[]> AddAsync(IReadOnlyList<CounterHit> hits, CancellationToken cancellation)
        {
            Keys.AddRange(hits.Select(static hit => hit.Key));
            return IsBroken ? throw new CountersUnavailableException("broken") : inner.AddAsync(hits, cancellation);
        }

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}
