using System.Net;
using Tidegate.Proxy.Clusters;
using Tidegate.Proxy.Compilation;
using Tidegate.Proxy.Compilation.Filters;
using Tidegate.Proxy.Filters.RateLimits;
using Tidegate.Proxy.LocalReplies;
using Tidegate.Proxy.Tests.Runtime;

namespace Tidegate.Proxy.Tests.Filters.RateLimits;

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

    [Fact]
    public async Task A_limit_describes_requests_itself_and_each_value_has_a_bucket()
    {
        await using FilterGateway gateway = await FilterGateway.StartAsync(
            Limit($$$$$$$$"""
            "statPrefix": "limit", {{{{{{{{Always}}}}}}}}, "alwaysConsumeDefaultTokenBucket": false, "maxDynamicDescriptors": 2,
            "rateLimits": [{"actions": [{"requestHeaders": {"headerName": "x-user", "descriptorKey": "user"}}]}],
            "descriptors": [{"entries": [{"key": "user", "value": "root"}], {{{{{{{{Bucket(3)}}}}}}}} }, {"entries": [{"key": "user"}], {{{{{{{{Bucket(1)}}}}}}}} }]
            """),
            $$$"""{"match": {"prefix": "/"}, "route": {"cluster": "service", "rateLimits": [{"actions": [{"genericKey": {"descriptorValue": "nobody asks"}}]}]}}""");

        Assert.Equal("200 429 200 429", await StatusesAsync(gateway, "ann", "ann", "ben", "ben"));
        Assert.Equal("200 200 200 429", await StatusesAsync(gateway, "root", "root", "root", "root"));
        Assert.Equal(200, (int)(await gateway.GetAsync()).StatusCode);

        // Of values beyond so many those that were not used for long begin anew.
        Assert.Equal("200 200 200 200 200", await StatusesAsync(gateway, "c", "d", "e", "f", "ann"));
    }

    [Fact]
    public async Task A_limit_in_shadow_only_counts_and_hides_no_other()
    {
        await using FilterGateway gateway = await FilterGateway.StartAsync(Limit($$$$$$$$"""
            "statPrefix": "limit", {{{{{{{{Always}}}}}}}}, {{{{{{{{Bucket(2)}}}}}}}}, "rateLimits": [{"actions": [{"genericKey": {"descriptorValue": "all"}}]}],
            "descriptors": [{"entries": [{"key": "generic_key", "value": "all"}], {{{{{{{{Bucket(1)}}}}}}}}, "shadowMode": true}]
            """));

        Assert.Equal("200 200 429", await StatusesAsync(gateway, "", "", ""));
        Assert.Equal(
            (3, 1, 2, 1, 1),
            (Stat(gateway, "enabled"), Stat(gateway, "ok"), Stat(gateway, "rate_limited"), Stat(gateway, "shadow_mode"), Stat(gateway, "enforced")));
    }

    [Fact]
    public async Task A_request_can_be_many_hits_and_say_whether_it_tells_the_bucket()
    {
        await using FilterGateway gateway = await FilterGateway.StartAsync(Limit($$$$$$$$"""
            "statPrefix": "limit", {{{{{{{{Always}}}}}}}}, "rateLimits": [
              {"actions": [{"queryParameters": {"queryParameterName": "fixed", "descriptorKey": "k"}}], "hitsAddend": {"number": 4}, "xRatelimitOption": "DRAFT_VERSION_03"},
              {"actions": [{"queryParameters": {"queryParameterName": "said", "descriptorKey": "k"}}], "hitsAddend": {"format": "%REQ(x-cost)%"}}],
            "descriptors": [{"entries": [{"key": "k", "value": "1"}], {{{{{{{{Bucket(10)}}}}}}}} }]
            """));

        HttpResponseMessage fixedCost = await gateway.GetAsync("/?fixed=1");
        HttpResponseMessage said = await gateway.GetAsync("/?said=1", ("x-cost", "6"));
        HttpResponseMessage beyond = await gateway.GetAsync("/?said=1", ("x-cost", "1"));
        HttpResponseMessage noNumber = await gateway.GetAsync("/?said=1", ("x-cost", "many"));

        Assert.Equal("6", fixedCost.Headers.GetValues("x-ratelimit-remaining").Single());
        Assert.Equal((200, false), ((int)said.StatusCode, said.Headers.Contains("x-ratelimit-remaining")));
        Assert.Equal((429, 200), ((int)beyond.StatusCode, (int)noNumber.StatusCode));
    }

    [Theory]
    [InlineData("", "14")]
    [InlineData(", \"rateLimitedAsResourceExhausted\": true", "8")]
    public async Task A_gRPC_client_gets_a_gRPC_status(string more, string status)
    {
        await using FilterGateway gateway = await FilterGateway.StartAsync(Limit($$$$$$$$"""
            "statPrefix": "limit", {{{{{{{{Bucket(1)}}}}}}}}, {{{{{{{{Always}}}}}}}} {{{{{{{{more}}}}}}}}
            """));
        await gateway.GetAsync();
        var request = new HttpRequestMessage(HttpMethod.Post, "/a.B/C") { Content = new ByteArrayContent([]) };
        request.Content.Headers.TryAddWithoutValidation("content-type", "application/grpc");

        HttpResponseMessage response = await gateway.Client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal((HttpStatusCode.OK, status), (response.StatusCode, response.Headers.GetValues("grpc-status").Single()));
    }

    [Theory]
    [InlineData("'rateLimits': [{'stage': 1, 'actions': [{'remoteAddress': {}}]}]", "stage is for routes and virtual hosts")]
    [InlineData("'rateLimits': [{'disableKey': 'k', 'actions': [{'remoteAddress': {}}]}]", "disable_key is for routes and virtual hosts")]
    [InlineData("'rateLimits': [{'hitsAddend': {}, 'actions': [{'remoteAddress': {}}]}]", "either number or format is needed")]
    [InlineData("'rateLimits': [{'hitsAddend': {'format': '%REQ(a)% %REQ(b)%'}, 'actions': [{'remoteAddress': {}}]}]", "has to be one command operator")]
    [InlineData("'descriptors': [{'entries': [{'key': 'a'}], 'tokenBucket': {'maxTokens': 1, 'fillInterval': '1s'}}, {'entries': [{'key': 'a'}], 'tokenBucket': {'maxTokens': 1, 'fillInterval': '1s'}}]", "the same entries stand there twice")]
    [InlineData("'maxDynamicDescriptors': 0", "max_dynamic_descriptors is 0")]
    public void What_cannot_be_is_refused(string config, string reason)
    {
        var limit = XdsJson.Parse<Envoy.Extensions.Filters.Http.LocalRatelimit.V3.LocalRateLimit>($$"""{"statPrefix": "limit", {{config}} }""");
        CompileUnit unit = new CompileReport().Root.BeginUnit();

        LocalRateLimitCompiler.Compile(limit, FilterParts.Of(new ClusterSlotTable()), unit.Scope);

        Assert.Contains(reason, Assert.Single(unit.Reasons).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_request_that_is_limited_by_many_things_costs_no_memory()
    {
        var limit = XdsJson.Parse<Envoy.Extensions.Filters.Http.LocalRatelimit.V3.LocalRateLimit>($$$$$$$$"""
            {"statPrefix": "limit", "tokenBucket": {"maxTokens": 1000000000, "tokensPerFill": 1000000000, "fillInterval": "1s"}, {{{{{{{{Always}}}}}}}}, "enableXRatelimitHeaders": "DRAFT_VERSION_03",
             "rateLimits": [{"actions": [{"remoteAddress": {}}]}, {"actions": [{"maskedRemoteAddress": {"v4PrefixMaskLen": 8}}, {"requestHeaders": {"headerName": "host", "descriptorKey": "h", "skipIfAbsent": true}}]},
               {"actions": [{"queryParameters": {"queryParameterName": "a", "descriptorKey": "a"}}, {"destinationCluster": {}}]}],
             "descriptors": [{"entries": [{"key": "remote_address"}], "tokenBucket": {"maxTokens": 1000000000, "tokensPerFill": 1000000000, "fillInterval": "1s"}},
               {"entries": [{"key": "a", "value": "b"}, {"key": "destination_cluster", "value": "service"}], "tokenBucket": {"maxTokens": 1000000000, "tokensPerFill": 1000000000, "fillInterval": "1s"}}]}
            """);
        LocalRateLimitFilter filter = LocalRateLimitCompiler.Compile(limit, FilterParts.Of(new ClusterSlotTable()), new CompileReport().Root);
        long allocated = -1;
        var probe = new FilterProbe(run => allocated = Allocations.Of(() =>
        {
            ValueTask<LocalReply?> call = filter.OnRequestAsync(run);
            Assert.True(call.IsCompletedSuccessfully);
            run.StateOf<LocalRateLimitState>().Reset();
        }));
        await using FilterGateway gateway = await FilterGateway.StartAsync(string.Empty, first: probe);

        await gateway.GetAsync("/?a=b");

        Assert.Equal(0, allocated);
    }

    private static async Task<string> StatusesAsync(FilterGateway gateway, params string[] users)
    {
        List<int> statuses = [];
        foreach (string user in users)
        {
            statuses.Add((int)(await gateway.GetAsync("/", ("x-user", user))).StatusCode);
        }

        return string.Join(' ', statuses);
    }

    private static string Limit(string config) => $$$$$$$$"""{"name": "limit", "typedConfig": { {{{{{{{{Type}}}}}}}}, {{{{{{{{config}}}}}}}} }}""";

    private static string Bucket(int tokens) => $$$$$$$$"""
        "tokenBucket": {"maxTokens": {{{{{{{{tokens}}}}}}}}, "tokensPerFill": 1, "fillInterval": "3600s"}
        """;

    private static long Stat(FilterGateway gateway, string name) => gateway.Stat($"limit.http_local_rate_limit.{name}");
}
