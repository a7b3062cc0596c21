using Tidegate.EndToEnd.Tests.Harness;

namespace Tidegate.EndToEnd.Tests.Routes;

/// <summary>What <c>http[].rewrite</c> makes of path and host (istio-gateway.md, 4.6).</summary>
public sealed class RewriteTests(RewriteTests.Fixture routes) : IClassFixture<RewriteTests.Fixture>
{
    [Theory]
    [InlineData("/api/v1/x?y=1", "/v2/x?y=1")] // prefix: the rest and the query stay
    [InlineData("/api/v1", "/v2")]
    [InlineData("/api/v1x", "/v2x")]
    [InlineData("/slash", "/")]
    [InlineData("/slash/bar", "/bar")] // "//bar" as written; normalised once more it is one slash (merge_slashes)
    [InlineData("/both/bar", "/bar")] // the two entries of Istio's idiom
    [InlineData("/both", "/")]
    [InlineData("/exact?q=1", "/new?q=1")]
    [InlineData("/regex12?q=1", "/all-new?q=1")]
    [InlineData("/svc/7/item/8?q=/svc/9", "/item/8/of/7?q=/svc/9")]
    [InlineData("/rep/aXbXc", "/rep/a-b-c")]
    [InlineData("/UPPER/tail", "/lower/tail")]
    public async Task A_path_is_rewritten(string path, string expected)
    {
        EchoedRequest seen = await routes.EchoAsync("path.test", path);

        Assert.Equal(expected, seen.Target.Replace("//", "/", StringComparison.Ordinal));
        Assert.Equal(path, seen.Headers["x-envoy-original-path"]);
    }

    [Fact]
    public async Task A_prefix_replaced_by_a_slash_leaves_two_as_Envoy_does_without_merging() =>
        Assert.Equal("//bar", (await routes.EchoAsync("path.test", "/slash/bar")).Target);

    [Fact]
    public async Task The_log_has_the_path_of_the_client()
    {
        await routes.EchoAsync("path.test", "/api/v1/logged");

        Assert.Contains("\"GET /api/v1/logged HTTP/1.1\" 200", await routes.Gateway.LogsAsync("/api/v1/logged"));
    }

    [Fact]
    public async Task The_authority_is_rewritten()
    {
        EchoedRequest seen = await routes.EchoAsync("authority.test", "/a");

        Assert.Equal("new.example:81", seen.Headers["host"]);
        Assert.Equal("/a", seen.Target);
        Assert.Null(seen.Headers["x-forwarded-host"]);
        Assert.Contains("\"new.example:81\"", await routes.Gateway.LogsAsync("GET /a HTTP/1.1"));
    }

    [Fact]
    public async Task Path_and_authority_are_rewritten_together()
    {
        EchoedRequest seen = await routes.EchoAsync("authority.test", "/both/x");

        Assert.Equal(("new.example", "/y/x"), (seen.Headers["host"], seen.Target));
    }

    /// <summary>The VirtualServices of this class.</summary>
    public sealed class Fixture : EchoGateway
    {
        /// <inheritdoc/>
        protected override IReadOnlyList<string> Services => ["echo"];

        /// <inheritdoc/>
        protected override string Routes => """
            ---
            apiVersion: networking.istio.io/v1
            kind: VirtualService
            metadata: {name: path, namespace: default}
            spec:
              hosts: [path.test]
              gateways: [edge]
              http:
              - match: [{uri: {prefix: /api/v1} }]
                rewrite: {uri: /v2}
                route: [{destination: {host: echo.svc} }]
              - match: [{uri: {prefix: /slash} }]
                rewrite: {uri: /}
                route: [{destination: {host: echo.svc} }]
              - match: [{uri: {prefix: /both/} }, {uri: {prefix: /both} }]
                rewrite: {uri: /}
                route: [{destination: {host: echo.svc} }]
              - match: [{uri: {exact: /exact} }]
                rewrite: {uri: /new}
                route: [{destination: {host: echo.svc} }]
              - match: [{uri: {regex: '/regex[0-9]+'} }]
                rewrite: {uri: /all-new}
                route: [{destination: {host: echo.svc} }]
              - match: [{uri: {prefix: /svc/} }]
                rewrite: {uriRegexRewrite: {match: '^/svc/([0-9]+)/(.*)$', rewrite: '/\2/of/\1'} }
                route: [{destination: {host: echo.svc} }]
              - match: [{uri: {prefix: /rep/} }]
                rewrite: {uriRegexRewrite: {match: X, rewrite: '-'} }
                route: [{destination: {host: echo.svc} }]
              - match: [{uri: {prefix: /upper}, ignoreUriCase: true}]
                rewrite: {uri: /lower}
                route: [{destination: {host: echo.svc} }]
            ---
            apiVersion: networking.istio.io/v1
            kind: VirtualService
            metadata: {name: authority, namespace: default}
            spec:
              hosts: [authority.test]
              gateways: [edge]
              http:
              - match: [{uri: {prefix: /both} }]
                rewrite: {uri: /y, authority: new.example}
                route: [{destination: {host: echo.svc} }]
              - rewrite: {authority: "new.example:81"}
                route: [{destination: {host: echo.svc} }]
            """;
    }
}
