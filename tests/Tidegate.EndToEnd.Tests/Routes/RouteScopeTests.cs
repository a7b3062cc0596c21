using Tidegate.EndToEnd.Tests.Harness;

namespace Tidegate.EndToEnd.Tests.Routes;

/// <summary>
/// Which routes there are at all: conditions on the gateway itself, delegates, several VirtualServices for one host, hosts with a star
/// (istio-gateway.md 3, 4.2, 4.11).
/// </summary>
public sealed class RouteScopeTests(RouteScopeTests.Fixture routes) : IClassFixture<RouteScopeTests.Fixture>
{
    [Theory]
    [InlineData("/own-labels", "a")]
    [InlineData("/other-labels", "rest")]
    [InlineData("/this-gateway", "a")]
    [InlineData("/other-gateway", "rest")]
    [InlineData("/mesh", "rest")]
    [InlineData("/own-namespace", "a")]
    [InlineData("/other-namespace", "rest")]
    public async Task A_condition_on_where_a_request_comes_from_is_about_the_gateway(string path, string service) =>
        Assert.Equal(service, (await routes.EchoAsync("source.test", path)).Service);

    [Theory]
    [InlineData("/reviews/1", "a")] // the delegate's first route, within the root's prefix
    [InlineData("/reviews/special", "b")]
    [InlineData("/ratings", "c")] // another delegate, of another namespace
    [InlineData("/elsewhere", "rest")]
    public async Task A_delegate_has_the_routes_of_its_part(string path, string service) =>
        Assert.Equal(service, (await routes.EchoAsync("delegates.test", path)).Service);

    [Fact]
    public async Task A_delegates_route_must_meet_the_conditions_of_both()
    {
        Assert.Equal("c", (await routes.EchoAsync("delegates.test", "/both", "x-root: 1", "x-delegate: 1")).Service);
        Assert.Equal("rest", (await routes.EchoAsync("delegates.test", "/both", "x-root: 1")).Service);
        Assert.Equal("rest", (await routes.EchoAsync("delegates.test", "/both", "x-delegate: 1")).Service);
    }

    [Fact]
    public async Task What_the_root_says_of_a_delegates_route_holds_where_the_delegate_says_nothing()
    {
        EchoedRequest plain = await routes.EchoAsync("delegates.test", "/reviews/1");
        Assert.Equal("root", plain.Headers["x-by"]);
        Assert.Equal("30000", plain.Headers["x-envoy-expected-rq-timeout-ms"]);

        EchoedRequest own = await routes.EchoAsync("delegates.test", "/reviews/special");
        Assert.Equal("7000", own.Headers["x-envoy-expected-rq-timeout-ms"]);
    }

    [Fact]
    public async Task A_delegate_alone_has_no_host() =>
        Assert.Equal(404, (await routes.GetAsync("reviews.test", "/reviews/1")).Status);

    [Theory]
    [InlineData("/first", "a")]
    [InlineData("/second", "b")]
    [InlineData("/anything", "c")] // the catch-all of the older one comes last, not in between
    public async Task Several_VirtualServices_of_one_host_are_one_list(string path, string service) =>
        Assert.Equal(service, (await routes.EchoAsync("several.test", path)).Service);

    [Theory]
    [InlineData("exact.star.test", "a")]
    [InlineData("any.star.test", "b")]
    [InlineData("one.deep.star.test", "c")]
    [InlineData("two.levels.star.test", "b")]
    [InlineData("EXACT.star.test", "a")]
    [InlineData("exact.star.test:8080", "a")]
    public async Task The_most_specific_host_takes_a_request(string host, string service) =>
        Assert.Equal(service, (await routes.EchoAsync(host, "/")).Service);

    [Fact]
    public async Task A_host_with_a_star_is_not_the_domain_itself() =>
        Assert.Equal(404, (await routes.GetAsync("star.test", "/")).Status);

    [Fact]
    public async Task One_VirtualService_can_have_several_hosts_and_gateways()
    {
        Assert.Equal("a", (await routes.EchoAsync("host-1.test", "/")).Service);
        Assert.Equal("a", (await routes.EchoAsync("host-2.test", "/")).Service);
        WireResponse other = await routes.Gateway.ExchangeAsync("GET / HTTP/1.1\r\nHost: host-1.test\r\n\r\n", 8081);
        Assert.Equal("a", EchoedRequest.Of(other).Service);

        // The match names one of the two gateways.
        Assert.Equal("a", (await routes.EchoAsync("host-1.test", "/only-second")).Service);
        Assert.Equal("b", EchoedRequest.Of(await routes.Gateway.ExchangeAsync("GET /only-second HTTP/1.1\r\nHost: host-1.test\r\n\r\n", 8081)).Service);
    }

    [Fact]
    public async Task Old_names_of_fields_still_hold()
    {
        // corsPolicy.allowOrigin and mirrorPercent are deprecated, and in use.
        EchoedRequest echo = await routes.EchoAsync("old.test", "/old", "origin: https://friend.example");
        Assert.Equal("https://friend.example", echo.Response.Headers["access-control-allow-origin"]);
        await Eventually.HoldsAsync(() => routes.Service("b").Requests.Any(request => request.Target == "/old"), "the copy arrives");
    }

    [Fact]
    public async Task Statistics_of_a_match_have_its_prefix()
    {
        await routes.EchoAsync("source.test", "/this-gateway");

        Assert.DoesNotContain("statPrefix", routes.Gateway.Errors, StringComparison.Ordinal);
    }

    /// <summary>The VirtualServices.</summary>
    public sealed class Fixture : EchoGateway
    {
        /// <inheritdoc/>
        protected override IReadOnlyList<string> Services => ["a", "b", "c", "rest"];

        /// <inheritdoc/>
        protected override string Routes =>
            Virtual("source", "hosts: [source.test], gateways: [edge]", $"""
                - match: [{Condition("/own-labels", "sourceLabels: {istio: ingressgateway}")}]
                  {To("a")}
                - match: [{Condition("/other-labels", "sourceLabels: {istio: egressgateway}")}]
                  {To("a")}
                - match: [{Condition("/this-gateway", "gateways: [edge], statPrefix: counted")}]
                  {To("a")}
                - match: [{Condition("/other-gateway", "gateways: [second]")}]
                  {To("a")}
                - match: [{Condition("/mesh", "gateways: [mesh]")}]
                  {To("a")}
                - match: [{Condition("/own-namespace", "sourceNamespace: istio-system")}]
                  {To("a")}
                - match: [{Condition("/other-namespace", "sourceNamespace: default")}]
                  {To("a")}
                - {To("rest")}
                """)
            + Virtual("root", "hosts: [delegates.test], gateways: [edge]", $"""
                - match: [{Condition("/reviews")}]
                  delegate: {Flow("name: reviews, namespace: default")}
                  timeout: 30s
                  headers: {Flow("request: {set: {x-by: root}}")}
                - match: [{Condition("/ratings")}]
                  delegate: {Flow("name: ratings, namespace: other")}
                - match: [{Condition("/both", "headers: {x-root: {exact: \"1\"}}")}]
                  delegate: {Flow("name: both, namespace: default")}
                - {To("rest")}
                """)
            + Virtual("reviews", "", $"""
                - match: [{Condition("/reviews/special")}]
                  {To("b")}
                  timeout: 7s
                - {To("a")}
                """)
            + Virtual("ratings", "", $"- {To("c")}", "other")
            + Virtual("both", "", $"""
                - match: [{Flow("headers: {x-delegate: {exact: \"1\"}}")}]
                  {To("c")}
                """)
            + Virtual("several-1", "hosts: [several.test], gateways: [edge]", $"""
                - match: [{Condition("/first")}]
                  {To("a")}
                - {To("c")}
                """, age: 1)
            + Virtual("several-2", "hosts: [several.test], gateways: [edge]", $"""
                - match: [{Condition("/second")}]
                  {To("b")}
                """, age: 2)
            + Virtual("star", "hosts: [\"*.star.test\"], gateways: [edge]", $"- {To("b")}")
            + Virtual("exact-star", "hosts: [exact.star.test], gateways: [edge]", $"- {To("a")}")
            + Virtual("deep-star", "hosts: [\"*.deep.star.test\"], gateways: [edge]", $"- {To("c")}")
            + Manifests.HttpGateway("second", 8081)
            + Virtual("hosts", "hosts: [host-1.test, host-2.test], gateways: [edge, default/second]", $"""
                - match: [{Condition("/only-second", "gateways: [default/second]")}]
                  {To("b")}
                - {To("a")}
                """)
            + Virtual("old", "hosts: [old.test], gateways: [edge]", $"""
                - {To("a")}
                  corsPolicy: {Flow("allowOrigin: [\"https://friend.example\"]")}
                  mirror: {Flow("host: b.svc")}
                  mirror_percent: 100
                """);

        private static string Condition(string prefix, string more = "") => $"{{uri: {{prefix: {prefix}}}{(more.Length > 0 ? ", " : "")}{more}}}";

        private static string To(string service) => $"route: [{{destination: {{host: {service}.svc}}}}]";

        private static string Flow(string fields) => $"{{{fields}}}";

        private static string Virtual(string name, string spec, string http, string ns = "default", int age = 1) => $$"""
            ---
            apiVersion: networking.istio.io/v1
            kind: VirtualService
            metadata: {name: {{name}}, namespace: {{ns}}, creationTimestamp: "2026-01-0{{age}}T00:00:00Z" }
            spec:
              {{string.Join("\n  ", Fields(spec))}}
              http:
              {{http.Replace("\n", "\n  ", StringComparison.Ordinal)}}

            """;

        // "hosts: [a, b], gateways: [c]" as lines.
        private static string[] Fields(string spec) => spec.Replace("], gateways", "]\ngateways", StringComparison.Ordinal).Split('\n');
    }
}
