using Tidegate.Pilot.Resources.SecurityPolicies;
using Tidegate.Rules.Expressions;
using Tidegate.Rules.Formats;
using Tidegate.Rules.Values;

namespace Tidegate.Pilot.Validation;

/// <summary>Checks <c>oidc</c> of a SecurityPolicy.</summary>
internal static class OidcValidation
{
    private const string Field = "spec.oidc";

    public static void Check(OidcSettings oidc, SecurityPolicy policy, Findings findings)
    {
        CheckProvider(oidc.Provider, policy, findings);
        if (oidc.ClientId is null == oidc.ClientIdRef is null || oidc.ClientId is "")
        {
            findings.Error($"{Field}.clientID", "exactly one of clientID and clientIDRef has to be given");
        }

        if (oidc.ClientIdRef is { } reference)
        {
            SecurityPolicyValidation.CheckObject(reference, "Secret", $"{Field}.clientIDRef", policy, findings);
        }

        SecurityPolicyValidation.CheckObject(oidc.ClientSecret, "Secret", $"{Field}.clientSecret", policy, findings);
        findings.Check($"{Field}.cookieNames.accessToken", oidc.AccessTokenCookie.Length == 0 ? null : CookieRules.CheckName(oidc.AccessTokenCookie));
        findings.Check($"{Field}.cookieNames.idToken", oidc.IdTokenCookie.Length == 0 ? null : CookieRules.CheckName(oidc.IdTokenCookie));
        findings.Check($"{Field}.cookieDomain", CookieRules.CheckAttribute(oidc.CookieDomain));
        CheckRedirect(oidc.RedirectUrl, findings);
        if (oidc.LogoutPath is { } logout && !logout.StartsWith('/'))
        {
            findings.Error($"{Field}.logoutPath", $"found {GoText.Quote(logout)}, expected a path that begins with a slash");
        }

        findings.Check($"{Field}.forwardIDToken.header", oidc.IdTokenHeader.Length == 0 ? null : FieldRules.IsChangeable(oidc.IdTokenHeader) ? FieldRules.CheckName(oidc.IdTokenHeader) : "cannot be set");
        if (oidc.ForwardsAccessToken && oidc.IdTokenHeader.Equals("authorization", StringComparison.OrdinalIgnoreCase))
        {
            findings.Error($"{Field}.forwardIDToken.header", "authorization is the access token's already");
        }

        for (int i = 0; i < oidc.DenyRedirect.Count; i++)
        {
            OidcHeaderMatch match = oidc.DenyRedirect[i];
            findings.Check($"{Field}.denyRedirect.headers[{i}].name", FieldRules.CheckName(match.Name));
            findings.Check($"{Field}.denyRedirect.headers[{i}].value", match.Type == OidcMatchType.RegularExpression ? Re2Expression.Check(match.Value) : null);
        }

        findings.Check($"{Field}.defaultTokenTTL", DurationRules.Check(oidc.DefaultTokenTtl));
        findings.Check($"{Field}.defaultRefreshTokenTTL", DurationRules.Check(oidc.DefaultRefreshTokenTtl));
        findings.Check($"{Field}.csrfTokenTTL", DurationRules.Check(oidc.CsrfTokenTtl));
    }

    private static void CheckProvider(OidcProviderSettings? provider, SecurityPolicy policy, Findings findings)
    {
        if (provider is null)
        {
            findings.Error($"{Field}.provider", "is missing");
            return;
        }

        findings.Check($"{Field}.provider.issuer", UrlRules.CheckEndpoint(provider.Issuer));
        Endpoint(provider.AuthorizationEndpoint, "authorizationEndpoint");
        Endpoint(provider.TokenEndpoint, "tokenEndpoint");
        Endpoint(provider.EndSessionEndpoint, "endSessionEndpoint");
        SecurityPolicyValidation.CheckBackends(provider.Backends, $"{Field}.provider.backendRefs", policy, findings);

        void Endpoint(string? address, string name) => findings.Check($"{Field}.provider.{name}", address is null ? null : UrlRules.CheckEndpoint(address));
    }

    // Its path is the one at which the provider's answer is waited for.
    private static void CheckRedirect(string? url, Findings findings)
    {
        if (url is null)
        {
            return;
        }

        findings.Check($"{Field}.redirectURL", FormatString.Check(url));
        int scheme = url.IndexOf("://", StringComparison.Ordinal);
        if (scheme < 0 || url.IndexOf('/', scheme + 3) is var path && (path < 0 || path == url.Length - 1))
        {
            findings.Error($"{Field}.redirectURL", $"found {GoText.Quote(url)}, expected scheme://host/path");
        }
    }
}
