using Tidegate.EndToEnd.Tests.Harness;

namespace Tidegate.EndToEnd.Tests.Routes;

/// <summary>What <c>http[].redirect</c> and <c>http[].directResponse</c> answer (istio-gateway.md, 4.7 and 4.8).</summary>
public sealed class RedirectTests(RedirectTests.Fixture routes) : IClassFixture<RedirectTests.Fixture>
{
    [Theory]
    [InlineData("/code/none", 301)]
    [InlineData("/code/301", 301)]
    [InlineData("/code/302", 302)]
    [InlineData("/code/303", 303)]
    [InlineData("/code/307", 307)]
    [InlineData("/code/308", 308)]
    public async Task A_redirect_has_its_code(string path, int status)
    {
        WireResponse response = await routes.GetAsync("r.test", path);

        Assert.Equal((status, "http://r.test/new", ""), (response.Status, response.Headers["location"], response.Body));
        Assert.Equal("0", response.Headers["content-length"]);
        Assert.Contains($"\" {status} - direct_response - ", await routes.Gateway.LogsAsync($"GET {path} "));
    }

    [Theory]
    [InlineData("r.test", "/host/a?b=c", "http://other.example/host/a?b=c")] // path and query stay
    [InlineData("r.test:8080", "/host/a", "http://other.example/host/a")]
    [InlineData("r.test", "/uri?b=c", "http://r.test/to/here?b=c")]
    [InlineData("r.test", "/uri-with-query?b=c", "http://r.test/to/here?own=1")]
    [InlineData("r.test", "/scheme/x", "https://r.test/scheme/x")]
    [InlineData("r.test:80", "/scheme/x", "https://r.test/scheme/x")] // the port of the old scheme would be wrong
    [InlineData("r.test:8080", "/scheme/x", "https://r.test:8080/scheme/x")]
    [InlineData("r.test", "/port", "http://r.test:8443/port")]
    [InlineData("r.test:8080", "/port", "http://r.test:8443/port")]
    [InlineData("r.test:8080", "/https-port", "https://r.test/https-port")] // 443 was asked for, and is https's own: Istio drops it and leaves the client the plain port
    [InlineData("r.test:8080", "/derive-default", "http://r.test:8080/derive-default")]
    [InlineData("r.test", "/derive-request", "http://r.test/derive-request")] // the declared port is http's own
    [InlineData("r.test", "/prefix/tail?q", "http://r.test/moved/tail?q")]
    [InlineData("r.test", "/all/x", "https://all.example:444/every")]
    public async Task A_redirect_leads_to(string host, string path, string location)
    {
        WireResponse response = await routes.GetAsync(host, path);

        Assert.Equal(301, response.Status);
        Assert.Equal(location, response.Headers["location"]);
    }

    [Fact]
    public async Task A_redirect_takes_field_changes()
    {
        WireResponse response = await routes.GetAsync("r.test", "/fields");

        Assert.Equal((301, "yes"), (response.Status, response.Headers["x-moved"]));
    }

    [Theory]
    [InlineData("/direct/teapot", 418, "I am a teapot\n", "text/plain")]
    [InlineData("/direct/bytes", 200, "hello", "text/plain")]
    [InlineData("/direct/json", 200, "{\"a\":1}", "application/json")]
    [InlineData("/direct/empty", 503, "", null)]
    public async Task A_direct_response_is_given_as_written(string path, int status, string body, string? contentType)
    {
        using RawClient client = await routes.Gateway.ConnectAsync();

        WireResponse response = await client.ExchangeAsync($"GET {path} HTTP/1.1\r\nHost: r.test\r\n\r\n");
        WireResponse head = await client.ExchangeAsync($"HEAD {path} HTTP/1.1\r\nHost: r.test\r\n\r\n");
        WireResponse post = await client.ExchangeAsync($"POST {path} HTTP/1.1\r\nHost: r.test\r\ncontent-length: 4\r\n\r\nbody");

        Assert.Equal((status, body, contentType), (response.Status, response.Body, response.Headers["content-type"]));
        Assert.Equal((status, body), (post.Status, post.Body));
        Assert.Equal((status, body.Length > 0 ? $"{body.Length}" : null), (head.Status, head.Headers["content-length"]));
        Assert.Contains($"\" {status} - direct_response - ", await routes.Gateway.LogsAsync($"GET {path} "));
    }

    /// <summary>The VirtualService of this class.</summary>
    public sealed class Fixture : EchoGateway
    {
        /// <inheritdoc/>
        protected override IReadOnlyList<string> Services => ["echo"];

        /// <inheritdoc/>
        protected override string Routes => """
            ---
            apiVersion: networking.istio.io/v1
            kind: VirtualService
            metadata: {name: r, namespace: default}
            spec:
              hosts: [r.test]
              gateways: [edge]
              http:
              - {match: [{uri: {exact: /code/none} }], redirect: {uri: /new} }
              - {match: [{uri: {exact: /code/301} }], redirect: {uri: /new, redirectCode: 301} }
              - {match: [{uri: {exact: /code/302} }], redirect: {uri: /new, redirectCode: 302} }
              - {match: [{uri: {exact: /code/303} }], redirect: {uri: /new, redirectCode: 303} }
              - {match: [{uri: {exact: /code/307} }], redirect: {uri: /new, redirectCode: 307} }
              - {match: [{uri: {exact: /code/308} }], redirect: {uri: /new, redirectCode: 308} }
              - {match: [{uri: {prefix: /host} }], redirect: {authority: other.example} }
              - {match: [{uri: {exact: /uri} }], redirect: {uri: /to/here} }
              - {match: [{uri: {exact: /uri-with-query} }], redirect: {uri: "/to/here?own=1"} }
              - {match: [{uri: {prefix: /scheme} }], redirect: {scheme: https} }
              - {match: [{uri: {exact: /port} }], redirect: {port: 8443} }
              - {match: [{uri: {exact: /https-port} }], redirect: {scheme: https, port: 443} }
              - {match: [{uri: {exact: /derive-default} }], redirect: {authority: "r.test:8080", derivePort: FROM_PROTOCOL_DEFAULT} }
              - {match: [{uri: {exact: /derive-request} }], redirect: {derivePort: FROM_REQUEST_PORT} }
              - {match: [{uri: {prefix: /prefix} }], redirect: {prefixRewrite: /moved} }
              - {match: [{uri: {prefix: /all} }], redirect: {scheme: https, authority: all.example, port: 444, uri: /every} }
              - match: [{uri: {exact: /fields} }]
                redirect: {uri: /new}
                headers: {response: {set: {x-moved: "yes"} } }
              - {match: [{uri: {exact: /direct/teapot} }], directResponse: {status: 418, body: {string: "I am a teapot\n"} } }
              - {match: [{uri: {exact: /direct/bytes} }], directResponse: {status: 200, body: {bytes: aGVsbG8=} } }
              - {match: [{uri: {exact: /direct/empty} }], directResponse: {status: 503} }
              - match: [{uri: {exact: /direct/json} }]
                directResponse: {status: 200, body: {string: '{"a":1}'} }
                headers: {response: {set: {content-type: application/json} } }
            """;
    }
}
