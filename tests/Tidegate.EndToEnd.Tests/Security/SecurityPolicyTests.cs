using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Tidegate.EndToEnd.Tests.Harness;

namespace Tidegate.EndToEnd.Tests.Security;

/// <summary>SecurityPolicies of Envoy Gateway, field by field, with real requests (docs/decisions/security.md).</summary>
public sealed class SecurityPolicyTests(SecurityPolicyTests.Fixture routes) : IClassFixture<SecurityPolicyTests.Fixture>
{
    [Theory]
    [InlineData("https://www.shop.test", true)]
    [InlineData("https://a.b.shop.test:8443", true)]
    [InlineData("https://shop.test", false)]
    [InlineData("http://www.shop.test", false)]
    public async Task A_preflight_is_answered_before_anybody_asks_who_is_there(string origin, bool isAllowed)
    {
        WireResponse response = await routes.SendAsync("OPTIONS /pre", "Host: token.test", $"origin: {origin}", "access-control-request-method: PUT");

        Assert.Equal((200, ""), (response.Status, response.Body));
        Assert.Equal(isAllowed ? origin : null, response.Headers["access-control-allow-origin"]);
        Assert.Equal(("GET, PUT", "60"), (response.Headers["access-control-allow-methods"], response.Headers["access-control-max-age"]));
    }

    [Fact]
    public async Task An_answer_to_another_site_says_what_it_may_see() =>
        Assert.Equal("x-seen, x-too", (await routes.EchoAsync("token.test", "/", Token("alice"), "origin: https://www.shop.test")).Response.Headers["access-control-expose-headers"]);

    [Fact]
    public async Task A_token_is_needed_and_goes_on_with_its_claims()
    {
        Assert.Equal((401, "Jwt is missing"), await AnswerAsync("token.test"));
        Assert.Equal((401, "Jwt verification fails"), await AnswerAsync("token.test", Token("alice", key: "another-key-another-key-another-key")));
        Assert.Equal((403, "Audiences in Jwt are not allowed"), await AnswerAsync("token.test", Token("alice", ",\"aud\":\"other\"")));

        EchoedRequest seen = await routes.EchoAsync("token.test", "/", Token("alice", ",\"org\":{\"team\":\"blue\"}"), "x-sub: forged", "x-team: forged");
        Assert.Equal(["alice", "blue"], [.. seen.Headers.All("x-sub"), .. seen.Headers.All("x-team")]);
        Assert.StartsWith("Bearer ", seen.Headers["authorization"], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("x-token: Token ")]
    [InlineData("cookie: other=1; token=")]
    public async Task A_token_is_found_where_the_provider_looks_for_it(string field)
    {
        string token = Token("bob", issuer: "")["authorization: Bearer ".Length..];

        Assert.Equal("bob", (await routes.EchoAsync("token.test", "/", field + token)).Headers["x-bob"]);
        Assert.Equal("bob", (await routes.EchoAsync("token.test", $"/?token={token}")).Headers["x-bob"]);
    }

    [Fact]
    public async Task Without_a_token_requests_pass_where_it_is_optional_and_with_a_bad_one_where_it_fails_open()
    {
        string bad = Token("alice", key: "another-key-another-key-another-key");

        Assert.Equal(200, (await routes.GetAsync("optional.test", "/")).Status);
        Assert.Equal((401, "Jwt verification fails"), await AnswerAsync("optional.test", bad));
        Assert.Equal(200, (await routes.GetAsync("open.test", "/", bad)).Status);
    }

    [Fact]
    public async Task A_route_that_is_chosen_again_by_a_claim_is_guarded_by_its_own_policy()
    {
        EchoedRequest free = await routes.EchoAsync("again.test", "/", Token("alice"));
        Assert.Equal("echo", free.Service);

        // The route of administrators has rules of its own, which the first route's policy does not have.
        Assert.Equal((403, "RBAC: access denied"), await AnswerAsync("again.test", Token("root")));
        Assert.Equal("admin", (await routes.EchoAsync("again.test", "/", Token("root"), "x-pass: yes")).Service);
    }

    [Theory]
    [InlineData("/", 403, "")]
    [InlineData("/", 200, "x-user: staff")]
    [InlineData("/", 200, "x-user: boss")]
    [InlineData("/admin", 403, "x-user: staff")]
    [InlineData("/admin/x", 403, "x-user: staff")]
    [InlineData("/admins", 200, "x-user: staff")]
    [InlineData("/admin", 200, "x-user: boss")]
    [InlineData("/%61dmin", 403, "x-user: staff")]
    [InlineData("/local", 200, "")]
    [InlineData("/scoped", 403, "TOKEN read")]
    [InlineData("/scoped", 200, "TOKEN read write")]
    [InlineData("/team", 200, "TEAM blue")]
    [InlineData("/team", 403, "TEAM red")]
    [InlineData("/role", 200, "ROLES admin")]
    [InlineData("/role", 403, "ROLES user")]
    public async Task The_first_rule_that_fits_decides(string path, int status, string field)
    {
        string[] words = field.Split(' ', 2);
        string sent = words[0] switch
        {
            "TOKEN" => Token("alice", $",\"scope\":\"{words[1]}\""),
            "TEAM" => Token("alice", $",\"org\":{{\"team\":\"{words[1]}\"}}"),
            "ROLES" => Token("alice", $",\"roles\":[\"{words[1]}\"]"),
            "" => "x-none: 1",
            _ => field,
        };

        Assert.Equal(status, (await routes.GetAsync("rules.test", path, sent)).Status);
    }

    [Fact]
    public async Task The_log_says_which_rule_kept_a_request_out()
    {
        await routes.GetAsync("rules.test", "/admin/logged", "x-user: staff");
        await routes.GetAsync("rules.test", "/logged");

        Assert.Contains("rbac_access_denied_matched_policy[administration]", await routes.Gateway.LogsAsync("GET /admin/logged "));
        Assert.Contains("rbac_access_denied_matched_policy[none]", await routes.Gateway.LogsAsync("GET /logged "));
    }

    [Fact]
    public async Task An_authorizer_is_asked_and_what_it_says_goes_on()
    {
        WireResponse denied = await routes.GetAsync("asked.test", "/no", "x-tenant: a");
        Assert.Equal((401, "ask again"), (denied.Status, denied.Body));

        EchoedRequest seen = await routes.EchoAsync("asked.test", "/yes", "x-tenant: a", "x-hidden: b", "x-user: forged");
        Assert.Equal(["told"], seen.Headers.All("x-user"));
        BackendRequest asked = routes.Service("auth").Requests.Single(static request => request.Target == "/check/yes");
        Assert.Equal(("a", null), (asked.Headers["x-tenant"], asked.Headers["x-hidden"]));
    }

    [Fact]
    public async Task Clients_show_keys_and_users_passwords_and_nobody_is_shown_them()
    {
        Assert.Equal((401, "Client authentication failed."), await AnswerAsync("keys.test"));
        Assert.Equal("alice", (await routes.EchoAsync("keys.test", "/", "x-api-key: k3y-of-alice")).Headers["x-client"]);
        Assert.Equal("bob", (await routes.EchoAsync("keys.test", "/?key=k3y-of-bob")).Headers["x-client"]);
        Assert.Equal((401, "Client authentication failed."), await AnswerAsync("keys.test", "x-api-key: k3y-of-carol"));
        Assert.Equal((401, "User authentication failed. Missing username and password."), await AnswerAsync("users.test"));
        Assert.Equal("dave", (await routes.EchoAsync("users.test", "/", "authorization: Basic ZGF2ZTpwYXNz")).Headers["x-user"]);

        string dump = await routes.Gateway.AdminAsync("config_dump");
        Assert.Contains("[redacted]", dump, StringComparison.Ordinal);
        foreach (string secret in (string[])["k3y-of", "nU4eI71bcnBGqeO0t9tXvY1u5oQ="])
        {
            Assert.DoesNotContain(secret, dump, StringComparison.Ordinal);
            Assert.DoesNotContain(secret, routes.Gateway.Log, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task What_cannot_be_used_closes_its_own_host()
    {
        Assert.Equal((403, "RBAC: access denied"), await AnswerAsync("misspelt.test"));
        Assert.Equal((403, "RBAC: access denied"), await AnswerAsync("keyless.test"));
        await routes.Gateway.ReportsAsync("SecurityPolicy default/misspelt: spec.jwtt: is not a field that is known here");
        await routes.Gateway.ReportsAsync("there is no ConfigMap \"none\" in the policy's namespace; what the policy is attached to is closed");

        Assert.Equal(200, (await routes.GetAsync("started.test", "/")).Status);
    }

    private async Task<(int Status, string Body)> AnswerAsync(string host, params string[] fields)
    {
        WireResponse response = await routes.GetAsync(host, "/", fields);
        return (response.Status, response.Body);
    }

    private static string Token(string subject, string claims = "", string issuer = "https://issuer.test", string key = Fixture.Key)
    {
        string iss = issuer.Length == 0 ? "" : $",\"iss\":\"{issuer}\"";
        string aud = claims.Contains("\"aud\"", StringComparison.Ordinal) ? "" : ",\"aud\":\"shop\"";
        string signed = $"{Encode("{\"alg\":\"HS256\"}")}.{Encode($"{{\"sub\":\"{subject}\"{iss}{aud}{claims}}}")}";
        return $"authorization: Bearer {signed}.{Base64Url.EncodeToString(HMACSHA256.HashData(Encoding.ASCII.GetBytes(key), Encoding.ASCII.GetBytes(signed)))}";
    }

    private static string Encode(string text) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));

    /// <summary>The policies of this class.</summary>
    public sealed class Fixture : EchoGateway
    {
        internal const string Key = "secret-secret-secret-secret-secret";

        private static readonly string Keys = $$"""{inline: '{"keys":[{"kty":"oct","alg":"HS256","k":"{{Encode(Key)}}"}]}'}""";

        /// <inheritdoc/>
        protected override IReadOnlyList<string> Services => ["echo", "admin", "auth"];

        /// <inheritdoc/>
        protected override string Routes
        {
            get
            {
                Service("auth").Answer = static request => request.Target.EndsWith("/no", StringComparison.Ordinal)
                    ? "HTTP/1.1 401 Unauthorized\r\ncontent-length: 9\r\n\r\nask again"
                    : "HTTP/1.1 200 OK\r\nx-user: told\r\ncontent-length: 0\r\n\r\n";
                return Guarded("token", $$"""
                    cors:
                      allowOrigins: ["https://www.shop.test", "https://*.shop.test:8443"]
                      allowMethods: [GET, PUT]
                      exposeHeaders: [x-seen, x-too]
                      maxAge: 60s
                    jwt:
                      providers:
                      - name: issuer
                        issuer: https://issuer.test
                        audiences: [shop]
                        localJWKS: {{Keys}}
                        claimToHeaders: [{header: x-sub, claim: sub}, {header: x-team, claim: org.team}]
                      - name: elsewhere
                        localJWKS: {type: ValueRef, valueRef: {kind: ConfigMap, name: keys} }
                        claimToHeaders: [{header: x-bob, claim: sub}]
                        extractFrom: {headers: [{name: x-token, valuePrefix: "Token "}], cookies: [token], params: [token]}
                    """) + Guarded("optional", $"jwt: {{optional: true, providers: [{{name: p, localJWKS: {Keys}}}]}}")
                    + Guarded("open", $"jwt: {{failOpen: true, providers: [{{name: p, localJWKS: {Keys}}}]}}")
                    + Guarded("rules", $$"""
                    jwt: {optional: true, providers: [{name: p, localJWKS: {{Keys}}}]}
                    authorization:
                      rules:
                      - {name: boss, action: Allow, principal: {headers: [{name: x-user, values: [boss]}]}, operation: {methods: [GET]} }
                      - {name: administration, action: Deny, principal: {clientCIDRs: [127.0.0.0/8]}, operation: {path: {value: /admin} } }
                      - {action: Allow, principal: {headers: [{name: x-user, values: [staff, boss]}]} }
                      - {action: Deny, principal: {clientCIDRs: [192.0.2.0/24]} }
                      - {action: Allow, principal: {clientCIDRs: [127.0.0.0/8]}, operation: {path: {type: Exact, value: /local} } }
                      - {action: Allow, principal: {jwt: {provider: p, scopes: [read, write]} }, operation: {path: {type: RegularExpression, value: "/sc.*"} } }
                      - {action: Allow, principal: {jwt: {provider: p, claims: [{name: org.team, values: [blue, green]}]} }, operation: {path: {value: /team} } }
                      - {action: Allow, principal: {jwt: {provider: p, claims: [{name: roles, valueType: StringArray, values: [admin]}]} }, operation: {path: {value: /role} } }
                    """) + Guarded("asked", """
                    extAuth:
                      http: {backendRefs: [{name: auth, port: 80}], path: /check, headersToBackend: [x-user]}
                      headersToExtAuth: [x-tenant]
                    """) + Guarded("keys", """
                    apiKeyAuth:
                      credentialRefs: [{name: clients}, {name: more}]
                      extractFrom: [{headers: [x-api-key]}, {params: [key]}]
                      forwardClientIDHeader: x-client
                    """) + Guarded("users", "basicAuth: {users: {name: users}, forwardUsernameHeader: x-user}")
                    + Guarded("misspelt", "jwtt: {}")
                    + Guarded("keyless", "jwt: {providers: [{name: p, localJWKS: {type: ValueRef, valueRef: {kind: ConfigMap, name: none} } }]}")
                    + Again + Objects;
            }
        }

        // A claim chooses the route, which has a policy of its own.
        private static string Again => $$"""
            ---
            apiVersion: networking.istio.io/v1
            kind: VirtualService
            metadata: {name: again, namespace: default}
            spec:
              hosts: [again.test]
              gateways: [edge]
              http:
              - name: administrators
                match: [{headers: {x-role-of: {exact: root} } }]
                route: [{destination: {host: admin.svc} }]
              - name: others
                route: [{destination: {host: echo.svc} }]
            ---
            apiVersion: gateway.envoyproxy.io/v1alpha1
            kind: SecurityPolicy
            metadata: {name: again, namespace: default}
            spec:
              targetRefs: [{group: networking.istio.io, kind: VirtualService, name: again}]
              jwt: {providers: [{name: p, localJWKS: {{Keys}}, claimToHeaders: [{header: x-role-of, claim: sub}], recomputeRoute: true}]}
            ---
            apiVersion: gateway.envoyproxy.io/v1alpha1
            kind: SecurityPolicy
            metadata: {name: administrators, namespace: default}
            spec:
              targetRefs: [{group: networking.istio.io, kind: VirtualService, name: again, sectionName: administrators}]
              authorization: {rules: [{action: Allow, principal: {headers: [{name: x-pass, values: ["yes"]}]} }]}

            """;

        private string Objects => $$"""
            ---
            apiVersion: v1
            kind: ConfigMap
            metadata: {name: keys, namespace: default}
            data: {jwks: '{"keys":[{"kty":"oct","alg":"HS256","k":"{{Encode(Key)}}"}]}'}
            ---
            apiVersion: v1
            kind: Secret
            metadata: {name: clients, namespace: default}
            stringData: {alice: k3y-of-alice, carol: ""}
            ---
            apiVersion: v1
            kind: Secret
            metadata: {name: more, namespace: default}
            stringData: {alice: other, bob: "k3y-of-bob\n"}
            ---
            apiVersion: v1
            kind: Secret
            metadata: {name: users, namespace: default}
            stringData: {.htpasswd: "dave:{SHA}nU4eI71bcnBGqeO0t9tXvY1u5oQ=\nerin:$2y$05$abc"}
            ---
            apiVersion: v1
            kind: Service
            metadata: {name: auth, namespace: default}
            spec: {ports: [{name: http, port: 80}]}
            ---
            apiVersion: discovery.k8s.io/v1
            kind: EndpointSlice
            metadata: {name: auth, namespace: default, labels: {kubernetes.io/service-name: auth} }
            addressType: IPv4
            endpoints: [{addresses: [{{Service("auth").EndPoint.Address}}]}]
            ports: [{name: http, port: {{Service("auth").EndPoint.Port}}}]

            """;

        private static string Guarded(string name, string spec) => $$"""
            ---
            apiVersion: networking.istio.io/v1
            kind: VirtualService
            metadata: {name: {{name}}, namespace: default}
            spec: {hosts: [{{name}}.test], gateways: [edge], http: [{route: [{destination: {host: echo.svc} }]}]}
            ---
            apiVersion: gateway.envoyproxy.io/v1alpha1
            kind: SecurityPolicy
            metadata: {name: {{name}}, namespace: default}
            spec:
              targetRefs: [{group: networking.istio.io, kind: VirtualService, name: {{name}}}]
              {{spec.ReplaceLineEndings("\n  ")}}

            """;
    }
}
