using System.Globalization;
using System.IO.Hashing;
using System.Text;
using Tidegate.Proxy.Clusters;
using Tidegate.Proxy.Clusters.Balancing;

namespace Tidegate.Proxy.Tests.Upstream.LoadBalancing;

/// <summary>Ring hash and maglev: the same hash, the same endpoint, and few that move.</summary>
public sealed class ConsistentHashTests
{
    private const int Keys = 20_000;

    public static TheoryData<LoadBalancerKind> Kinds => [LoadBalancerKind.RingHash, LoadBalancerKind.Maglev];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void The_same_hash_leads_to_the_same_endpoint_on_every_worker(LoadBalancerKind kind)
    {
        TestCluster one = Cluster(kind, 7, seed: 1);
        TestCluster other = Cluster(kind, 7, seed: 2);
        Assert.All(Hashes().Take(500), hash => Assert.Equal(one.Choose(hash), other.Choose(hash)));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void When_one_endpoint_of_n_goes_at_most_its_share_and_5_percent_of_keys_move(LoadBalancerKind kind)
    {
        foreach (int count in (int[])[2, 3, 4, 5, 8, 10, 20, 33, 50])
        {
            TestCluster before = Cluster(kind, count);
            TestCluster after = new TestCluster(PolicyOf(kind)).With([.. Enumerable.Range(0, count).Select(i => i == count / 2 ? $"e{i}!" : $"e{i}")]);
            int moved = Hashes().Count(hash => before.Choose(hash) != after.Choose(hash));
            Assert.InRange(moved, 1, (int)(Keys * ((1.0 / count) + 0.05)));
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Hardly_a_key_of_the_endpoints_that_stay_moves(LoadBalancerKind kind)
    {
        TestCluster before = Cluster(kind, 8);
        TestCluster after = new TestCluster(PolicyOf(kind)).With([.. Enumerable.Range(0, 8).Select(i => i == 3 ? "e3!" : $"e{i}")]);
        int others = Hashes().Count(hash => before.Choose(hash) is var was && was != "e3" && was != after.Choose(hash));

        // Maglev moves a few by design.
        Assert.InRange(others, 0, kind == LoadBalancerKind.Maglev ? Keys * 4 / 100 : 0);
    }

    [Theory]
    [InlineData(LoadBalancerKind.RingHash, 25)]
    [InlineData(LoadBalancerKind.Maglev, 9)]
    public void Keys_are_spread_over_the_endpoints(LoadBalancerKind kind, int tolerancePercent)
    {
        Dictionary<string, int> counts = Hashes().GroupBy(hash => Cluster10(kind).Choose(hash)!).ToDictionary(group => group.Key, group => group.Count());
        int even = Keys / 10;
        Assert.Equal(10, counts.Count);
        Assert.All(counts.Values, count => Assert.InRange(count, even - (even * tolerancePercent / 100), even + (even * tolerancePercent / 100)));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Weights_are_shares_of_the_keys(LoadBalancerKind kind)
    {
        TestCluster cluster = new TestCluster(PolicyOf(kind)).With("a*3", "b*1");
        int heavy = Hashes().Count(hash => cluster.Choose(hash) == "a");
        Assert.InRange(heavy * 100.0 / Keys, 69, 81);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Localities_weights_are_shares_of_the_keys(LoadBalancerKind kind)
    {
        TestCluster cluster = new TestCluster(PolicyOf(kind) with { IsLocalityWeighted = true }).With(0, 3, "a").With(0, 1, "b", "c");
        int heavy = Hashes().Count(hash => cluster.Choose(hash) == "a");
        Assert.InRange(heavy * 100.0 / Keys, 69, 81);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_request_without_hash_goes_anywhere(LoadBalancerKind kind)
    {
        Dictionary<string, double> shares = Cluster(kind, 4).Shares(20_000);
        Assert.All(shares.Values, share => Assert.InRange(share, 17, 33));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Another_attempt_can_lead_elsewhere(LoadBalancerKind kind)
    {
        TestCluster cluster = Cluster(kind, 5);
        int elsewhere = Hashes().Take(1000).Count(hash => Enumerable.Range(1, 5).Any(attempt => cluster.Choose(hash, attempt) != cluster.Choose(hash)));
        Assert.InRange(elsewhere, 990, 1000);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Unhealthy_endpoints_are_not_in_the_table_and_in_panic_all_are(LoadBalancerKind kind)
    {
        TestCluster healthy = new TestCluster(PolicyOf(kind)).With("a", "b", "c!");
        Assert.DoesNotContain("c", Hashes().Take(1000).Select(hash => healthy.Choose(hash)));

        TestCluster panic = new TestCluster(PolicyOf(kind) with { HealthyPanicThreshold = 50 }).With("a", "b!", "c!");
        Assert.Equal(["a", "b", "c"], Hashes().Take(1000).Select(hash => panic.Choose(hash)).Distinct().Order());

        Assert.Null(new TestCluster(PolicyOf(kind)).With("a!").Choose(1));
    }

    [Fact]
    public void A_ring_has_its_least_size_and_no_more_than_its_largest()
    {
        HashedEndpoint[] three = Members(3);
        Assert.Equal(1536, new HashRing(three, RingHashOptions.Default).Size);
        Assert.Equal(3, new HashRing(three, new RingHashOptions(1, 1024, RingHashFunction.XxHash)).Size);
        Assert.Equal(8, new HashRing(three, new RingHashOptions(1, 8, RingHashFunction.XxHash) with { MinimumSize = 100 }).Size);
    }

    [Fact]
    public void A_place_on_the_ring_is_the_hash_of_address_and_number()
    {
        HashedEndpoint[] two = Members(2);
        var ring = new HashRing(two, RingHashOptions.Default);
        for (int i = 0; i < 512; i++)
        {
            byte[] key = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"10.0.0.1:80_{i}"));
            Assert.Same(two[1].Endpoint, ring.Choose(XxHash64.HashToUInt64(key), 0));
        }
    }

    [Fact]
    public void Murmur_is_the_GNU_librarys()
    {
        Assert.Equal(0xbd8f6461ecffb28cUL, MurmurHash.Hash("10.0.0.1:80_0"u8));
        Assert.Equal(0x454ddee488c1ed6bUL, MurmurHash.Hash("a"u8));
        Assert.Equal(0x553e93901e462a6eUL, MurmurHash.Hash(default));
    }

    private static IEnumerable<ulong> Hashes() => Enumerable.Range(0, Keys).Select(static i => XxHash64.HashToUInt64(BitConverter.GetBytes(i)));

    private static LoadBalancerPolicy PolicyOf(LoadBalancerKind kind) => new() { Kind = kind, HealthyPanicThreshold = 0 };

    private static TestCluster Cluster(LoadBalancerKind kind, int count, int seed = 1) =>
        new TestCluster(PolicyOf(kind), seed).With([.. Enumerable.Range(0, count).Select(static i => $"e{i}")]);

    private static readonly Dictionary<LoadBalancerKind, TestCluster> Tens = new()
    {
        [LoadBalancerKind.RingHash] = Cluster(LoadBalancerKind.RingHash, 10),
        [LoadBalancerKind.Maglev] = Cluster(LoadBalancerKind.Maglev, 10),
    };

    private static TestCluster Cluster10(LoadBalancerKind kind) => Tens[kind];

    private static HashedEndpoint[] Members(int count) => [.. Cluster(LoadBalancerKind.RingHash, count).Plan.Endpoints.All
        .Select(endpoint => new HashedEndpoint(endpoint, Encoding.ASCII.GetBytes(endpoint.ToString()), 1.0 / count))];
}
