namespace Tidegate.Proxy.Tests.Filters;

/// <summary>envoy.filters.http.csrf: which requests pages of other sites may make.</summary>
public sealed class CsrfFilterTests
{
    private const string Type = "'@type': 'type.googleapis.com/envoy.extensions.filters.http.csrf.v3.CsrfPolicy'";
    private const string On = "'filterEnabled': {'defaultValue': {'numerator': 100}}";

    [Theory]
    [InlineData("POST", "https://shop.test", "", 200, "request_valid")]
    [InlineData("POST", "https://SHOP.test", "", 200, "request_valid")]
    [InlineData("PUT", "", "https://shop.test/page?x=1", 200, "request_valid")]
    [InlineData("DELETE", "https://evil.test", "https://shop.test/", 403, "request_invalid")]
    [InlineData("PATCH", "https://shop.test:8443", "", 403, "request_invalid")]
    [InlineData("POST", "https://shop.test.evil.test", "", 403, "request_invalid")]
    [InlineData("POST", "https://shop.test@evil.test", "", 403, "request_invalid")]
    [InlineData("POST", "https://a.friends.test", "", 200, "request_valid")]
    [InlineData("POST", "", "", 403, "missing_source_origin")]
    [InlineData("POST", "null", "", 403, "missing_source_origin")]
    [InlineData("GET", "https://evil.test", "", 200, "")]
    [InlineData("OPTIONS", "https://evil.test", "", 200, "")]
    public async Task A_request_that_changes_something_comes_from_here(string method, string origin, string referer, int expected, string counted)
    {
        await using FilterGateway gateway = await StartAsync($"{On}, 'additionalOrigins': [{{'suffix': '.friends.test'}}]");

        HttpResponseMessage response = await SendAsync(gateway, method, origin, referer);

        Assert.Equal(expected, (int)response.StatusCode);
        Assert.Equal(expected == 403 ? "Invalid origin" : "ok", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.All(new[] { "request_valid", "request_invalid", "missing_source_origin" }, name => Assert.Equal(name == counted ? 1 : 0, gateway.Stat($"http.in.csrf.{name}")));
    }

    [Fact]
    public async Task In_shadow_it_only_counts()
    {
        await using FilterGateway gateway = await StartAsync("'filterEnabled': {'defaultValue': {'numerator': 0}}, 'shadowEnabled': {'defaultValue': {'numerator': 100}}");

        Assert.Equal(200, (int)(await SendAsync(gateway, "POST", "https://evil.test", "")).StatusCode);
        Assert.Equal(1, gateway.Stat("http.in.csrf.request_invalid"));
    }

    [Fact]
    public async Task A_route_has_a_check_of_its_own()
    {
        await using FilterGateway gateway = await StartAsync(On, $"{{'match': {{'prefix': '/'}}, 'route': {{'cluster': 'service'}}, 'typedPerFilterConfig': {{'csrf': {{{Type}, {On}, 'additionalOrigins': [{{'exact': 'evil.test'}}]}}}}}}");

        Assert.Equal(200, (int)(await SendAsync(gateway, "POST", "https://evil.test", "")).StatusCode);
    }

    private static Task<FilterGateway> StartAsync(string config, string routes = "{'match': {'prefix': '/'}, 'route': {'cluster': 'service'}}") =>
        FilterGateway.StartAsync($"{{'name': 'csrf', 'typedConfig': {{{Type}, {config}}}}}", routes);

    private static Task<HttpResponseMessage> SendAsync(FilterGateway gateway, string method, string origin, string referer)
    {
        var request = new HttpRequestMessage(new HttpMethod(method), "/") { Headers = { Host = "shop.test" } };
        if (origin.Length > 0)
        {
            request.Headers.TryAddWithoutValidation("origin", origin);
        }

        if (referer.Length > 0)
        {
            request.Headers.TryAddWithoutValidation("referer", referer);
        }

        return gateway.Client.SendAsync(request, TestContext.Current.CancellationToken);
    }
}
