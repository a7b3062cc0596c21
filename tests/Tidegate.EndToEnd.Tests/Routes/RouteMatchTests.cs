using Tidegate.EndToEnd.Tests.Harness;

namespace Tidegate.EndToEnd.Tests.Routes;

/// <summary>Every condition of <c>http[].match</c> with real requests (istio-gateway.md, 4.2).</summary>
public sealed class RouteMatchTests(RouteMatchTests.Fixture routes) : IClassFixture<RouteMatchTests.Fixture>
{
    [Theory]
    [InlineData("GET", "method")]
    [InlineData("POST", "post-or-put")]
    [InlineData("PUT", "post-or-put")]
    [InlineData("PATCH", "prefix")]
    [InlineData("PURGE", "prefix")]
    [InlineData("DELETE", "rest")]
    public async Task A_method_takes_its_route(string method, string service) =>
        Assert.Equal(service, EchoedRequest.Of(await routes.SendAsync($"{method} /", "Host: method.test")).Service);

    [Theory]
    [InlineData("exact.a.test", "exact")]
    [InlineData("exact.a.test:8080", "rest")] // the authority is what the client sent, port included
    [InlineData("pre1.a.test", "prefix")]
    [InlineData("r22.a.test", "regex")]
    [InlineData("r22.a.test:1", "rest")]
    [InlineData("other.a.test", "rest")]
    public async Task An_authority_takes_its_route(string host, string service) =>
        Assert.Equal(service, (await routes.EchoAsync(host, "/")).Service);

    [Theory]
    [InlineData("http", "exact")]
    public async Task The_scheme_is_that_of_the_connection(string claimed, string service) =>
        Assert.Equal(service, (await routes.EchoAsync("scheme.test", "/", $"x-forwarded-proto: {claimed}")).Service);

    [Fact]
    public async Task A_client_cannot_claim_another_scheme()
    {
        Assert.Equal("exact", (await routes.EchoAsync("scheme.test", "/", "x-forwarded-proto: https")).Service);
        Assert.Equal(403, (await routes.SendAsync("GET https://scheme.test/", "Host: scheme.test")).Status);
    }

    [Theory]
    [InlineData("exact", "x-user: jason")]
    [InlineData("rest", "x-user: jasonx")]
    [InlineData("rest", "x-user: Jason")]
    [InlineData("prefix", "x-group: beta-7")]
    [InlineData("rest", "x-group: alpha-7")]
    [InlineData("regex", "cookie: a=1; session=abc123; b=2")]
    [InlineData("rest", "cookie: a=1; b=2")]
    [InlineData("present", "x-debug: ")]
    [InlineData("present", "X-DEBUG: yes")]
    [InlineData("rest", "x-other: 1")]
    public async Task A_field_takes_its_route(string service, string field) =>
        Assert.Equal(service, (await routes.EchoAsync("headers.test", "/", field)).Service);

    [Theory]
    [InlineData("both", "x-a: 1", "x-b: 2")]
    [InlineData("rest", "x-a: 1", "x-b: 3")]
    [InlineData("rest", "x-a: 1")]
    public async Task All_conditions_of_a_match_have_to_be_met(string service, params string[] fields) =>
        Assert.Equal(service, (await routes.EchoAsync("headers.test", "/", fields)).Service);

    [Theory]
    [InlineData("without", "/value")] // a missing field is not the value
    [InlineData("without", "/value", "x-env: test")]
    [InlineData("rest", "/value", "x-env: prod")]
    [InlineData("without", "/presence")]
    [InlineData("rest", "/presence", "x-env: any")]
    [InlineData("without", "/prefix", "x-env: dev-1")]
    [InlineData("rest", "/prefix", "x-env: prod-1")]
    public async Task Without_headers_is_the_opposite(string service, string path, params string[] fields) =>
        Assert.Equal(service, (await routes.EchoAsync("without.test", path, fields)).Service);

    [Theory]
    [InlineData("/?v=1", "exact")]
    [InlineData("/?a=b&v=1", "exact")]
    [InlineData("/?v=12", "rest")]
    [InlineData("/?v=2&v=1", "rest")] // the first one counts
    [InlineData("/?v=%31", "rest")] // raw
    [InlineData("/?id=900", "regex")]
    [InlineData("/?id=90a", "rest")]
    [InlineData("/?lang=de-AT", "prefix")]
    [InlineData("/?debug", "present")]
    [InlineData("/?debug=", "present")]
    [InlineData("/?xdebug=1", "rest")]
    [InlineData("/", "rest")]
    public async Task A_query_parameter_takes_its_route(string path, string service) =>
        Assert.Equal(service, (await routes.EchoAsync("query.test", path)).Service);

    [Theory]
    [InlineData("/Case/Exact", "exact")]
    [InlineData("/case/exact", "exact")]
    [InlineData("/CASE/PREFIX/And/More", "prefix")]
    [InlineData("/case/regex1", "regex")]
    [InlineData("/CASE/regex1", "rest")] // the expression is its own master
    public async Task Case_is_ignored_where_the_match_says_so(string path, string service) =>
        Assert.Equal(service, (await routes.EchoAsync("case.test", path)).Service);

    [Fact]
    public async Task A_match_of_another_port_is_not_there()
    {
        Assert.Equal("exact", (await routes.EchoAsync("port.test", "/")).Service);
    }

    [Theory]
    [InlineData("/first/second", "first")]
    [InlineData("/second", "second")]
    [InlineData("/one", "either")]
    [InlineData("/two", "either")]
    [InlineData("/behind-the-catch-all", "rest")]
    public async Task The_first_route_that_fits_wins(string path, string service) =>
        Assert.Equal(service, (await routes.EchoAsync("order.test", path)).Service);

    /// <summary>The VirtualServices of this class.</summary>
    public sealed class Fixture : EchoGateway
    {
        /// <inheritdoc/>
        protected override IReadOnlyList<string> Services =>
            ["method", "post-or-put", "prefix", "exact", "regex", "present", "both", "without", "first", "second", "either", "rest"];

        /// <inheritdoc/>
        protected override string Routes =>
            Virtual("method.test", ("method", "method: {exact: GET}"), ("post-or-put", "method: {regex: \"POST|PUT\"}"), ("prefix", "method: {prefix: P}")) +
            Virtual("*.a.test", ("exact", "authority: {exact: exact.a.test}"), ("prefix", "authority: {prefix: pre}"), ("regex", "authority: {regex: 'r[0-9]+\\.a\\.test'}")) +
            Virtual("scheme.test", ("rest", "scheme: {exact: https}"), ("exact", "scheme: {prefix: http}")) +
            Virtual(
                "headers.test",
                ("both", "headers: {x-a: {exact: \"1\"}, x-b: {exact: \"2\"}}"),
                ("exact", "headers: {x-user: {exact: jason}}"),
                ("prefix", "headers: {x-group: {prefix: beta-}}"),
                ("regex", "headers: {cookie: {regex: '^(.*?; )?(session=[a-z0-9]+)(;.*)?$'}}"),
                ("present", "headers: {x-debug: {}}")) +
            Virtual(
                "without.test",
                ("without", "uri: {exact: /value}, withoutHeaders: {x-env: {exact: prod}}"),
                ("without", "uri: {exact: /presence}, withoutHeaders: {x-env: {}}"),
                ("without", "uri: {exact: /prefix}, withoutHeaders: {x-env: {prefix: prod}}")) +
            Virtual(
                "query.test",
                ("exact", "queryParams: {v: {exact: \"1\"}}"),
                ("regex", "queryParams: {id: {regex: '[0-9]+'}}"),
                ("prefix", "queryParams: {lang: {prefix: de}}"),
                ("present", "queryParams: {debug: {}}")) +
            Virtual(
                "case.test",
                ("exact", "uri: {exact: /case/exact}, ignoreUriCase: true"),
                ("prefix", "uri: {prefix: /case/prefix}, ignoreUriCase: true"),
                ("regex", "uri: {regex: '/case/regex[0-9]'}, ignoreUriCase: true")) +
            Virtual("port.test", ("first", "port: 81"), ("exact", "port: 80")) +
            Virtual(
                "order.test",
                ("first", "uri: {prefix: /first}"),
                ("second", "uri: {regex: '.*second'}"),
                ("either", "uri: {exact: /one} }, {uri: {exact: /two}"),
                ("rest", "uri: {prefix: /}"),
                ("exact", "uri: {exact: /behind-the-catch-all}"));

        private static string Virtual(string host, params (string Service, string Match)[] routes) => $$"""
            ---
            apiVersion: networking.istio.io/v1
            kind: VirtualService
            metadata: {name: {{host.Replace("*", "any", StringComparison.Ordinal).Replace('.', '-')}}, namespace: default}
            spec:
              hosts: ["{{host}}"]
              gateways: [edge]
              http:

            """ + string.Concat(routes.Select(route => $"  - match: [{{{route.Match}}}]\n    route: [{{destination: {{host: {route.Service}.svc}}}}]\n"))
            + "  - route: [{destination: {host: rest.svc}}]\n";
    }
}
