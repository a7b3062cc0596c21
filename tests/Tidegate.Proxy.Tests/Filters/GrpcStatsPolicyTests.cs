using System.Collections.Frozen;
using System.Text;
using Tidegate.Proxy.Filters;
using Tidegate.Proxy.Telemetry;

namespace Tidegate.Proxy.Tests.Filters;

/// <summary>Which gRPC calls have counters by method (Envoy: <c>grpc_stats</c>), and how many methods at most (edge.md, S17).</summary>
public sealed class GrpcStatsPolicyTests
{
    [Theory]
    [InlineData("/pkg.Svc/Do", "pkg.Svc.Do.0 pkg.Svc.Do.success pkg.Svc.Do.total")]
    [InlineData("/pkg.Svc/Do?x=y", "pkg.Svc.Do.0 pkg.Svc.Do.success pkg.Svc.Do.total")]
    [InlineData("/Do", "")]
    [InlineData("//Do", "")]
    [InlineData("/pkg.Svc/", "")]
    [InlineData("/a/b/c", "")]
    [InlineData("/pkg.Svc/D%6F", "")]
    public void All_methods(string path, string expected) => Assert.Equal(expected, CountedBy(new GrpcStatsPolicy { NamesAll = true }, path));

    [Theory]
    [InlineData("/pkg.Svc/Do", "pkg.Svc.Do.0 pkg.Svc.Do.success pkg.Svc.Do.total")]
    [InlineData("/pkg.Svc/Other", "0 success total")]
    [InlineData("/nonsense", "0 success total")]
    public void Some_methods(string path, string expected) =>
        Assert.Equal(expected, CountedBy(new GrpcStatsPolicy { Named = new[] { "pkg.Svc/Do" }.ToFrozenSet() }, path));

    [Fact]
    public void No_method() => Assert.Equal("0 success total", CountedBy(new GrpcStatsPolicy(), "/pkg.Svc/Do"));

    [Fact]
    public void Dots_of_a_service_can_be_replaced() => Assert.Equal(
        "a_b_Svc.Do.0 a_b_Svc.Do.success a_b_Svc.Do.total", CountedBy(new GrpcStatsPolicy { NamesAll = true, ReplacesDots = true }, "/a.b.Svc/Do"));

    [Fact]
    public void S17_methods_beyond_the_limit_are_counted_together()
    {
        var stats = new GrpcStats();
        var policy = new GrpcStatsPolicy { NamesAll = true };
        for (int i = 0; i < 100; i++)
        {
            policy.CountersOf(stats, Encoding.ASCII.GetBytes($"/Svc/M{i}"), maxMethods: 2)!.CountMessages(1, 0);
        }

        Assert.Equal("Svc.M0.request_message_count=1 Svc.M1.request_message_count=1 request_message_count=98", string.Join(' ', stats.Counters.All.Select(c => $"{c.Name}={c.Value}")));
        Assert.Null(policy.CountersOf(stats, Encoding.ASCII.GetBytes("/Svc/" + new string('m', 300)), maxMethods: 2));
    }

    [Fact]
    public void A_status_that_is_none_is_a_failure_without_a_name()
    {
        var counters = new NamedCounters();
        var calls = new GrpcMethodCounters(counters, string.Empty);
        calls.CountStatus(-1);
        calls.CountStatus(99);
        calls.CountStatus(5);
        calls.CountMessages(0, 3);
        Assert.Equal("failure=3 total=3 5=1 response_message_count=3", string.Join(' ', counters.All.Select(c => $"{c.Name}={c.Value}")));
    }

    private static string CountedBy(GrpcStatsPolicy policy, string path)
    {
        var stats = new GrpcStats();
        policy.CountersOf(stats, Encoding.ASCII.GetBytes(path), maxMethods: 10)?.CountStatus(0);
        return string.Join(' ', stats.Counters.All.Select(static counter => counter.Name));
    }
}
