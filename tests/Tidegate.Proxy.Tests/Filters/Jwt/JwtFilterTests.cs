using System.Net;
using System.Text;
using System.Text.Json;
using Envoy.Extensions.Filters.Http.JwtAuthn.V3;
using Tidegate.Proxy.Clusters;
using Tidegate.Proxy.Compilation;
using Tidegate.Proxy.Compilation.Filters;
using Tidegate.Proxy.Filters.Jwt;
using Tidegate.Proxy.LocalReplies;
using Tidegate.Proxy.Tests.Runtime;
using Tidegate.Proxy.Workers;

namespace Tidegate.Proxy.Tests.Filters.Jwt;

/// <summary>The check of tokens (security-envoy.md 2 and 8), and what goes on when a part of it cannot be used.</summary>
public sealed class JwtFilterTests
{
    private const string Type = "type.googleapis.com/envoy.extensions.filters.http.jwt_authn.v3";

    private static readonly TestIssuer One = new();
    private static readonly TestIssuer Two = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_refusal_is_Envoys_to_the_letter_and_counted()
    {
        await using FilterGateway gateway = await StartAsync(Config($"\"one\": {{{Local("one", One)}}}", Optional("one")));

        HttpResponseMessage refused = await gateway.GetAsync("/a?b=c", Bearer(Two.Token("\"iss\":\"one\"")));
        HttpResponseMessage none = await gateway.GetAsync();
        HttpResponseMessage good = await gateway.GetAsync("/", Bearer(One.Token("\"iss\":\"one\"")));
        HttpResponseMessage again = await gateway.GetAsync("/", Bearer(One.Token("\"iss\":\"one\"")));

        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        Assert.Equal("Jwt verification fails", await refused.Content.ReadAsStringAsync(Cancellation));
        Assert.Equal("text/plain", refused.Content.Headers.ContentType!.ToString());
        Assert.Equal(
            $"Bearer realm=\"http://{gateway.Address}:8080/a?b=c\", error=\"invalid_token\"",
            refused.Headers.NonValidated["www-authenticate"].ToString());
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK, HttpStatusCode.OK), (none.StatusCode, good.StatusCode, again.StatusCode));
        Assert.Equal((3, 1), (gateway.Stat("http.in.jwt_authn.allowed"), gateway.Stat("http.in.jwt_authn.denied")));
        Assert.DoesNotContain(gateway.Seen, static head => head.Contains("authorization", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_missing_token_and_one_for_somebody_else_are_told_apart()
    {
        await using FilterGateway gateway = await StartAsync(Config(
            $"\"one\": {{{Local("one", One)}, \"audiences\": [\"https://shop/\"]}}",
            Rule("/", "\"providerName\": \"one\"")));

        HttpResponseMessage missing = await gateway.GetAsync();
        HttpResponseMessage foreign = await gateway.GetAsync("/", Bearer(Two.Token("\"iss\":\"one\",\"aud\":\"x\"")));

        Assert.Equal((HttpStatusCode.Unauthorized, "Jwt is missing"), (missing.StatusCode, await missing.Content.ReadAsStringAsync(Cancellation)));
        Assert.DoesNotContain("error", missing.Headers.NonValidated["www-authenticate"].ToString(), StringComparison.Ordinal);
        Assert.Equal((HttpStatusCode.Forbidden, "Audiences in Jwt are not allowed"), (foreign.StatusCode, await foreign.Content.ReadAsStringAsync(Cancellation)));
        Assert.Equal(HttpStatusCode.OK, (await gateway.GetAsync("/", Bearer(One.Token("\"iss\":\"one\",\"aud\":[\"http://shop\"]")))).StatusCode);
    }

    // Requirements as istiod writes them for two rules: any[one, two, all[any[one, missing], any[two, missing]]].
    [Fact]
    public async Task Of_several_providers_the_tokens_own_decides_and_the_best_attempt_says_why()
    {
        await using FilterGateway gateway = await StartAsync(Config(
            $"\"one\": {{{Local("one", One)}}}, \"two\": {{{Local("two", Two)}}}",
            Rule("/", """
                "requiresAny": {"requirements": [{"providerName": "one"}, {"providerName": "two"}, {"requiresAll": {"requirements": [
                  {"requiresAny": {"requirements": [{"providerName": "one"}, {"allowMissing": {}}]}},
                  {"requiresAny": {"requirements": [{"providerName": "two"}, {"allowMissing": {}}]}}]}}]}
                """)));

        Assert.Equal("", await RefusalAsync(gateway, One.Token("\"iss\":\"one\"")));
        Assert.Equal("", await RefusalAsync(gateway, Two.Token("\"iss\":\"two\"")));
        Assert.Equal("", await RefusalAsync(gateway, null));
        Assert.Equal("Jwt verification fails", await RefusalAsync(gateway, One.Token("\"iss\":\"two\"")));
        Assert.Equal("Jwt issuer is not configured", await RefusalAsync(gateway, One.Token("\"iss\":\"three\"")));
        Assert.Equal("Jwt is expired", await RefusalAsync(gateway, Two.Token("\"iss\":\"two\",\"exp\":1")));
    }

    [Fact]
    public async Task All_tokens_that_are_found_have_to_be_good_and_the_first_counts()
    {
        await using FilterGateway gateway = await StartAsync(Config(
            $$$"""
            "one": { {{{Local("", One)}}}, "fromHeaders": [{"name": "x-b"}, {"name": "X-A", "valuePrefix": "Tok "}], "fromParams": ["t"], "fromCookies": ["c"],
              "claimToHeaders": [{"headerName": "x-sub", "claimName": "sub"}]}
            """,
            Optional("one")));
        string a = One.Token("\"sub\":\"a\"");
        string b = One.Token("\"sub\":\"b\"");
        string bad = Two.Token("\"sub\":\"c\"");

        Assert.Equal(HttpStatusCode.OK, (await gateway.GetAsync($"/?x=%26&t={a}&y", ("x-b", b), ("x-a", $"my Tok  {a}"), ("cookie", $"d=1; c=\"{b}\""))).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await gateway.GetAsync("/", ("x-b", b), ("x-a", $"Tok {bad}"))).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await gateway.GetAsync($"/?%74={bad}", ("x-b", b))).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await gateway.GetAsync("/", ("x-b", b), ("cookie", $"c={bad}"))).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await gateway.GetAsync($"/?access_token={bad}", Bearer(bad), ("x-a", $"tok {bad}"))).StatusCode); // not its places
        string seen = gateway.Seen.First();
        Assert.StartsWith("GET /?x=%26&y HTTP/1.1\r\n", seen, StringComparison.Ordinal);
        Assert.DoesNotContain("x-a", seen, StringComparison.Ordinal);
        Assert.DoesNotContain("x-b", seen, StringComparison.Ordinal);
        Assert.Contains("cookie: d=1; c=", seen, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Claims_get_fields_and_forged_ones_are_gone_with_and_without_a_token()
    {
        await using FilterGateway gateway = await StartAsync(Config(
            $$$"""
            "one": { {{{Local("one", One)}}}, "forward": true, "forwardPayloadHeader": "X-Payload", "padForwardPayloadHeader": true, "claimToHeaders": [
              {"headerName": "x-text", "claimName": "text"}, {"headerName": "x-int", "claimName": "int"}, {"headerName": "x-part", "claimName": "part"},
              {"headerName": "x-bool", "claimName": "bool"}, {"headerName": "x-list", "claimName": "list"}, {"headerName": "x-deep", "claimName": "a.b"},
              {"headerName": "x-none", "claimName": "none"}, {"headerName": "x-evil", "claimName": "evil"}]}
            """,
            Optional("one")));
        string token = One.Token(""" "iss":"one","text":"t","int":42,"part":1.5,"bool":true,"list":["a",1],"a":{"b":"deep"},"none":"","evil":"x\r\nx-admin: 1" """);

        Assert.Equal(HttpStatusCode.OK, (await gateway.GetAsync("/", Bearer(token), ("x-text", "forged"), ("x-none", "forged"))).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await gateway.GetAsync("/", ("x-payload", "forged"), ("X-TEXT", "forged"))).StatusCode);

        string[] with = gateway.Seen.First().Split("\r\n");
        Assert.Contains("x-text: t", with);
        Assert.Contains("x-int: 42", with);
        Assert.Contains("x-part: 1.500000", with);
        Assert.Contains("x-bool: true", with);
        Assert.Contains($"x-list: {Convert.ToBase64String("[\"a\",1]"u8)}", with);
        Assert.Contains("x-deep: deep", with);
        Assert.Contains($"authorization: Bearer {token}", with);
        string payload = Assert.Single(with, static line => line.StartsWith("x-payload: ", StringComparison.Ordinal))["x-payload: ".Length..];
        Assert.Equal(0, payload.Length % 4);
        Assert.DoesNotContain(with, static line => line.StartsWith("x-none", StringComparison.Ordinal) || line.StartsWith("x-evil", StringComparison.Ordinal) || line.StartsWith("x-admin", StringComparison.Ordinal));
        Assert.DoesNotContain("forged", gateway.Seen.Last(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Routes_are_chosen_by_what_a_token_says_and_not_by_what_a_client_says_of_itself()
    {
        await using FilterGateway gateway = await StartAsync(
            Config(
                $$$"""
                "one": { {{{Local("one", One)}}}, "payloadInMetadata": "payload", "clearRouteCache": true, "normalizePayloadInMetadata": {"spaceDelimitedClaims": ["scope"]},
                  "claimToHeaders": [{"headerName": "x-role", "claimName": "role"}]}
                """,
                Optional("one")),
            routes: """
                {"match": {"prefix": "/", "dynamicMetadata": [{"filter": "envoy.filters.http.jwt_authn", "path": [{"key": "payload"}, {"key": "scope"}],
                  "value": {"listMatch": {"oneOf": {"stringMatch": {"exact": "write"}}}}}]}, "directResponse": {"status": 201}},
                {"match": {"prefix": "/", "headers": [{"name": "x-role", "stringMatch": {"exact": "admin"}}]}, "directResponse": {"status": 202}},
                {"match": {"prefix": "/"}, "directResponse": {"status": 203}}
                """);

        Assert.Equal(201, (int)(await gateway.GetAsync("/", Bearer(One.Token("\"iss\":\"one\",\"scope\":\"read write\"")))).StatusCode);
        Assert.Equal(202, (int)(await gateway.GetAsync("/", Bearer(One.Token("\"iss\":\"one\",\"role\":\"admin\"")))).StatusCode);
        Assert.Equal(203, (int)(await gateway.GetAsync("/", ("x-role", "admin"))).StatusCode);
        Assert.Equal(203, (int)(await gateway.GetAsync("/", ("x-role", "admin"), Bearer(One.Token("\"iss\":\"one\"")))).StatusCode);
    }

    [Fact]
    public async Task A_provider_that_cannot_be_used_costs_its_own_tokens_and_nothing_else()
    {
        await using FilterGateway gateway = await StartAsync(
            Config(
                $$$"""
                "bad": {"issuer": "bad", "localJwks": {"inlineString": "{\"keys\": []}"}}, "worse": {"issuer": "worse"}, "one": { {{{Local("one", One)}}} }
                """,
                Rule("/", """
                    "requiresAny": {"requirements": [{"providerName": "bad"}, {"providerName": "worse"}, {"providerName": "one"}, {"allowMissing": {}}]}
                    """)),
            isRefusedInPart: true);

        Assert.Equal("Jwt verification fails", await RefusalAsync(gateway, One.Token("\"iss\":\"bad\"")));
        Assert.Equal("Jwt verification fails", await RefusalAsync(gateway, One.Token("\"iss\":\"worse\"")));
        Assert.Equal("", await RefusalAsync(gateway, One.Token("\"iss\":\"one\"")));
        Assert.Equal("", await RefusalAsync(gateway, null));
    }

    [Fact]
    public async Task A_route_asks_for_what_it_names_or_for_nothing()
    {
        await using FilterGateway gateway = await StartAsync(
            Config($"\"one\": {{{Local("one", One)}}}", Rule("/", "\"providerName\": \"one\""), "\"requirementMap\": {\"free\": {\"allowMissingOrFailed\": {}}}"),
            routes: $$$"""
                {"match": {"prefix": "/off"}, "route": {"cluster": "service"}, "typedPerFilterConfig": {"jwt": {"@type": "{{{Type}}}.PerRouteConfig", "disabled": true} } },
                {"match": {"prefix": "/free"}, "route": {"cluster": "service"}, "typedPerFilterConfig": {"jwt": {"@type": "{{{Type}}}.PerRouteConfig", "requirementName": "free"} } },
                {"match": {"prefix": "/wrong"}, "route": {"cluster": "service"}, "typedPerFilterConfig": {"jwt": {"@type": "{{{Type}}}.PerRouteConfig", "requirementName": "x"} } },
                {"match": {"prefix": "/"}, "route": {"cluster": "service"}}
                """);

        Assert.Equal(HttpStatusCode.OK, (await gateway.GetAsync("/off", Bearer("x"))).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await gateway.GetAsync("/free", Bearer("x"))).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await gateway.GetAsync("/wrong")).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await gateway.GetAsync("/")).StatusCode);
    }

    [Fact]
    public async Task A_browsers_question_needs_no_token_where_that_is_wanted()
    {
        await using FilterGateway gateway = await StartAsync(Config($"\"one\": {{{Local("one", One)}}}", Rule("/", "\"providerName\": \"one\""), "\"bypassCorsPreflight\": true"));
        async Task<HttpStatusCode> AskAsync(string origin)
        {
            var request = new HttpRequestMessage(HttpMethod.Options, "/");
            request.Headers.TryAddWithoutValidation("origin", origin);
            request.Headers.TryAddWithoutValidation("access-control-request-method", "GET");
            return (await gateway.Client.SendAsync(request, Cancellation)).StatusCode;
        }

        Assert.Equal(HttpStatusCode.OK, await AskAsync("https://o"));
        Assert.Equal(HttpStatusCode.Unauthorized, await AskAsync(""));
        Assert.Equal(1, gateway.Stat("http.in.jwt_authn.cors_preflight_bypassed"));
    }

    [Fact]
    public async Task Keys_are_fetched_once_for_all_and_again_for_a_key_that_is_not_known()
    {
        await using FilterGateway gateway = await StartAsync(Config($"\"one\": {{{Remote()}}}", Optional("one")));
        int fetched = 0;
        string keys = One.RsaKeySet();
        gateway.Answer = head =>
        {
            if (!head.StartsWith("GET /keys?a=b HTTP/1.1\r\nhost: keys.test", StringComparison.Ordinal))
            {
                return "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"u8.ToArray();
            }

            Interlocked.Increment(ref fetched);
            return Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\ncontent-length: {keys.Length}\r\n\r\n{keys}");
        };

        HttpResponseMessage[] all = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => gateway.GetAsync($"/{i}", Bearer(One.Token($"\"iss\":\"one\",\"sub\":\"{i}\"")))));

        Assert.All(all, static response => Assert.Equal(HttpStatusCode.OK, response.StatusCode));
        Assert.Equal(1, fetched);
        Assert.Equal("Jwks doesn't have key to match kid or alg from Jwt", await RefusalAsync(gateway, One.Token("\"iss\":\"one\"", "\"alg\":\"RS256\",\"kid\":\"new\"")));
        Assert.Equal(1, fetched); // it was asked for not long ago
    }

    [Theory]
    [InlineData("HTTP/1.1 500 Oops\r\ncontent-length: 0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello")]
    [InlineData("HTTP/1.1 302 Found\r\nlocation: http://elsewhere/\r\ncontent-length: 0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\ncontent-length: 11\r\n\r\n{\"keys\":[]}")]
    [InlineData("")] // nothing at all
    public async Task Keys_that_cannot_be_had_cost_tokens_of_their_issuer_and_nothing_else(string answer)
    {
        await using FilterGateway gateway = await StartAsync(Config($"\"one\": {{{Remote()}}}", Optional("one")));
        gateway.Answer = head => head.StartsWith("GET /keys", StringComparison.Ordinal) ? Encoding.ASCII.GetBytes(answer) : "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"u8.ToArray();

        Task<string> waiting = RefusalAsync(gateway, One.Token("\"iss\":\"one\""));
        Assert.Equal("", await RefusalAsync(gateway, null)); // nobody else waits
        Assert.Equal("Jwks remote fetch is failed", await waiting);
        Assert.Equal("Jwt issuer is not configured", await RefusalAsync(gateway, One.Token("\"iss\":\"two\"")));
        Assert.Equal(1, gateway.Stat("http.in.jwt_authn.jwks_fetch_failed"));
    }

    [Fact]
    public async Task A_set_that_is_too_long_is_none()
    {
        await using FilterGateway gateway = await StartAsync(Config($"\"one\": {{{Remote()}}}", Optional("one")), proxy: new ProxyOptions { MaxKeySetBytes = 100 });
        gateway.Answer = _ => Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\ncontent-length: {One.KeySet.Length}\r\n\r\n{One.KeySet}");

        Assert.Equal("Jwks remote fetch is failed", await RefusalAsync(gateway, One.Token("\"iss\":\"one\"")));
    }

    [Fact]
    public async Task A_token_that_was_verified_costs_no_memory_the_next_time()
    {
        var config = XdsJson.Parse<JwtAuthentication>($$"""
            { {{Config($"\"one\": {{{Local("one", One)}, \"forward\": true, \"payloadInMetadata\": \"payload\"}}", Optional("one"))}} }
            """);
        JwtFilter jwt = JwtCompiler.Compile(config, FilterParts.Of(new ClusterSlotTable()), new CompileReport().Resource.Scope);
        long allocated = -1;
        var measure = new FilterProbe(run =>
        {
            var check = run.StateOf<JwtCheck>();
            allocated = Allocations.Of(() =>
            {
                ValueTask<LocalReply?> call = jwt.OnRequestAsync(run);
                Assert.True(call.IsCompletedSuccessfully);
                Assert.Null(call.Result);
                check.Reset();
            });
        });
        await using FilterGateway gateway = await FilterGateway.StartAsync("", first: measure);

        Assert.Equal(HttpStatusCode.OK, (await gateway.GetAsync("/", Bearer(One.Token("\"iss\":\"one\"")))).StatusCode);

        Assert.Equal(0, allocated);
    }

    private static async Task<string> RefusalAsync(FilterGateway gateway, string? token)
    {
        HttpResponseMessage response = await gateway.GetAsync("/", token is null ? [] : [Bearer(token)]);
        return response.StatusCode == HttpStatusCode.Unauthorized ? await response.Content.ReadAsStringAsync(Cancellation) : "";
    }

    private static (string Name, string Value) Bearer(string token) => ("authorization", $"Bearer {token}");

    private static string Local(string issuer, TestIssuer keys) => $"\"issuer\": \"{issuer}\", \"localJwks\": {{\"inlineString\": {JsonSerializer.Serialize(keys.KeySet)}}}";

    private static string Remote() => """
        "issuer": "one", "remoteJwks": {"httpUri": {"uri": "http://keys.test/keys?a=b", "cluster": "service", "timeout": "2s"}, "cacheDuration": "300s"}
        """;

    private static string Rule(string prefix, string requirement) => $$$"""{"match": {"prefix": "{{{prefix}}}"}, "requires": { {{{requirement}}} } }""";

    private static string Optional(string provider) => Rule("/", $$$"""
        "requiresAny": {"requirements": [{"providerName": "{{{provider}}}"}, {"allowMissing": {}}]}
        """);

    private static string Config(string providers, string rules, string more = "") =>
        $"\"providers\": {{{providers}}}, \"rules\": [{rules}]{(more.Length > 0 ? ", " : "")}{more}";

    private static Task<FilterGateway> StartAsync(
        string config,
        string routes = """{"match": {"prefix": "/"}, "route": {"cluster": "service"}}""",
        bool isRefusedInPart = false,
        ProxyOptions? proxy = null) =>
        FilterGateway.StartAsync(
            $$"""{"name": "jwt", "typedConfig": {"@type": "{{Type}}.JwtAuthentication", {{config}} } }""", routes, isRefusedInPart: isRefusedInPart, proxy: proxy);
}
