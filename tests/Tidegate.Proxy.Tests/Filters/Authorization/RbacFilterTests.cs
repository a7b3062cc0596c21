using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Tidegate.Proxy.Tests.Filters.Authorization;

/// <summary>Policies that let requests in or keep them out (security-envoy.md 2), and what becomes of policies that cannot be read.</summary>
public sealed class RbacFilterTests
{
    private const string Anybody = """ "principals": [{"any": true}] """;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_refusal_is_Envoys_to_the_letter_and_counted()
    {
        await using FilterGateway gateway = await StartAsync(Rules("DENY", """
            "ns[a]-policy[b]-rule[1]": {"permissions": [{"urlPath": {"path": {"exact": "/no"}}}], ANYBODY}
            """));

        HttpResponseMessage refused = await gateway.GetAsync("/no?x=1");
        HttpResponseMessage letIn = await gateway.GetAsync("/no/x");

        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        Assert.Equal("RBAC: access denied", await refused.Content.ReadAsStringAsync(Cancellation));
        Assert.Equal("text/plain", refused.Content.Headers.ContentType!.ToString());
        Assert.Equal(HttpStatusCode.OK, letIn.StatusCode);
        Assert.Equal((1, 1), (gateway.Stat("http.in.rbac.denied"), gateway.Stat("http.in.rbac.allowed")));
    }

    [Fact]
    public async Task Without_policies_ALLOW_lets_nobody_in_and_DENY_everybody()
    {
        await using FilterGateway allow = await StartAsync(Rules("ALLOW", ""));
        await using FilterGateway deny = await StartAsync(Rules("DENY", ""));
        await using FilterGateway log = await StartAsync(Rules("LOG", ""));

        Assert.Equal(HttpStatusCode.Forbidden, (await allow.GetAsync()).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await deny.GetAsync()).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await log.GetAsync()).StatusCode);
    }

    [Fact]
    public async Task Rules_that_are_only_tried_are_counted_and_refuse_nobody()
    {
        await using FilterGateway gateway = await StartAsync("""
            "shadowRulesStatPrefix": "istio_dry_run_deny_", "shadowRules": {"action": "DENY", "policies": {"p": {"permissions": [{"any": true}], ANYBODY}}}
            """);

        Assert.Equal(HttpStatusCode.OK, (await gateway.GetAsync()).StatusCode);
        Assert.Equal(1, gateway.Stat("http.in.rbac.istio_dry_run_deny_.shadow_denied"));
        Assert.Equal(0, gateway.Stat("http.in.rbac.denied"));
    }

    [Fact]
    public async Task A_policy_that_keeps_out_and_cannot_be_read_keeps_out_what_the_rest_of_it_is_about()
    {
        await using FilterGateway gateway = await StartAsync(Rules("DENY", """
            "broken": {"permissions": [{"andRules": {"rules": [
              {"urlPath": {"path": {"prefix": "/guarded"}}},
              {"orRules": {"rules": [{"uriTemplate": {"name": "t", "typedConfig": {"@type": "type.googleapis.com/envoy.extensions.path.match.uri_template.v3.UriTemplateMatchConfig", "pathTemplate": "/a*b"}}}]}}]}}], ANYBODY},
            "spares": {"permissions": [{"andRules": {"rules": [{"urlPath": {"path": {"prefix": "/spared"}}},
              {"notRule": {"header": {"name": "x", "stringMatch": {"safeRegex": {"regex": "("}}}}}]}}], ANYBODY}
            """), isRefusedInPart: true);

        Assert.Equal(HttpStatusCode.Forbidden, (await gateway.GetAsync("/guarded")).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await gateway.GetAsync("/spared", ("x", "("))).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await gateway.GetAsync("/other")).StatusCode);
    }

    [Fact]
    public async Task A_policy_that_lets_in_and_cannot_be_read_lets_nobody_in_and_the_others_go_on()
    {
        await using FilterGateway gateway = await StartAsync(Rules("ALLOW", """
            "broken": {"permissions": [{"urlPath": {"path": {"exact": "/x"}}}], "principals": [{"orIds": {"ids": [{"sourceIp": {"addressPrefix": "300.1.1.1", "prefixLen": 32}}]}}]},
            "not": {"permissions": [{"urlPath": {"path": {"exact": "/x"}}}], "principals": [{"notId": {"directRemoteIp": {"addressPrefix": "300.1.1.1", "prefixLen": 32}}}]},
            "condition": {"permissions": [{"any": true}], ANYBODY, "condition": {"constExpr": {"boolValue": true}}},
            "good": {"permissions": [{"urlPath": {"path": {"exact": "/good"}}}], ANYBODY}
            """), isRefusedInPart: true);

        Assert.Equal(HttpStatusCode.Forbidden, (await gateway.GetAsync("/x")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await gateway.GetAsync("/good")).StatusCode);
    }

    [Fact]
    public async Task Whom_a_denial_spares_has_no_other_value_of_the_field()
    {
        await using FilterGateway gateway = await StartAsync(Rules("DENY", """
            "p": {"permissions": [{"notRule": {"header": {"name": "x-not", "stringMatch": {"prefix": "ok"}}}}], ANYBODY}
            """));

        Assert.StartsWith("HTTP/1.1 200 ", await SendTwiceAsync(gateway, "ok", "ok2"), StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 403 ", await SendTwiceAsync(gateway, "ok", "bad"), StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 403 ", await SendTwiceAsync(gateway, "bad", "ok"), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Forbidden, (await gateway.GetAsync()).StatusCode);
    }

    [Fact]
    public async Task A_route_may_have_policies_of_its_own_or_none()
    {
        const string Type = "type.googleapis.com/envoy.extensions.filters.http.rbac.v3.RBACPerRoute";
        await using FilterGateway gateway = await FilterGateway.StartAsync(
            Filter(Rules("DENY", """  "all": {"permissions": [{"any": true}], ANYBODY} """)),
            routes: """
                {"match": {"prefix": "/free"}, "route": {"cluster": "service"}, "typedPerFilterConfig": {"envoy.filters.http.rbac": {"@type": "TYPE"}}},
                {"match": {"prefix": "/own"}, "route": {"cluster": "service"}, "typedPerFilterConfig": {"envoy.filters.http.rbac": {"@type": "TYPE", "rbac": {
                  "rules": {"action": "DENY", "policies": {"own": {"permissions": [{"header": {"name": "x", "presentMatch": true}}], ANYBODY}}}}}}},
                {"match": {"prefix": "/"}, "route": {"cluster": "service"}}
                """.Replace("ANYBODY", Anybody, StringComparison.Ordinal).Replace("TYPE", Type, StringComparison.Ordinal));

        Assert.Equal(HttpStatusCode.OK, (await gateway.GetAsync("/free")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await gateway.GetAsync("/own")).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await gateway.GetAsync("/own", ("x", ""))).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await gateway.GetAsync("/")).StatusCode);
    }

    // In two lines, which HttpClient would make one of.
    private static async Task<string> SendTwiceAsync(FilterGateway gateway, string first, string second)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(gateway.Address, 8080, Cancellation);
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes($"GET / HTTP/1.1\r\nhost: a\r\nx-not: {first}\r\nx-not: {second}\r\nconnection: close\r\n\r\n"), Cancellation);
        return await new StreamReader(client.GetStream()).ReadToEndAsync(Cancellation);
    }

    private static string Rules(string action, string policies) => $"\"rules\": {{\"action\": \"{action}\", \"policies\": {{{policies}}}}}";

    private static string Filter(string config) =>
        "{\"name\": \"envoy.filters.http.rbac\", \"typedConfig\": {\"@type\": \"type.googleapis.com/envoy.extensions.filters.http.rbac.v3.RBAC\", "
        + config.Replace("ANYBODY", Anybody, StringComparison.Ordinal) + "}}";

    private static Task<FilterGateway> StartAsync(string config, bool isRefusedInPart = false) => FilterGateway.StartAsync(Filter(config), isRefusedInPart: isRefusedInPart);
}
