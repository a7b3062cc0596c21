using Tidegate.Proxy.Clusters;
using Tidegate.Proxy.Clusters.Balancing;

namespace Tidegate.Proxy.Tests.Upstream.LoadBalancing;

/// <summary>Choosing an endpoint is on the path of every request: it allocates nothing.</summary>
public sealed class AllocationTests
{
    [Theory]
    [InlineData(LoadBalancerKind.RoundRobin)]
    [InlineData(LoadBalancerKind.LeastRequest)]
    [InlineData(LoadBalancerKind.Random)]
    [InlineData(LoadBalancerKind.RingHash)]
    [InlineData(LoadBalancerKind.Maglev)]
    public void A_choice_allocates_nothing(LoadBalancerKind kind)
    {
        var policy = new LoadBalancerPolicy { Kind = kind, IsLocalityWeighted = true, SlowStart = new SlowStart(60_000, 2, 10) };
        TestCluster cluster = new TestCluster(policy).With(0, 3, "a*2", "b", "c!").With(0, 1, "d", "e*3").With(1, 1, "f");
        Choose(cluster, 20_000);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Choose(cluster, 20_000);

        // Compiling the method anew, as the runtime does while it runs, may cost a few bytes; one per choice would be 20,000.
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 2_000);
    }

    private static void Choose(TestCluster cluster, int count)
    {
        for (int i = 0; i < count; i++)
        {
            cluster.Choose((ulong)i * 0x9E3779B97F4A7C15);
        }
    }
}
