using System.Text;
using Tidegate.EndToEnd.Tests.Harness;

namespace Tidegate.EndToEnd.Tests.Paths;

/// <summary>
/// What is routed on is what is forwarded, whatever the client writes: hosts, methods and field names in every spelling, rewrites, and
/// random paths (edge.md, rule 3 and group P).
/// </summary>
public sealed class RouteAgreementTests(RouteAgreementTests.Gateway gateway) : IClassFixture<RouteAgreementTests.Gateway>
{
    [Theory]
    [InlineData("secret.test")]
    [InlineData("Secret.Test")]
    [InlineData("SECRET.TEST:8080")]
    [InlineData("secret.test:443")]
    [InlineData("secret.test:80")]
    public async Task P24_a_host_is_the_same_in_every_spelling(string host) =>
        Assert.Equal("secret", (await gateway.EchoAsync(host, "/")).Service);

    [Fact]
    public async Task P24_a_host_with_a_dot_at_its_end_is_another_or_the_same_but_never_everybodys()
    {
        WireResponse response = await gateway.GetAsync("secret.test.", "/");

        Assert.True(response.Status == 404 || EchoedRequest.Of(response).Service == "secret", response.StatusLine);
    }

    [Theory]
    [InlineData("x-role: admin")]
    [InlineData("X-Role: admin")]
    [InlineData("X-ROLE:admin")]
    public async Task P26_a_field_is_the_same_in_every_spelling(string field) =>
        Assert.Equal("secret", (await gateway.EchoAsync("fields.test", "/", field)).Service);

    [Theory]
    [InlineData("x-role: user", "x-role: admin")]
    [InlineData("x-role: admin", "x-role: user")]
    public async Task P25_a_field_cannot_be_hidden_by_another_line(string first, string second) =>
        Assert.Equal("secret", (await gateway.EchoAsync("fields.test", "/", first, second)).Service);

    [Fact]
    public async Task P27_a_method_in_lower_case_is_none()
    {
        EchoedRequest upper = EchoedRequest.Of(await gateway.SendAsync("GET /", "Host: methods.test"));
        WireResponse lower = await gateway.SendAsync("get /", "Host: methods.test", "Content-Length: 0");

        Assert.Equal(("secret", "GET"), (upper.Service, upper.Method));
        Assert.Equal(400, lower.Status);
    }

    [Fact]
    public async Task P31_a_grpc_method_without_a_slash_is_refused()
    {
        WireResponse response = await gateway.SendAsync("POST package.Service/Method", "Host: open.test", "Content-Type: application/grpc", "Content-Length: 0");

        Assert.Equal(400, response.Status);
    }

    [Theory]
    [InlineData("/api/x", "/x")]
    [InlineData("/api", "/")]
    [InlineData("/api?q", "/?q")]
    [InlineData("/api/", "/")]
    [InlineData("/api../admin", null)]
    [InlineData("/api..%2fadmin", null)]
    [InlineData("/api/..%2f..%2fadmin", null)]
    [InlineData("/api%2f../admin", null)]
    [InlineData("/api//x", null)]
    [InlineData("/api\\..\\admin", null)]
    [InlineData("/api/%2e%2e/admin", null)]
    public async Task P20_a_rewrite_never_leads_out_of_where_it_points(string path, string? expected)
    {
        WireResponse response = await gateway.GetAsync("rewrite.test", path);
        if (response.Status is 400 or 404)
        {
            Assert.Null(expected);
            return;
        }

        EchoedRequest seen = EchoedRequest.Of(response);
        Assert.StartsWith("/", seen.Target);
        Assert.DoesNotContain("/../", seen.Target + "/");
        Assert.DoesNotContain("/./", seen.Target + "/");
        if (expected is not null)
        {
            Assert.Equal(expected, seen.Target);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task A_random_path_is_routed_as_it_is_forwarded(int seed)
    {
        var random = new Random(seed);
        string[] pieces = ["/", ".", "%", "2", "e", "f", "5", "c", "\\", ";", "?", "a", "A", "%2e", "%2F", "%5c", "/admin", "admin", "..", "/..", "%61"];
        using RawClient client = await gateway.Gateway.ConnectAsync();
        for (int i = 0; i < 150; i++)
        {
            var path = new StringBuilder("/");
            for (int n = random.Next(12); n > 0; n--)
            {
                path.Append(pieces[random.Next(pieces.Length)]);
            }

            WireResponse response = await client.ExchangeAsync($"GET {path} HTTP/1.1\r\nHost: random.test\r\n\r\n");
            if (response.Status == 400)
            {
                continue; // refusing is as good
            }

            EchoedRequest seen = EchoedRequest.Of(response);
            string target = seen.Target.Split('?')[0];
            Assert.StartsWith("/", target);
            Assert.DoesNotContain("/../", target + "/");
            Assert.DoesNotContain("/./", target + "/");
            Assert.Equal((path.ToString(), target.StartsWith("/admin", StringComparison.Ordinal) ? "secret" : "open"), (path.ToString(), seen.Service));

            // Once more: nothing is left to normalise.
            EchoedRequest again = EchoedRequest.Of(await client.ExchangeAsync($"GET {seen.Target} HTTP/1.1\r\nHost: random.test\r\n\r\n"));
            Assert.Equal(seen.Target, again.Target);
        }
    }

    [Theory]
    [InlineData("x-user: evil")]
    [InlineData("X-USER: evil\r\nx-user: more")]
    [InlineData("Connection: x-user")]
    public async Task X09_a_field_that_the_route_sets_is_the_routes(string fields)
    {
        EchoedRequest seen = await gateway.EchoAsync("sets.test", "/", fields);

        Assert.Equal(["gateway"], seen.Headers.All("x-user"));
        Assert.False(seen.Headers.Has("x-internal"));
    }

    [Fact]
    public async Task X09_a_field_that_the_route_removes_does_not_come_in()
    {
        EchoedRequest seen = await gateway.EchoAsync("sets.test", "/", "X-Internal: evil", "x-internal: more");

        Assert.False(seen.Headers.Has("x-internal"));
    }

    [Theory]
    [InlineData("traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "traceparent")]
    [InlineData("b3: 80f198ee56343ba864fe8b2a57d3eff7-e457b5a2e4d86bd1-1", "b3")]
    public async Task X08_trace_fields_go_through_where_nothing_is_traced(string field, string name)
    {
        EchoedRequest seen = await gateway.EchoAsync("open.test", "/", field);

        Assert.Equal(field[(name.Length + 2)..], seen.Headers[name]);
    }

    [Fact]
    public async Task X08_a_request_id_of_4_KiB_or_with_escapes_is_replaced()
    {
        foreach (string id in (string[])[new('i', 4096), "a%0d%0aX-Evil:%20b"])
        {
            EchoedRequest seen = await gateway.EchoAsync("open.test", "/", $"X-Request-Id: {id}");

            Assert.Equal(36, Assert.Single(seen.Headers.All("x-request-id")).Length);
        }
    }

    [Fact]
    public async Task X14_a_redirect_leads_to_the_configured_authority_whatever_the_client_says()
    {
        WireResponse response = await gateway.GetAsync(
            "redirect.test", "/x", "X-Forwarded-Host: evil.test", "X-Original-Host: evil.test", "Forwarded: host=evil.test");

        Assert.Equal((301, "http://good.test/x"), (response.Status, response.Headers["location"]));
    }

    [Theory]
    [InlineData("redirect.test/@evil.test")]
    [InlineData("evil.test\\redirect.test")]
    [InlineData("user@redirect.test")]
    [InlineData("redirect.test evil.test")]
    [InlineData("redirect.test,evil.test")]
    public async Task X14_an_authority_that_is_none_gets_no_redirect(string host)
    {
        WireResponse response = await gateway.GetAsync(host, "/x");

        Assert.Equal(400, response.Status);
        Assert.False(response.Headers.Has("location"));
    }

    /// <summary>Two services: what is guarded, and everything else.</summary>
    public sealed class Gateway : EchoGateway
    {
        /// <inheritdoc/>
        protected override IReadOnlyList<string> Services => ["open", "secret"];

        /// <inheritdoc/>
        protected override string Routes => Host("secret", "  - route: [{destination: {host: secret.svc, port: {number: 80}}}]")
            + Host("open", "  - route: [{destination: {host: open.svc, port: {number: 80}}}]")
            + Host("fields", """
                  - match: [{headers: {x-role: {exact: admin}}}]
                    route: [{destination: {host: secret.svc, port: {number: 80}}}]
                  - route: [{destination: {host: open.svc, port: {number: 80}}}]
                """)
            + Host("methods", """
                  - match: [{method: {exact: GET}}]
                    route: [{destination: {host: secret.svc, port: {number: 80}}}]
                  - route: [{destination: {host: open.svc, port: {number: 80}}}]
                """)
            + Host("random", """
                  - match: [{uri: {prefix: /admin}}]
                    route: [{destination: {host: secret.svc, port: {number: 80}}}]
                  - route: [{destination: {host: open.svc, port: {number: 80}}}]
                """)
            + Host("rewrite", """
                  - match: [{uri: {prefix: /api/}}, {uri: {prefix: /api}}]
                    rewrite: {uri: /}
                    route: [{destination: {host: open.svc, port: {number: 80}}}]
                """)
            + Host("sets", """
                  - headers: {request: {set: {x-user: gateway}, remove: [x-internal]}}
                    route: [{destination: {host: open.svc, port: {number: 80}}}]
                """)
            + Host("redirect", "  - redirect: {authority: good.test}");

        private static string Host(string name, string rules) => $$"""
            ---
            apiVersion: networking.istio.io/v1
            kind: VirtualService
            metadata: {name: {{name}}, namespace: default}
            spec:
              hosts: ["{{name}}.test"]
              gateways: [edge]
              http:

            """ + rules.TrimEnd('\n') + "\n";
    }
}
