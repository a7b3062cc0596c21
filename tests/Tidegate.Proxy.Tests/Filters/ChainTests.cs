using System.Net;
using System.Net.Sockets;

namespace Tidegate.Proxy.Tests.Filters;

/// <summary>Header mutation, buffer and health check with real requests, and how listener and route settle what a filter does.</summary>
public sealed class ChainTests
{
    private const string Api = "type.googleapis.com/envoy.extensions.filters.http";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false, "listener,route,host")] // the most specific first, so that the least has the last word
    [InlineData(true, "listener,host,route")]
    public async Task Header_mutations_of_all_levels_are_made_in_order(bool mostSpecificWins, string expected)
    {
        string Mutations(string level) => $$$$$$$$"""
            "mutations": {"requestMutations": [{"append": {"header": {"key": "x-level", "value": "{{{{{{{{level}}}}}}}}"}, "appendAction": "APPEND_IF_EXISTS_OR_ADD"}}],
              "responseMutations": [{"remove": "x-secret"}, {"append": {"header": {"key": "x-last", "value": "{{{{{{{{level}}}}}}}}"}, "appendAction": "OVERWRITE_IF_EXISTS_OR_ADD"}}]}
            """;
        string PerRoute(string level) => $$$$$$$$"""
            "typedPerFilterConfig": {"mutate": {"@type": "{{{{{{{{Api}}}}}}}}.header_mutation.v3.HeaderMutationPerRoute", {{{{{{{{Mutations(level)}}}}}}}}}}
            """;
        await using FilterGateway gateway = await FilterGateway.StartAsync(
            $$$$$$$$"""
            {"name": "mutate", "typedConfig": {"@type": "{{{{{{{{Api}}}}}}}}.header_mutation.v3.HeaderMutation", {{{{{{{{Mutations("listener")}}}}}}}}, "mostSpecificHeaderMutationsWins": {{{{{{{{(mostSpecificWins ? "true" : "false")}}}}}}}}}}
            """,
            $$$$$$$$"""{"match": {"prefix": "/"}, "route": {"cluster": "service"}, {{{{{{{{PerRoute("route")}}}}}}}}}""",
            $", {PerRoute("host")}");
        gateway.Answer = static _ => "HTTP/1.1 200 OK\r\nx-secret: 1\r\ncontent-length: 0\r\n\r\n"u8.ToArray();

        HttpResponseMessage response = await gateway.GetAsync();

        string levels = string.Join(",", gateway.Seen.Single().Split("\r\n").Where(static line => line.StartsWith("x-level: ", StringComparison.Ordinal)).Select(static line => line[9..]));
        Assert.Equal(expected, levels);
        Assert.False(response.Headers.Contains("x-secret"));
        Assert.Equal(expected.Split(',')[^1], response.Headers.GetValues("x-last").Single());
    }

    [Fact]
    public async Task Buffered_requests_go_upstream_whole_and_with_their_length()
    {
        await using FilterGateway gateway = await FilterGateway.StartAsync(Buffer(100_000));
        string body = new('b', 60_000);
        var chunked = new HttpRequestMessage(HttpMethod.Post, "/") { Content = new StringContent(body) };
        chunked.Headers.TransferEncodingChunked = true;
        var expecting = new HttpRequestMessage(HttpMethod.Post, "/") { Content = new StringContent("after 100") };
        expecting.Headers.ExpectContinue = true;

        HttpResponseMessage first = await gateway.Client.SendAsync(chunked, Cancellation);
        HttpResponseMessage second = await gateway.Client.SendAsync(expecting, Cancellation);

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK), (first.StatusCode, second.StatusCode));
        Assert.Contains("content-length: 60000\r\n", gateway.Seen.First(), StringComparison.Ordinal);
        Assert.DoesNotContain("transfer-encoding", gateway.Seen.First(), StringComparison.Ordinal);
        Assert.EndsWith(body, gateway.Seen.First(), StringComparison.Ordinal);
        Assert.EndsWith("after 100", gateway.Seen.Last(), StringComparison.Ordinal);
        Assert.DoesNotContain("expect:", gateway.Seen.Last(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_body_that_is_too_long_is_a_413(bool isChunked)
    {
        await using FilterGateway gateway = await FilterGateway.StartAsync(Buffer(1000));
        var request = new HttpRequestMessage(HttpMethod.Post, "/") { Content = new StringContent(new string('b', 1001)) };
        request.Headers.TransferEncodingChunked = isChunked;

        HttpResponseMessage response = await gateway.Client.SendAsync(request, Cancellation);
        HttpResponseMessage allowed = await gateway.Client.PostAsync(new Uri("/", UriKind.Relative), new StringContent(new string('b', 1000)), Cancellation);

        Assert.Equal((HttpStatusCode.RequestEntityTooLarge, "Payload Too Large"), (response.StatusCode, await response.Content.ReadAsStringAsync(Cancellation)));
        Assert.Equal(HttpStatusCode.OK, allowed.StatusCode);
        Assert.Single(gateway.Seen);
        Assert.Equal(1, gateway.Stat("http.in.downstream_rq_too_large"));
    }

    [Fact]
    public async Task A_route_has_a_buffer_of_another_size_or_none()
    {
        await using FilterGateway gateway = await FilterGateway.StartAsync(
            Buffer(10),
            $$$$$$$$"""
            {"match": {"prefix": "/large"}, "route": {"cluster": "service"}, "typedPerFilterConfig": {"buffer":
              {"@type": "{{{{{{{{Api}}}}}}}}.buffer.v3.BufferPerRoute", "buffer": {"maxRequestBytes": 100}}}},
            {"match": {"prefix": "/none"}, "route": {"cluster": "service"}, "typedPerFilterConfig": {"buffer":
              {"@type": "{{{{{{{{Api}}}}}}}}.buffer.v3.BufferPerRoute", "disabled": true}}},
            {"match": {"prefix": "/"}, "route": {"cluster": "service"}}
            """);

        async Task<int> PostAsync(string path, int length) =>
            (int)(await gateway.Client.PostAsync(new Uri(path, UriKind.Relative), new StringContent(new string('b', length)), Cancellation)).StatusCode;

        Assert.Equal(200, await PostAsync("/large", 100));
        Assert.Equal(413, await PostAsync("/large", 101));
        Assert.Equal(200, await PostAsync("/none", 5000));
        Assert.Equal(413, await PostAsync("/", 11));
    }

    [Fact]
    public async Task A_client_that_goes_away_while_it_is_buffered_reaches_no_service()
    {
        await using FilterGateway gateway = await FilterGateway.StartAsync(Buffer(1000));
        using (var client = new TcpClient())
        {
            await client.ConnectAsync(gateway.Address, 8080, Cancellation);
            await client.GetStream().WriteAsync("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 100\r\n\r\nbut not all"u8.ToArray(), Cancellation);
        }

        Assert.Equal(HttpStatusCode.OK, (await gateway.GetAsync("/next")).StatusCode);
        Assert.StartsWith("GET /next", gateway.Seen.Single(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Health_checks_are_answered_by_the_gateway_or_passed_on()
    {
        await using FilterGateway gateway = await FilterGateway.StartAsync($$$$$$$$"""
            {"name": "own", "typedConfig": {"@type": "{{{{{{{{Api}}}}}}}}.health_check.v3.HealthCheck", "passThroughMode": false, "headers": [{"name": ":path", "stringMatch": {"exact": "/own"}}]}},
            {"name": "through", "typedConfig": {"@type": "{{{{{{{{Api}}}}}}}}.health_check.v3.HealthCheck", "passThroughMode": true, "cacheTime": "600s", "headers": [{"name": ":path", "stringMatch": {"exact": "/through"}}]}},
            {"name": "cluster", "typedConfig": {"@type": "{{{{{{{{Api}}}}}}}}.health_check.v3.HealthCheck", "passThroughMode": false, "clusterMinHealthyPercentages": {"nobody": {"value": 1}}, "headers": [{"name": ":path", "stringMatch": {"exact": "/cluster"}}]}}
            """);

        Assert.Equal(HttpStatusCode.OK, (await gateway.GetAsync("/own")).StatusCode);
        Assert.Empty(gateway.Seen);
        Assert.Equal(HttpStatusCode.OK, (await gateway.GetAsync("/through")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await gateway.GetAsync("/through")).StatusCode);
        Assert.Single(gateway.Seen); // the second answer is the first one's
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await gateway.GetAsync("/cluster")).StatusCode);

        gateway.Proxy.IsHealthy = false;
        HttpResponseMessage failed = await gateway.GetAsync("/own");
        HttpResponseMessage other = await gateway.GetAsync("/other");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, failed.StatusCode);
        Assert.Equal((HttpStatusCode.OK, "true"), (other.StatusCode, other.Headers.GetValues("x-envoy-immediate-health-check-fail").First()));
    }

    [Fact]
    public async Task A_filter_that_is_disabled_works_only_where_a_route_switches_it_on()
    {
        const string Fault = $$$$$$$$"""{"@type": "{{{{{{{{Api}}}}}}}}.fault.v3.HTTPFault", "abort": {"httpStatus": 418, "percentage": {"numerator": 100}}}""";
        await using FilterGateway gateway = await FilterGateway.StartAsync(
            $$$$$$$$"""{"name": "fault", "disabled": true, "typedConfig": {{{{{{{{Fault}}}}}}}}}""",
            $$$$$$$$"""
            {"match": {"prefix": "/on"}, "route": {"cluster": "service"}, "typedPerFilterConfig": {"fault": {{{{{{{{Fault}}}}}}}}}},
            {"match": {"prefix": "/off"}, "route": {"cluster": "service"}, "typedPerFilterConfig": {"fault": {"@type": "type.googleapis.com/envoy.config.route.v3.FilterConfig", "disabled": true}}},
            {"match": {"prefix": "/plain"}, "route": {"cluster": "service"}}
            """);

        Assert.Equal(418, (int)(await gateway.GetAsync("/on")).StatusCode);
        Assert.Equal(200, (int)(await gateway.GetAsync("/off")).StatusCode);
        Assert.Equal(200, (int)(await gateway.GetAsync("/plain")).StatusCode);
        Assert.Equal(404, (int)(await gateway.GetAsync("/no-route")).StatusCode);
    }

    [Fact]
    public async Task Filters_run_where_no_route_matches()
    {
        await using FilterGateway gateway = await FilterGateway.StartAsync(
            $$$$$$$$"""{"name": "fault", "typedConfig": {"@type": "{{{{{{{{Api}}}}}}}}.fault.v3.HTTPFault", "abort": {"headerAbort": {}, "percentage": {"numerator": 100}}}}""",
            """{"match": {"path": "/only"}, "route": {"cluster": "service"}}""");

        Assert.Equal(404, (int)(await gateway.GetAsync("/none")).StatusCode);
        Assert.Equal(503, (int)(await gateway.GetAsync("/none", ("x-envoy-fault-abort-request", "503"))).StatusCode);
        Assert.Equal(200, (int)(await gateway.GetAsync("/only", ("x-envoy-fault-abort-request", "503"), ("x-envoy-fault-abort-request-percentage", "0"))).StatusCode);
    }

    private static string Buffer(int bytes) => $$$$$$$$"""{"name": "buffer", "typedConfig": {"@type": "{{{{{{{{Api}}}}}}}}.buffer.v3.Buffer", "maxRequestBytes": {{{{{{{{bytes}}}}}}}}}}""";
}
