using System.Net;
using Envoy.Extensions.Filters.Http.Oauth2.V3;
using Tidegate.Http.Headers;
using Tidegate.Proxy.Clusters;
using Tidegate.Proxy.Compilation;
using Tidegate.Proxy.Compilation.Filters;
using Tidegate.Proxy.Filters;
using Tidegate.Proxy.Filters.OAuth2;
using Tidegate.Proxy.LocalReplies;
using Tidegate.Proxy.Routing;
using Tidegate.Proxy.Tests.Runtime;
using Tidegate.Proxy.Tls.Secrets;
using static Tidegate.Proxy.Tests.Filters.OAuth2.LoginGateway;

namespace Tidegate.Proxy.Tests.Filters.OAuth2;

/// <summary>What of a configuration is refused, what routes say, and where secrets come from.</summary>
public sealed class OAuth2ConfigurationTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("\"clientId\": \"shop\",", "", "client_id is empty")]
    [InlineData("\"cluster\": \"service\",", "", "cluster is empty")]
    [InlineData("\"uri\": \"http://provider.test/token\",", "", "token_endpoint.uri: is empty")]
    [InlineData("http://provider.test/token", "ftp://provider.test/token", "token_endpoint.uri: is no address")]
    [InlineData(", \"timeout\": \"20s\"", "", "timeout is missing")]
    [InlineData("\"20s\"", "\"0s\"", "timeout: is 0")]
    [InlineData("https://provider.test/authorize", "provider.test/authorize", "authorization_endpoint: is no address")]
    [InlineData("https://provider.test/authorize", "https://provider.test/authorize#x", "authorization_endpoint: is no address")]
    [InlineData("http://%REQ(:authority)%/callback", "%NONSENSE(%", "redirect_uri")]
    [InlineData("\"redirectUri\": \"http://%REQ(:authority)%/callback\",", "", "redirect_uri: is empty")]
    [InlineData("\"redirectPathMatcher\": {\"path\": {\"exact\": \"/callback\"}},", "", "redirect_path_matcher: path is missing")]
    [InlineData("\"signoutPath\": {\"path\": {\"exact\": \"/signout\"}}", "\"forwardBearerToken\": false", "signout_path: path is missing")]
    [InlineData("\"tokenSecret\": {\"name\": \"token\", \"sdsConfig\": {\"ads\": {}}},", "", "token_secret: a name is needed")]
    [InlineData("\"hmacSecret\": {\"name\": \"hmac\", \"sdsConfig\": {\"ads\": {}}}", "\"cookieDomain\": \"a\"", "hmac_secret: a name is needed")]
    [InlineData("MORE", ", \"preserveAuthorizationHeader\": true, \"forwardBearerToken\": true", "exclude each other")]
    [InlineData("MORE", ", \"endSessionEndpoint\": \"https://provider.test/out\"", "the scope openid is missing")]
    [InlineData("MORE", ", \"authScopes\": [\"openid\"], \"endSessionEndpoint\": \"nowhere\"", "end_session_endpoint: is no address")]
    [InlineData("MORE", ", \"authType\": \"PRIVATE_KEY_JWT\"", "PrivateKeyJwt is not supported")]
    [InlineData("MORE", ", \"privateKeyJwtConfig\": {}", "private_key_jwt_config is not supported")]
    [InlineData("MORE", ", \"authType\": 9", "9 is not supported")]
    [InlineData("MORE", ", \"forwardIdToken\": {\"header\": \":path\"}", "header: is no name of a field")]
    [InlineData("MORE", ", \"forwardIdToken\": {\"header\": \"authorization\"}, \"forwardBearerToken\": true", "authorization is the access token's")]
    [InlineData("MORE", ", \"denyRedirectMatcher\": [{\"name\": \"\"}]", "deny_redirect_matcher[0]: name is empty")]
    [InlineData("MORE", ", \"csrfTokenExpiresIn\": \"-5s\"", "csrf_token_expires_in")]
    [InlineData("MORE", ", \"cookieConfigs\": {\"idTokenCookieConfig\": {\"path\": \"shop\"}}", "id_token_cookie_config.path: does not begin with a slash")]
    [InlineData("MORE", ", \"cookieConfigs\": {\"idTokenCookieConfig\": {\"path\": \"/;x\"}}", "semicolon")]
    [InlineData("MORE", ", \"cookieConfigs\": {\"idTokenCookieConfig\": {\"sameSite\": 7}}", "same_site: 7 is unknown")]
    [InlineData("MORE", ", \"retryPolicy\": {\"retryBackOff\": {\"baseInterval\": \"5s\", \"maxInterval\": \"1s\"}}", "shorter than base_interval")]
    [InlineData("CREDENTIALS", ", \"cookieDomain\": \"a;b\"", "semicolon")]
    [InlineData("CREDENTIALS", ", \"cookieNames\": {\"idToken\": \"a b\"}", "is no name of a cookie")]
    [InlineData("CREDENTIALS", ", \"cookieNames\": {\"idToken\": \"same\", \"bearerToken\": \"same\"}", "two cookies have one name")]
    public void What_cannot_be_used_is_refused_with_its_place(string what, string with, string expected)
    {
        string json = what switch
        {
            "MORE" => Config(with),
            "CREDENTIALS" => Config(credentials: with),
            _ => Config().Replace(what, with, StringComparison.Ordinal),
        };
        var report = new CompileReport();

        OAuth2Compiler.Compile(XdsJson.Parse<OAuth2Config>($"{{ {json} }}"), Parts(), report.Resource.Scope);

        Assert.Contains(report.Reasons, reason => reason.Contains(expected, StringComparison.Ordinal));
        Assert.DoesNotContain(report.Reasons, static reason => reason.Contains("client-secret", StringComparison.Ordinal));
    }

    [Fact]
    public void That_a_listener_leaves_logins_to_its_routes_is_told()
    {
        var report = new CompileReport();

        Assert.True(OAuth2Compiler.Compile(null, Parts(), report.Resource.Scope).IsInert);

        Assert.Contains(report.Notes, static note => note.Contains("config is missing", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_filter_that_cannot_be_used_lets_nobody_through_but_on_routes_that_have_their_own_or_none()
    {
        await using FilterGateway gateway = await FilterGateway.StartAsync(
            Filter(""", "authType": "PRIVATE_KEY_JWT" """),
            $$"""
            {"match": {"prefix": "/free"}, "route": {"cluster": "service"}, "typedPerFilterConfig": {"envoy.filters.http.oauth2": {"@type": "type.googleapis.com/envoy.config.route.v3.FilterConfig", "disabled": true} } },
            {"match": {"prefix": "/own"}, "route": {"cluster": "service"}, "typedPerFilterConfig": {"envoy.filters.http.oauth2": {"@type": "{{TypePrefix}}.OAuth2PerRoute", "config": { {{Config()}} } } } },
            {"match": {"prefix": "/bad"}, "route": {"cluster": "service"}, "typedPerFilterConfig": {"envoy.filters.http.oauth2": {"@type": "{{TypePrefix}}.OAuth2PerRoute"} } },
            {"match": {"prefix": "/"}, "route": {"cluster": "service"} }
            """,
            isRefusedInPart: true);
        await SetSecretAsync(gateway, "token", "client-secret");
        await SetSecretAsync(gateway, "hmac", "first");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await gateway.GetAsync("/")).StatusCode);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await gateway.GetAsync("/bad")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await gateway.GetAsync("/free")).StatusCode);
        Assert.Equal(HttpStatusCode.Found, (await gateway.GetAsync("/own")).StatusCode);
    }

    [Fact]
    public async Task Routes_have_logins_of_their_own_where_the_listener_has_none()
    {
        await using FilterGateway gateway = await FilterGateway.StartAsync(
            $$"""{"name": "envoy.filters.http.oauth2", "typedConfig": {"@type": "{{TypePrefix}}.OAuth2"} }""",
            $$"""
            {"match": {"prefix": "/callback"}, "route": {"cluster": "service"}, "typedPerFilterConfig": {"envoy.filters.http.oauth2": {"@type": "{{TypePrefix}}.OAuth2PerRoute", "config": { {{Config()}} } } } },
            {"match": {"prefix": "/shop"}, "route": {"cluster": "service"}, "typedPerFilterConfig": {"envoy.filters.http.oauth2": {"@type": "{{TypePrefix}}.OAuth2PerRoute", "config": { {{Config()}} } } } },
            {"match": {"prefix": "/"}, "route": {"cluster": "service"} }
            """);
        await SetSecretAsync(gateway, "token", "client-secret");
        await SetSecretAsync(gateway, "hmac", "first");
        Answer(gateway, """{"access_token": "a", "expires_in": 3600}""");
        var browser = new LoginBrowser(gateway);

        Assert.Equal(HttpStatusCode.OK, (await browser.GetAsync("/")).StatusCode);
        await browser.LogInAsync("/shop");
        Assert.Equal(HttpStatusCode.OK, (await browser.GetAsync("/shop")).StatusCode);
        Assert.Equal("BearerToken=a", Field(LastRequest(gateway), "cookie"));
    }

    [Fact]
    public async Task A_secret_is_shown_nowhere()
    {
        await using FilterGateway gateway = await StartAsync();
        await new LoginBrowser(gateway).LogInAsync();

        string dump = string.Join('\n', gateway.Proxy.Configuration.AppliedOf(Tidegate.Xds.XdsTypes.Secret).Select(static secret => secret.Active?.Message.ToString()));

        Assert.Contains("hmac", dump, StringComparison.Ordinal);
        Assert.DoesNotContain("first", dump, StringComparison.Ordinal);
        Assert.DoesNotContain("client-secret", dump, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"pathConfigSource": {"path": "/etc/secrets/token.yaml"}}""", "sds-file:/etc/secrets/token.yaml~token")]
    [InlineData("""{"path": "/etc/secrets/token.yaml"}""", "sds-file:/etc/secrets/token.yaml~token")]
    [InlineData("""{"ads": {}}""", "token")]
    public void A_secret_is_asked_for_by_its_name_or_its_file(string source, string expected)
    {
        string json = Config().Replace("""{"name": "token", "sdsConfig": {"ads": {}}}""", $$"""{"name": "token", "sdsConfig": {{source}} }""", StringComparison.Ordinal);

        OAuth2Filter filter = OAuth2Compiler.Compile(XdsJson.Parse<OAuth2Config>($"{{ {json} }}"), Parts(), new CompileReport().Resource.Scope);

        Assert.Equal(["hmac", expected], filter.Secrets.Select(static slot => slot.Name));
    }

    [Fact]
    public async Task The_secrets_of_filters_and_routes_are_asked_for_and_no_others()
    {
        await using FilterGateway gateway = await FilterGateway.StartAsync(
            Filter(),
            $$"""{"match": {"prefix": "/"}, "route": {"cluster": "service"}, "typedPerFilterConfig": {"envoy.filters.http.oauth2": {"@type": "{{TypePrefix}}.OAuth2PerRoute", "config": { {{Config().Replace("\"hmac\"", "\"of-route\"", StringComparison.Ordinal)}} } } } }""");

        Assert.Equal(["hmac", "of-route", "token"], gateway.Proxy.Configuration.SecretNames.Order());
    }

    [Fact]
    public async Task A_request_with_a_session_costs_no_memory()
    {
        await using FilterGateway login = await StartAsync(""", "forwardBearerToken": true""");
        Answer(login, $$"""{"access_token": "{{new string('a', 5_000)}}", "id_token": "identity", "refresh_token": "refresh", "expires_in": 3600}""");
        var browser = new LoginBrowser(login);
        await browser.LogInAsync();
        byte[] cookies = System.Text.Encoding.ASCII.GetBytes(string.Join("; ", browser.Cookies.Select(static cookie => $"{cookie.Key}={cookie.Value}").Append("theme=dark")));
        byte[] host = System.Text.Encoding.ASCII.GetBytes($"{login.Address}:8080");

        var secrets = new SecretSlotTable();
        foreach ((string name, string value) in new[] { ("token", "client-secret"), ("hmac", "first") })
        {
            secrets.Of(name).Current = new GenericSecretValue(System.Text.Encoding.ASCII.GetBytes(value), DateTimeOffset.UtcNow, null);
        }

        OAuth2Filter filter = OAuth2Compiler.Compile(
            XdsJson.Parse<OAuth2Config>($"{{ {Config(""", "forwardBearerToken": true, "passThroughMatcher": [{"name": "x-free", "presentMatch": true}]""")} }}"), Parts(secrets), new CompileReport().Resource.Scope);
        long allocated = -1;
        var measure = new Probe(run =>
        {
            run.Exchange.Request.SetAuthority(host);
            allocated = Allocations.Of(() =>
            {
                run.Exchange.Request.Headers.Clear();
                run.Exchange.Request.Headers.Add(KnownHeader.Cookie, cookies);
                ValueTask<LocalReply?> call = filter.OnRequestAsync(run);
                Assert.True(call.IsCompletedSuccessfully);
                Assert.Null(call.Result);
                filter.OnResponse(run);
            });
        });
        await using FilterGateway gateway = await FilterGateway.StartAsync("", first: measure);

        Assert.Equal(HttpStatusCode.OK, (await gateway.GetAsync("/", ("cookie", "x=1"))).StatusCode);

        Assert.Equal(0, allocated);
        Assert.StartsWith("theme=dark; BearerToken=aaa", Field(Assert.Single(gateway.Seen), "cookie"), StringComparison.Ordinal);
    }

    private static FilterParts Parts(SecretSlotTable? secrets = null) => FilterParts.Of(new ClusterSlotTable(), secrets, RepeatedHeaderMode.Individual);

    private sealed class Probe(Action<FilterRun> measure) : HttpFilter
    {
        public override ValueTask<LocalReply?> OnRequestAsync(FilterRun run)
        {
            measure(run);
            return default;
        }
    }
}
