using Tidegate.Pilot.Resources.SecurityPolicies;
using Tidegate.Pilot.Sources.Reading;

namespace Tidegate.Pilot.Sources.Kinds;

/// <summary>Reads <c>oidc</c> of a SecurityPolicy.</summary>
internal static class OidcReading
{
    public static OidcSettings Read(ObjectReader oidc)
    {
        (string AccessToken, string IdToken)? names = oidc.Object("cookieNames", static names => new Names(names.Text("accessToken"), names.Text("idToken"))) is { } given ? (given.AccessToken, given.IdToken) : null;
        return new OidcSettings
        {
            Provider = oidc.Object("provider", ReadProvider),
            ClientId = oidc.OptionalText("clientID"),
            ClientIdRef = oidc.Object("clientIDRef", static reference => SecurityPolicyReading.ReadReference(reference, "Secret")),
            ClientSecret = oidc.Object("clientSecret", static reference => SecurityPolicyReading.ReadReference(reference, "Secret")),
            AccessTokenCookie = names?.AccessToken ?? string.Empty,
            IdTokenCookie = names?.IdToken ?? string.Empty,
            SameSite = oidc.Object("cookieConfig", static config => new Config(config.OptionalEnum("sameSite", ("Lax", OidcSameSite.Lax), ("Strict", OidcSameSite.Strict), ("None", OidcSameSite.None))))?.SameSite,
            CookieDomain = oidc.Text("cookieDomain"),
            Scopes = oidc.Texts("scopes"),
            Resources = oidc.Texts("resources"),
            RedirectUrl = oidc.OptionalText("redirectURL"),
            DenyRedirect = oidc.Object("denyRedirect", static deny => deny.Objects("headers", ReadMatch)) ?? [],
            LogoutPath = oidc.OptionalText("logoutPath"),
            ForwardsAccessToken = oidc.Flag("forwardAccessToken"),
            IdTokenHeader = oidc.Object("forwardIDToken", static forwarding => forwarding.Text("header")) ?? string.Empty,
            DefaultTokenTtl = oidc.Duration("defaultTokenTTL"),
            UsesRefreshToken = oidc.OptionalFlag("refreshToken"),
            DefaultRefreshTokenTtl = oidc.Duration("defaultRefreshTokenTTL"),
            CsrfTokenTtl = oidc.Duration("csrfTokenTTL"),
            DisablesEncryption = oidc.Flag("disableTokenEncryption"),
            PassesTokens = oidc.Flag("passThroughAuthHeader"),
        };
    }

    private static OidcProviderSettings ReadProvider(ObjectReader provider)
    {
        SecurityPolicyReading.Refuse(provider, "backendSettings", SecurityPolicyReading.DestinationRule);
        return new OidcProviderSettings
        {
            Issuer = provider.Text("issuer"),
            AuthorizationEndpoint = provider.OptionalText("authorizationEndpoint"),
            TokenEndpoint = provider.OptionalText("tokenEndpoint"),
            EndSessionEndpoint = provider.OptionalText("endSessionEndpoint"),
            Backends = SecurityPolicyReading.ReadBackends(provider),
        };
    }

    private static OidcHeaderMatch ReadMatch(ObjectReader match) => new(
        match.Text("name"),
        match.Enum(
            "type",
            ("Exact", OidcMatchType.Exact),
            ("Prefix", OidcMatchType.Prefix),
            ("Suffix", OidcMatchType.Suffix),
            ("RegularExpression", OidcMatchType.RegularExpression)),
        match.Text("value"));

    private sealed record Names(string AccessToken, string IdToken);

    private sealed record Config(OidcSameSite? SameSite);
}
