using Envoy.Config.Metrics.V3;
using Envoy.Type.Matcher.V3;
using Microsoft.Extensions.Time.Testing;
using Tidegate.Proxy.Telemetry;

namespace Tidegate.Proxy.Tests.Telemetry;

public sealed class StatsStoreTests
{
    [Fact]
    public void A_sample_is_the_sum_of_all_workers()
    {
        var store = new StatsStore(3);
        StatScope<ClusterStats> cluster = store.AddCluster("agent;");
        for (int worker = 0; worker < 3; worker++)
        {
            cluster.ForWorker(worker).UpstreamCxTotal += worker + 1;
            cluster.ForWorker(worker).UpstreamRq.Count(200);
        }

        cluster.Main.MembershipTotal = 2;
        Dictionary<string, long> values = Values(store);

        Assert.Equal(6, values["cluster.agent;.upstream_cx_total"]);
        Assert.Equal(3, values["cluster.agent;.upstream_rq_200"]);
        Assert.Equal(3, values["cluster.agent;.upstream_rq_2xx"]);
        Assert.Equal(3, values["cluster.agent;.upstream_rq_completed"]);
        Assert.Equal(2, values["cluster.agent;.membership_total"]);
    }

    [Fact]
    public void A_scope_lives_until_it_was_removed_as_often_as_it_was_added()
    {
        var store = new StatsStore(1);
        StatScope<HttpConnectionManagerStats> first = store.AddHttpConnectionManager("outbound_0.0.0.0_8080;");
        StatScope<HttpConnectionManagerStats> second = store.AddHttpConnectionManager("outbound_0.0.0.0_8080;");
        Assert.Same(first, second);

        store.Remove(first);
        Assert.Contains("http.outbound_0.0.0.0_8080;.no_route", Values(store));
        store.Remove(second);
        Assert.DoesNotContain("http.outbound_0.0.0.0_8080;.no_route", Values(store));
    }

    [Fact]
    public void What_belongs_to_a_scope_goes_with_it()
    {
        const string Compressed = "http.edge.compressor.gzip.compressed";
        var store = new StatsStore(1);
        StatScope<HttpConnectionManagerStats> first = store.AddHttpConnectionManager("edge");
        StatScope<CompressorStats> part = store.AddCompressor(first, "compressor.gzip.");
        Assert.Same(part, store.AddCompressor(first, "compressor.gzip."));

        StatScope<HttpConnectionManagerStats> nextVersion = store.AddHttpConnectionManager("edge");
        store.Remove(first);
        Assert.Contains(Compressed, Values(store));
        store.Remove(nextVersion);
        Assert.DoesNotContain(Compressed, Values(store));

        // A connection that is not over yet still counts, and brings nothing back.
        store.AddCompressor(first, "compressor.gzip.").ForWorker(0).Compressed++;
        Assert.DoesNotContain(Compressed, Values(store));
    }

    [Fact]
    public async Task A_worker_that_adds_a_scope_waits_for_no_sample()
    {
        var store = new StatsStore(1);
        StatScope<HttpConnectionManagerStats> manager = store.AddHttpConnectionManager("edge");
        using var isSampling = new ManualResetEventSlim();
        using var isAdded = new ManualResetEventSlim();
        store.AddSampler(() =>
        {
            isSampling.Set();
            isAdded.Wait(TestContext.Current.CancellationToken);
        });
        Task<Dictionary<string, long>> sample = Task.Factory.StartNew(() => Values(store), TestContext.Current.CancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        isSampling.Wait(TestContext.Current.CancellationToken);

        store.AddLocalRateLimit(manager, "limit").ForWorker(0).Ok++;
        isAdded.Set();

        Assert.Equal(1, (await sample)["limit.http_local_rate_limit.ok"]);
    }

    [Fact]
    public void Counters_that_are_reset_begin_at_0_again()
    {
        var store = new StatsStore(2);
        StatScope<ClusterStats> cluster = store.AddCluster("agent;");
        cluster.ForWorker(0).UpstreamCxTotal = 5;
        cluster.ForWorker(1).UpstreamCxTotal = 2;
        cluster.Main.MembershipTotal = 3;

        store.ResetCounters();

        Assert.Equal((0, 3), (Values(store)["cluster.agent;.upstream_cx_total"], Values(store)["cluster.agent;.membership_total"]));
        cluster.ForWorker(1).UpstreamCxTotal++;
        Assert.Equal(1, Values(store)["cluster.agent;.upstream_cx_total"]);
        store.ResetCounters();
        Assert.Equal(0, Values(store)["cluster.agent;.upstream_cx_total"]);
    }

    [Fact]
    public void A_scope_that_comes_again_after_a_reset_has_all_of_its_counts()
    {
        var store = new StatsStore(1);
        StatScope<ClusterStats> first = store.AddCluster("agent;");
        first.ForWorker(0).UpstreamCxTotal = 5;
        store.ResetCounters();
        store.Remove(first);

        store.AddCluster("agent;").ForWorker(0).UpstreamCxTotal = 7;

        Assert.Equal(7, Values(store)["cluster.agent;.upstream_cx_total"]);
    }

    [Fact]
    public void Samplers_run_before_a_sample_is_taken()
    {
        var store = new StatsStore(1);
        store.AddSampler(() => store.Server.Uptime = 7);

        Assert.Equal(7, Values(store)["server.uptime"]);
    }

    [Fact]
    public void The_process_is_told_of_when_a_sample_is_taken()
    {
        var time = new FakeTimeProvider();
        var store = new StatsStore(3);
        ServerStatsSampler.Register(store, time);
        time.Advance(TimeSpan.FromSeconds(90.5));
        Dictionary<string, long> values = Values(store);

        Assert.Equal((90, 3), (values["server.uptime"], values["server.concurrency"]));
        Assert.True(values["server.memory_allocated"] > 0);
        Assert.True(values["server.memory_heap_size"] > 0);
        Assert.True(values["server.memory_physical_size"] > 0);
    }

    [Fact]
    public void What_readiness_asks_for_is_used_even_when_it_is_zero()
    {
        var store = new StatsStore(1);
        store.Server.State = 0;
        store.ListenerManager.WorkersStarted = 1;
        store.Cds.UpdateSuccess = 1;
        store.Lds.UpdateSuccess = 1;
        HashSet<string> used = [.. store.Sample().Samples.Where(s => s.IsUsed).Select(s => s.FullName)];

        Assert.Superset(
            new HashSet<string> { "server.state", "listener_manager.workers_started", "cluster_manager.cds.update_success", "listener_manager.lds.update_success" },
            used);
        Assert.DoesNotContain("cluster_manager.cds.update_rejected", used);
    }

    [Fact]
    public void A_colon_in_a_name_becomes_an_underscore()
    {
        var store = new StatsStore(1);
        store.AddListener("[::]_8080");

        Assert.Contains("listener.[__]_8080.downstream_cx_total", Values(store));
    }

    [Fact]
    public void Every_field_is_in_its_table_once_and_shows_its_own_value()
    {
        Check<ClusterStats>((store, i) => store.AddCluster("c").ForWorker(i), "cluster.c.");
        Check<HttpConnectionManagerStats>((store, i) => store.AddHttpConnectionManager("c").ForWorker(i), "http.c.");
        Check<ListenerStats>((store, i) => store.AddListener("c").ForWorker(i), "listener.c.");
        Check<ListenerHttpStats>((store, i) => store.AddListenerHttp("c", "d").ForWorker(i), "listener.c.http.d.");
        Check<ServerStats>((store, _) => store.Server, "server.");
        Check<ListenerManagerStats>((store, _) => store.ListenerManager, "listener_manager.");
        Check<ClusterManagerStats>((store, _) => store.ClusterManager, "cluster_manager.");
        Check<SubscriptionStats>((store, _) => store.Cds, "cluster_manager.cds.");
        Check<AccessLogFileStats>((store, i) => store.AccessLogFiles.ForWorker(i), "filesystem.");
    }

    [Fact]
    public void A_stats_matcher_hides_what_it_does_not_name()
    {
        var patterns = new ListStringMatcher();
        patterns.Patterns.Add(new StringMatcher { Prefix = "server" });
        patterns.Patterns.Add(new StringMatcher { SafeRegex = new RegexMatcher { Regex = @"vhost\..*" } });
        StatsInclusion? inclusion = StatsInclusion.Compile(new StatsMatcher { InclusionList = patterns }, out _);
        var store = new StatsStore(1, TagStyle.Istio, inclusion);

        Assert.All(Values(store).Keys, name => Assert.StartsWith("server.", name, StringComparison.Ordinal));
    }

    [Fact]
    public void A_stats_matcher_with_a_bad_pattern_is_refused_by_name()
    {
        var patterns = new ListStringMatcher();
        patterns.Patterns.Add(new StringMatcher { SafeRegex = new RegexMatcher { Regex = "(" } });

        Assert.Null(StatsInclusion.Compile(new StatsMatcher { InclusionList = patterns }, out string error));
        Assert.Contains("safe_regex \"(\"", error, StringComparison.Ordinal);
    }

    private static void Check<T>(Func<StatsStore, int, T> get, string prefix)
    {
        var store = new StatsStore(1);
        T stats = get(store, 0);
        Dictionary<string, string> expected = [];
        long next = 1000;
        foreach (System.Reflection.FieldInfo field in typeof(T).GetFields().Where(f => f.FieldType == typeof(long)))
        {
            field.SetValue(stats, ++next);
            expected.Add(next.ToString(System.Globalization.CultureInfo.InvariantCulture), field.Name);
        }

        foreach (System.Reflection.FieldInfo field in typeof(T).GetFields().Where(f => f.FieldType == typeof(Histogram)))
        {
            ((Histogram)field.GetValue(stats)!).Record(1);
        }

        Dictionary<string, string> shown = store.Sample().Samples
            .Where(s => s.Scope.Prefix == prefix && s.Kind is StatKind.Counter or StatKind.Gauge && s.Value > 1000 && !s.Name.Name.StartsWith("worker_", StringComparison.Ordinal))
            .ToDictionary(s => s.Value.ToString(System.Globalization.CultureInfo.InvariantCulture), s => s.Name.Name);
        Assert.Equal(expected.Count, shown.Count);
        Assert.All(expected, field => Assert.Equal(field.Value, Pascal(shown[field.Key])));
        int histograms = typeof(T).GetFields().Count(f => f.FieldType == typeof(Histogram));
        Assert.Equal(histograms, store.Sample().Samples.Count(s => s.Scope.Prefix == prefix && s.Kind == StatKind.Histogram && !s.Name.Name.StartsWith("external.", StringComparison.Ordinal)));
    }

    private static string Pascal(string name) => string.Concat(name.Split('_', '.').Select(part => char.ToUpperInvariant(part[0]) + part[1..]));

    private static Dictionary<string, long> Values(StatsStore store) =>
        store.Sample().Samples.Where(s => s.Kind is StatKind.Counter or StatKind.Gauge).ToDictionary(s => s.FullName, s => s.Value);
}
