using System.Security.Cryptography;
using System.Text;
using Envoy.Config.Core.V3;
using Envoy.Config.Route.V3;
using Envoy.Extensions.Filters.Http.Oauth2.V3;
using Envoy.Type.Matcher.V3;
using Google.Protobuf.WellKnownTypes;
using Tidegate.Pilot.Resources.SecurityPolicies;
using Tidegate.Pilot.Translation.Security;
using SameSite = Envoy.Extensions.Filters.Http.Oauth2.V3.CookieConfig.Types.SameSite;

namespace Tidegate.Pilot.Translation.SecurityPolicies;

/// <summary><c>oidc</c> of a SecurityPolicy: browsers log in before they get anywhere, by Envoy's filter.</summary>
internal sealed class OidcTranslation(PolicyDraft draft, PolicyObjects named)
{
    private const string Filter = "envoy.filters.http.oauth2";
    private const string OpenId = "openid";

    // As with Envoy Gateway, which makes this Secret when it is installed.
    private const string HmacSecret = "envoy-oidc-hmac";
    private const string DefaultRedirectUrl = "%REQ(x-forwarded-proto)%://%REQ(:authority)%/oauth2/callback";
    private const string DefaultLogoutPath = "/logout";
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);

    /// <summary>Translates it; nothing where it cannot be used, which is told.</summary>
    public void Translate(OidcSettings oidc, SecurityPolicy policy)
    {
        // 1. The provider, and who we are to it.
        OidcProviderSettings provider = oidc.Provider!;
        (string Authorization, string Token, string? EndSession)? endpoints = Endpoints(provider);
        string? clientId = ClientId(oidc);
        if (endpoints is not var (authorization, token, endSession) || clientId is null || Cluster(provider, token) is not { } cluster)
        {
            return;
        }

        var clientSecret = new GenericSecretName(policy.Namespace, oidc.ClientSecret!.Name, "client-secret");
        var hmacSecret = new GenericSecretName(null, HmacSecret, "hmac-secret");
        draft.Use(clientSecret, "oidc.clientSecret");
        draft.Use(hmacSecret, "oidc");

        // 2. The filter.
        string redirectUrl = oidc.RedirectUrl ?? DefaultRedirectUrl;
        string suffix = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(draft.Name)).AsSpan(0, 4));
        var config = new OAuth2Config
        {
            StatPrefix = draft.Name,
            TokenEndpoint = new HttpUri { Uri = token, Cluster = cluster, Timeout = Durations.Of(Timeout) },
            AuthorizationEndpoint = authorization,
            EndSessionEndpoint = endSession ?? string.Empty,
            RedirectUri = redirectUrl,
            RedirectPathMatcher = Exact(redirectUrl[redirectUrl.IndexOf('/', redirectUrl.IndexOf("://", StringComparison.Ordinal) + 3)..]),
            SignoutPath = Exact(oidc.LogoutPath ?? DefaultLogoutPath),
            AuthType = OAuth2Config.Types.AuthType.BasicAuth,
            AuthScopes = { oidc.Scopes.Contains(OpenId) ? oidc.Scopes : [.. oidc.Scopes.Prepend(OpenId)] },
            Resources = { oidc.Resources },
            ForwardBearerToken = oidc.ForwardsAccessToken,
            PreserveAuthorizationHeader = !oidc.ForwardsAccessToken && !oidc.IdTokenHeader.Equals("authorization", StringComparison.OrdinalIgnoreCase),
            UseRefreshToken = oidc.UsesRefreshToken ?? true,
            DisableTokenEncryption = oidc.DisablesEncryption,
            DefaultExpiresIn = Ttl(oidc.DefaultTokenTtl),
            DefaultRefreshTokenExpiresIn = Ttl(oidc.DefaultRefreshTokenTtl),
            CsrfTokenExpiresIn = Ttl(oidc.CsrfTokenTtl),
            CookieConfigs = oidc.SameSite is { } sameSite ? Cookies(sameSite) : null,
            ForwardIdToken = oidc.IdTokenHeader.Length > 0 ? new OAuth2TokenForwarding { Header = oidc.IdTokenHeader } : null,
            Credentials = new OAuth2Credentials
            {
                ClientId = clientId,
                TokenSecret = clientSecret.ToReference(),
                HmacSecret = hmacSecret.ToReference(),
                CookieDomain = oidc.CookieDomain,
                CookieNames = new OAuth2Credentials.Types.CookieNames
                {
                    BearerToken = oidc.AccessTokenCookie.Length > 0 ? oidc.AccessTokenCookie : $"AccessToken-{suffix}",
                    OauthHmac = $"OauthHMAC-{suffix}",
                    OauthExpires = $"OauthExpires-{suffix}",
                    IdToken = oidc.IdTokenCookie.Length > 0 ? oidc.IdTokenCookie : $"IdToken-{suffix}",
                    RefreshToken = $"RefreshToken-{suffix}",
                    OauthNonce = $"OauthNonce-{suffix}",
                    CodeVerifier = $"OauthCodeVerifier-{suffix}",
                },
            },
        };
        config.DenyRedirectMatcher.Add(oidc.DenyRedirect.Select(static match => new HeaderMatcher { Name = match.Name, StringMatch = Match(match) }));
        if (oidc.PassesTokens)
        {
            config.PassThroughMatcher.Add(TokenFields(policy.Spec.Jwt));
        }

        draft.Add(PolicyPlace.Login, Filter, new OAuth2 { Config = config });
    }

    // What is not written is asked of the provider; what is written counts.
    private (string Authorization, string Token, string? EndSession)? Endpoints(OidcProviderSettings provider)
    {
        if (provider is { AuthorizationEndpoint: { } authorization, TokenEndpoint: { } token })
        {
            return (authorization, token, provider.EndSessionEndpoint);
        }

        var source = new OpenIdProviderSource(provider.Issuer, Timeout);
        draft.Want(source);
        if (named.Providers.GetValueOrDefault(source) is not { } known)
        {
            draft.Close("oidc.provider.issuer", "has not said yet where its endpoints are");
            return null;
        }

        return (provider.AuthorizationEndpoint ?? known.AuthorizationEndpoint, provider.TokenEndpoint ?? known.TokenEndpoint, provider.EndSessionEndpoint ?? known.EndSessionEndpoint);
    }

    private string? ClientId(OidcSettings oidc)
    {
        if (oidc.ClientId is { } written)
        {
            return written;
        }

        string id = named.Secret(oidc.ClientIdRef!)?.Data.GetValueOrDefault("client-id") is { Length: > 0 } value ? Encoding.UTF8.GetString(value) : string.Empty;
        if (id.Length == 0)
        {
            draft.Close("oidc.clientIDRef", $"there is no Secret \"{oidc.ClientIdRef!.Name}\" in the policy's namespace, or it has no value under client-id");
        }

        return id.Length == 0 ? null : id;
    }

    private string? Cluster(OidcProviderSettings provider, string token)
    {
        string? cluster = named.ClusterOf(token);
        string field = "oidc.provider.tokenEndpoint";
        string problem = $"no service that the gateway can see has the host and port of {token}: a ServiceEntry says where it is";
        if (provider.Backends is [var backend])
        {
            cluster = named.Backend(backend, out problem)?.Cluster;
            field = "oidc.provider.backendRefs[0]";
        }

        if (cluster is null)
        {
            draft.Close(field, problem);
        }

        return cluster;
    }

    // A request with a token that jwt looks for in a field is jwt's matter.
    private static IEnumerable<HeaderMatcher> TokenFields(JwtSettings? jwt) => (jwt?.Providers ?? []).SelectMany(static provider => provider.ExtractFrom is not { } from
        ? [new HeaderMatcher { Name = "authorization", StringMatch = new StringMatcher { Prefix = "Bearer " } }]
        : from.Headers.Select(static header => header.Prefix.Length == 0
            ? new HeaderMatcher { Name = header.Name, PresentMatch = true }
            : new HeaderMatcher { Name = header.Name, StringMatch = new StringMatcher { Prefix = header.Prefix } }));

    private static CookieConfigs Cookies(OidcSameSite sameSite)
    {
        var config = new CookieConfig { SameSite = sameSite switch { OidcSameSite.Strict => SameSite.Strict, OidcSameSite.None => SameSite.None, _ => SameSite.Lax } };
        return new CookieConfigs
        {
            BearerTokenCookieConfig = config,
            OauthHmacCookieConfig = config,
            OauthExpiresCookieConfig = config,
            IdTokenCookieConfig = config,
            RefreshTokenCookieConfig = config,
            OauthNonceCookieConfig = config,
            CodeVerifierCookieConfig = config,
        };
    }

    private static StringMatcher Match(OidcHeaderMatch match) => match.Type switch
    {
        OidcMatchType.Prefix => new StringMatcher { Prefix = match.Value },
        OidcMatchType.Suffix => new StringMatcher { Suffix = match.Value },
        OidcMatchType.RegularExpression => ValueMatchers.Regex(match.Value),
        _ => new StringMatcher { Exact = match.Value },
    };

    private static PathMatcher Exact(string path) => new() { Path = new StringMatcher { Exact = path } };

    private static Duration? Ttl(TimeSpan? time) => time is { } given ? Durations.Of(given) : null;
}
