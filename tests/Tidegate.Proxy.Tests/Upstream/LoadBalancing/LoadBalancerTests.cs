using Tidegate.Proxy.Clusters;
using Tidegate.Proxy.Clusters.Balancing;

namespace Tidegate.Proxy.Tests.Upstream.LoadBalancing;

/// <summary>What share of the requests each endpoint gets. Random shares are given with a tolerance of at least four standard deviations.</summary>
public sealed class LoadBalancerTests
{
    private const int Requests = 20_000;

    private static readonly LoadBalancerPolicy RoundRobin = new() { Kind = LoadBalancerKind.RoundRobin };
    private static readonly LoadBalancerPolicy LeastRequest = new() { Kind = LoadBalancerKind.LeastRequest };
    private static readonly LoadBalancerPolicy RandomPolicy = new() { Kind = LoadBalancerKind.Random };

    [Fact]
    public void Round_robin_takes_one_after_the_other()
    {
        TestCluster cluster = new TestCluster(RoundRobin).With("a", "b", "c");
        string?[] round = [.. Enumerable.Range(0, 3).Select(_ => cluster.Choose())];
        Assert.Equal(["a", "b", "c"], round.Order());
        Assert.Equal(round, Enumerable.Range(0, 3).Select(_ => cluster.Choose()));
    }

    [Fact]
    public void Workers_begin_their_rounds_with_different_endpoints() => Assert.Equal(
        ["a", "b", "c"],
        Enumerable.Range(0, 30).Select(seed => new TestCluster(RoundRobin, seed).With("a", "b", "c").Choose()!).Distinct().Order());

    [Fact]
    public void Weighted_round_robin_is_exact_to_one_request_in_every_window()
    {
        TestCluster cluster = new TestCluster(RoundRobin).With("a*1", "b*2", "c*7");
        for (int window = 0; window < 50; window++)
        {
            Dictionary<string, int> counts = cluster.Count(100);
            Assert.InRange(counts["a"], 9, 11);
            Assert.InRange(counts["b"], 19, 21);
            Assert.InRange(counts["c"], 69, 71);
        }
    }

    [Fact]
    public void Weighted_round_robin_spreads_the_heavy_one()
    {
        TestCluster cluster = new TestCluster(RoundRobin).With("a*3", "b*1");
        string turns = string.Concat(Enumerable.Range(0, 40).Select(_ => cluster.Choose()));
        Assert.DoesNotContain("aaaa", turns, StringComparison.Ordinal);
        Assert.DoesNotContain("bb", turns, StringComparison.Ordinal);
    }

    [Fact]
    public void Random_gives_all_the_same_share_whatever_the_weights()
    {
        Dictionary<string, double> shares = new TestCluster(RandomPolicy).With("a*9", "b", "c", "d").Shares(Requests);
        Assert.All(shares.Values, share => Assert.InRange(share, 23.5, 26.5));
    }

    [Fact]
    public void Least_request_gives_idle_endpoints_the_same_share()
    {
        Dictionary<string, double> shares = new TestCluster(LeastRequest).With("a", "b", "c", "d").Shares(Requests);
        Assert.All(shares.Values, share => Assert.InRange(share, 23.5, 26.5));
    }

    [Fact]
    public void Least_request_takes_the_busier_of_two_only_when_it_was_drawn_twice()
    {
        TestCluster cluster = new TestCluster(LeastRequest).With("busy", "idle");
        cluster.SetActive("busy", 5);
        Assert.InRange(cluster.Shares(Requests)["busy"], 23.5, 26.5);
    }

    [Fact]
    public void Least_request_with_more_choices_avoids_the_busy_one_more()
    {
        TestCluster cluster = new TestCluster(LeastRequest with { ChoiceCount = 4 }).With("busy", "idle");
        cluster.SetActive("busy", 5);
        Assert.InRange(cluster.Shares(Requests)["busy"], 5.5, 7);
    }

    [Fact]
    public void Least_request_with_weights_divides_them_by_the_requests_under_way()
    {
        TestCluster cluster = new TestCluster(LeastRequest).With("a*3", "b*1");
        Assert.InRange(cluster.Shares(Requests)["a"], 74.9, 75.1);

        cluster.SetActive("a", 2);
        Assert.InRange(cluster.Shares(Requests)["a"], 49.9, 50.1);
    }

    [Fact]
    public void The_bias_says_how_much_requests_under_way_count()
    {
        TestCluster cluster = new TestCluster(LeastRequest with { ActiveRequestBias = 0 }).With("a*3", "b*1");
        cluster.SetActive("a", 2);
        Assert.InRange(cluster.Shares(Requests)["a"], 74.9, 75.1);
    }

    [Fact]
    public void Unhealthy_endpoints_get_nothing_and_degraded_ones_only_without_healthy_ones()
    {
        Dictionary<string, int> counts = new TestCluster(RoundRobin).With("a", "b", "c", "d", "e", "f", "sick!", "weak~").Count(100);
        Assert.Equal((0, 0), (counts["sick"], counts["weak"]));
        Assert.Equal("weak", new TestCluster(RoundRobin with { HealthyPanicThreshold = 0 }).With("sick!", "weak~").Choose());
    }

    [Fact]
    public void Degraded_endpoints_take_what_too_few_healthy_ones_cannot()
    {
        // 1 of 2 healthy times 1.4 is 70 %.
        Assert.InRange(new TestCluster(RoundRobin).With("a", "weak~").Shares(Requests)["weak"], 28.5, 31.5);
    }

    [Fact]
    public void Nothing_is_chosen_without_endpoints_or_when_all_are_unhealthy()
    {
        LoadBalancerPolicy istio = RoundRobin with { HealthyPanicThreshold = 0 };
        Assert.Null(new TestCluster(istio).Choose());
        Assert.Null(new TestCluster(istio).With().Choose());
        Assert.Null(new TestCluster(istio).With("a!", "b!").Choose());
    }

    [Fact]
    public void Below_the_panic_threshold_all_endpoints_are_taken()
    {
        // 1 of 4 healthy is 25 %: below Envoy's 50 %.
        Dictionary<string, int> counts = new TestCluster(RoundRobin).With("a", "b!", "c!", "d!").Count(400);
        Assert.All(counts.Values, count => Assert.Equal(100, count));
    }

    [Fact]
    public void At_the_panic_threshold_there_is_no_panic()
    {
        Dictionary<string, int> counts = new TestCluster(RoundRobin).With("a", "b", "c!", "d!").Count(400);
        Assert.Equal((200, 200, 0, 0), (counts["a"], counts["b"], counts["c"], counts["d"]));
    }

    [Fact]
    public void Panic_can_fail_requests_instead() =>
        Assert.Null(new TestCluster(RoundRobin with { FailsTrafficOnPanic = true }).With("a", "b!", "c!", "d!").Choose());

    [Fact]
    public void The_first_priority_takes_all_while_it_is_healthy_enough()
    {
        // 3 of 4 healthy times 1.4 is more than 100 %.
        Dictionary<string, int> counts = new TestCluster(RoundRobin).With(0, 1, "a", "b", "c", "d!").With(1, 1, "spare").Count(300);
        Assert.Equal(0, counts["spare"]);
    }

    [Fact]
    public void The_next_priority_takes_what_the_first_cannot()
    {
        // 1 of 2 healthy times 1.4 is 70 %.
        Dictionary<string, double> shares = new TestCluster(RoundRobin).With(0, 1, "a", "b!").With(1, 1, "spare").Shares(Requests);
        Assert.InRange(shares["a"], 68.5, 71.5);
        Assert.InRange(shares["spare"], 28.5, 31.5);
        Assert.Equal(0, shares["b"]);
    }

    [Fact]
    public void The_overprovisioning_factor_is_the_assignments()
    {
        Dictionary<string, double> shares = new TestCluster(RoundRobin) { Overprovisioning = 100 }.With(0, 1, "a", "b!").With(1, 1, "spare").Shares(Requests);
        Assert.InRange(shares["a"], 48.5, 51.5);
    }

    [Fact]
    public void All_fail_over_when_the_first_priority_is_gone() =>
        Assert.Equal(100, new TestCluster(RoundRobin).With(0, 1, "a!", "b!").With(1, 1, "spare").Count(100)["spare"]);

    [Theory]
    [InlineData(0b000, "100 0 0 0")]
    [InlineData(0b001, "0 100 0 0")]
    [InlineData(0b011, "0 0 70 30")] // 50 % of 140 %, and the rest degraded
    [InlineData(0b111, "100 0 0 0")] // none is left: as if nothing was passed over
    public void Priorities_that_were_tried_are_passed_over(ulong passedOver, string expected)
    {
        TestCluster cluster = new TestCluster(RoundRobin).With(0, 1, "a").With(1, 1, "b").With(2, 1, "c", "d~");
        Dictionary<string, int> counts = new() { ["a"] = 0, ["b"] = 0, ["c"] = 0, ["d"] = 0 };
        for (ulong draw = 0; draw < 100; draw++)
        {
            int priority = cluster.Plan.Loads.Choose(draw, passedOver, out bool isDegraded);
            counts[isDegraded ? "d" : "abc"[priority].ToString()]++;
        }

        Assert.Equal(expected, string.Join(' ', counts.Values));
        Assert.Equal(passedOver != 0b111, cluster.Plan.Loads.CanTakeWithout(passedOver));
    }

    [Theory]
    [InlineData(0, "100 0 0")]
    [InlineData(1, "100 0 0")]
    [InlineData(2, "84 16 0")]
    [InlineData(3, "56 44 0")]
    [InlineData(4, "28 72 0")]
    [InlineData(5, "0 100 0")]
    public void Shares_of_three_priorities_are_as_in_Envoys_documentation(int unhealthyInFirst, string expected)
    {
        string[] first = [.. Enumerable.Range(0, 5).Select(i => i < unhealthyInFirst ? $"a{i}!" : $"a{i}")];
        TestCluster cluster = new TestCluster(RoundRobin).With(0, 1, first).With(1, 1, "b").With(2, 1, "c");
        Assert.Equal(expected, string.Join(' ', Enumerable.Range(0, 3).Select(cluster.Plan.Loads.HealthyShareOf)));
    }

    [Fact]
    public void Too_little_health_over_all_priorities_is_scaled_up()
    {
        // 1 of 4 times 1.4 is 35 % each: 70 % in sum, scaled to 50 % each; 25 % healthy is panic in both, so the split goes by count.
        TestCluster cluster = new TestCluster(RoundRobin with { HealthyPanicThreshold = 0 }).With(0, 1, "a", "b!", "c!", "d!").With(1, 1, "e", "f!", "g!", "h!");
        Assert.Equal((50, 50), (cluster.Plan.Loads.HealthyShareOf(0), cluster.Plan.Loads.HealthyShareOf(1)));
    }

    [Fact]
    public void In_total_panic_priorities_share_by_their_number_of_endpoints()
    {
        TestCluster cluster = new TestCluster(RoundRobin).With(0, 1, "a!").With(1, 1, "b!", "c!", "d!");
        Assert.Equal((25, 75), (cluster.Plan.Loads.HealthyShareOf(0), cluster.Plan.Loads.HealthyShareOf(1)));
        Assert.True(cluster.Plan.Loads.IsInPanic(0) && cluster.Plan.Loads.IsInPanic(1));
    }

    [Fact]
    public void No_priority_panics_while_all_together_can_take_everything() =>
        Assert.False(new TestCluster(RoundRobin).With(0, 1, "a", "b!", "c!", "d!").With(1, 1, "e").Plan.Loads.IsInPanic(0));

    [Fact]
    public void A_priority_without_endpoints_is_passed_over() =>
        Assert.Equal(100, new TestCluster(RoundRobin).With(1, 1, "spare").Count(100)["spare"]);

    [Fact]
    public void Localities_share_by_weight_where_the_cluster_says_so()
    {
        LoadBalancerPolicy policy = RoundRobin with { IsLocalityWeighted = true };
        Dictionary<string, double> shares = new TestCluster(policy).With(0, 80, "a", "b").With(0, 20, "c").Shares(Requests);
        Assert.InRange(shares["a"], 38.5, 41.5);
        Assert.InRange(shares["b"], 38.5, 41.5);
        Assert.InRange(shares["c"], 18.5, 21.5);
    }

    [Fact]
    public void A_localitys_share_falls_with_its_health()
    {
        // 1 of 2 healthy times 1.4: 80 becomes 56, against 20.
        LoadBalancerPolicy policy = RoundRobin with { IsLocalityWeighted = true, HealthyPanicThreshold = 0 };
        Dictionary<string, double> shares = new TestCluster(policy).With(0, 80, "a", "b!").With(0, 20, "c").Shares(Requests);
        Assert.InRange(shares["a"], 72, 75.5);
        Assert.Equal(0, shares["b"]);
    }

    [Fact]
    public void A_locality_without_weight_gets_nothing()
    {
        LoadBalancerPolicy policy = RoundRobin with { IsLocalityWeighted = true };
        Assert.Equal(0, new TestCluster(policy).With(0, 1, "a").With(0, 0, "b").Count(100)["b"]);
    }

    [Fact]
    public void An_endpoint_that_joins_begins_with_the_least_share_and_grows()
    {
        TestCluster cluster = new TestCluster(RoundRobin with { SlowStart = new SlowStart(60_000, 1, 10) }).With("old", "new");
        cluster.Endpoint("old").BecomeHealthy(0);
        cluster.Endpoint("new").BecomeHealthy(cluster.NowMs);

        // 10 % of the old one's weight: 1 in 11.
        Assert.InRange(cluster.Shares(2_000)["new"], 8.5, 9.7);
        cluster.NowMs += 30_000;
        cluster.Count(20);
        Assert.InRange(cluster.Shares(2_000)["new"], 32, 34.5);
        cluster.NowMs += 30_000;
        Assert.Equal(1_000, cluster.Count(2_000)["new"]);
    }

    [Theory]
    [InlineData(1, 30_000, 0.5)]
    [InlineData(2, 15_000, 0.5)]
    [InlineData(1, 1_000, 0.1)]
    [InlineData(1, 60_000, 1)]
    public void The_slow_starts_factor_is_Envoys(double aggression, long healthyForMs, double factor) =>
        Assert.Equal(factor, new SlowStart(60_000, aggression, 10).FactorAt(healthyForMs), 0.001);
}
