using Envoy.Config.Listener.V3;
using Envoy.Extensions.Filters.Http.Oauth2.V3;
using Envoy.Extensions.Filters.Network.HttpConnectionManager.V3;
using Envoy.Extensions.TransportSockets.Tls.V3;
using Tidegate.Pilot.Sources;
using Tidegate.Pilot.Translation;
using Tidegate.Pilot.Translation.Steps;
using Tidegate.Pilot.Validation;

namespace Tidegate.Pilot.Tests.Translation.SecurityPolicies;

/// <summary><c>oidc</c> of a SecurityPolicy as Envoy's filter, and what closes its routes instead.</summary>
public sealed class OidcTests
{
    private const string Issuer = "https://idp.test";

    private static readonly OpenIdProviderSource Source = new(Issuer, TimeSpan.FromSeconds(10));
    private static readonly OpenIdProvider Known = new($"{Issuer}/authorize", $"{Issuer}/token", $"{Issuer}/logout", null);

    [Fact]
    public void A_provider_is_asked_and_what_it_says_becomes_the_filter()
    {
        TranslationResult before = Translate("clientID: shop", known: false);
        TranslationResult result = Translate("clientID: shop");

        Assert.Equal([Source], before.Providers);
        Assert.Contains(before.Diagnostics, static told => told.Message.Contains("has not said yet where its endpoints are", StringComparison.Ordinal));
        Assert.DoesNotContain(FiltersOf(before), static filter => filter.TypedConfig.Is(OAuth2.Descriptor));
        Assert.Empty(result.Diagnostics);
        OAuth2Config config = ConfigOf(result);
        Assert.Equal(($"{Issuer}/authorize", $"{Issuer}/token", $"{Issuer}/logout"), (config.AuthorizationEndpoint, config.TokenEndpoint.Uri, config.EndSessionEndpoint));
        Assert.Equal(("outbound|443||idp.test", "shop", OAuth2Config.Types.AuthType.BasicAuth), (config.TokenEndpoint.Cluster, config.Credentials.ClientId, config.AuthType));
        Assert.Equal(("%REQ(x-forwarded-proto)%://%REQ(:authority)%/oauth2/callback", "/oauth2/callback", "/logout"), (config.RedirectUri, config.RedirectPathMatcher.Path.Exact, config.SignoutPath.Path.Exact));
        Assert.Equal((true, true, false), (config.UseRefreshToken, config.PreserveAuthorizationHeader, config.ForwardBearerToken));
        Assert.Equal(["openid"], config.AuthScopes);
        Assert.Matches("^AccessToken-[0-9a-f]{8}$", config.Credentials.CookieNames.BearerToken);
        Assert.Equal(
            ["kubernetes-generic://envoy-oidc-hmac/hmac-secret", "kubernetes-generic://prod/oidc/client-secret"],
            result.Resources.Select(static resource => resource.Message).OfType<Secret>().Select(static secret => secret.Name).Order());
    }

    [Fact]
    public void What_is_written_counts_and_nobody_is_asked()
    {
        TranslationResult result = Translate("""
            clientIDRef: {name: oidc}, cookieNames: {accessToken: at, idToken: it}, cookieConfig: {sameSite: Strict}, cookieDomain: shop.test, scopes: [email], resources: [a],
            redirectURL: "https://shop.test/back", logoutPath: /bye, forwardAccessToken: true, forwardIDToken: {header: x-id}, defaultTokenTTL: 1h, refreshToken: false, defaultRefreshTokenTTL: 2h,
            csrfTokenTTL: 1m, disableTokenEncryption: true, denyRedirect: {headers: [{name: x-requested-with, value: XMLHttpRequest}, {name: a, type: Prefix, value: b}]}
            """, "authorizationEndpoint: https://idp.test/a, tokenEndpoint: https://idp.test/t", known: false);

        Assert.Empty(result.Diagnostics);
        Assert.Empty(result.Providers);
        OAuth2Config config = ConfigOf(result);
        Assert.Equal(("by-reference", "at", "it", "shop.test"), (config.Credentials.ClientId, config.Credentials.CookieNames.BearerToken, config.Credentials.CookieNames.IdToken, config.Credentials.CookieDomain));
        Assert.Equal(("https://shop.test/back", "/back", "/bye"), (config.RedirectUri, config.RedirectPathMatcher.Path.Exact, config.SignoutPath.Path.Exact));
        Assert.Equal((true, false, false, true), (config.ForwardBearerToken, config.PreserveAuthorizationHeader, config.UseRefreshToken, config.DisableTokenEncryption));
        Assert.Equal(["openid", "email"], config.AuthScopes);
        Assert.Equal((3600, 7200, 60), (config.DefaultExpiresIn.Seconds, config.DefaultRefreshTokenExpiresIn.Seconds, config.CsrfTokenExpiresIn.Seconds));
        Assert.Equal(CookieConfig.Types.SameSite.Strict, config.CookieConfigs.OauthNonceCookieConfig.SameSite);
        Assert.Equal(("XMLHttpRequest", "b", "x-id"), (config.DenyRedirectMatcher[0].StringMatch.Exact, config.DenyRedirectMatcher[1].StringMatch.Prefix, config.ForwardIdToken.Header));
    }

    [Theory]
    [InlineData("clientIDRef: {name: none}", "", "there is no Secret \"none\"")]
    [InlineData("clientID: shop", "tokenEndpoint: https://elsewhere.test/token", "no service that the gateway can see has the host and port of https://elsewhere.test/token")]
    [InlineData("clientID: shop", "backendRefs: [{name: none, port: 80}]", "there is no Service \"none\"")]
    public void What_is_not_there_closes_the_routes(string fields, string provider, string expected)
    {
        TranslationResult result = Translate(fields, provider);

        Assert.Contains(result.Diagnostics, told => told.Severity == Severity.Error && told.Message.Contains(expected, StringComparison.Ordinal));
        Assert.DoesNotContain(FiltersOf(result), static filter => filter.TypedConfig.Is(OAuth2.Descriptor));
        Assert.Contains(FiltersOf(result), static filter => filter.Name.EndsWith("/closed", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("", "spec.oidc.clientID")]
    [InlineData("clientID: shop, clientIDRef: {name: oidc}", "spec.oidc.clientID")]
    [InlineData("clientID: shop, logoutPath: bye", "spec.oidc.logoutPath")]
    [InlineData("clientID: shop, redirectURL: /back", "spec.oidc.redirectURL")]
    [InlineData("clientID: shop, redirectURL: \"https://shop.test/\"", "spec.oidc.redirectURL")]
    [InlineData("clientID: shop, forwardAccessToken: true, forwardIDToken: {header: Authorization}", "spec.oidc.forwardIDToken.header")]
    [InlineData("clientID: shop, cookieDomain: \"a;b\"", "spec.oidc.cookieDomain")]
    [InlineData("clientID: shop, csrfTokenTTL: -1m", "spec.oidc.csrfTokenTTL")]
    public void A_value_that_cannot_be_is_told(string fields, string expected) =>
        Assert.Contains(TranslationCase.Read(Manifests(fields, "")).Diagnostics, told => told.Severity == Severity.Error && told.Field == expected);

    private static OAuth2Config ConfigOf(TranslationResult result) =>
        Assert.Single(FiltersOf(result), static filter => filter.TypedConfig.Is(OAuth2.Descriptor)).TypedConfig.Unpack<OAuth2>().Config;

    private static IEnumerable<HttpFilter> FiltersOf(TranslationResult result) => result.Resources.Select(static resource => resource.Message).OfType<Listener>()
        .SelectMany(static listener => listener.FilterChains).SelectMany(static chain => chain.Filters[^1].TypedConfig.Unpack<HttpConnectionManager>().HttpFilters);

    private static TranslationResult Translate(string fields, string provider = "", bool known = true)
    {
        Manifest manifest = TranslationCase.Read(Manifests(fields, provider));
        Assert.Empty(manifest.Diagnostics);
        var input = new TranslationInput(ObjectSet.Of(manifest.Resources));
        return new Translator().Translate(known ? input with { Providers = new Dictionary<OpenIdProviderSource, OpenIdProvider> { [Source] = Known } } : input);
    }

    private static string Manifests(string fields, string provider) => $$$"""
        apiVersion: networking.istio.io/v1
        kind: Gateway
        metadata: {name: edge, namespace: prod}
        spec:
          selector: {istio: ingressgateway}
          servers: [{port: {number: 80, name: http, protocol: HTTP}, hosts: ["*"] }]
        ---
        apiVersion: networking.istio.io/v1
        kind: VirtualService
        metadata: {name: shop, namespace: prod}
        spec: {hosts: [shop.test], gateways: [edge], http: [{directResponse: {status: 200} }] }
        ---
        apiVersion: networking.istio.io/v1
        kind: ServiceEntry
        metadata: {name: idp, namespace: prod}
        spec: {hosts: [idp.test], location: MESH_EXTERNAL, resolution: DNS, ports: [{number: 443, name: https, protocol: HTTPS}] }
        ---
        apiVersion: v1
        kind: Secret
        metadata: {name: oidc, namespace: prod}
        stringData: {client-id: by-reference, client-secret: secret}
        ---
        apiVersion: v1
        kind: Secret
        metadata: {name: envoy-oidc-hmac, namespace: istio-system}
        stringData: {hmac-secret: key}
        ---
        apiVersion: gateway.envoyproxy.io/v1alpha1
        kind: SecurityPolicy
        metadata: {name: login, namespace: prod}
        spec:
          targetRefs: [{group: networking.istio.io, kind: VirtualService, name: shop}]
          oidc: {provider: {issuer: "https://idp.test"{{{(provider.Length > 0 ? ", " + provider : "")}}} }, clientSecret: {name: oidc}{{{(fields.Length > 0 ? ", " + fields.ReplaceLineEndings(" ") : "")}}} }

        """;
}
