using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Tidegate.EndToEnd.Tests.Harness;
using Tidegate.EndToEnd.Tests.Peers;
using Tidegate.EndToEnd.Tests.Tls;

namespace Tidegate.EndToEnd.Tests.Login;

/// <summary>Logging in at a real OpenID provider, with a client that has cookies and with a real browser; two gateways share the sessions by a Secret.</summary>
public sealed class OpenIdLoginTests : IAsyncLifetime
{
    private const string Application = "app.wild.test";
    private const string HmacSecret = "key-of-all-cookies";

    private readonly TestAuthority _authority = new();
    private TestCertificate? _certificate;
    private OpenIdServer? _provider;
    private GatewayProcess? _gateway;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private OpenIdServer Provider => _provider!;

    private GatewayProcess Gateway => _gateway!;

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        _certificate = _authority.Issue("*.wild.test");
        _provider = await OpenIdServer.StartAsync("idp.wild.test", _certificate);
        _gateway = await GatewayProcess.StartAsync(Objects + FromSecret + Secret(HmacSecret));
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_gateway is not null)
        {
            await _gateway.DisposeAsync();
        }

        if (_provider is not null)
        {
            await _provider.DisposeAsync();
        }

        _authority.Dispose();
    }

    [Fact]
    public async Task A_client_logs_in_is_renewed_and_logs_out_and_other_replicas_know_it()
    {
        // 1. A login, with a token that no single cookie could hold.
        Provider.Padding = new string('x', 6_000);
        using var client = new Client(this, Gateway);
        string page = await client.LogInAsync("/whoami?a=1");
        Assert.Equal("/whoami?a=1", client.LastUri!.PathAndQuery);
        Assert.Equal(("anna", "BearerToken IdToken"), (Said(page, "sub"), Said(page, "cookies")));
        Assert.Equal($"Bearer {Said(page, "access")}", Said(page, "authorization"));
        Assert.True(client.Count("BearerToken") > 1);

        // 2. Another replica, which has the secrets from files, as Envoy subscribes to them.
        string file = Path.Combine(Gateway.Folder.FullName, ".secrets.yaml");
        await File.WriteAllTextAsync(file, $$"""
            resources:
            - "@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret
              name: token
              generic_secret: {secret: {inline_string: "{{OpenIdServer.ClientSecret}}"} }
            - "@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret
              name: hmac
              generic_secret: {secret: {inline_string: {{HmacSecret}} } }
            """, Cancellation);
        await using GatewayProcess replica = await GatewayProcess.StartAsync(Objects + Login("token", "hmac", $"path_config_source: {{path: \"{file}\"}}"));
        client.Use(replica);
        Assert.Equal("anna", Said(await client.GetAsync("/whoami"), "sub"));
        Assert.Equal(["authorization_code"], Provider.Asked);

        // 3. The key of the cookies is another: who is logged in stays so, and has cookies of the new one.
        client.Use(Gateway);
        string before = client.Value("OauthHMAC");
        Gateway.Apply("manifests.yaml", Objects + FromSecret + Secret("another-key"));
        await Eventually.HoldsAsync(async () => Said(await client.GetAsync("/whoami"), "sub") == "anna" && client.Value("OauthHMAC") != before, () => $"the cookies are made anew\n{Gateway.Log}");
        Assert.Equal(["authorization_code"], Provider.Asked);

        // 4. The session ends at the gateway, and is renewed without the client's noticing.
        client.Forget("OauthHMAC", "OauthExpires", "BearerToken");
        string renewed = await client.GetAsync("/whoami");
        Assert.Equal("anna", Said(renewed, "sub"));
        Assert.NotEqual(Said(page, "access"), Said(renewed, "access"));
        Assert.Equal(["authorization_code", "refresh_token"], Provider.Asked);

        // 5. The end, here and at the provider.
        await client.GetAsync("/signout");
        Assert.Equal("/authorize", client.LastUri!.AbsolutePath);
        Assert.Equal(0, client.Count("BearerToken") + client.Count("RefreshToken") + client.Count("OauthHMAC"));

        // 6. Nothing of it is told to anybody.
        string told = Gateway.Log + replica.Log + await Gateway.AdminAsync("config_dump?include_eds") + await replica.AdminAsync("config_dump");
        Assert.All([OpenIdServer.ClientSecret, HmacSecret, "another-key", Said(page, "access"), Said(renewed, "access")], secret => Assert.DoesNotContain(secret, told, StringComparison.Ordinal));
        Assert.Contains("kubernetes-generic://oidc/client-secret", told, StringComparison.Ordinal);
        Assert.Contains("oauth.logged_in", Gateway.Output, StringComparison.Ordinal);
        Assert.Matches(@"\.oauth_success: [1-9]", await Gateway.AdminAsync("stats"));
    }

    [Fact]
    public async Task A_real_browser_logs_in()
    {
        Tool.Needs("chromium", "chromium");
        using (Browser.Open(_certificate!, $"MAP {Provider.Host} {Provider.Secure.Address},MAP *.wild.test {Gateway.Address}", $"https://{Application}:8443/page"))
        {
            // Who it is, and that no script sees a cookie.
            Assert.Contains("/result/anna.0.%2Fpage ", await Gateway.LogsAsync("/result/"), StringComparison.Ordinal);
        }

        Assert.Equal(["authorization_code"], Provider.Asked);
    }

    [Fact]
    public async Task A_provider_that_fails_costs_those_who_log_in_and_nobody_else()
    {
        using var known = new Client(this, Gateway);
        await known.LogInAsync("/whoami");
        using var late = new Client(this, Gateway);
        Uri callback = await late.BeginAsync("/whoami");

        Provider.IsBroken = true;
        using HttpResponseMessage response = await late.SendAsync(callback);

        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
        Assert.Equal("OAuth flow failed.", await response.Content.ReadAsStringAsync(Cancellation));
        Assert.Equal("anna", Said(await known.GetAsync("/whoami"), "sub"));
        Provider.IsBroken = false;
        Assert.Equal("anna", Said(await late.GetAsync("/whoami"), "sub")); // the provider knows it already
    }

    [Fact]
    public async Task A_SecurityPolicy_has_clients_log_in_at_a_provider_that_says_where_its_endpoints_are()
    {
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(Objects + Policy + TlsManifests.Secret("envoy-oidc-hmac", [("hmac-secret", HmacSecret)]));
        using var client = new Client(this, gateway);
        string page = string.Empty;

        // Until the provider has answered nobody gets in.
        await Eventually.HoldsAsync(async () => (page = await client.GetAsync("/whoami")).Contains("log in", StringComparison.Ordinal), () => $"{page}\n{gateway.Log}");
        page = await client.LogInAsync("/whoami?b=2");

        Assert.Equal("/whoami?b=2", client.LastUri!.PathAndQuery);
        Assert.Equal(("anna", $"Bearer {Said(page, "access")}"), (Said(page, "sub"), Said(page, "authorization")));
        await client.GetAsync("/logout");
        Assert.Equal("/authorize", client.LastUri!.AbsolutePath);
        Assert.Equal(0, client.Count("BearerToken") + client.Count("OauthHMAC"));
    }

    // Without the filter and the Secret.
    private string Objects => TlsManifests.Gateway("{mode: SIMPLE, credentialName: wild}") + TlsManifests.Secret("wild", _certificate!)
        + Manifests.Service(OpenIdServer.Service, Provider.Plain) + Manifests.Route(Application, OpenIdServer.Service);

    private string FromSecret => Login("kubernetes-generic://oidc/client-secret", "kubernetes-generic://istio-system/oidc/hmac-secret");

    private static string Secret(string hmac) => TlsManifests.Secret("oidc", [("client-secret", OpenIdServer.ClientSecret), ("hmac-secret", hmac)]);

    private string Login(string token, string hmac, string source = "ads: {}") => $$"""
        ---
        apiVersion: networking.istio.io/v1alpha3
        kind: EnvoyFilter
        metadata: {name: login, namespace: istio-system}
        spec:
          configPatches:
          - applyTo: HTTP_FILTER
            match: {context: GATEWAY, listener: {filterChain: {filter: {name: envoy.filters.network.http_connection_manager} } } }
            patch:
              operation: INSERT_FIRST
              value:
                name: envoy.filters.http.oauth2
                typed_config:
                  "@type": type.googleapis.com/envoy.extensions.filters.http.oauth2.v3.OAuth2
                  config:
                    token_endpoint: {cluster: "outbound|80||server.test", uri: "http://{{Provider.Host}}/token", timeout: 10s}
                    authorization_endpoint: {{Provider.Issuer}}/authorize
                    end_session_endpoint: {{Provider.Issuer}}/logout
                    redirect_uri: "https://%REQ(:authority)%/oauth2/callback"
                    redirect_path_matcher: {path: {exact: /oauth2/callback} }
                    signout_path: {path: {exact: /signout} }
                    forward_bearer_token: true
                    auth_scopes: [openid, email]
                    auth_type: BASIC_AUTH
                    credentials:
                      client_id: {{OpenIdServer.ClientId}}
                      token_secret: {name: "{{token}}", sds_config: { {{source}} } }
                      hmac_secret: {name: "{{hmac}}", sds_config: { {{source}} } }

        """;

    private string Policy => $$"""
        ---
        apiVersion: v1
        kind: Secret
        metadata: {name: shop-client, namespace: default}
        stringData: {client-secret: "{{OpenIdServer.ClientSecret}}"}
        ---
        apiVersion: gateway.envoyproxy.io/v1alpha1
        kind: SecurityPolicy
        metadata: {name: login, namespace: default}
        spec:
          targetRefs: [{group: networking.istio.io, kind: VirtualService, name: app-wild-test}]
          oidc:
            provider: {issuer: "{{Provider.PlainIssuer}}"}
            clientID: {{OpenIdServer.ClientId}}
            clientSecret: {name: shop-client}
            cookieNames: {accessToken: BearerToken, idToken: IdToken}
            forwardAccessToken: true

        """;

    private static string Said(string json, string name) => JsonDocument.Parse(json).RootElement.GetProperty(name).GetString()!;

    /// <summary>A client with cookies that follows redirects, and fills in the provider's page.</summary>
    private sealed class Client : IDisposable
    {
        private readonly CookieContainer _cookies = new();
        private readonly HttpClient _http;
        private readonly OpenIdServer _provider;
        private GatewayProcess _gateway;

        public Client(OpenIdLoginTests test, GatewayProcess gateway)
        {
            _provider = test.Provider;
            _gateway = gateway;
            _http = new HttpClient(new SocketsHttpHandler
            {
                UseProxy = false,
                AllowAutoRedirect = false,
                CookieContainer = _cookies,
                PooledConnectionLifetime = TimeSpan.Zero, // the gateway may be another
                MaxResponseHeadersLength = 64, // KiB
                SslOptions = { RemoteCertificateValidationCallback = static (_, certificate, _, _) => certificate is not null },
                ConnectCallback = async (context, cancellation) =>
                {
                    var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                    await socket.ConnectAsync(context.DnsEndPoint.Host == _provider.Host ? _provider.Secure : _gateway.At(context.DnsEndPoint.Port), cancellation);
                    return new NetworkStream(socket, ownsSocket: true);
                },
            })
            {
                Timeout = Eventually.Patience,
            };
        }

        public Uri? LastUri { get; private set; }

        public void Use(GatewayProcess gateway) => _gateway = gateway;

        public int Count(string prefix) => All.Count(cookie => cookie.Name.StartsWith(prefix, StringComparison.Ordinal));

        public string Value(string name) => All.Single(cookie => cookie.Name == name).Value;

        public void Forget(params string[] prefixes)
        {
            foreach (Cookie cookie in All.Where(cookie => prefixes.Any(prefix => cookie.Name.StartsWith(prefix, StringComparison.Ordinal))))
            {
                cookie.Expired = true;
            }
        }

        public Task<HttpResponseMessage> SendAsync(Uri uri, HttpContent? form = null) =>
            _http.SendAsync(new HttpRequestMessage(form is null ? HttpMethod.Get : HttpMethod.Post, uri) { Content = form }, Cancellation);

        /// <summary>Asks for a page, follows where it is sent, and gives what is there.</summary>
        public async Task<string> GetAsync(string path)
        {
            using HttpResponseMessage response = await FollowAsync(new Uri($"https://{Application}:8443{path}"), null, static _ => true);
            return await response.Content.ReadAsStringAsync(Cancellation);
        }

        public async Task<string> LogInAsync(string path)
        {
            Assert.Contains("log in", await GetAsync(path), StringComparison.Ordinal);
            using HttpResponseMessage response = await FollowAsync(LastUri!, Form(), static _ => true);
            return await response.Content.ReadAsStringAsync(Cancellation);
        }

        /// <summary>Logs in at the provider, and gives where it sends the client then.</summary>
        public async Task<Uri> BeginAsync(string path)
        {
            await GetAsync(path);
            using HttpResponseMessage response = await FollowAsync(LastUri!, Form(), static location => !location.AbsolutePath.EndsWith("/callback", StringComparison.Ordinal));
            return response.Headers.Location!;
        }

        public void Dispose() => _http.Dispose();

        private IEnumerable<Cookie> All => _cookies.GetAllCookies().Where(static cookie => !cookie.Expired);

        private static FormUrlEncodedContent Form() => new([new("user", "anna"), new("password", "tide")]);

        private async Task<HttpResponseMessage> FollowAsync(Uri uri, HttpContent? form, Predicate<Uri> follows)
        {
            for (int i = 0; i < 10; i++)
            {
                LastUri = uri;
                HttpResponseMessage response = await SendAsync(uri, form);
                if (response.StatusCode != HttpStatusCode.Found || !follows(response.Headers.Location!))
                {
                    return response;
                }

                uri = response.Headers.Location!;
                form = null;
                response.Dispose();
            }

            throw new InvalidOperationException("redirects have no end");
        }
    }
}
