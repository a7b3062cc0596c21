using System.Buffers.Text;
using System.Net;
using System.Text;
using Tidegate.Proxy.Workers;
using static Tidegate.Proxy.Tests.Filters.OAuth2.LoginGateway;

namespace Tidegate.Proxy.Tests.Filters.OAuth2;

/// <summary>Clients that come back from the provider, or say so, and providers that do not answer as they should: each ends in a refusal, and nobody is sent anywhere.</summary>
public sealed class OAuth2CallbackTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("")]
    [InlineData("?")]
    [InlineData("?code=1")]
    [InlineData("?state=STATE")]
    [InlineData("?code=&state=STATE")]
    [InlineData("?code=1&state=")]
    [InlineData("?code=1&state=%00")]
    [InlineData("?code=1&state=!!!")]
    [InlineData("?code=1&state=e30")]
    [InlineData("?code=1&state=bnVsbA")]
    [InlineData("?code=1&state=W10")]
    [InlineData("?code=1&state=eyJ1cmwiOjF9")]
    [InlineData("?code=1&state=OTHER")]
    [InlineData("?code=1&state=MOVED")]
    [InlineData("?code=1&state=RENAMED")]
    [InlineData("?error=access_denied&state=OTHER")]
    public async Task What_is_not_a_login_of_this_client_is_refused(string query)
    {
        await using FilterGateway gateway = await StartAsync();
        var browser = new LoginBrowser(gateway);
        string own = (await browser.BeginAsync("/mine"))["state"];
        string other = (await new LoginBrowser(gateway).BeginAsync("/other"))["state"];
        string path = "/callback" + query
            .Replace("STATE", own, StringComparison.Ordinal)
            .Replace("OTHER", other, StringComparison.Ordinal)
            .Replace("MOVED", Changed(own, "/mine", "/else"), StringComparison.Ordinal)
            .Replace("RENAMED", Changed(own, "\"flow_id\":\"", "\"flow_id\":\"../"), StringComparison.Ordinal);

        HttpResponseMessage response = await browser.GetAsync(path);

        Assert.Equal((HttpStatusCode.Unauthorized, "OAuth flow failed."), (response.StatusCode, await response.Content.ReadAsStringAsync(Cancellation)));
        Assert.Empty(browser.Set); // the login that is under way goes on
        Assert.Equal(2, browser.Cookies.Count);
        Assert.Empty(TokenRequests(gateway));
        Assert.Equal(1, gateway.Stat("http.in.oauth_failure"));
    }

    [Theory]
    [InlineData("OauthNonce")]
    [InlineData("OauthCodeVerifier")]
    public async Task A_login_whose_cookies_are_gone_or_anothers_is_refused(string cookie)
    {
        await using FilterGateway gateway = await StartAsync();
        var browser = new LoginBrowser(gateway);
        var other = new LoginBrowser(gateway);
        Dictionary<string, string> asked = await browser.BeginAsync();
        await other.BeginAsync();
        string name = browser.Cookies.Keys.Single(name => name.StartsWith(cookie, StringComparison.Ordinal));

        browser.Cookies[name] = other.Cookies.Single(pair => pair.Key.StartsWith(cookie, StringComparison.Ordinal)).Value;
        Assert.Equal(HttpStatusCode.Unauthorized, (await browser.ReturnAsync(asked)).StatusCode);
        browser.Cookies.Remove(name);
        Assert.Equal(HttpStatusCode.Unauthorized, (await browser.ReturnAsync(asked)).StatusCode);
        Assert.Empty(TokenRequests(gateway));
    }

    [Fact]
    public async Task A_code_counts_once()
    {
        await using FilterGateway gateway = await StartAsync();
        var browser = new LoginBrowser(gateway);
        Dictionary<string, string> asked = await browser.BeginAsync();
        Dictionary<string, string> kept = new(browser.Cookies);
        await browser.ReturnAsync(asked);

        Assert.Equal(HttpStatusCode.Unauthorized, (await browser.ReturnAsync(asked)).StatusCode); // with the session
        browser.Cookies.Clear();
        Assert.Equal(HttpStatusCode.Unauthorized, (await browser.ReturnAsync(asked)).StatusCode); // with nothing
        Answer(gateway, """{"error": "invalid_grant"}""", 400);
        foreach ((string name, string value) in kept)
        {
            browser.Cookies[name] = value;
        }

        Assert.Equal(HttpStatusCode.Unauthorized, (await browser.ReturnAsync(asked)).StatusCode); // with what it has kept: the provider says no
        Assert.Empty(browser.Cookies);
    }

    [Fact]
    public async Task A_login_that_took_too_long_is_refused()
    {
        await using FilterGateway gateway = await StartAsync(""", "codeVerifierTokenExpiresIn": "1s" """);
        var browser = new LoginBrowser(gateway);
        Dictionary<string, string> asked = await browser.BeginAsync();
        Answer(gateway, "{}", 400);
        string[] kept = [.. browser.Cookies.Keys];
        Dictionary<string, string> cookies = new(browser.Cookies);

        // Until then the provider is asked, and says no.
        int before;
        do
        {
            before = TokenRequests(gateway).Count;
            foreach (string name in kept)
            {
                browser.Cookies[name] = cookies[name];
            }

            Assert.Equal(HttpStatusCode.Unauthorized, (await browser.ReturnAsync(asked)).StatusCode);
            await Task.Delay(TimeSpan.FromMilliseconds(20), Cancellation);
        }
        while (TokenRequests(gateway).Count > before);
    }

    [Fact]
    public async Task Who_was_refused_by_the_provider_is_told_so_and_may_try_again()
    {
        await using FilterGateway gateway = await StartAsync();
        var browser = new LoginBrowser(gateway);
        Dictionary<string, string> asked = await browser.BeginAsync();

        HttpResponseMessage refused = await browser.GetAsync($"/callback?error=access_denied&error_description=no&state={asked["state"]}");

        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        Assert.Empty(browser.Cookies);
        await browser.LogInAsync();
    }

    [Theory]
    [InlineData("", 200)]
    [InlineData("no json", 200)]
    [InlineData("[]", 200)]
    [InlineData("\"text\"", 200)]
    [InlineData("{}", 200)]
    [InlineData("""{"access_token": "a"}""", 200)]
    [InlineData("""{"access_token": "", "expires_in": 5}""", 200)]
    [InlineData("""{"access_token": null, "expires_in": 5}""", 200)]
    [InlineData("""{"access_token": 5, "expires_in": 5}""", 200)]
    [InlineData("""{"access_token": "a\r\nx-admin: 1", "expires_in": 5}""", 200)]
    [InlineData("""{"access_token": "a;b", "expires_in": 5}""", 200)]
    [InlineData("""{"access_token": "a b", "expires_in": 5}""", 200)]
    [InlineData("""{"access_token": "a", "expires_in": 0}""", 200)]
    [InlineData("""{"access_token": "a", "expires_in": -5}""", 200)]
    [InlineData("""{"access_token": "a", "expires_in": "soon"}""", 200)]
    [InlineData("""{"access_token": "a", "expires_in": true}""", 200)]
    [InlineData("""{"access_token": "a", "id_token": {}, "expires_in": 5}""", 200)]
    [InlineData("""{"access_token": "a", "refresh_token": "r\n", "expires_in": 5}""", 200)]
    [InlineData("""{"access_token": "a", "expires_in": 3600}""", 201)]
    [InlineData("""{"access_token": "a", "expires_in": 3600}""", 302)]
    [InlineData("""{"error": "invalid_client"}""", 401)]
    [InlineData("", 500)]
    public async Task What_is_no_answer_with_tokens_makes_no_session(string answer, int status)
    {
        await using FilterGateway gateway = await StartAsync();
        Answer(gateway, answer, status);
        var browser = new LoginBrowser(gateway);

        HttpResponseMessage response = await browser.ReturnAsync(await browser.BeginAsync());

        Assert.Equal((HttpStatusCode.Unauthorized, "OAuth flow failed."), (response.StatusCode, await response.Content.ReadAsStringAsync(Cancellation)));
        Assert.Empty(browser.Cookies);
    }

    [Theory]
    [InlineData("3600", "3600")]
    [InlineData("\"3600\"", "3600")]
    [InlineData("3600.9", "3600")]
    [InlineData("1e300", "315360000")]
    [InlineData("null", "120")]
    public async Task How_long_a_session_is_the_provider_says_or_the_configuration(string said, string expected)
    {
        await using FilterGateway gateway = await StartAsync(""", "defaultExpiresIn": "120s" """);
        Answer(gateway, $$"""{"access_token": "a", "expires_in": {{said}}}""");
        var browser = new LoginBrowser(gateway);

        await browser.ReturnAsync(await browser.BeginAsync());

        Assert.Contains(browser.Set, cookie => cookie.StartsWith("OauthHMAC=", StringComparison.Ordinal) && cookie.Contains($";Max-Age={expected};", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_provider_that_is_silent_is_waited_for_no_longer_than_it_is_said_and_costs_only_who_logs_in()
    {
        await using FilterGateway gateway = await FilterGateway.StartAsync(Filter().Replace("\"20s\"", "\"0.1s\"", StringComparison.Ordinal));
        await SetSecretAsync(gateway, "token", "client-secret");
        await SetSecretAsync(gateway, "hmac", "first");
        using var silence = new ManualResetEventSlim();
        gateway.Answer = head =>
        {
            if (IsToken(head))
            {
                silence.Wait(Cancellation);
            }

            return "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"u8.ToArray();
        };
        var browser = new LoginBrowser(gateway);

        HttpResponseMessage response = await browser.ReturnAsync(await browser.BeginAsync());

        silence.Set();
        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
    }

    [Theory]
    [InlineData("", 1)]
    [InlineData(""", "retryPolicy": {"numRetries": 2, "retryBackOff": {"baseInterval": "0.001s"}}""", 3)]
    [InlineData(""", "retryPolicy": {"numRetries": 2, "retryOn": "connect-failure"}""", 1)]
    public async Task A_provider_that_fails_is_asked_again_where_that_is_configured(string retries, int expected)
    {
        await using FilterGateway gateway = await StartAsync(retries);
        Answer(gateway, "", 503);
        var browser = new LoginBrowser(gateway);

        Assert.Equal(HttpStatusCode.Unauthorized, (await browser.ReturnAsync(await browser.BeginAsync())).StatusCode);

        Assert.Equal(expected, TokenRequests(gateway).Count);
    }

    [Fact]
    public async Task An_answer_that_no_cookies_could_hold_is_none()
    {
        await using FilterGateway gateway = await StartAsync(proxy: new ProxyOptions { MaxLoginCookieBytes = 2_000 });
        Answer(gateway, $$"""{"access_token": "a", "expires_in": 5, "x": "{{new string('x', 5_000)}}"}""");
        var browser = new LoginBrowser(gateway);

        Assert.Equal(HttpStatusCode.Unauthorized, (await browser.ReturnAsync(await browser.BeginAsync())).StatusCode);
    }

    // OpenID Connect Core 1.0, section 3.1.3.7.
    [Theory]
    [InlineData("\"aud\":\"shop\",\"exp\":99999999999,\"nonce\":\"NONCE\"", true)]
    [InlineData("\"aud\":[\"other\",\"shop\"],\"exp\":99999999999,\"nonce\":\"NONCE\"", true)]
    [InlineData("\"aud\":\"other\",\"exp\":99999999999,\"nonce\":\"NONCE\"", false)]
    [InlineData("\"exp\":99999999999,\"nonce\":\"NONCE\"", false)]
    [InlineData("\"aud\":\"shop\",\"exp\":1,\"nonce\":\"NONCE\"", false)]
    [InlineData("\"aud\":\"shop\",\"nonce\":\"NONCE\"", false)]
    [InlineData("\"aud\":\"shop\",\"exp\":99999999999,\"nonce\":\"another\"", false)]
    [InlineData("\"aud\":\"shop\",\"exp\":99999999999", false)]
    public async Task An_ID_token_is_for_us_good_and_of_this_login(string claims, bool isTaken)
    {
        await using FilterGateway gateway = await StartAsync(""", "authScopes": ["openid"]""");
        var browser = new LoginBrowser(gateway);
        Dictionary<string, string> asked = await browser.BeginAsync();
        string id = LoginBrowser.Token(claims.Replace("NONCE", asked["nonce"], StringComparison.Ordinal));
        Answer(gateway, $$"""{"access_token": "a", "id_token": "{{id}}", "expires_in": 3600}""");

        HttpResponseMessage response = await browser.ReturnAsync(asked);

        Assert.Equal(isTaken ? HttpStatusCode.Found : HttpStatusCode.Unauthorized, response.StatusCode);
        Assert.Equal(isTaken, browser.Cookies.ContainsKey("IdToken"));
    }

    [Theory]
    [InlineData("nonsense", false)]
    [InlineData("a.b.c", false)]
    [InlineData("head.key.iv.text.tag", true)] // encrypted: nobody here can look into it
    public async Task An_ID_token_that_cannot_be_read_is_none(string token, bool isTaken)
    {
        await using FilterGateway gateway = await StartAsync(""", "authScopes": ["openid"]""");
        Answer(gateway, $$"""{"access_token": "a", "id_token": "{{token}}", "expires_in": 3600}""");
        var browser = new LoginBrowser(gateway);

        Assert.Equal(isTaken ? HttpStatusCode.Found : HttpStatusCode.Unauthorized, (await browser.ReturnAsync(await browser.BeginAsync())).StatusCode);
    }

    [Theory]
    [InlineData("shop.test", "/", true)]
    [InlineData("a.wild.test", "/", true)]
    [InlineData("wild.test", "/", false)]
    [InlineData("evilwild.test", "/", false)]
    [InlineData("evil.test", "/", false)]
    [InlineData("shop.test.evil.test", "/", false)]
    public async Task Nobody_is_sent_to_a_host_that_is_not_allowed(string host, string path, bool isAllowed)
    {
        await using FilterGateway gateway = await StartAsync(""", "allowedRedirectDomains": ["shop.test", "*.wild.test"]""");
        var browser = new LoginBrowser(gateway);

        HttpResponseMessage response = await browser.GetAsync(path, ("host", host));

        Assert.Equal(isAllowed ? HttpStatusCode.Found : HttpStatusCode.Unauthorized, response.StatusCode);
        Assert.Equal(isAllowed ? 2 : 0, browser.Cookies.Count);
    }

    [Theory]
    [InlineData("https://app.test", "", "https://app.test/x")]
    [InlineData("%REQ(x-scheme)%://%REQ(x-host)%", "https://app.test", "https://app.test/x")]
    [InlineData("%REQ(x-scheme)%://%REQ(x-host)%", "javascript://app.test", null)]
    [InlineData("%REQ(x-scheme)%://%REQ(x-host)%", "https://user@evil.test", null)]
    [InlineData("%REQ(x-scheme)%://%REQ(x-host)%", "https://evil.test\\x", null)]
    [InlineData("%REQ(x-scheme)%://%REQ(x-host)%", "https://", null)]
    public async Task Where_the_client_comes_from_can_be_what_somebody_before_us_says(string format, string said, string? expected)
    {
        await using FilterGateway gateway = await StartAsync($$""", "originalRequestUri": "{{format}}" """);
        string[] parts = said.Split("://");
        (string, string)[] fields = said.Length == 0 ? [] : [("x-scheme", parts[0]), ("x-host", parts[1])];
        var browser = new LoginBrowser(gateway);

        HttpResponseMessage sent = await browser.GetAsync("/x", fields);

        Assert.Equal(expected is null ? HttpStatusCode.Unauthorized : HttpStatusCode.Found, sent.StatusCode);
        if (expected is not null)
        {
            Assert.Equal(expected, (await browser.ReturnAsync(LoginBrowser.Parameters(sent.Headers.Location!.OriginalString))).Headers.Location!.OriginalString);
        }
    }

    private static string Changed(string state, string from, string to) =>
        Base64Url.EncodeToString(Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(Base64Url.DecodeFromChars(state)).Replace(from, to, StringComparison.Ordinal)));
}
