using Tidegate.EndToEnd.Tests.Harness;

namespace Tidegate.EndToEnd.Tests.Filters;

/// <summary><c>http[].corsPolicy</c> (istio-gateway.md, 4.13; the Fetch standard).</summary>
public sealed class CorsTests(CorsTests.Fixture routes) : IClassFixture<CorsTests.Fixture>
{
    private static readonly string[] PreflightFields = ["access-control-request-method: PUT", "access-control-request-headers: x-a,x-b"];

    [Fact]
    public async Task A_preflight_of_an_allowed_origin_is_answered_by_the_gateway()
    {
        WireResponse response = await routes.SendAsync("OPTIONS /pre", ["Host: full.test", "origin: https://exact.example", .. PreflightFields]);

        Assert.Equal((200, ""), (response.Status, response.Body));
        Assert.Equal("https://exact.example", response.Headers["access-control-allow-origin"]);
        Assert.Equal("GET,PUT", response.Headers["access-control-allow-methods"]);
        Assert.Equal("x-a,x-b", response.Headers["access-control-allow-headers"]);
        Assert.Equal("x-exposed", response.Headers["access-control-expose-headers"]);
        Assert.Equal("86400", response.Headers["access-control-max-age"]);
        Assert.Equal("true", response.Headers["access-control-allow-credentials"]);
        Assert.Contains("\" 200 - cors_response ", await routes.Gateway.LogsAsync("OPTIONS /pre "));
        Assert.DoesNotContain(routes.Service("echo").Requests, request => request.Target == "/pre");
    }

    [Fact]
    public async Task Only_what_the_policy_has_is_said()
    {
        WireResponse response = await routes.SendAsync("OPTIONS /", ["Host: least.test", "origin: http://any.example", .. PreflightFields]);

        Assert.Equal(200, response.Status);
        Assert.Equal("http://any.example", response.Headers["access-control-allow-origin"]);
        foreach (string name in (string[])["methods", "headers", "credentials"])
        {
            Assert.False(response.Headers.Has($"access-control-allow-{name}"), name);
        }

        Assert.False(response.Headers.Has("access-control-max-age"));
    }

    [Theory]
    [InlineData("https://exact.example", true)]
    [InlineData("https://exact.example:444", false)]
    [InlineData("http://exact.example", false)]
    [InlineData("https://prefix.example.org", true)]
    [InlineData("https://a.regex.example", true)]
    [InlineData("https://a.b.regex.example", false)]
    [InlineData("null", false)]
    public async Task A_request_of_an_allowed_origin_is_told_so(string origin, bool isAllowed)
    {
        EchoedRequest seen = await routes.EchoAsync("full.test", "/", $"origin: {origin}", "x-answer-fields: access-control-allow-origin=https://backend.example");

        Assert.Equal(origin, seen.Headers["origin"]);
        Assert.Equal([isAllowed ? origin : "https://backend.example"], seen.Response.Headers.All("access-control-allow-origin"));
        Assert.Equal(isAllowed ? "true" : null, seen.Response.Headers["access-control-allow-credentials"]);
        Assert.Equal(isAllowed ? "x-exposed" : null, seen.Response.Headers["access-control-expose-headers"]);
        Assert.False(seen.Response.Headers.Has("access-control-allow-methods"));
    }

    [Fact]
    public async Task A_request_without_origin_is_none_of_its_business() =>
        Assert.False((await routes.EchoAsync("full.test", "/")).Response.Headers.Has("access-control-allow-origin"));

    [Fact]
    public async Task OPTIONS_that_is_no_preflight_goes_to_the_service() =>
        Assert.Equal("OPTIONS", EchoedRequest.Of(await routes.SendAsync("OPTIONS /", "Host: full.test", "origin: https://exact.example")).Method);

    [Fact]
    public async Task A_preflight_of_another_origin_is_the_services_to_answer()
    {
        EchoedRequest seen = EchoedRequest.Of(await routes.SendAsync("OPTIONS /", ["Host: full.test", "origin: https://evil.example", .. PreflightFields]));

        Assert.Equal("OPTIONS", seen.Method);
        Assert.False(seen.Response.Headers.Has("access-control-allow-origin"));
    }

    [Fact]
    public async Task A_preflight_of_another_origin_is_answered_without_permission_where_the_policy_says_so()
    {
        WireResponse response = await routes.SendAsync("OPTIONS /ignored", ["Host: ignore.test", "origin: https://evil.example", .. PreflightFields]);

        Assert.Equal((200, ""), (response.Status, response.Body));
        Assert.False(response.Headers.Has("access-control-allow-origin"));
        Assert.DoesNotContain(routes.Service("echo").Requests, request => request.Target == "/ignored");
    }

    [Fact]
    public async Task The_origin_is_echoed_where_the_route_takes_it_off_the_request()
    {
        EchoedRequest seen = await routes.EchoAsync("removes.test", "/", "origin: https://a.example");

        Assert.False(seen.Headers.Has("origin"));
        Assert.Equal("https://a.example", seen.Response.Headers["access-control-allow-origin"]);
    }

    [Fact]
    public async Task Origins_are_counted()
    {
        long valid = await StatAsync("origin_valid");
        long invalid = await StatAsync("origin_invalid");

        await routes.GetAsync("full.test", "/", "origin: https://exact.example");
        await routes.GetAsync("full.test", "/", "origin: https://evil.example");

        Assert.True(await StatAsync("origin_valid") > valid);
        Assert.True(await StatAsync("origin_invalid") > invalid);
    }

    private Task<long> StatAsync(string name) => routes.Gateway.StatAsync($"http.outbound_0.0.0.0_8080;.cors.{name}");

    /// <summary>The VirtualServices of this class.</summary>
    public sealed class Fixture : EchoGateway
    {
        /// <inheritdoc/>
        protected override IReadOnlyList<string> Services => ["echo"];

        /// <inheritdoc/>
        protected override string Routes =>
            Virtual("full.test", """
                    allowOrigins: [{exact: "https://exact.example"}, {prefix: "https://prefix."}, {regex: 'https://[a-z]+\.regex\.example'}]
                    allowMethods: [GET, PUT]
                    allowHeaders: [x-a, x-b]
                    exposeHeaders: [x-exposed]
                    maxAge: 24h
                    allowCredentials: true
                """) +
            Virtual("least.test", "    allowOrigins: [{exact: '*'}]") +
            Virtual("ignore.test", "    {allowOrigins: [{exact: 'https://a.example'}], unmatchedPreflights: IGNORE}") +
            Virtual("removes.test", "    allowOrigins: [{prefix: 'https://'}]", "    headers: {request: {remove: [origin]} }");

        private static string Virtual(string host, string policy, string more = "") => $$"""
            ---
            apiVersion: networking.istio.io/v1
            kind: VirtualService
            metadata: {name: {{host.Replace('.', '-')}}, namespace: default}
            spec:
              hosts: [{{host}}]
              gateways: [edge]
              http:
              - route: [{destination: {host: echo.svc} }]
                corsPolicy:
            {{policy.Replace("    ", "      ", StringComparison.Ordinal)}}
            {{more}}

            """;
    }
}
