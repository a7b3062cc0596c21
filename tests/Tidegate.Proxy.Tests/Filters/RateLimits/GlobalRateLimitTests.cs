using System.Globalization;
using System.Net;
using System.Text;
using Envoy.Service.Ratelimit.V3;
using Google.Protobuf;
using Tidegate.Proxy.Clusters;
using Tidegate.Proxy.Compilation;
using Tidegate.Proxy.Compilation.Filters;
using Tidegate.Proxy.Filters;
using Tidegate.Proxy.Routing.Metadata;
using Tidegate.Proxy.Tests.Runtime;
using Tidegate.Proxy.Wire;
using RateLimit = Envoy.Extensions.Filters.Http.Ratelimit.V3.RateLimit;

namespace Tidegate.Proxy.Tests.Filters.RateLimits;

/// <summary>envoy.filters.http.ratelimit with real requests: what the service is asked, and what becomes of its answers.</summary>
public sealed class GlobalRateLimitTests
{
    private const string ServicePath = "/envoy.service.ratelimit.v3.RateLimitService/ShouldRateLimit";
    private const string Service = "'rateLimitService': {'transportApiVersion': 'V3', 'grpcService': {'envoyGrpc': {'clusterName': 'service', 'authority': 'limits.test'}}}";
    private const string PathRoute = "{'match': {'prefix': '/'}, 'route': {'cluster': 'service', 'rateLimits': [{'actions': [{'requestHeaders': {'headerName': ':path', 'descriptorKey': 'path'}}]}]}}";

    private static readonly byte[] Okay = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"u8.ToArray();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_is_within_the_limits_goes_on_with_what_the_service_says()
    {
        await using FilterGateway gateway = await StartAsync("'enableXRatelimitHeaders': 'DRAFT_VERSION_03', 'statPrefix': 'mine'");
        Answers(gateway, """
            {"overallCode": "OK", "requestHeadersToAdd": [{"key": "X-Quota", "value": "7"}], "responseHeadersToAdd": [{"key": "x-from-service", "value": "yes"}, {"key": "content-length", "value": "9"}],
             "dynamicMetadata": {"tier": "gold"}, "statuses": [
               {"code": "OK", "currentLimit": {"requestsPerUnit": 10, "unit": "MINUTE"}, "limitRemaining": 9, "durationUntilReset": "50s"},
               {"code": "OK", "currentLimit": {"requestsPerUnit": 100, "unit": "DAY", "name": "daily"}, "limitRemaining": 3, "durationUntilReset": "3600s"}]}
            """);

        HttpResponseMessage response = await gateway.GetAsync("/a");

        RateLimitRequest asked = Asked(gateway);
        Assert.Equal(("shop", 0u, "path=/a"), (asked.Domain, asked.HitsAddend, Describe(asked)));
        Assert.Contains("\r\ncontent-type: application/grpc\r\n", gateway.Seen.First(), StringComparison.Ordinal);
        Assert.Contains("host: limits.test\r\n", gateway.Seen.First(), StringComparison.Ordinal);
        Assert.Contains("\r\nx-quota: 7\r\n", gateway.Seen.Last(), StringComparison.Ordinal);
        Assert.Equal((HttpStatusCode.OK, "yes"), (response.StatusCode, Field(response, "x-from-service")));
        Assert.Equal(
            ("100, 10;w=60, 100;w=86400;name=\"daily\"", "3", "3600"),
            (Field(response, "x-ratelimit-limit"), Field(response, "x-ratelimit-remaining"), Field(response, "x-ratelimit-reset")));
        Assert.Equal((1, 0), (gateway.Stat("cluster.service.ratelimit.mine.ok"), gateway.Stat("cluster.service.ratelimit.mine.error")));
    }

    [Theory]
    [InlineData("", "", 429)]
    [InlineData("'rateLimitedStatus': {'code': 503}, 'disableXEnvoyRatelimitedHeader': true, 'responseHeadersToAdd': [{'header': {'key': 'x-limited', 'value': '%RESPONSE_CODE%'}}]", "503", 503)]
    public async Task What_is_over_a_limit_is_refused_in_the_services_words(string config, string limited, int status)
    {
        await using FilterGateway gateway = await StartAsync(config);
        Answers(gateway, """
            {"overallCode": "OVER_LIMIT", "rawBody": "bm8=", "responseHeadersToAdd": [{"key": "retry-after", "value": "30"}, {"key": "content-type", "value": "application/json"}], "statuses": [{"code": "OVER_LIMIT"}]}
            """);

        HttpResponseMessage response = await gateway.GetAsync();

        Assert.Equal((status, "no", "30"), ((int)response.StatusCode, await response.Content.ReadAsStringAsync(Cancellation), Field(response, "retry-after")));
        Assert.Equal("application/json", response.Content.Headers.ContentType!.ToString());
        Assert.Equal((limited, limited.Length > 0 ? "" : "true"), (Field(response, "x-limited"), Field(response, "x-envoy-ratelimited")));
        Assert.Single(gateway.Seen);
        Assert.Equal(1, gateway.Stat("cluster.service.ratelimit.over_limit"));
    }

    [Theory]
    [InlineData("", 200, 1)]
    [InlineData("'failureModeDeny': true", 500, 0)]
    [InlineData("'failureModeDeny': true, 'statusOnError': {'code': 503}", 503, 0)]
    [InlineData("'failureModeDeny': true, 'failureModeDenyPercent': {'defaultValue': {'numerator': 0}}", 200, 1)]
    [InlineData("'failureModeDenyPercent': {'defaultValue': {'numerator': 100}}", 500, 0)]
    public async Task A_service_without_an_answer_is_passed_over_or_closes(string config, int expected, int allowed)
    {
        await using FilterGateway gateway = await StartAsync(config);
        foreach (string answer in new[] { "HTTP/1.1 200 OK\r\ngrpc-status: 14\r\ncontent-length: 0\r\n\r\n", "HTTP/1.1 503 No\r\ncontent-length: 0\r\n\r\n", "nonsense\r\n\r\n" })
        {
            gateway.Answer = head => head.StartsWith("POST " + ServicePath, StringComparison.Ordinal) ? Encoding.ASCII.GetBytes(answer) : Okay;
            Assert.Equal(expected, (int)(await gateway.GetAsync()).StatusCode);
        }

        Assert.Equal((3, allowed * 3), (gateway.Stat("cluster.service.ratelimit.error"), gateway.Stat("cluster.service.ratelimit.failure_mode_allowed")));
    }

    [Fact]
    public async Task A_service_that_takes_too_long_is_not_waited_for()
    {
        using var mayRead = new ManualResetEventSlim();
        await using FilterGateway gateway = await StartAsync("'failureModeDeny': true, 'timeout': '0.03s'");
        gateway.MayRead = mayRead;

        HttpResponseMessage response = await gateway.GetAsync();

        mayRead.Set();
        Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
    }

    [Theory]
    [InlineData("", "", "'includeVhRateLimits': true", "r=0;h=0")]
    [InlineData("", "", "", "r=0")]
    [InlineData("'stage': 1", "", "'includeVhRateLimits': true", "r=1;h=1")]
    [InlineData("", "'vhRateLimits': 'INCLUDE'", "", "r=0;h=0")]
    [InlineData("", "'vhRateLimits': 'IGNORE'", "", "r=0")]
    [InlineData("'rateLimits': [{'actions': [{'genericKey': {'descriptorKey': 'own', 'descriptorValue': '1'}}]}]", "", "", "own=1")]
    [InlineData("", "'rateLimits': [{'actions': [{'genericKey': {'descriptorKey': 'own', 'descriptorValue': '2'}}]}], 'domain': 'other'", "", "own=2")]
    public async Task Filter_route_and_host_settle_what_is_asked(string config, string perRoute, string route, string expected)
    {
        static string Limits(string key) => string.Join(", ", Enumerable.Range(0, 2).Select(stage => $"{{'stage': {stage}, 'actions': [{{'genericKey': {{'descriptorKey': '{key}', 'descriptorValue': '{stage}'}}}}]}}"));
        string own = perRoute.Length > 0 ? $", 'typedPerFilterConfig': {{'limits': {{'@type': 'type.googleapis.com/envoy.extensions.filters.http.ratelimit.v3.RateLimitPerRoute', {perRoute}}}}}" : "";
        await using FilterGateway gateway = await StartAsync(
            config,
            $"{{'match': {{'prefix': '/'}}, 'route': {{'cluster': 'service', 'rateLimits': [{Limits("r")}]{(route.Length > 0 ? ", " : "")}{route}}}{own}}}",
            $", 'rateLimits': [{Limits("h")}]");
        Answers(gateway, """{"overallCode": "OK"}""");

        await gateway.GetAsync();

        Assert.Equal((expected, expected == "own=2" ? "other" : "shop"), (Describe(Asked(gateway)), Asked(gateway).Domain));
    }

    [Theory]
    [InlineData("'requestType': 'internal'", "", 0)]
    [InlineData("'requestType': 'internal'", "true", 1)]
    [InlineData("'requestType': 'external'", "true", 0)]
    [InlineData("'requestType': 'both'", "true", 1)]
    [InlineData("'filterEnabled': {'defaultValue': {'numerator': 0}}", "", 0)]
    public async Task It_is_asked_about_some_requests_only(string config, string isInternal, int asked)
    {
        var mark = new FilterProbe(run =>
        {
            if (isInternal.Length > 0)
            {
                run.Exchange.Request.Headers.Set("x-envoy-internal"u8, Encoding.ASCII.GetBytes(isInternal));
            }
        });
        await using FilterGateway gateway = await StartAsync(config, first: mark);
        Answers(gateway, """{"overallCode": "OK"}""");

        await gateway.GetAsync();

        Assert.Equal(asked, gateway.Stat("cluster.service.ratelimit.ok"));
    }

    [Fact]
    public async Task A_limit_that_is_not_enforced_says_so_and_refuses_nobody()
    {
        await using FilterGateway gateway = await StartAsync("'filterEnforced': {'defaultValue': {'numerator': 0}}");
        Answers(gateway, """{"overallCode": "OVER_LIMIT"}""");

        HttpResponseMessage response = await gateway.GetAsync();

        Assert.Equal((HttpStatusCode.OK, "true"), (response.StatusCode, Field(response, "x-envoy-ratelimited")));
    }

    [Fact]
    public async Task A_descriptor_can_bring_its_limit_and_be_many_hits_and_some_are_counted_at_the_end()
    {
        var noted = new FilterProbe(run => run.Exchange.DynamicMetadata.Set("plans", "plan", MetadataValue.Of(new Dictionary<string, MetadataValue>
        {
            ["requests_per_unit"] = MetadataValue.Of(42),
            ["unit"] = MetadataValue.Of("HOUR"),
        })));
        await using FilterGateway gateway = await StartAsync("", """
            {'match': {'prefix': '/'}, 'route': {'cluster': 'service', 'rateLimits': [
              {'actions': [{'genericKey': {'descriptorKey': 'a', 'descriptorValue': '1'}}], 'hitsAddend': {'number': 3}, 'disableKey': 'k',
               'limit': {'dynamicMetadata': {'metadataKey': {'key': 'plans', 'path': [{'key': 'plan'}]}}}},
              {'actions': [{'genericKey': {'descriptorKey': 'end', 'descriptorValue': '1'}}], 'applyOnStreamDone': true, 'hitsAddend': {'format': '%RESPONSE_CODE%'}}]}}
            """, first: noted);
        Answers(gateway, """{"overallCode": "OK"}""");

        await gateway.GetAsync();
        await gateway.EventuallyAsync(() => gateway.Seen.Count == 3 && gateway.Stat("cluster.service.ratelimit.ok") == 2);

        RateLimitRequest first = Asked(gateway);
        Assert.Equal(("a=1", 3ul, 42u, "Hour"), (Describe(first), first.Descriptors[0].HitsAddend, first.Descriptors[0].Limit.RequestsPerUnit, first.Descriptors[0].Limit.Unit.ToString()));
        RateLimitRequest last = Parse(gateway.Seen.Last());
        Assert.Equal(("end=1", 200ul), (Describe(last), last.Descriptors[0].HitsAddend));
    }

    [Theory]
    [InlineData("'domain': ''", "domain is empty")]
    [InlineData("'stage': 11", "stage 11 is greater than 10")]
    [InlineData("'requestType': 'some'", "request_type \"some\" is none of internal, external, both")]
    [InlineData("'rateLimitService': {}", "grpc_service with envoy_grpc and a cluster_name is needed")]
    public void What_cannot_be_is_refused(string config, string reason)
    {
        RateLimit limit = XdsJson.Parse<RateLimit>($"{{'domain': 'd', {Service}}}");
        limit.MergeFrom(XdsJson.Parse<RateLimit>($"{{{config}}}"));
        limit.Domain = config.Contains("domain", StringComparison.Ordinal) ? "" : limit.Domain;
        if (config.Contains("rateLimitService", StringComparison.Ordinal))
        {
            limit.RateLimitService.GrpcService = null;
        }

        CompileUnit unit = new CompileReport().Root.BeginUnit();
        GlobalRateLimitCompiler.Compile(limit, FilterParts.Of(new ClusterSlotTable()), unit.Scope);

        Assert.Contains(reason, string.Join("; ", unit.Reasons), StringComparison.Ordinal);
    }

    private static Task<FilterGateway> StartAsync(string config, string routes = PathRoute, string host = "", params HttpFilter[] first) => FilterGateway.StartAsync(
        $"{{'name': 'limits', 'typedConfig': {{'@type': 'type.googleapis.com/envoy.extensions.filters.http.ratelimit.v3.RateLimit', 'domain': 'shop', 'timeout': '5s', {Service}{(config.Length > 0 ? ", " : "")}{config}}}}}"
            .Replace("'timeout': '5s', ", config.Contains("'timeout'", StringComparison.Ordinal) ? "" : "'timeout': '5s', ", StringComparison.Ordinal),
        routes,
        host,
        first: first);

    private static void Answers(FilterGateway gateway, string response)
    {
        byte[] body = GrpcMessage.Frame(XdsJson.Parse<RateLimitResponse>(response).ToByteArray());
        byte[] answer = [.. Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\ngrpc-status: 0\r\ncontent-length: {body.Length.ToString(CultureInfo.InvariantCulture)}\r\n\r\n"), .. body];
        gateway.Answer = head => head.StartsWith("POST " + ServicePath, StringComparison.Ordinal) ? answer : Okay;
    }

    private static RateLimitRequest Asked(FilterGateway gateway) => Parse(gateway.Seen.First());

    private static RateLimitRequest Parse(string seen)
    {
        Assert.StartsWith("POST " + ServicePath, seen, StringComparison.Ordinal);
        byte[] body = Encoding.Latin1.GetBytes(seen[(seen.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..]);
        Assert.True(GrpcMessage.TryUnframe(body, out ReadOnlyMemory<byte> message));
        return RateLimitRequest.Parser.ParseFrom(message.Span);
    }

    private static string Describe(RateLimitRequest request) =>
        string.Join(';', request.Descriptors.Select(static descriptor => string.Join(',', descriptor.Entries.Select(static entry => $"{entry.Key}={entry.Value}"))));

    private static string Field(HttpResponseMessage response, string name) => response.Headers.TryGetValues(name, out IEnumerable<string>? values) ? string.Join(",", values) : "";
}
