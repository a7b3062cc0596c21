using System.Text;
using Envoy.Config.Core.V3;
using Envoy.Extensions.Filters.Http.Oauth2.V3;
using Envoy.Extensions.TransportSockets.Tls.V3;
using Tidegate.Proxy.Filters;
using Tidegate.Proxy.Filters.OAuth2;
using Tidegate.Proxy.Formatting;
using Tidegate.Proxy.Tls.Secrets;
using Tidegate.Rules.Values;
using AuthType = Envoy.Extensions.Filters.Http.Oauth2.V3.OAuth2Config.Types.AuthType;
using HeaderMatcher = Tidegate.Proxy.Routing.HeaderMatcher;
using HeaderMatcherProto = Envoy.Config.Route.V3.HeaderMatcher;
using PathMatcherProto = Envoy.Type.Matcher.V3.PathMatcher;
using SameSite = Envoy.Extensions.Filters.Http.Oauth2.V3.CookieConfig.Types.SameSite;
using ValueMatcher = Tidegate.Proxy.Routing.ValueMatcher;

// Fields that Envoy calls deprecated are what users have in their files.
#pragma warning disable CS0612

namespace Tidegate.Proxy.Compilation.Filters;

/// <summary>Compiles the filter that has clients log in.</summary>
internal static class OAuth2Compiler
{
    private const string OpenIdScope = "openid";

    /// <summary>Compiles the filter of a listener; one without a configuration leaves it to routes.</summary>
    public static OAuth2Filter Compile(OAuth2Config? config, FilterParts parts, CompileScope scope)
    {
        scope.NoteIf(config is null, "oauth2: config is missing, so that clients log in on routes with a configuration of their own (OAuth2PerRoute) alone");
        return new OAuth2Filter { Settings = config is null ? null : Settings(config, parts, scope.At("config")) };
    }

    /// <summary>Compiles what a route says in its place: the whole, and it cannot be used without.</summary>
    public static HttpFilter CompileForRoute(OAuth2Config? config, FilterParts parts, CompileScope scope)
    {
        scope.RefuseIf(config is null, "config is missing");
        return Compile(config ?? new OAuth2Config(), parts, scope);
    }

    private static OAuth2Settings? Settings(OAuth2Config config, FilterParts parts, CompileScope scope)
    {
        OAuth2Credentials credentials = config.Credentials ?? new OAuth2Credentials();
        CompileScope at = scope.At("credentials");
        at.RefuseIf(credentials.ClientId.Length == 0, "client_id is empty");
        at.At("cookie_domain").RefuseIf(CookieRules.CheckAttribute(credentials.CookieDomain));
        bool isOpenId = config.AuthScopes.Contains(OpenIdScope);
        scope.RefuseIf(config.PreserveAuthorizationHeader && config.ForwardBearerToken, "preserve_authorization_header and forward_bearer_token exclude each other");
        scope.RefuseIf(config.EndSessionEndpoint.Length > 0 && !isOpenId, "end_session_endpoint is only for OpenID Connect: the scope openid is missing");
        scope.RefuseIf(config.PrivateKeyJwtConfig is not null, "private_key_jwt_config is not supported");
        string idTokenField = IdTokenField(config, scope.At("forward_id_token"));
        SecretSlot? hmac = Secret(credentials.HmacSecret, parts.Secrets, at.At("hmac_secret"));
        TokenEndpoint? endpoint = Endpoint(config, credentials, parts, scope);
        ValueMatcher? redirectPath = Path(config.RedirectPathMatcher, scope.At("redirect_path_matcher"));
        ValueMatcher? signoutPath = Path(config.SignoutPath, scope.At("signout_path"));
        TextFormat? redirectUri = Format(config.RedirectUri, scope.At("redirect_uri"));
        scope.At("redirect_uri").RefuseIf(config.RedirectUri.Length == 0, "is empty");
        scope.At("authorization_endpoint").RefuseIf(UrlRules.CheckEndpoint(config.AuthorizationEndpoint));
        if (hmac is null || endpoint is null || redirectPath is null || signoutPath is null || redirectUri is null)
        {
            return null;
        }

        return new OAuth2Settings
        {
            TokenEndpoint = endpoint,
            AuthorizationEndpoint = new AuthorizationEndpoint(
                config.AuthorizationEndpoint, credentials.ClientId, config.AuthScopes.Count == 0 ? ["user"] : config.AuthScopes, config.Resources),
            EndSessionEndpoint = EndSession(config, scope),
            ClientId = credentials.ClientId,
            HmacSecret = hmac,
            Cookies = CookieSet(config, credentials, scope),
            RedirectUri = redirectUri,
            OriginalRequestUri = config.OriginalRequestUri.Length == 0 ? null : Format(config.OriginalRequestUri, scope.At("original_request_uri")),
            AllowedDomains = [.. config.AllowedRedirectDomains],
            RedirectPath = redirectPath,
            SignoutPath = signoutPath,
            PassThrough = Headers(config.PassThroughMatcher, parts, "pass_through_matcher", scope),
            DenyRedirect = Headers(config.DenyRedirectMatcher, parts, "deny_redirect_matcher", scope),
            AllowFailed = Headers(config.AllowFailedMatcher, parts, "allow_failed_matcher", scope),
            ForwardsAccessToken = config.ForwardBearerToken,
            IdTokenField = Encoding.ASCII.GetBytes(idTokenField),
            PreservesAuthorization = config.PreserveAuthorizationHeader,
            UsesRefreshToken = config.UseRefreshToken ?? true,
            IsPlain = config.DisableTokenEncryption,
            IsOpenId = isOpenId,
            Lifetimes = Lifetimes(config, scope),
            StatPrefix = config.StatPrefix,
        };
    }

    private static OAuth2Lifetimes Lifetimes(OAuth2Config config, CompileScope scope)
    {
        var defaults = new OAuth2Lifetimes();
        return new OAuth2Lifetimes
        {
            RefreshToken = Seconds(config.DefaultRefreshTokenExpiresIn, scope.At("default_refresh_token_expires_in")) ?? defaults.RefreshToken,
            Csrf = Seconds(config.CsrfTokenExpiresIn, scope.At("csrf_token_expires_in")) ?? defaults.Csrf,
            CodeVerifier = Seconds(config.CodeVerifierTokenExpiresIn, scope.At("code_verifier_token_expires_in")) ?? defaults.CodeVerifier,
            IdTokenFollowsAccessToken = config.UseAccessTokenExpiryForIdTokenCookie,
        };
    }

    private static long? Seconds(Google.Protobuf.WellKnownTypes.Duration? duration, CompileScope scope) => scope.MillisecondsOrNull(duration) / 1000;

    private static TokenEndpoint? Endpoint(OAuth2Config config, OAuth2Credentials credentials, FilterParts parts, CompileScope scope)
    {
        CompileScope at = scope.At("token_endpoint");
        HttpUri uri = config.TokenEndpoint ?? new HttpUri();
        at.RefuseIf(uri.Cluster.Length == 0, "cluster is empty");

        // Envoy takes an address without a scheme, too.
        string address = uri.Uri.Contains("://", StringComparison.Ordinal) ? uri.Uri : $"https://{uri.Uri}";
        at.At("uri").RefuseIf(uri.Uri.Length == 0 ? "is empty" : UrlRules.CheckEndpoint(address));
        at.RefuseIf(uri.Timeout is null, "timeout is missing");
        bool isByCertificate = config.AuthType == AuthType.TlsClientAuth;
        scope.At("auth_type").RefuseIf(config.AuthType is not (AuthType.UrlEncodedBody or AuthType.BasicAuth or AuthType.TlsClientAuth), $"{config.AuthType} is not supported");
        CompileScope secretScope = scope.At("credentials").At("token_secret");
        SecretSlot? secret = isByCertificate ? null : Secret(credentials.TokenSecret, parts.Secrets, secretScope);
        long timeoutMs = at.At("timeout").MillisecondsOrNull(uri.Timeout) ?? 0;
        at.At("timeout").RefuseIf(uri.Timeout is not null && timeoutMs == 0, "is 0");
        if ((secret is null && !isByCertificate) || !Uri.TryCreate(address, UriKind.Absolute, out Uri? parsed))
        {
            return null;
        }

        return new TokenEndpoint
        {
            Cluster = parts.Clusters.Of(uri.Cluster),
            Authority = Encoding.ASCII.GetBytes(parsed.Authority),
            Path = Encoding.ASCII.GetBytes(parsed.PathAndQuery),
            TimeoutMs = timeoutMs,
            ClientId = credentials.ClientId,
            Secret = secret,
            Authentication = isByCertificate ? OAuth2ClientAuthentication.Certificate
                : config.AuthType == AuthType.BasicAuth ? OAuth2ClientAuthentication.Basic
                : OAuth2ClientAuthentication.Body,
            DefaultSeconds = Seconds(config.DefaultExpiresIn, scope.At("default_expires_in")) ?? 0,
            Retry = config.RetryPolicy is null ? TokenRetry.None : Retry(config.RetryPolicy, scope.At("retry_policy")),
        };
    }

    private static TokenRetry Retry(RetryPolicy policy, CompileScope scope)
    {
        string[] conditions = policy.RetryOn.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        conditions = conditions.Length == 0 ? ["5xx", "gateway-error", "connect-failure", "reset"] : conditions;
        int fromStatus = 0;
        bool isForNoAnswer = false;
        foreach (string condition in conditions)
        {
            (int Status, bool NoAnswer)? asked = condition switch
            {
                "5xx" => (500, true),
                "gateway-error" => (502, true),
                "connect-failure" or "reset" or "reset-before-request" or "refused-stream" => (0, true),
                _ => null,
            };
            scope.At("retry_on").NoteIf(asked is null, $"the retry condition \"{condition}\" is not acted on for tokens");
            isForNoAnswer |= asked is { NoAnswer: true };
            fromStatus = asked is { Status: > 0 } of && (fromStatus == 0 || of.Status < fromStatus) ? of.Status : fromStatus;
        }

        scope.NoteIf(policy.RetryPriority is not null || policy.RetryHostPredicate.Count > 0, "retry_priority and retry_host_predicate are not acted on for tokens");
        long baseMs = scope.At("retry_back_off").At("base_interval").MillisecondsOrNull(policy.RetryBackOff?.BaseInterval) ?? 25;
        long maxMs = scope.At("retry_back_off").At("max_interval").MillisecondsOrNull(policy.RetryBackOff?.MaxInterval) ?? (baseMs * 10);
        scope.At("retry_back_off").RefuseIf(maxMs < baseMs, "max_interval is shorter than base_interval");
        return new TokenRetry
        {
            Count = (int)Math.Min(policy.NumRetries ?? 1, 100),
            FromStatus = fromStatus,
            ForNoAnswer = isForNoAnswer,
            BaseMs = Math.Max(1, baseMs),
            MaxMs = Math.Max(1, maxMs),
        };
    }

    private static EndSessionEndpoint? EndSession(OAuth2Config config, CompileScope scope)
    {
        if (config.EndSessionEndpoint.Length == 0)
        {
            scope.NoteIf(config.PostLogoutRedirectUri is not null, "post_logout_redirect_uri is not acted on without end_session_endpoint");
            return null;
        }

        scope.At("end_session_endpoint").RefuseIf(UrlRules.CheckEndpoint(config.EndSessionEndpoint));
        PostLogoutRedirectUri? back = config.PostLogoutRedirectUri;
        TextFormat? format = back is { ConfigCase: PostLogoutRedirectUri.ConfigOneofCase.Uri } ? Format(back.Uri, scope.At("post_logout_redirect_uri").At("uri")) : null;
        return new EndSessionEndpoint(config.EndSessionEndpoint, config.Credentials?.ClientId ?? string.Empty, format, saysReturn: back is not { Disabled: true });
    }

    private static OAuth2CookieSet CookieSet(OAuth2Config config, OAuth2Credentials credentials, CompileScope scope)
    {
        OAuth2Credentials.Types.CookieNames names = credentials.CookieNames ?? new OAuth2Credentials.Types.CookieNames();
        CookieConfigs configs = config.CookieConfigs ?? new CookieConfigs();
        CompileScope at = scope.At("credentials").At("cookie_names");
        var cookies = new OAuth2CookieSet
        {
            AccessToken = Make("bearer_token", names.BearerToken, "BearerToken", configs.BearerTokenCookieConfig),
            Hmac = Make("oauth_hmac", names.OauthHmac, "OauthHMAC", configs.OauthHmacCookieConfig),
            Expires = Make("oauth_expires", names.OauthExpires, "OauthExpires", configs.OauthExpiresCookieConfig),
            IdToken = Make("id_token", names.IdToken, "IdToken", configs.IdTokenCookieConfig),
            RefreshToken = Make("refresh_token", names.RefreshToken, "RefreshToken", configs.RefreshTokenCookieConfig),
            Nonce = Make("oauth_nonce", names.OauthNonce, "OauthNonce", configs.OauthNonceCookieConfig),
            CodeVerifier = Make("code_verifier", names.CodeVerifier, "OauthCodeVerifier", configs.CodeVerifierCookieConfig),
            Domain = credentials.CookieDomain,
            KeepsAccessToken = !config.DisableAccessTokenSetCookie,
            KeepsIdToken = !config.DisableIdTokenSetCookie,
            KeepsRefreshToken = !config.DisableRefreshTokenSetCookie,
        };
        OAuth2Cookie[] all = [cookies.AccessToken, cookies.Hmac, cookies.Expires, cookies.IdToken, cookies.RefreshToken, cookies.Nonce, cookies.CodeVerifier];
        at.RefuseIf(all.Select(static cookie => cookie.Name).Distinct().Count() < all.Length, "two cookies have one name");
        return cookies;

        OAuth2Cookie Make(string field, string name, string otherwise, CookieConfig? attributes)
        {
            string path = attributes is { Path.Length: > 0 } ? attributes.Path : "/";
            CompileScope attributeScope = scope.At("cookie_configs").At($"{field}_cookie_config");
            at.At(field).RefuseIf(name.Length > 0 ? CookieRules.CheckName(name) : null);
            attributeScope.At("path").RefuseIf(path[0] != '/' ? "does not begin with a slash" : CookieRules.CheckAttribute(path));
            string sameSite = attributes?.SameSite switch
            {
                SameSite.Strict => ";SameSite=Strict",
                SameSite.Lax => ";SameSite=Lax",
                SameSite.None => ";SameSite=None",
                null or SameSite.Disabled => string.Empty,
                _ => Unknown(),
            };
            return new OAuth2Cookie(name.Length > 0 ? name : otherwise, credentials.CookieDomain, path, sameSite + (attributes is { Partitioned: true } ? ";Partitioned" : string.Empty));

            string Unknown()
            {
                attributeScope.At("same_site").Refuse($"{attributes.SameSite} is unknown");
                return string.Empty;
            }
        }
    }

    private static string IdTokenField(OAuth2Config config, CompileScope scope)
    {
        if (config.ForwardIdToken is not { } forwarding)
        {
            return string.Empty;
        }

        string name = forwarding.Header.ToLowerInvariant();
        scope.At("header").RefuseIf(FieldRules.CheckName(name) is not null || name is "host" or [':', ..], "is no name of a field that can be set");
        scope.At("header").RefuseIf(
            name == "authorization" && (config.ForwardBearerToken || config.PreserveAuthorizationHeader), "authorization is the access token's or the client's own already");
        return name;
    }

    private static SecretSlot? Secret(SdsSecretConfig? config, SecretSlotTable secrets, CompileScope scope)
    {
        if (config is not { Name.Length: > 0 })
        {
            scope.Refuse("a name is needed");
            return null;
        }

        // From a file it is that file's; a name of its own otherwise, by which the control plane or the bootstrap has it.
        string path = config.SdsConfig switch
        {
            { PathConfigSource: { } source } => source.Path,
            { ConfigSourceSpecifierCase: ConfigSource.ConfigSourceSpecifierOneofCase.Path } source => source.Path,
            _ => string.Empty,
        };
        return secrets.Of(path.Length > 0 ? SecretFile.NameOf(path, config.Name) : config.Name);
    }

    private static ValueMatcher? Path(PathMatcherProto? matcher, CompileScope scope)
    {
        if (matcher?.Path is { } path)
        {
            return MatcherCompiler.Value(path, scope.At("path"));
        }

        scope.Refuse("path is missing");
        return null;
    }

    private static TextFormat? Format(string format, CompileScope scope)
    {
        TextFormat? compiled = TextFormat.Compile(format, omitEmpty: true, out string error);
        scope.RefuseIf(compiled is null, error);
        return compiled;
    }

    private static HeaderMatcher[] Headers(IEnumerable<HeaderMatcherProto> matchers, FilterParts parts, string field, CompileScope scope) =>
        [.. matchers.Select((matcher, i) => parts.Matchers.Header(matcher, scope.At(field, i)))];
}
