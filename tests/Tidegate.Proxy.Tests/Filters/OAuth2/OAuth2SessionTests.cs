using System.Net;
using Tidegate.Proxy.Workers;
using static Tidegate.Proxy.Tests.Filters.OAuth2.LoginGateway;

namespace Tidegate.Proxy.Tests.Filters.OAuth2;

/// <summary>Sessions: renewed, under another key, and what somebody makes of their cookies.</summary>
public sealed class OAuth2SessionTests
{
    private const string WithRefresh = """{"access_token": "one", "refresh_token": "r1", "expires_in": 3600}""";

    // What a browser has no more when the access token has ended.
    private static readonly string[] Ended = ["OauthHMAC", "OauthExpires", "BearerToken"];

    [Fact]
    public async Task A_session_that_has_ended_is_renewed_beside_the_request()
    {
        await using FilterGateway gateway = await StartAsync(""", "forwardBearerToken": true""");
        Answer(gateway, WithRefresh);
        var browser = new LoginBrowser(gateway);
        await browser.LogInAsync();
        Answer(gateway, """{"access_token": "two", "refresh_token": "r2", "expires_in": 3600}""");
        browser.Forget(Ended);

        HttpResponseMessage page = await browser.GetAsync("/page");

        Assert.Equal(HttpStatusCode.OK, page.StatusCode);
        Assert.EndsWith("grant_type=refresh_token&refresh_token=r1&client_id=shop&client_secret=client-secret", TokenRequests(gateway)[1], StringComparison.Ordinal);
        Assert.Equal(("BearerToken=two", "Bearer two"), (Field(LastRequest(gateway), "cookie"), Field(LastRequest(gateway), "authorization")));
        Assert.Contains(browser.Set, static cookie => cookie.StartsWith("RefreshToken=", StringComparison.Ordinal) && cookie.Contains(";Max-Age=604800;", StringComparison.Ordinal));
        Assert.Equal((1, 0), (gateway.Stat("http.in.oauth_refreshtoken_success"), gateway.Stat("http.in.oauth_refreshtoken_failure")));
        browser.Forget(Ended);
        await browser.GetAsync();
        Assert.Contains("refresh_token=r2", TokenRequests(gateway)[2], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_session_ends_by_its_time_whatever_cookies_the_client_still_has()
    {
        await using FilterGateway gateway = await StartAsync(""", "useRefreshToken": false""");
        Answer(gateway, """{"access_token": "one", "refresh_token": "r1", "expires_in": 1}""");
        var browser = new LoginBrowser(gateway);
        await browser.LogInAsync();

        await Eventually(async () => (await browser.GetAsync()).StatusCode == HttpStatusCode.Found);
        Assert.DoesNotContain("RefreshToken", browser.Cookies.Keys);
    }

    [Fact]
    public async Task The_same_refresh_token_is_sent_once_however_many_requests_have_it()
    {
        await using FilterGateway gateway = await StartAsync();
        Answer(gateway, WithRefresh);
        var browser = new LoginBrowser(gateway);
        await browser.LogInAsync();
        browser.Forget(Ended);
        string cookie = $"RefreshToken={browser.Cookies["RefreshToken"]}";

        HttpResponseMessage[] pages = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => gateway.GetAsync($"/{i}", ("cookie", cookie))));
        HttpResponseMessage late = await gateway.GetAsync("/late", ("cookie", cookie));

        Assert.All(pages.Append(late), static page => Assert.Equal(HttpStatusCode.OK, page.StatusCode));
        Assert.Equal(2, TokenRequests(gateway).Count);
    }

    [Theory]
    [InlineData("""{"error": "invalid_grant"}""", 400, HttpStatusCode.Found, true)]
    [InlineData("", 503, HttpStatusCode.Found, true)]
    [InlineData("no json", 200, HttpStatusCode.Unauthorized, false)]
    [InlineData("""{"expires_in": 5}""", 200, HttpStatusCode.Unauthorized, false)]
    public async Task A_session_that_cannot_be_renewed_begins_anew(string answer, int status, HttpStatusCode expected, bool isDropped)
    {
        await using FilterGateway gateway = await StartAsync();
        Answer(gateway, WithRefresh);
        var browser = new LoginBrowser(gateway);
        await browser.LogInAsync();
        browser.Forget(Ended);
        Answer(gateway, answer, status);

        Assert.Equal(expected, (await browser.GetAsync()).StatusCode);
        Assert.Equal(!isDropped, browser.Cookies.ContainsKey("RefreshToken"));
        Assert.Equal(isDropped ? 1 : 0, gateway.Stat("http.in.oauth_refreshtoken_failure"));
    }

    [Fact]
    public async Task A_renewed_ID_token_is_for_us_and_about_the_same_user()
    {
        await using FilterGateway gateway = await StartAsync(""", "authScopes": ["openid"]""");
        var browser = new LoginBrowser(gateway);
        Dictionary<string, string> asked = await browser.BeginAsync();
        string Tokens(string refresh, string claims) =>
            $$"""{"access_token": "a", "refresh_token": "{{refresh}}", "expires_in": 3600, "id_token": "{{LoginBrowser.Token($"\"aud\":[\"x\",\"shop\"],\"exp\":99999999999,{claims}")}}"}""";
        Answer(gateway, Tokens("r1", $"\"sub\":\"me\",\"nonce\":\"{asked["nonce"]}\""));
        Assert.Equal(HttpStatusCode.Found, (await browser.ReturnAsync(asked)).StatusCode);

        browser.Forget(Ended);
        Answer(gateway, Tokens("r2", "\"sub\":\"me\""));
        Assert.Equal(HttpStatusCode.OK, (await browser.GetAsync()).StatusCode);
        browser.Forget(Ended);
        Answer(gateway, Tokens("r3", "\"sub\":\"you\""));
        Assert.Equal(HttpStatusCode.Unauthorized, (await browser.GetAsync()).StatusCode);
    }

    [Fact]
    public async Task Sessions_outlive_one_change_of_the_secret_and_are_then_of_the_new_one()
    {
        await using FilterGateway gateway = await StartAsync();
        Answer(gateway, WithRefresh);
        var browser = new LoginBrowser(gateway);
        await browser.LogInAsync();
        var begun = new LoginBrowser(gateway);
        Dictionary<string, string> asked = await begun.BeginAsync();

        await SetSecretAsync(gateway, "hmac", "second");
        Assert.Equal(HttpStatusCode.OK, (await browser.GetAsync()).StatusCode);
        Assert.Contains(browser.Set, static cookie => cookie.StartsWith("OauthHMAC=", StringComparison.Ordinal));
        Assert.Equal("BearerToken=one", Field(LastRequest(gateway), "cookie"));
        Assert.Equal(HttpStatusCode.Found, (await begun.ReturnAsync(asked)).StatusCode); // and so does a login that was under way
        await SetSecretAsync(gateway, "hmac", "third");
        Assert.Equal(HttpStatusCode.OK, (await browser.GetAsync()).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await browser.GetAsync()).StatusCode);
        Assert.Empty(browser.Set); // made anew once
    }

    [Fact]
    public async Task A_secret_that_was_changed_twice_or_has_no_overlap_opens_nothing()
    {
        await using FilterGateway gateway = await StartAsync();
        await using FilterGateway strict = await StartAsync(proxy: new ProxyOptions { OAuthKeyOverlapMs = 0 });
        var browser = new LoginBrowser(gateway);
        var other = new LoginBrowser(strict);
        await browser.LogInAsync();
        await other.LogInAsync();

        await SetSecretAsync(gateway, "hmac", "second");
        await SetSecretAsync(gateway, "hmac", "third");
        await SetSecretAsync(strict, "hmac", "second");

        Assert.Equal(HttpStatusCode.Found, (await browser.GetAsync()).StatusCode);
        Assert.Equal(HttpStatusCode.Found, (await other.GetAsync()).StatusCode);
    }

    [Fact]
    public async Task Gateways_that_share_the_secret_share_sessions_and_logins_under_way()
    {
        await using FilterGateway one = await StartAsync(credentials: """, "cookieDomain": "shop.test" """);
        await using FilterGateway two = await StartAsync(credentials: """, "cookieDomain": "shop.test" """);
        var first = new LoginBrowser(one);
        var second = new LoginBrowser(two);
        (string, string) host = ("host", "a.shop.test");

        HttpResponseMessage sent = await first.GetAsync("/x", host);
        Copy(first, second);
        string state = Uri.EscapeDataString(LoginBrowser.Parameters(sent.Headers.Location!.OriginalString)["state"]);
        Assert.Equal(HttpStatusCode.Found, (await second.GetAsync($"/callback?code=1&state={state}", host)).StatusCode);
        Copy(second, first);
        Assert.Equal(HttpStatusCode.OK, (await first.GetAsync("/", host)).StatusCode);

        static void Copy(LoginBrowser from, LoginBrowser to)
        {
            to.Cookies.Clear();
            foreach ((string name, string value) in from.Cookies)
            {
                to.Cookies.Add(name, value);
            }
        }
    }

    [Fact]
    public async Task Without_its_secrets_nobody_gets_through_and_they_are_taken_when_they_come()
    {
        await using FilterGateway gateway = await FilterGateway.StartAsync(Filter(""", "passThroughMatcher": [{"name": ":path", "exactMatch": "/free"}]"""));

        HttpResponseMessage none = await gateway.GetAsync();
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "Service Unavailable"), (none.StatusCode, await none.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)));
        await SetSecretAsync(gateway, "hmac", "first");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await gateway.GetAsync()).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await gateway.GetAsync("/free")).StatusCode);
        await SetSecretAsync(gateway, "token", "secret");
        Assert.Equal(HttpStatusCode.Found, (await gateway.GetAsync()).StatusCode);
    }

    // Each is made of a good session's cookies: what somebody could change.
    public static TheoryData<string, string, string> Tampered => new()
    {
        { "BearerToken", "+", "" },
        { "BearerToken", "=", "forged" },
        { "BearerToken", "=", "" },
        { "BearerToken", "<", "IdToken" },
        { "IdToken", "<", "BearerToken" },
        { "IdToken", "-", "" },
        { "OauthHMAC", "+", "" },
        { "OauthHMAC", "-", "" },
        { "OauthHMAC", "=", "" },
        { "OauthExpires", "=", "99999999999" },
        { "OauthExpires", "=", "-1" },
        { "OauthExpires", "=", "x" },
        { "OauthExpires", "-", "" },
        { "RefreshToken", "-", "" },
        { "RefreshToken", "+", "" },
        { "RefreshToken", "<", "BearerToken" },
    };

    [Theory]
    [MemberData(nameof(Tampered))]
    public async Task A_session_that_somebody_has_changed_is_none(string cookie, string change, string with)
    {
        // Not renewed: what would be with a refresh token is another matter.
        await using FilterGateway gateway = await StartAsync(""", "useRefreshToken": true""");
        Answer(gateway, """{"access_token": "access", "id_token": "identity", "refresh_token": "refresh", "expires_in": 3600}""");
        var browser = new LoginBrowser(gateway);
        await browser.LogInAsync();
        Assert.Equal(HttpStatusCode.OK, (await browser.GetAsync()).StatusCode);
        Answer(gateway, "{}", 400);

        switch (change)
        {
            case "-":
                browser.Cookies.Remove(cookie);
                break;
            case "<":
                browser.Cookies[cookie] = browser.Cookies[with];
                break;
            case "+":
                char[] value = browser.Cookies[cookie].ToCharArray();
                value[value.Length / 2] = value[value.Length / 2] == 'A' ? 'B' : 'A';
                browser.Cookies[cookie] = new string(value);
                break;
            default:
                browser.Cookies[cookie] = with;
                break;
        }

        Assert.Equal(HttpStatusCode.Found, (await browser.GetAsync()).StatusCode);
    }

    [Fact]
    public async Task A_session_of_another_host_is_none()
    {
        await using FilterGateway gateway = await StartAsync();
        var browser = new LoginBrowser(gateway);
        await browser.LogInAsync();

        Assert.Equal(HttpStatusCode.Found, (await browser.GetAsync("/", ("host", "other.test"))).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await browser.GetAsync()).StatusCode);
    }

    [Fact]
    public async Task A_session_of_another_client_at_the_same_provider_is_none()
    {
        string other = Filter().Replace("\"envoy.filters.http.oauth2\"", "\"oauth2.other\"", StringComparison.Ordinal).Replace("\"shop\"", "\"other\"", StringComparison.Ordinal);
        await using FilterGateway gateway = await FilterGateway.StartAsync(
            $"{Filter()}, {other}",
            """
            {"match": {"prefix": "/other"}, "route": {"cluster": "service"}, "typedPerFilterConfig": {"envoy.filters.http.oauth2": {"@type": "type.googleapis.com/envoy.config.route.v3.FilterConfig", "disabled": true}}},
            {"match": {"prefix": "/"}, "route": {"cluster": "service"}, "typedPerFilterConfig": {"oauth2.other": {"@type": "type.googleapis.com/envoy.config.route.v3.FilterConfig", "disabled": true}}}
            """);
        await SetSecretAsync(gateway, "token", "client-secret");
        await SetSecretAsync(gateway, "hmac", "first");
        Answer(gateway, """{"access_token": "access", "expires_in": 3600}""");
        var browser = new LoginBrowser(gateway);
        await browser.LogInAsync();

        Assert.Equal(HttpStatusCode.OK, (await browser.GetAsync()).StatusCode);
        Assert.Equal(HttpStatusCode.Found, (await browser.GetAsync("/other")).StatusCode);
    }

    private static async Task Eventually(Func<Task<bool>> holds)
    {
        while (!await holds())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), TestContext.Current.CancellationToken);
        }
    }
}
