using System.Diagnostics;
using Tidegate.EndToEnd.Tests.Harness;
using Tidegate.EndToEnd.Tests.Upstream;

namespace Tidegate.EndToEnd.Tests.Balancing;

/// <summary>
/// How evenly requests are spread by each way of choosing. What is drawn may differ from its share by six standard deviations:
/// for 900 draws among three that is 6 * sqrt(900 * 1/3 * 2/3) = 85.
/// </summary>
public sealed class DistributionTests(DistributionTests.Fixture gateway) : IClassFixture<DistributionTests.Fixture>
{
    private const int Requests = 900;

    [Fact]
    public async Task Round_robin_gives_the_same_to_each_exactly() =>
        Assert.Equal([300, 300, 300], (await gateway.CountAsync("round-robin.test", Requests)).Values);

    [Theory]
    [InlineData("random.test")]
    [InlineData("least.test")]
    [InlineData("least-conn.test")]
    [InlineData("default.test")]
    public async Task Draws_give_about_the_same_to_each(string host)
    {
        SortedDictionary<string, int> counts = await gateway.CountAsync(host, Requests);

        Assert.Equal(3, counts.Count);
        Assert.All(counts.Values, count => Assert.InRange(count, 300 - 85, 300 + 85));
    }

    [Fact]
    public async Task Least_request_keeps_to_weights()
    {
        // 1, 2 and 3 of 6 while nothing is under way: turns by weight, exact to one or two requests.
        SortedDictionary<string, int> counts = await gateway.CountAsync("least-weights.test", Requests);

        Assert.InRange(counts["b0"], 147, 153);
        Assert.InRange(counts["b1"], 297, 303);
        Assert.InRange(counts["b2"], 447, 453);
    }

    [Fact]
    public async Task A_subset_can_have_a_way_of_its_own()
    {
        // The host's is hashing, the subset's is turns.
        Assert.Equal([50, 50], (await gateway.CountAsync("own-way.test", 100, "x-user: one\r\n")).Values);
        Assert.Single(await gateway.CountAsync("own-way.test", 100, "x-user: one\r\nx-all: 1\r\n"));
    }

    [Fact]
    public async Task A_newcomer_begins_with_a_small_share()
    {
        // 1. The first two are there for longer than the two seconds of warming up: they get the same.
        const string Warm = "loadBalancer: {simple: ROUND_ROBIN, warmup: {duration: 2s, minimumPercent: 5, aggression: 1}}";
        await using var backends = new NamedBackends(3);
        await using GatewayProcess own = await GatewayProcess.StartAsync(Manifests.HttpGateway() + backends.Manifest("warm.test", 2, Warm));
        await own.AnswersAsync(200, "warm.test");
        long known = Stopwatch.GetTimestamp();
        await Eventually.HoldsAsync(() => Stopwatch.GetElapsedTime(known) > TimeSpan.FromMilliseconds(2100), "two seconds have passed");

        // 2. A third comes: five percent of a full share at first, then more and more.
        long joined = Stopwatch.GetTimestamp();
        own.Apply("manifests.yaml", Manifests.HttpGateway() + backends.Manifest("warm.test", Warm));
        string newcomer = backends[2].EndPoint.ToString();
        await Eventually.HoldsAsync(async () => (await own.AdminAsync("clusters")).Contains(newcomer, StringComparison.Ordinal), () => own.Log);
        int its = await CountOfNewcomerAsync(own, 20);
        bool isYoung = Stopwatch.GetElapsedTime(joined) < TimeSpan.FromMilliseconds(1000);

        // At the end of the first second it has half of a full share at most: a fifth of all requests.
        Assert.True(!isYoung || its <= 5, $"{its} of 20 in the first second");

        // 3. In the end its share is a full one.
        await Eventually.HoldsAsync(async () => await CountOfNewcomerAsync(own, 30) >= 10, () => own.Log);
    }

    private static async Task<int> CountOfNewcomerAsync(GatewayProcess own, int requests)
    {
        int its = 0;
        for (int i = 0; i < requests; i++)
        {
            its += (await own.GetAsync("warm.test")).Body == "b2" ? 1 : 0;
        }

        return its;
    }

    /// <summary>A service for each way.</summary>
    public sealed class Fixture : NamedGateway
    {
        /// <inheritdoc/>
        protected override int Count => 3;

        /// <inheritdoc/>
        protected override string ManifestsFor(NamedBackends backends) =>
            backends.Manifest("round-robin.test", "loadBalancer: {simple: ROUND_ROBIN}")
            + backends.Manifest("random.test", "loadBalancer: {simple: RANDOM}", index => $"weight: {Text(index + 1)}")
            + backends.Manifest("least.test", "loadBalancer: {simple: LEAST_REQUEST}")
            + backends.Manifest("least-conn.test", "loadBalancer: {simple: LEAST_CONN}")
            + backends.Manifest("default.test")
            + backends.Manifest("least-weights.test", "loadBalancer: {simple: LEAST_REQUEST}", index => $"weight: {Text(index + 1)}")
            + backends.Service("own-way.test", 3, index => $"labels: {{app: {(index < 2 ? "two" : "one")}}}")
            + """
            ---
            apiVersion: networking.istio.io/v1
            kind: DestinationRule
            metadata: {name: own-way, namespace: default}
            spec:
              host: own-way.test
              trafficPolicy: {loadBalancer: {consistentHash: {httpHeaderName: x-user}}}
              subsets:
              - {name: two, labels: {app: two}, trafficPolicy: {loadBalancer: {simple: ROUND_ROBIN}}}
            ---
            apiVersion: networking.istio.io/v1
            kind: VirtualService
            metadata: {name: own-way, namespace: default}
            spec:
              hosts: [own-way.test]
              gateways: [edge]
              http:
              - match: [{headers: {x-all: {}}}]
                route: [{destination: {host: own-way.test}}]
              - route: [{destination: {host: own-way.test, subset: two}}]

            """;
    }
}
