using System.Collections.Frozen;
using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Tidegate.Hosting.Background;
using Tidegate.Proxy.Clusters;
using Tidegate.Proxy.Telemetry;
using Tidegate.Proxy.Upstream.Health;

namespace Tidegate.Proxy.Tests.Upstream.Health;

/// <summary>When endpoints are ejected and for how long: Envoy's outlier detection (istio-gateway.md 5.4, 13).</summary>
public sealed class OutlierDetectorTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly OutlierStats _stats = new();
    private OutlierDetector? _detector;
    private RuntimeEndpoint[] _endpoints = [];
    private int _changes;

    private static OutlierPolicy Policy { get; } = new() { MaxEjectionPercent = 100 };

    public void Dispose() => _detector?.Dispose();

    [Fact]
    public void The_fifth_5xx_in_a_row_ejects()
    {
        Start(Policy, 4);
        Answer(0, 500, 503, 500, 500);
        Assert.Empty(Ejected());
        Answer(0, 500);
        Assert.Equal([0], Ejected());
        Assert.False(_endpoints[0].IsHealthy);
        Assert.Equal((1, 1, 1, 1), (_stats.EjectionsActive, _stats.EjectionsEnforcedTotal, _stats.EjectionsDetectedConsecutive5xx, _stats.EjectionsEnforcedConsecutive5xx));
        Assert.Equal(1, _changes);
    }

    [Fact]
    public void A_good_answer_begins_the_count_anew()
    {
        Start(Policy, 2);
        Answer(0, 500, 500, 500, 500, 200, 500, 500, 500, 500, 404, 500);
        Assert.Empty(Ejected());
    }

    [Fact]
    public void Gateway_errors_are_a_count_of_their_own()
    {
        Start(Policy with { Consecutive5xx = new(5, 0), ConsecutiveGatewayFailure = new(3, 100) }, 2);
        Answer(0, 502, 503, 500, 502, 503);
        Assert.Empty(Ejected());
        Answer(0, 504);
        Assert.Equal([0], Ejected());
        Assert.Equal(1, _stats.EjectionsEnforcedConsecutiveGatewayFailure);
    }

    [Fact]
    public void Where_statuses_are_named_only_these_are_errors()
    {
        Start(Policy with { ErrorStatuses = new[] { 429, 503 }.ToFrozenSet(), Consecutive5xx = new(3, 100) }, 2);
        Answer(0, 500, 500, 500, 502, 404);
        Assert.Empty(Ejected());
        Answer(0, 429, 503, 200, 429, 503);
        Assert.Empty(Ejected());
        Answer(0, 429);
        Assert.Equal([0], Ejected());
    }

    [Fact]
    public void What_is_not_enforced_is_counted_and_begins_anew()
    {
        Start(Policy with { Consecutive5xx = new(2, 0) }, 2);
        Answer(0, 500, 500, 500, 500);
        Assert.Empty(Ejected());
        Assert.Equal((2, 0), (_stats.EjectionsDetectedConsecutive5xx, _stats.EjectionsEnforcedTotal));
    }

    [Fact]
    public void No_answer_counts_as_503_and_a_timeout_as_504()
    {
        Start(Policy with { Consecutive5xx = new(4, 100) }, 2);
        Monitor(0).OnLocalFailure(isTimeout: false);
        Monitor(0).OnLocalFailure(isTimeout: true);
        Monitor(0).OnConnected();
        Answer(0, 500, 500);
        Assert.Equal([0], Ejected());
    }

    [Fact]
    public void Failures_of_local_origin_can_be_told_apart()
    {
        Start(Policy with { SplitsLocalOrigin = true, ConsecutiveLocalOriginFailure = new(3, 100), Consecutive5xx = new(3, 100) }, 3);
        Monitor(0).OnLocalFailure(isTimeout: false);
        Monitor(0).OnLocalFailure(isTimeout: true);
        Answer(0, 500, 500);
        Assert.Empty(Ejected());

        // A connection is what ends a row of failures without an answer; an answer is not.
        Monitor(0).OnConnected();
        Monitor(0).OnLocalFailure(isTimeout: false);
        Monitor(0).OnLocalFailure(isTimeout: false);
        Answer(0, 200);
        Monitor(0).OnLocalFailure(isTimeout: false);
        Assert.Equal([0], Ejected());
        Assert.Equal((1, 1), (_stats.EjectionsDetectedConsecutiveLocalOriginFailure, _stats.EjectionsEnforcedConsecutiveLocalOriginFailure));
    }

    [Theory]
    [InlineData(10, 4, 1)]
    [InlineData(50, 4, 2)]
    [InlineData(67, 3, 2)]
    [InlineData(100, 4, 4)]
    public void So_many_are_ejected_at_once_and_one_always(uint maxPercent, int endpoints, int ejected)
    {
        Start(Policy with { MaxEjectionPercent = maxPercent }, endpoints);
        for (int i = 0; i < endpoints; i++)
        {
            Fail(i);
        }

        Assert.Equal(ejected, Ejected().Length);
        Assert.Equal(endpoints - ejected, _stats.EjectionsOverflow);
    }

    [Fact]
    public void Not_even_one_is_ejected_where_the_policy_says_so()
    {
        Start(Policy with { MaxEjectionPercent = 10, MayAlwaysEjectOne = false }, 4);
        Fail(0);
        Assert.Empty(Ejected());
        Assert.Equal(1, _stats.EjectionsOverflow);
    }

    [Fact]
    public void An_ejection_ends_after_the_base_time()
    {
        Start(Policy, 2);
        Fail(0);
        Advance(20);
        Assert.Equal([0], Ejected());
        Advance(10);
        Assert.Empty(Ejected());
        Assert.Equal(0, _stats.EjectionsActive);
        Assert.Equal(2, _changes);
    }

    [Fact]
    public void Every_further_ejection_is_longer_up_to_a_limit()
    {
        Start(Policy with { BaseEjectionTimeMs = 30_000, MaxEjectionTimeMs = 80_000 }, 2);
        Assert.Equal([30, 60, 80, 80], Enumerable.Range(0, 4).Select(_ => EjectionSeconds(0)));
    }

    [Fact]
    public void Good_conduct_makes_the_next_ejection_shorter_again()
    {
        Start(Policy, 2);
        EjectionSeconds(0);
        EjectionSeconds(0);

        // The interval after an ejection's end is the first that forgives.
        Advance(10);
        Assert.Equal(60, EjectionSeconds(0));
        Advance(30);
        Assert.Equal(30, EjectionSeconds(0));
    }

    [Fact]
    public void The_count_begins_anew_after_an_ejection()
    {
        Start(Policy, 2);
        Fail(0);
        Answer(0, 500, 500, 500, 500);
        Advance(30);
        Answer(0, 500);
        Assert.Empty(Ejected());
    }

    [Fact]
    public void An_endpoint_far_less_successful_than_the_others_is_ejected()
    {
        Start(RatePolicy with { SuccessRate = new SuccessRatePolicy() }, 6);
        for (int i = 0; i < 6; i++)
        {
            Mix(i, good: i == 4 ? 50 : 100 - i, bad: i == 4 ? 50 : i);
        }

        Advance(10);
        Assert.Equal([4], Ejected());
        Assert.Equal((1, 1), (_stats.EjectionsDetectedSuccessRate, _stats.EjectionsEnforcedSuccessRate));
    }

    [Fact]
    public void Success_rates_are_not_compared_with_too_few_endpoints_or_requests()
    {
        Start(RatePolicy with { SuccessRate = new SuccessRatePolicy() }, 5);
        for (int i = 0; i < 5; i++)
        {
            Mix(i, good: i == 4 ? 0 : 99, bad: i == 4 ? 99 : 0);
        }

        Advance(10);
        Assert.Empty(Ejected());
    }

    [Fact]
    public void Too_high_a_share_of_failures_ejects()
    {
        Start(RatePolicy with { FailurePercentage = new FailurePercentagePolicy { EnforcingPercent = 100, MinimumHosts = 2 } }, 3);
        Mix(0, good: 20, bad: 80);
        Mix(1, good: 10, bad: 90);
        Mix(2, good: 0, bad: 49);
        Advance(10);
        Assert.Equal([1], Ejected());
        Assert.Equal(1, _stats.EjectionsEnforcedFailurePercentage);
    }

    [Fact]
    public void What_was_counted_of_endpoints_that_stay_is_kept_and_one_that_goes_ends_its_ejection()
    {
        Start(Policy, 3);
        Fail(0);
        Answer(1, 500, 500, 500, 500);
        _detector!.Follow(Policy, [_endpoints[1], _endpoints[2]]);
        Assert.Equal(0, _stats.EjectionsActive);
        Assert.Null(_detector.MonitorOf(_endpoints[0]));
        Answer(1, 500);
        Assert.Equal([1], Ejected());
    }

    [Fact]
    public void An_endpoint_with_the_number_of_one_that_went_is_another()
    {
        Start(Policy, 1);
        Assert.Null(_detector!.MonitorOf(Endpoint(0)));
    }

    [Fact]
    public void An_active_check_that_succeeds_ends_an_ejection()
    {
        Start(Policy, 2);
        Fail(0);
        _detector!.OnActiveCheckPassed(_endpoints[0]);
        Assert.Empty(Ejected());

        Fail(1);
        _detector.Follow(Policy with { EndsWithActiveCheck = false }, _endpoints);
        _detector.OnActiveCheckPassed(_endpoints[1]);
        Assert.Equal([1], Ejected());
    }

    [Fact]
    public void The_end_of_detection_is_the_end_of_all_ejections()
    {
        Start(Policy, 2);
        Fail(0);
        _detector!.Dispose();
        Assert.Empty(Ejected());
        Assert.Equal(0, _stats.EjectionsActive);
    }

    [Fact]
    public async Task Many_workers_together_eject_once()
    {
        Start(Policy with { Consecutive5xx = new(1000, 100) }, 2);
        OutlierMonitor monitor = Monitor(0);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
        {
            for (int i = 0; i < 250; i++)
            {
                monitor.OnAnswer(500);
            }
        })));
        Assert.Equal(1, _stats.EjectionsDetectedConsecutive5xx);
        Assert.Equal([0], Ejected());
    }

    private static OutlierPolicy RatePolicy => Policy with { Consecutive5xx = new(1000, 0), SuccessRate = new SuccessRatePolicy { EnforcingPercent = 0 } };

    private static RuntimeEndpoint Endpoint(int index) => new(index, new IPEndPoint(IPAddress.Loopback, 1000 + index), string.Empty, new EndpointState());

    private void Start(OutlierPolicy policy, int count)
    {
        _endpoints = [.. Enumerable.Range(0, count).Select(Endpoint)];
        _detector = new OutlierDetector(policy, _stats, new BackgroundWork(NullLogger.Instance, _time), new Random(1), () => _changes++, static work => work());
        _detector.Follow(policy, _endpoints);
    }

    private OutlierMonitor Monitor(int index) => _detector!.MonitorOf(_endpoints[index])!;

    private void Answer(int index, params int[] statuses)
    {
        foreach (int status in statuses)
        {
            Monitor(index).OnAnswer(status);
        }
    }

    private void Fail(int index) => Answer(index, 500, 500, 500, 500, 500);

    private void Mix(int index, int good, int bad)
    {
        for (int i = 0; i < good + bad; i++)
        {
            Answer(index, i < good ? 200 : 500);
        }
    }

    private void Advance(int seconds) => _time.Advance(TimeSpan.FromSeconds(seconds));

    private int EjectionSeconds(int index)
    {
        Fail(index);
        Assert.Contains(index, Ejected());
        int seconds = 0;
        while (Ejected().Contains(index))
        {
            Advance(10);
            seconds += 10;
        }

        return seconds;
    }

    private int[] Ejected() => [.. Enumerable.Range(0, _endpoints.Length).Where(i => _endpoints[i].HealthFlags.HasFlag(EndpointHealthFlags.FailedOutlierCheck))];
}
