using Tidegate.EndToEnd.Tests.Harness;

namespace Tidegate.EndToEnd.Tests.Upstream;

/// <summary>Endpoints that answer badly are left out for a while (istio-gateway.md 5.4; Envoy: outlier detection).</summary>
public sealed class OutlierDetectionTests
{
    private const string Three5xx = "outlierDetection: {consecutive5xxErrors: 3, interval: 500ms, baseEjectionTime: 1s, maxEjectionPercent: 100}";

    [Fact]
    public async Task An_endpoint_that_answers_5xx_is_ejected_shown_and_taken_back()
    {
        await using var backends = new NamedBackends(2);
        await using GatewayProcess gateway = await StartAsync(backends.Manifest("web.test", "loadBalancer: {simple: ROUND_ROBIN}, outlierDetection: {consecutive5xxErrors: 3, interval: 500ms, baseEjectionTime: 3s, maxEjectionPercent: 100}"));
        backends.Answer(0, 500);
        int before = backends[0].Requests.Count;

        // 1. Three bad answers, and it is out.
        await Eventually.HoldsAsync(async () => (await gateway.GetAsync("web.test")).Status > 0 && await IsEjectedAsync(gateway), () => gateway.Log);
        Assert.Equal(before + 3, backends[0].Requests.Count);
        for (int i = 0; i < 10; i++)
        {
            Assert.Equal("b1", (await gateway.GetAsync("web.test")).Body);
        }

        // 2. It is shown.
        string stats = await gateway.AdminAsync("stats");
        Assert.Contains("outlier_detection.ejections_active: 1\n", stats, StringComparison.Ordinal);
        Assert.Contains("outlier_detection.ejections_enforced_consecutive_5xx: 1\n", stats, StringComparison.Ordinal);
        Assert.Contains("web.test.membership_healthy: 1\n", stats, StringComparison.Ordinal);
        string endpoints = (await gateway.CommandAsync("proxy-config", "endpoint", "deploy/istio-ingressgateway")).Succeeded;
        string address = backends[0].EndPoint.ToString();
        Assert.Contains(endpoints.Split('\n'), line => line.Contains(address, StringComparison.Ordinal) && line.Contains("HEALTHY", StringComparison.Ordinal) && line.Contains("FAILED", StringComparison.Ordinal));

        // 3. It comes back.
        backends.Answer(0, 200);
        await Eventually.HoldsAsync(async () => (await gateway.GetAsync("web.test")).Body == "b0", () => gateway.Log);
        Assert.Contains("outlier_detection.ejections_active: 0\n", await gateway.AdminAsync("stats"), StringComparison.Ordinal);
        Assert.DoesNotContain("failed_outlier_check", await gateway.AdminAsync("clusters"), StringComparison.Ordinal);
        Assert.DoesNotContain("not yet acted on", gateway.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_endpoint_that_refuses_connections_is_ejected_and_no_request_fails()
    {
        await using var backends = new NamedBackends(2);
        await using GatewayProcess gateway = await StartAsync(backends.Manifest("web.test", "loadBalancer: {simple: ROUND_ROBIN}, outlierDetection: {consecutive5xxErrors: 3, baseEjectionTime: 60s, maxEjectionPercent: 100}"));
        backends[0].StopListening();
        foreach (BackendConnection connection in backends[0].Connections)
        {
            connection.Close();
        }

        await Eventually.HoldsAsync(async () =>
        {
            Assert.Equal((200, "b1"), ((await gateway.GetAsync("web.test")) is var answer) ? (answer.Status, answer.Body) : default);
            return await IsEjectedAsync(gateway);
        }, () => gateway.Log);
    }

    [Fact]
    public async Task When_all_are_ejected_requests_fail_as_Istio_sets_no_panic()
    {
        await using var backends = new NamedBackends(2);
        await using GatewayProcess gateway = await StartAsync(backends.Manifest("web.test", $"loadBalancer: {{simple: ROUND_ROBIN}}, {Three5xx.Replace("1s", "60s", StringComparison.Ordinal)}"));
        backends.Answer(0, 500);
        backends.Answer(1, 500);

        await gateway.AnswersAsync(503, "web.test", "/all");
        Assert.Equal("no healthy upstream", (await gateway.GetAsync("web.test", "/gone")).Body);
        Assert.Contains(" 503 UH no_healthy_upstream - ", await gateway.LogsAsync("/gone"));
    }

    [Fact]
    public async Task Below_the_least_share_of_healthy_ones_all_are_used()
    {
        await using var backends = new NamedBackends(2);
        string policy = Three5xx.Replace("1s", "60s", StringComparison.Ordinal).Replace("100}", "100, minHealthPercent: 60}", StringComparison.Ordinal);
        await using GatewayProcess gateway = await StartAsync(backends.Manifest("web.test", $"loadBalancer: {{simple: ROUND_ROBIN}}, {policy}"));
        backends.Answer(0, 500);

        // One of two is out: 50 % is below 60 %, so it is used all the same.
        await Eventually.HoldsAsync(async () => (await gateway.GetAsync("web.test")).Status > 0 && await IsEjectedAsync(gateway), () => gateway.Log);
        int before = backends[0].Requests.Count;
        for (int i = 0; i < 10; i++)
        {
            await gateway.GetAsync("web.test");
        }

        Assert.Equal(before + 5, backends[0].Requests.Count);
        Assert.DoesNotContain("lb_healthy_panic: 0\n", (await gateway.AdminAsync("stats?filter=web.test.*panic")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_policy_nothing_is_ejected()
    {
        await using var backends = new NamedBackends(2);
        await using GatewayProcess gateway = await StartAsync(backends.Manifest("web.test", "loadBalancer: {simple: ROUND_ROBIN}"));
        backends.Answer(0, 500);
        int[] statuses = new int[20];
        for (int i = 0; i < statuses.Length; i++)
        {
            statuses[i] = (await gateway.GetAsync("web.test")).Status;
        }

        Assert.Equal(10, statuses.Count(status => status == 500));
        Assert.DoesNotContain("outlier_detection", await gateway.AdminAsync("stats"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(14, true)]
    [InlineData(13, true)]
    [InlineData(5, false)]
    public async Task A_grpc_status_counts_as_the_status_it_stands_for(int grpcStatus, bool isEjected)
    {
        await using var backends = new NamedBackends(2);
        await using GatewayProcess gateway = await StartAsync(backends.Manifest("web.test", $"loadBalancer: {{simple: ROUND_ROBIN}}, {Three5xx.Replace("1s", "60s", StringComparison.Ordinal)}", null, "retries: {attempts: 0}"));
        backends[0].Answer = _ => $"HTTP/1.1 200 OK\r\ncontent-type: application/grpc\r\ngrpc-status: {grpcStatus}\r\ncontent-length: 0\r\n\r\n";
        const string Call = "POST /shop.Cart/Add HTTP/1.1\r\nHost: web.test\r\ncontent-type: application/grpc\r\ncontent-length: 0\r\n\r\n";
        for (int i = 0; i < 10; i++)
        {
            Assert.Equal(200, (await gateway.ExchangeAsync(Call)).Status);
        }

        if (isEjected)
        {
            await Eventually.HoldsAsync(() => IsEjectedAsync(gateway), () => gateway.Log);
        }

        Assert.Equal(isEjected, await IsEjectedAsync(gateway));
    }

    [Theory]
    [InlineData(429, true)]
    [InlineData(500, false)]
    public async Task Where_statuses_are_named_only_these_count(int status, bool isEjected)
    {
        await using var backends = new NamedBackends(2);
        string policy = Three5xx.Replace("1s", "60s", StringComparison.Ordinal).Replace("100}", "100, outlierDetectionHttpErrorCodes: [429, 503]}", StringComparison.Ordinal);
        await using GatewayProcess gateway = await StartAsync(backends.Manifest("web.test", $"loadBalancer: {{simple: ROUND_ROBIN}}, {policy}"));
        backends.Answer(0, status);
        int before = backends[0].Requests.Count;
        for (int i = 0; i < 10; i++)
        {
            await gateway.GetAsync("web.test");
        }

        if (isEjected)
        {
            await Eventually.HoldsAsync(() => IsEjectedAsync(gateway), () => gateway.Log);
        }

        Assert.Equal(isEjected, await IsEjectedAsync(gateway));
        Assert.InRange(backends[0].Requests.Count - before, isEjected ? 3 : 5, 5);
        Assert.DoesNotContain("not yet acted on", gateway.Errors, StringComparison.Ordinal);
    }

    private static async Task<GatewayProcess> StartAsync(string manifests)
    {
        GatewayProcess gateway = await GatewayProcess.StartAsync(Manifests.HttpGateway() + manifests);
        await gateway.AnswersAsync(200, "web.test");
        return gateway;
    }

    private static async Task<bool> IsEjectedAsync(GatewayProcess gateway) =>
        (await gateway.AdminAsync("clusters")).Contains("health_flags::/failed_outlier_check", StringComparison.Ordinal);
}
