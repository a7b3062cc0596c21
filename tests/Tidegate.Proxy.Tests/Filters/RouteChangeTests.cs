using System.Net;
using System.Text.Json;
using Tidegate.Proxy.Tests.Filters.Jwt;

namespace Tidegate.Proxy.Tests.Filters;

/// <summary>
/// A route that is chosen anew by what a token says (security-envoy.md 8 and 9) takes the request through its own filters: no request goes by a route
/// without having passed what that route asks for.
/// </summary>
public sealed class RouteChangeTests
{
    private const string Api = "type.googleapis.com/envoy.extensions.filters.http";

    private const string Anybody = """ "principals": [{"any": true}] """;

    // Denies everything.
    private const string Closed = $$$$$$$$"""{"rules": {"action": "DENY", "policies": {"closed": {"permissions": [{"any": true}], {{{{{{{{Anybody}}}}}}}}}}}}""";

    // Denies who has a field "x-bad".
    private const string Bad = $$$$$$$$"""{"rules": {"action": "DENY", "policies": {"bad": {"permissions": [{"header": {"name": "x-bad", "presentMatch": true}}], {{{{{{{{Anybody}}}}}}}}}}}}""";

    private static readonly TestIssuer Issuer = new();

    [Theory]
    [InlineData("before")]
    [InlineData("behind")]
    public async Task The_new_routes_policies_are_asked_wherever_they_stand(string place)
    {
        await using FilterGateway gateway = await StartAsync(
            $"{Rbac("before", "{}")}, {Jwt}, {Rbac("behind", "{}")}",
            Routes($"\"{place}\": {Route("rbac.v3.RBACPerRoute", $"\"rbac\": {Closed}")}"));

        Assert.Equal(HttpStatusCode.OK, (await gateway.GetAsync()).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await gateway.GetAsync("/", Bearer("nobody"))).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await gateway.GetAsync("/", Bearer("admin"))).StatusCode);
    }

    [Fact]
    public async Task The_old_routes_policies_are_not_asked_behind_the_change()
    {
        await using FilterGateway gateway = await StartAsync(
            $"{Jwt}, {Rbac("behind", Closed)}",
            Routes($"\"behind\": {Route("rbac.v3.RBACPerRoute", "")}"));

        Assert.Equal(HttpStatusCode.Forbidden, (await gateway.GetAsync()).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await gateway.GetAsync("/", Bearer("admin"))).StatusCode);
    }

    [Fact]
    public async Task What_both_routes_ask_alike_is_asked_once()
    {
        await using FilterGateway gateway = await StartAsync($"{Mutation("first")}, {Rbac("before", Bad)}, {Jwt}, {Mutation("last")}", Routes(""));

        Assert.Equal(HttpStatusCode.OK, (await gateway.GetAsync("/", Bearer("admin"))).StatusCode);

        Assert.Equal(1, gateway.Stat("http.in.rbac.allowed"));
        Assert.Equal(1, gateway.Stat("http.in.jwt_authn.allowed"));
        string[] seen = gateway.Seen.Single().Split("\r\n");
        Assert.Equal(["x-first: 1", "x-last: 1"], seen.Where(static line => line.EndsWith(": 1", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
        Assert.StartsWith("GET /admin ", seen[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_new_route_may_ask_for_the_same_token_though_it_was_taken_out_of_the_request()
    {
        string Asks(string name) => $"\"jwt\": {Route("jwt_authn.v3.PerRouteConfig", $"\"requirementName\": \"{name}\"")}";
        await using FilterGateway needs = await StartAsync(Jwt, Routes(Asks("needed")));
        await using FilterGateway other = await StartAsync(Jwt, Routes(Asks("other")));

        Assert.Equal(HttpStatusCode.OK, (await needs.GetAsync()).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await needs.GetAsync("/", Bearer("admin"))).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await needs.GetAsync("/", Bearer("admin"))).StatusCode); // nothing of the request before is left
        Assert.Equal(HttpStatusCode.OK, (await needs.GetAsync()).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await other.GetAsync("/", Bearer("admin"))).StatusCode);

        string[] seen = needs.Seen.ElementAt(1).Split("\r\n");
        Assert.Contains("x-role: admin", seen);
        Assert.DoesNotContain(seen, static line => line.StartsWith("authorization", StringComparison.Ordinal));
        Assert.DoesNotContain("x-role", needs.Seen.ElementAt(3), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Routes_that_lead_to_each_other_end()
    {
        // The first sends administrators to the second, whose requirement writes no role, so that the first fits again.
        string Asks(string name) => $"\"jwt\": {Route("jwt_authn.v3.PerRouteConfig", $"\"requirementName\": \"{name}\"")}";
        await using FilterGateway gateway = await StartAsync(Jwt, Routes(Asks("plain")));

        Assert.Equal(HttpStatusCode.OK, (await gateway.GetAsync("/", Bearer("admin"))).StatusCode);
        Assert.StartsWith("GET / ", gateway.Seen.Single(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_new_route_may_let_no_tunnels_through()
    {
        await using FilterGateway gateway = await StartAsync(
            Jwt,
            $$$$$$$$"""
            {"match": {"prefix": "/", "headers": [{"name": "x-role", "stringMatch": {"exact": "admin"}}]}, "route": {"cluster": "service", "upgradeConfigs": [{"upgradeType": "websocket", "enabled": false}]}},
            {"match": {"prefix": "/"}, "route": {"cluster": "service"}}
            """,
            ", \"upgradeConfigs\": [{\"upgradeType\": \"websocket\"}]");
        (string, string)[] upgrade = [("connection", "upgrade"), ("upgrade", "websocket"), ("sec-websocket-version", "13"), ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==")];

        Assert.Equal(HttpStatusCode.Forbidden, (await gateway.GetAsync("/", [Bearer("admin"), .. upgrade])).StatusCode);
        Assert.Empty(gateway.Seen);
    }

    private static string Jwt => $$$$$$$$"""
        {"name": "jwt", "typedConfig": {"@type": "{{{{{{{{Api}}}}}}}}.jwt_authn.v3.JwtAuthentication",
          "providers": {
            "one": {"issuer": "one", "localJwks": {"inlineString": {{{{{{{{JsonSerializer.Serialize(Issuer.RsaKeySet())}}}}}}}}}, "clearRouteCache": true, "claimToHeaders": [{"headerName": "x-role", "claimName": "role"}]},
            "plain": {"issuer": "one", "localJwks": {"inlineString": {{{{{{{{JsonSerializer.Serialize(Issuer.RsaKeySet())}}}}}}}}}, "clearRouteCache": true},
            "two": {"issuer": "two", "localJwks": {"inlineString": {{{{{{{{JsonSerializer.Serialize(Issuer.RsaKeySet())}}}}}}}}}}},
          "rules": [{"match": {"prefix": "/"}, "requires": {"requiresAny": {"requirements": [{"providerName": "one"}, {"allowMissing": {}}]}}}],
          "requirementMap": {"needed": {"providerName": "one"}, "other": {"providerName": "two"}, "plain": {"providerName": "plain"}}}}
        """;

    private static string Routes(string perRoute) => $$$$$$$$"""
        {"match": {"prefix": "/", "headers": [{"name": "x-role", "stringMatch": {"exact": "admin"}}]}, "route": {"cluster": "service", "prefixRewrite": "/admin"}, "typedPerFilterConfig": { {{{{{{{{perRoute}}}}}}}} }},
        {"match": {"prefix": "/"}, "route": {"cluster": "service"}}
        """;

    private static string Rbac(string name, string config) => $$"""{"name": "{{name}}", "typedConfig": {"@type": "{{Api}}.rbac.v3.RBAC"{{(config == "{}" ? "}" : ", " + config[1..])}}}""";

    private static string Route(string type, string config) => $"{{\"@type\": \"{Api}.{type}\"{(config.Length == 0 ? "" : ", ")}{config}}}";

    private static string Mutation(string name) => $$$$"""
        {"name": "{{{{name}}}}", "typedConfig": {"@type": "{{{{Api}}}}.header_mutation.v3.HeaderMutation", "mutations": {"requestMutations": [
          {"append": {"header": {"key": "x-{{{{name}}}}", "value": "1"}, "appendAction": "APPEND_IF_EXISTS_OR_ADD"}}]}}}
        """;

    private static (string Name, string Value) Bearer(string role) => ("authorization", $"Bearer {Issuer.Token($"\"iss\":\"one\",\"role\":\"{role}\"")}");

    private static Task<FilterGateway> StartAsync(string filters, string routes, string manager = "") => FilterGateway.StartAsync(filters, routes, manager: manager);
}
