using Tidegate.EndToEnd.Tests.Upstream;

namespace Tidegate.EndToEnd.Tests.Balancing;

/// <summary>
/// Endpoints near and far, as <c>localityLbSetting</c> has them (istio-gateway.md, 5.5). The gateway is in <c>us-west/us-west-a</c>; so is
/// <c>b0</c>; <c>b1</c> is in the region's other zone, <c>b2</c> in Europe, <c>b3</c> in the east.
/// </summary>
public sealed class LocalityTests(LocalityTests.Fixture gateway) : IClassFixture<LocalityTests.Fixture>
{
    [Fact]
    public async Task Distribute_shares_requests_out_among_localities_as_it_says()
    {
        // 70 and 30 of 100; the standard deviation of 600 independent draws is 11, so the limits are six of them.
        SortedDictionary<string, int> counts = await gateway.CountAsync("distribute.test", 600);

        Assert.Equal(["b0", "b1"], counts.Keys);
        Assert.InRange(counts["b0"], 420 - 67, 420 + 67);
    }

    [Fact]
    public async Task Distribute_sends_nothing_to_a_locality_that_it_does_not_name() =>
        Assert.Equal(["b2", "b3"], (await gateway.CountAsync("elsewhere.test", 100)).Keys);

    [Fact]
    public async Task An_endpoint_of_a_locality_that_fails_leaves_its_share_to_the_others()
    {
        await gateway.EjectAsync("distribute-ejects.test", 0);

        Assert.Equal(["b1"], (await gateway.CountAsync("distribute-ejects.test", 50)).Keys);
    }

    [Fact]
    public async Task Requests_go_to_the_nearest_locality_and_from_there_to_the_next()
    {
        Assert.Equal(["b0"], (await gateway.CountAsync("near.test", 30)).Keys);
        await gateway.EjectAsync("near.test", 0);
        Assert.Equal(["b1"], (await gateway.CountAsync("near.test", 30)).Keys);
        await gateway.EjectAsync("near.test", 1);
        Assert.Equal(["b2", "b3"], (await gateway.CountAsync("near.test", 100)).Keys);
    }

    [Fact]
    public async Task The_failover_region_comes_before_all_other_regions()
    {
        Assert.Equal(["b0"], (await gateway.CountAsync("failover.test", 30)).Keys);
        await gateway.EjectAsync("failover.test", 0);
        await gateway.EjectAsync("failover.test", 1);
        Assert.Equal(["b2"], (await gateway.CountAsync("failover.test", 30)).Keys);
        await gateway.EjectAsync("failover.test", 2);
        Assert.Equal(["b3"], (await gateway.CountAsync("failover.test", 30)).Keys);
    }

    [Fact]
    public async Task The_order_of_failover_can_be_that_of_labels()
    {
        // 1. The same version and region, 2. the same version, 3. all others, be their region what it may.
        Assert.Equal(["b0"], (await gateway.CountAsync("priority.test", 30)).Keys);
        await gateway.EjectAsync("priority.test", 0);
        Assert.Equal(["b2"], (await gateway.CountAsync("priority.test", 30)).Keys);
        await gateway.EjectAsync("priority.test", 2);
        Assert.Equal(["b1", "b3"], (await gateway.CountAsync("priority.test", 100)).Keys);
    }

    [Fact]
    public async Task Half_of_a_locality_can_not_take_all_of_its_requests()
    {
        // Two of four near ones are left: 50 % of 140 % is 70 % (Envoy's overprovisioning factor), the rest goes on.
        Assert.DoesNotContain("b4", (await gateway.CountAsync("half.test", 50)).Keys);
        await gateway.EjectAsync("half.test", 0);
        await gateway.EjectAsync("half.test", 1);

        SortedDictionary<string, int> counts = await gateway.CountAsync("half.test", 600);

        Assert.Equal(["b2", "b3", "b4"], counts.Keys);
        Assert.InRange(counts["b4"], 180 - 67, 180 + 67);
    }

    [Theory]
    [InlineData("retries-near.test", 503, 3, 0)]
    [InlineData("retries-far.test", 200, 2, 1)] // Istio has Envoy look for other localities after every second attempt
    public async Task Retries_go_to_other_localities_where_the_route_says_so(string host, int status, int near, int next)
    {
        gateway.Answer(host, 0, 503);

        Assert.Equal(status, (await gateway.GetAsync(host)).Status);

        Assert.Equal(near, gateway.Backends[0].Requests.Count(request => request.Headers["host"] == host));
        Assert.Equal(next, gateway.Backends[1].Requests.Count(request => request.Headers["host"] == host));
    }

    [Theory]
    [InlineData("no-detection.test")]
    [InlineData("off.test")]
    public async Task Near_and_far_make_no_difference(string host) =>
        Assert.Equal(["b0", "b1", "b2", "b3"], (await gateway.CountAsync(host, 200)).Keys);

    [Fact]
    public async Task An_endpoint_that_comes_back_takes_its_locality_back()
    {
        await gateway.EjectAsync("back.test", 0);
        Assert.Equal("b1", (await gateway.GetAsync("back.test")).Body);
        gateway.Answer("back.test", 0, 200);

        await Harness.Eventually.HoldsAsync(async () => (await gateway.GetAsync("back.test")).Body == "b0", () => gateway.Gateway.Log);
        Assert.Equal(["b0"], (await gateway.CountAsync("back.test", 30)).Keys);
    }

    /// <summary>One service for each setting.</summary>
    public sealed class Fixture : NamedGateway
    {
        private const string Ejects = "outlierDetection: {consecutive5xxErrors: 1, interval: 1s, baseEjectionTime: 600s, maxEjectionPercent: 100}";

        private const string Tolerates = "outlierDetection: {consecutive5xxErrors: 1000}";

        private static readonly string[] Localities = ["us-west/us-west-a", "us-west/us-west-b", "eu/eu-a", "us-east/us-east-a"];

        /// <inheritdoc/>
        protected override int Count => 5;

        /// <inheritdoc/>
        protected override string[] Options => ["--gateway-labels", "istio=ingressgateway,version=v1,istio-locality=us-west.us-west-a"];

        /// <inheritdoc/>
        protected override string ManifestsFor(NamedBackends backends) =>
            Service("distribute.test", "loadBalancer: {localityLbSetting: {distribute: [{from: us-west/us-west-a/*, to: {us-west/us-west-a/*: 70, us-west/us-west-b/*: 30}}]}}")
            + Service("elsewhere.test", "loadBalancer: {localityLbSetting: {distribute: [{from: eu/*, to: {us-west/*: 100}}, {from: us-west/*, to: {eu/*: 50, us-east/*: 50}}]}}")
            + Service("distribute-ejects.test", $"loadBalancer: {{localityLbSetting: {{distribute: [{{from: us-west/*, to: {{us-west/us-west-a/*: 70, us-west/us-west-b/*: 30}}}}]}}}}, {Ejects}")
            + Service("near.test", Ejects)
            + Service("back.test", Ejects.Replace("600s", "1s", StringComparison.Ordinal))
            + Service("failover.test", $"loadBalancer: {{localityLbSetting: {{failover: [{{from: us-west, to: eu}}]}}}}, {Ejects}")
            + Service("priority.test", $"loadBalancer: {{localityLbSetting: {{failoverPriority: [version, topology.kubernetes.io/region]}}}}, {Ejects}")
            + Service("no-detection.test", "loadBalancer: {localityLbSetting: {failover: [{from: us-west, to: eu}]}}")
            + Service("off.test", $"loadBalancer: {{localityLbSetting: {{enabled: false}}}}, {Ejects}")
            + Service("retries-near.test", Tolerates, "retries: {attempts: 2, retryOn: 5xx, backoff: 1ms}")
            + Service("retries-far.test", Tolerates, "retries: {attempts: 2, retryOn: 5xx, backoff: 1ms, retryRemoteLocalities: true}")
            + backends.Manifest("half.test", Ejects, index => $"locality: {Localities[index < 4 ? 0 : 2]}");

        private string Service(string host, string policy, params string[] route) => Backends.Manifest(
            host, 4, policy, index => $"locality: {Localities[index]}, labels: {{version: {(index % 2 == 0 ? "v1" : "v2")}}}", route);
    }
}
