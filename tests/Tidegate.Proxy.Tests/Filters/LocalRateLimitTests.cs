using System.Net;

namespace Tidegate.Proxy.Tests.Filters;

/// <summary>envoy.filters.http.local_ratelimit with real requests.</summary>
public sealed class LocalRateLimitTests
{
    private const string Type = "\"@type\": \"type.googleapis.com/envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit\"";
    private const string Always = "\"filterEnabled\": {\"defaultValue\": {\"numerator\": 100}}, \"filterEnforced\": {\"defaultValue\": {\"numerator\": 100}}";

    [Fact]
    public async Task Requests_beyond_the_bucket_are_refused_whatever_the_worker()
    {
        await using FilterGateway gateway = await FilterGateway.StartAsync(Limit($$$$$$$$"""
            "statPrefix": "limit", {{{{{{{{Bucket(5)}}}}}}}}, {{{{{{{{Always}}}}}}}}, "enableXRatelimitHeaders": "DRAFT_VERSION_03",
            "responseHeadersToAdd": [{"header": {"key": "x-limited", "value": "%RESPONSE_CODE%"}}]
            """));

        HttpResponseMessage[] responses = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => gateway.GetAsync()));

        HttpResponseMessage refused = responses.First(static response => response.StatusCode == HttpStatusCode.TooManyRequests);
        Assert.Equal(5, responses.Count(static response => response.IsSuccessStatusCode));
        Assert.Equal(7, responses.Count(static response => response.StatusCode == HttpStatusCode.TooManyRequests));
        Assert.Equal("local_rate_limited", await refused.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.Equal("429", refused.Headers.GetValues("x-limited").Single());
        Assert.Equal("5", refused.Headers.GetValues("x-ratelimit-limit").Single());
        Assert.Equal("0", refused.Headers.GetValues("x-ratelimit-remaining").Single());
        Assert.True(responses.First(static response => response.IsSuccessStatusCode).Headers.Contains("x-ratelimit-reset"));
        Assert.Equal(
            (12, 5, 7, 7),
            (Stat(gateway, "enabled"), Stat(gateway, "ok"), Stat(gateway, "rate_limited"), Stat(gateway, "enforced")));
        Assert.Equal(5, gateway.Seen.Count);
    }

    [Fact]
    public async Task A_route_has_a_bucket_of_its_own()
    {
        await using FilterGateway gateway = await FilterGateway.StartAsync(
            Limit("\"statPrefix\": \"off\""),
            $$$$$$$$"""
            {"match": {"prefix": "/limited"}, "route": {"cluster": "service"}, "typedPerFilterConfig": {"limit": { {{{{{{{{Type}}}}}}}}, "statPrefix": "limit",
              {{{{{{{{Bucket(1)}}}}}}}}, {{{{{{{{Always}}}}}}}}, "status": {"code": "ServiceUnavailable"}}}},
            {"match": {"prefix": "/"}, "route": {"cluster": "service"}}
            """);

        Assert.Equal(HttpStatusCode.OK, (await gateway.GetAsync("/limited")).StatusCode);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await gateway.GetAsync("/limited")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await gateway.GetAsync("/other")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await gateway.GetAsync("/other")).StatusCode);
    }

    [Fact]
    public async Task A_limit_that_is_not_enforced_only_marks_requests()
    {
        await using FilterGateway gateway = await FilterGateway.StartAsync(Limit($$$$$$$$"""
            "statPrefix": "limit", {{{{{{{{Bucket(1)}}}}}}}}, "filterEnabled": {"defaultValue": {"numerator": 100}},
            "requestHeadersToAddWhenNotEnforced": [{"header": {"key": "x-over", "value": "yes"}}]
            """));

        await gateway.GetAsync();
        await gateway.GetAsync();

        Assert.DoesNotContain("x-over: yes", gateway.Seen.First(), StringComparison.Ordinal);
        Assert.Contains("x-over: yes", gateway.Seen.Last(), StringComparison.Ordinal);
        Assert.Equal((1, 0), (Stat(gateway, "rate_limited"), Stat(gateway, "enforced")));
    }

    [Fact]
    public async Task Each_connection_can_have_a_bucket()
    {
        await using FilterGateway gateway = await FilterGateway.StartAsync(Limit($$$$$$$$"""
            "statPrefix": "limit", {{{{{{{{Bucket(1)}}}}}}}}, {{{{{{{{Always}}}}}}}}, "localRateLimitPerDownstreamConnection": true
            """));
        using var other = new HttpClient(new SocketsHttpHandler { UseProxy = false });

        Assert.Equal(HttpStatusCode.OK, (await gateway.GetAsync()).StatusCode);
        Assert.Equal(HttpStatusCode.TooManyRequests, (await gateway.GetAsync()).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await other.GetAsync(gateway.Client.BaseAddress, TestContext.Current.CancellationToken)).StatusCode);
    }

    private static string Limit(string config) => $$$$$$$$"""{"name": "limit", "typedConfig": { {{{{{{{{Type}}}}}}}}, {{{{{{{{config}}}}}}}} }}""";

    private static string Bucket(int tokens) => $$$$$$$$"""
        "tokenBucket": {"maxTokens": {{{{{{{{tokens}}}}}}}}, "tokensPerFill": 1, "fillInterval": "3600s"}
        """;

    private static long Stat(FilterGateway gateway, string name) => gateway.Stat($"limit.http_local_rate_limit.{name}");
}
