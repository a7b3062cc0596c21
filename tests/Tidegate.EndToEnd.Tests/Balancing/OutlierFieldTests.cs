using Tidegate.EndToEnd.Tests.Harness;
using Tidegate.EndToEnd.Tests.Upstream;

namespace Tidegate.EndToEnd.Tests.Balancing;

/// <summary>Which failures count for an ejection: all 5xx, those of gateways, or only those before an answer (istio-gateway.md, 5.4).</summary>
public sealed class OutlierFieldTests(OutlierFieldTests.Fixture gateway) : IClassFixture<OutlierFieldTests.Fixture>
{
    [Theory]
    [InlineData("gateway-502.test", 502, true)]
    [InlineData("gateway-503.test", 503, true)]
    [InlineData("gateway-504.test", 504, true)]
    [InlineData("gateway-500.test", 500, false)]
    [InlineData("off.test", 503, false)]
    public async Task Errors_of_gateways_are_counted_apart(string host, int status, bool isEjected)
    {
        gateway.Answer(host, 0, status);
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal(status, (await gateway.GetAsync(host)).Status);
        }

        if (isEjected)
        {
            // Each worker learns of it for itself; the endpoint's own 503 is none of that.
            await Eventually.HoldsAsync(async () => await gateway.GetAsync(host) is { Status: 503, Body: "no healthy upstream" }, () => $"{host} is ejected");
            return;
        }

        Assert.Equal((status, "b0"), await gateway.GetAsync(host) is var answer ? (answer.Status, answer.Body) : default);
    }

    [Fact]
    public async Task Failures_to_connect_can_be_counted_apart_from_answers()
    {
        // 1. With the split no answer counts, however bad.
        gateway.Answer("split.test", 0, 500);
        for (int i = 0; i < 10; i++)
        {
            Assert.Equal("b0", (await gateway.GetAsync("split.test")).Body);
        }

        // 2. Two refused connections are enough.
        gateway.Backends[1].Kill();
        await Eventually.HoldsAsync(
            async () => (await gateway.GetAsync("split-dead.test")).Body == "no healthy upstream", () => gateway.Gateway.Log);
        Assert.Contains(
            "split-dead.test.outlier_detection.ejections_enforced_consecutive_local_origin_failure: 1\n", await gateway.Gateway.AdminAsync("stats"), StringComparison.Ordinal);
    }

    /// <summary>One service for each setting; <c>b1</c> is the one that dies.</summary>
    public sealed class Fixture : NamedGateway
    {
        private const string Rest = "interval: 1s, baseEjectionTime: 600s, maxEjectionPercent: 100";
        private const string Never = "retries: {attempts: 0}";

        /// <inheritdoc/>
        protected override int Count => 2;

        /// <inheritdoc/>
        protected override string ManifestsFor(NamedBackends backends)
        {
            string manifests = "";
            foreach (int status in (int[])[500, 502, 503, 504])
            {
                manifests += backends.Manifest($"gateway-{Text(status)}.test", 1, $"outlierDetection: {{consecutive5xxErrors: 0, consecutiveGatewayErrors: 3, {Rest}}}", null, Never);
            }

            return manifests
                + backends.Manifest("off.test", 1, $"outlierDetection: {{consecutive5xxErrors: 0, consecutiveGatewayErrors: 0, {Rest}}}", null, Never)
                + backends.Manifest("split.test", 1, $"outlierDetection: {{consecutive5xxErrors: 0, splitExternalLocalOriginErrors: true, consecutiveLocalOriginFailures: 2, {Rest}}}", null, Never)
                + Manifests.Service("split-dead.test", backends[1].EndPoint) + Manifests.Route("split-dead.test", "split-dead.test") + $"    {Never}\n"
                + $$"""
                  ---
                  apiVersion: networking.istio.io/v1
                  kind: DestinationRule
                  metadata: {name: split-dead, namespace: default}
                  spec: {host: split-dead.test, trafficPolicy: {outlierDetection: {consecutive5xxErrors: 0, splitExternalLocalOriginErrors: true, consecutiveLocalOriginFailures: 2, {{Rest}} } } }

                  """;
        }
    }
}
