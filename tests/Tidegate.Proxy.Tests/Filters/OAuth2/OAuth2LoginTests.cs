using System.Net;
using System.Security.Cryptography;
using System.Text;
using Tidegate.Proxy.Workers;
using static Tidegate.Proxy.Tests.Filters.OAuth2.LoginGateway;

namespace Tidegate.Proxy.Tests.Filters.OAuth2;

/// <summary>Logging in and out, and what upstreams get (Envoy's OAuth2 filter; RFC 6749, RFC 7636).</summary>
public sealed class OAuth2LoginTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Who_has_no_session_is_sent_to_the_provider()
    {
        await using FilterGateway gateway = await StartAsync(""", "authScopes": ["openid", "email"], "resources": ["https://api.test/a b"]""");
        var browser = new LoginBrowser(gateway);

        HttpResponseMessage response = await browser.GetAsync("/shop?item=1&x=%2F");

        Assert.Equal((HttpStatusCode.Found, ""), (response.StatusCode, await response.Content.ReadAsStringAsync(Cancellation)));
        string location = response.Headers.Location!.OriginalString;
        Assert.StartsWith("https://provider.test/authorize?audience=shop&client_id=shop&code_challenge=", location, StringComparison.Ordinal);
        Assert.EndsWith("&resource=https%3A%2F%2Fapi.test%2Fa%20b", location, StringComparison.Ordinal);
        Assert.Contains("&scope=openid%20email&", location, StringComparison.Ordinal);
        Dictionary<string, string> asked = LoginBrowser.Parameters(location);
        Assert.Equal(
            ("code", "S256", $"http://{gateway.Address}:8080/callback"), (asked["response_type"], asked["code_challenge_method"], asked["redirect_uri"]));
        Assert.Equal((43, 43), (asked["code_challenge"].Length, asked["nonce"].Length));
        Assert.Equal(2, browser.Set.Count);
        Assert.All(browser.Set, static cookie => Assert.EndsWith(";path=/;Max-Age=600;secure;HttpOnly", cookie, StringComparison.Ordinal));
        Assert.Equal(["OauthCodeVerifier", "OauthNonce"], browser.Cookies.Keys.Select(static name => name.Split('.')[0]).Order());
        Assert.Equal(1, gateway.Stat("http.in.oauth_unauthorized_rq"));
        Assert.Empty(gateway.Seen);
    }

    [Fact]
    public async Task A_login_brings_the_client_back_and_upstreams_see_its_tokens_and_nothing_of_ours()
    {
        await using FilterGateway gateway = await StartAsync(""", "forwardBearerToken": true""");
        Answer(gateway, """{"access_token": "access", "id_token": "identity", "refresh_token": "refresh", "expires_in": 3600, "token_type": "Bearer"}""");
        var browser = new LoginBrowser(gateway);

        Dictionary<string, string> asked = await browser.BeginAsync("/shop?item=1");
        string verifier = browser.Cookies.Single(static cookie => cookie.Key.StartsWith("OauthCodeVerifier.", StringComparison.Ordinal)).Value;
        HttpResponseMessage back = await browser.ReturnAsync(asked, "a%2Fb");
        browser.Cookies["theme"] = "dark";
        HttpResponseMessage page = await browser.GetAsync("/shop?item=1", ("authorization", "Basic forged"));

        Assert.Equal($"http://{gateway.Address}:8080/shop?item=1", back.Headers.Location!.OriginalString);
        Assert.Equal(["BearerToken", "IdToken", "OauthExpires", "OauthHMAC", "RefreshToken", "theme"], browser.Cookies.Keys.Order(StringComparer.Ordinal));
        string exchange = Assert.Single(TokenRequests(gateway));
        Assert.Equal(("provider.test", "application/x-www-form-urlencoded"), (Field(exchange, "host"), Field(exchange, "content-type")));
        Dictionary<string, string> form = LoginBrowser.Parameters("?" + exchange.Split("\r\n\r\n")[1]);
        Assert.Equal(("authorization_code", "a/b", "shop", "client-secret"), (form["grant_type"], form["code"], form["client_id"], form["client_secret"]));
        Assert.Equal(asked["redirect_uri"], form["redirect_uri"]);
        Assert.Equal(asked["code_challenge"], System.Buffers.Text.Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(form["code_verifier"]))));
        Assert.DoesNotContain(form["code_verifier"], verifier, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, page.StatusCode);
        string seen = LastRequest(gateway);
        Assert.Equal("theme=dark; BearerToken=access; IdToken=identity", Field(seen, "cookie"));
        Assert.Equal("Bearer access", Field(seen, "authorization"));
        Assert.Equal(2, gateway.Stat("http.in.oauth_success"));
    }

    [Fact]
    public async Task Without_forwarding_no_authorization_goes_on_unless_the_clients_own_is_kept()
    {
        await using FilterGateway plain = await StartAsync();
        await using FilterGateway keeping = await StartAsync(""", "preserveAuthorizationHeader": true""");
        foreach ((FilterGateway gateway, string? expected) in new[] { (plain, null), (keeping, (string?)"Basic mine") })
        {
            var browser = new LoginBrowser(gateway);
            await browser.LogInAsync();
            await browser.GetAsync("/", ("authorization", "Basic mine"));

            Assert.Equal(expected, Field(LastRequest(gateway), "authorization"));
        }
    }

    [Theory]
    [InlineData("x-id", "identity")]
    [InlineData("Authorization", "Bearer identity")]
    public async Task The_ID_token_is_told_in_a_field_that_no_client_can_fill(string header, string expected)
    {
        await using FilterGateway gateway = await StartAsync($$""", "forwardIdToken": {"header": "{{header}}"}, "passThroughMatcher": [{"name": "x-free", "exactMatch": "1"}]""");
        Answer(gateway, """{"access_token": "access", "id_token": "identity", "expires_in": 3600}""");
        var browser = new LoginBrowser(gateway);
        await browser.LogInAsync();

        await browser.GetAsync("/", (header, "forged"));

        Assert.Equal(expected, Field(LastRequest(gateway), header.ToLowerInvariant()));
    }

    [Theory]
    [InlineData("URL_ENCODED_BODY", "client_id=shop&client_secret=client-secret", null)]
    [InlineData("BASIC_AUTH", "", "Basic c2hvcDpjbGllbnQtc2VjcmV0")]
    [InlineData("TLS_CLIENT_AUTH", "client_id=shop", null)]
    public async Task The_provider_is_told_who_we_are(string type, string inBody, string? authorization)
    {
        await using FilterGateway gateway = await StartAsync($$""", "authType": "{{type}}" """);

        await new LoginBrowser(gateway).LogInAsync();

        string exchange = Assert.Single(TokenRequests(gateway));
        Assert.Equal(authorization, Field(exchange, "authorization"));
        Assert.Contains($"code=the-code{(inBody.Length > 0 ? "&" : "")}{inBody}&redirect_uri=", exchange, StringComparison.Ordinal);
        Assert.Equal(type == "URL_ENCODED_BODY", exchange.Contains("client_secret", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Who_logs_out_has_no_session_and_is_sent_to_the_provider_where_that_ends_them_too()
    {
        await using FilterGateway alone = await StartAsync();
        await using FilterGateway both = await StartAsync(""", "authScopes": ["openid"], "endSessionEndpoint": "https://provider.test/logout?ui=1" """);
        foreach ((FilterGateway gateway, bool isBoth) in new[] { (alone, false), (both, true) })
        {
            var browser = new LoginBrowser(gateway);
            Dictionary<string, string> asked = await browser.BeginAsync();
            string id = LoginBrowser.Token($"\"aud\":\"shop\",\"exp\":99999999999,\"nonce\":\"{asked.GetValueOrDefault("nonce")}\"");
            Answer(gateway, $$"""{"access_token": "access", "id_token": "{{id}}", "expires_in": 3600}""");
            await browser.ReturnAsync(asked);
            browser.Cookies["OauthNonce.0123"] = "left";

            HttpResponseMessage response = await browser.GetAsync("/signout");

            string root = $"http://{gateway.Address}:8080/";
            Assert.Equal(HttpStatusCode.Found, response.StatusCode);
            Assert.Equal(
                isBoth ? $"https://provider.test/logout?ui=1&id_token_hint={id}&client_id=shop&post_logout_redirect_uri={Uri.EscapeDataString(root)}" : root,
                response.Headers.Location!.OriginalString);
            Assert.Empty(browser.Cookies);
            Assert.All(browser.Set, static cookie => Assert.EndsWith("=deleted; path=/; expires=Thu, 01 Jan 1970 00:00:00 GMT", cookie, StringComparison.Ordinal));
            await browser.BeginAsync();
        }
    }

    [Theory]
    [InlineData("""{"disabled": true}""", null)]
    [InlineData("""{"uri": "https://%REQ(:authority)%/bye"}""", "https://HOST/bye")]
    public async Task Where_a_logout_ends_is_configured(string uri, string? expected)
    {
        await using FilterGateway gateway = await StartAsync($$""", "authScopes": ["openid"], "endSessionEndpoint": "https://provider.test/logout", "postLogoutRedirectUri": {{uri}}""");

        HttpResponseMessage response = await new LoginBrowser(gateway).GetAsync("/signout");

        Assert.Equal(
            expected?.Replace("HOST", $"{gateway.Address}:8080", StringComparison.Ordinal),
            LoginBrowser.Parameters(response.Headers.Location!.OriginalString).GetValueOrDefault("post_logout_redirect_uri"));
    }

    [Fact]
    public async Task What_needs_no_login_goes_by_as_it_is()
    {
        await using FilterGateway gateway = await StartAsync(""", "passThroughMatcher": [{"name": ":path", "prefixMatch": "/public"}, {"name": "x-key", "presentMatch": true}]""");

        Assert.Equal(HttpStatusCode.OK, (await gateway.GetAsync("/public/a", ("cookie", "OauthHMAC=x"), ("authorization", "Basic mine"))).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await gateway.GetAsync("/a", ("x-key", "1"))).StatusCode);
        Assert.Equal(HttpStatusCode.Found, (await gateway.GetAsync("/a")).StatusCode);
        Assert.Equal(("OauthHMAC=x", "Basic mine"), (Field(gateway.Seen.First(), "cookie"), Field(gateway.Seen.First(), "authorization")));
        Assert.Equal(2, gateway.Stat("http.in.oauth_passthrough"));
    }

    [Fact]
    public async Task A_script_is_refused_instead_of_being_sent_elsewhere()
    {
        await using FilterGateway gateway = await StartAsync(""", "denyRedirectMatcher": [{"name": "x-requested-with", "exactMatch": "XMLHttpRequest"}]""");
        var browser = new LoginBrowser(gateway);

        HttpResponseMessage refused = await browser.GetAsync("/", ("x-requested-with", "XMLHttpRequest"));

        Assert.Equal((HttpStatusCode.Unauthorized, "OAuth flow failed."), (refused.StatusCode, await refused.Content.ReadAsStringAsync(Cancellation)));
        Assert.Empty(browser.Set);
        Assert.Equal((1, 0), (gateway.Stat("http.in.oauth_failure"), gateway.Stat("http.in.oauth_unauthorized_rq")));
        await browser.LogInAsync();
        Assert.Equal(HttpStatusCode.OK, (await browser.GetAsync("/", ("x-requested-with", "XMLHttpRequest"))).StatusCode);
    }

    [Fact]
    public async Task What_may_go_on_without_a_login_says_so_and_carries_no_tokens()
    {
        await using FilterGateway gateway = await StartAsync(""", "allowFailedMatcher": [{"name": ":path", "prefixMatch": "/"}], "denyRedirectMatcher": [{"name": ":path", "prefixMatch": "/"}]""");

        HttpResponseMessage page = await gateway.GetAsync("/a", ("cookie", "theme=dark; BearerToken=forged; BearerToken-1=x; IdToken=y; OauthHMAC=z; OauthNonce.1=n; RefreshToken=r"), ("x-envoy-oauth-status", "ok"));
        HttpResponseMessage callback = await gateway.GetAsync("/callback?code=1&state=2");

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.Unauthorized), (page.StatusCode, callback.StatusCode));
        string seen = Assert.Single(gateway.Seen);
        Assert.Equal(("theme=dark", "failed", "Unauthorized"), (Field(seen, "cookie"), Field(seen, "x-envoy-oauth-status"), Field(seen, "x-envoy-oauth-failure-reason")));
        Assert.Equal(1, gateway.Stat("http.in.oauth_allow_failed_passthrough"));
    }

    [Fact]
    public async Task Names_and_attributes_of_cookies_are_configured()
    {
        await using FilterGateway gateway = await StartAsync(
            """
            , "cookieConfigs": {"bearerTokenCookieConfig": {"sameSite": "STRICT"}, "oauthHmacCookieConfig": {"sameSite": "LAX", "path": "/shop"}, "oauthNonceCookieConfig": {"sameSite": "NONE", "partitioned": true}},
              "csrfTokenExpiresIn": "60s", "codeVerifierTokenExpiresIn": "120s", "statPrefix": "shop"
            """,
            """, "cookieDomain": "example.test", "cookieNames": {"bearerToken": "__Secure-a", "oauthHmac": "h", "oauthExpires": "e", "oauthNonce": "n", "codeVerifier": "v"}""");
        var browser = new LoginBrowser(gateway);
        (string, string) host = ("host", "a.example.test");

        HttpResponseMessage sent = await browser.GetAsync("/x", host);
        Assert.Contains(browser.Set, static cookie => cookie.StartsWith("n.", StringComparison.Ordinal) && cookie.EndsWith(";domain=example.test;path=/;Max-Age=60;secure;HttpOnly;SameSite=None;Partitioned", StringComparison.Ordinal));
        Assert.Contains(browser.Set, static cookie => cookie.StartsWith("v.", StringComparison.Ordinal) && cookie.EndsWith(";domain=example.test;path=/;Max-Age=120;secure;HttpOnly", StringComparison.Ordinal));
        string state = Uri.EscapeDataString(LoginBrowser.Parameters(sent.Headers.Location!.OriginalString)["state"]);
        HttpResponseMessage back = await browser.GetAsync($"/callback?code=1&state={state}", ("host", "b.example.test"));

        // The session is the domain's.
        Assert.Equal("http://a.example.test/x", back.Headers.Location!.OriginalString);
        Assert.Contains(browser.Set, static cookie => cookie.StartsWith("__Secure-a=", StringComparison.Ordinal) && cookie.EndsWith(";domain=example.test;path=/;Max-Age=3600;secure;HttpOnly;SameSite=Strict", StringComparison.Ordinal));
        Assert.Contains(browser.Set, static cookie => cookie.StartsWith("h=", StringComparison.Ordinal) && cookie.EndsWith(";domain=example.test;path=/shop;Max-Age=3600;secure;HttpOnly;SameSite=Lax", StringComparison.Ordinal));
        Assert.Equal(HttpStatusCode.OK, (await browser.GetAsync("/", ("host", "c.example.test"))).StatusCode);
        await browser.GetAsync("/signout", host);
        Assert.Contains(browser.Set, static cookie => cookie == "__Secure-a=deleted; path=/; expires=Thu, 01 Jan 1970 00:00:00 GMT;domain=example.test; Secure");
        Assert.Equal((1, 2), (gateway.Stat("http.in.shop.oauth_unauthorized_rq"), gateway.Stat("http.in.shop.oauth_success")));
    }

    [Fact]
    public async Task Tokens_have_no_cookie_where_that_is_configured()
    {
        await using FilterGateway gateway = await StartAsync(""", "disableIdTokenSetCookie": true, "disableAccessTokenSetCookie": true, "disableRefreshTokenSetCookie": true""");
        Answer(gateway, """{"access_token": "access", "id_token": "identity", "refresh_token": "refresh", "expires_in": 3600}""");
        var browser = new LoginBrowser(gateway);

        await browser.LogInAsync();

        Assert.Equal(["OauthExpires", "OauthHMAC"], browser.Cookies.Keys.Order());
        Assert.Equal(HttpStatusCode.OK, (await browser.GetAsync()).StatusCode);
        Assert.Null(Field(LastRequest(gateway), "cookie"));
    }

    [Fact]
    public async Task Without_encryption_access_and_ID_token_are_as_they_are_and_the_refresh_token_is_sealed_all_the_same()
    {
        await using FilterGateway gateway = await StartAsync(""", "disableTokenEncryption": true""");
        Answer(gateway, """{"access_token": "~access", "id_token": "identity", "refresh_token": "refresh", "expires_in": 3600}""");
        var browser = new LoginBrowser(gateway);
        await browser.LogInAsync();

        Assert.Equal(("~1~~access", "identity"), (browser.Cookies["BearerToken"], browser.Cookies["IdToken"]));
        Assert.DoesNotContain("refresh", browser.Cookies["RefreshToken"], StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await browser.GetAsync()).StatusCode);
        Assert.Equal("BearerToken=~access; IdToken=identity", Field(LastRequest(gateway), "cookie"));
        browser.Cookies["IdToken"] = "another";
        browser.Forget("RefreshToken");
        Assert.Equal(HttpStatusCode.Found, (await browser.GetAsync()).StatusCode);
    }

    [Fact]
    public async Task A_long_token_is_in_several_cookies_and_a_shorter_one_takes_the_others_away()
    {
        await using FilterGateway gateway = await StartAsync();
        string access = new('a', 9_000);
        Answer(gateway, $$"""{"access_token": "{{access}}", "refresh_token": "r", "expires_in": 3600}""");
        var browser = new LoginBrowser(gateway);
        await browser.LogInAsync();

        Assert.Equal(["BearerToken", "BearerToken-1", "BearerToken-2"], browser.Cookies.Keys.Where(static name => name.StartsWith("Bearer", StringComparison.Ordinal)).Order());
        Assert.Equal(HttpStatusCode.OK, (await browser.GetAsync()).StatusCode);
        Assert.Equal($"BearerToken={access}", Field(LastRequest(gateway), "cookie"));

        Answer(gateway, """{"access_token": "short", "expires_in": 3600}""");
        browser.Forget("OauthHMAC");
        Assert.Equal(HttpStatusCode.OK, (await browser.GetAsync()).StatusCode);
        Assert.Equal("BearerToken=short", Field(LastRequest(gateway), "cookie"));
        Assert.DoesNotContain("BearerToken-1", browser.Cookies.Keys);
    }

    [Fact]
    public async Task Tokens_that_no_request_could_carry_make_no_session()
    {
        await using FilterGateway gateway = await StartAsync(proxy: new ProxyOptions { MaxLoginCookieBytes = 4_000 });
        Answer(gateway, $$"""{"access_token": "{{new string('a', 4_000)}}", "expires_in": 3600}""");
        var browser = new LoginBrowser(gateway);

        HttpResponseMessage back = await browser.ReturnAsync(await browser.BeginAsync());

        Assert.Equal(HttpStatusCode.Unauthorized, back.StatusCode);
        Assert.Empty(browser.Cookies);
    }

    [Fact]
    public async Task Of_several_tabs_that_log_in_each_comes_back_to_its_own_page()
    {
        await using FilterGateway gateway = await StartAsync();
        var browser = new LoginBrowser(gateway);
        Dictionary<string, string> first = await browser.BeginAsync("/first");
        Dictionary<string, string> second = await browser.BeginAsync("/second");

        HttpResponseMessage backSecond = await browser.ReturnAsync(second);
        HttpResponseMessage backFirst = await browser.ReturnAsync(first);

        Assert.EndsWith("/second", backSecond.Headers.Location!.OriginalString, StringComparison.Ordinal);
        Assert.EndsWith("/first", backFirst.Headers.Location!.OriginalString, StringComparison.Ordinal);
        Assert.Single(TokenRequests(gateway)); // who has a session needs no other
        Assert.DoesNotContain(browser.Cookies.Keys, static name => name.Contains('.', StringComparison.Ordinal));
    }

    [Fact]
    public async Task Logins_that_nobody_finishes_do_not_fill_the_clients_cookies()
    {
        await using FilterGateway gateway = await StartAsync();
        var browser = new LoginBrowser(gateway);
        for (int i = 0; i < 30; i++)
        {
            await browser.BeginAsync($"/{i}");
            Assert.InRange(browser.Cookies.Count, 2, 2 * 10);
        }

        await browser.LogInAsync();
    }
}
