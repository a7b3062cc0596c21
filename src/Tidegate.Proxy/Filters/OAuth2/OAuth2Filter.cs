using System.Runtime.CompilerServices;
using System.Text;
using Tidegate.Http;
using Tidegate.Http.Headers;
using Tidegate.Net;
using Tidegate.Proxy.LocalReplies;
using Tidegate.Proxy.Requests;
using Tidegate.Proxy.Routing;
using Tidegate.Proxy.Telemetry;
using Tidegate.Proxy.Tls.Secrets;

namespace Tidegate.Proxy.Filters.OAuth2;

/// <summary>
/// Has clients log in at a provider, and keeps their sessions in cookies (Envoy: <c>envoy.filters.http.oauth2</c>; RFC 6749 with a code, RFC 7636, OpenID Connect Core 1.0).
/// Whoever has no session is sent to the provider, refused, or renewed; nobody else gets through. What is asked for at the provider is in <see cref="LoginFlow"/>.
/// </summary>
internal sealed class OAuth2Filter : HttpFilter
{
    // What an exchange's State is when its answer gets cookies.
    private const int WritesCookies = 1;

    private static readonly LocalReply SecretsNotReady =
        new(503, "Service Unavailable"u8.ToArray(), ResponseFlags.None, "OAuth2_secrets_are_not_ready");

    private StatScope<OAuth2Stats>? _stats;

    /// <summary>What it does; null where only routes say that.</summary>
    public OAuth2Settings? Settings { get; init; }

    /// <inheritdoc/>
    public override bool IsInert => Settings is null;

    /// <inheritdoc/>
    public override IEnumerable<SecretSlot> Secrets => Settings is null ? [] : Settings.TokenEndpoint.Secret is { } token ? [Settings.HmacSecret, token] : [Settings.HmacSecret];

    /// <inheritdoc/>
    public override ValueTask<LocalReply?> OnRequestAsync(FilterRun run)
    {
        OAuth2Settings settings = Settings!;
        HttpExchange exchange = run.Exchange;
        RequestHead request = exchange.Request;
        _stats ??= run.Worker.Stats.AddOAuth2(run.StatScope, settings.StatPrefix);
        OAuth2Stats stats = _stats.ForWorker(run.Worker.Index);

        // 1. What only we may say does not come from a client.
        request.Headers.Remove("x-envoy-oauth-status"u8);
        request.Headers.Remove("x-envoy-oauth-failure-reason"u8);
        if (Matches(settings.PassThrough, run))
        {
            stats.PassedThrough++;
            return default;
        }

        if (settings.Keys(run.Worker.Options.OAuthKeyOverlapMs) is not { } keys || !settings.TokenEndpoint.IsReady)
        {
            stats.Failure++;
            return new(SecretsNotReady);
        }

        if (!settings.PreservesAuthorization)
        {
            request.Headers.Remove(KnownHeader.Authorization);
        }

        if (settings.IdTokenField.Length > 0)
        {
            request.Headers.Remove(settings.IdTokenField);
        }

        // 2. Who has a session, and who ends it.
        OAuth2Worker worker = run.Services.Shared(static () => new OAuth2Workers()).Of(run.Worker.Index, run.Worker.Options.MaxCachedTokensPerWorker);
        SessionState found = worker.Reader.Read(settings, request, keys, run.Worker.UtcTicks);
        ReadOnlySpan<byte> path = request.PathWithoutQuery;
        if (settings.SignoutPath.Matches(path))
        {
            return new(LoginFlow.SignOut(settings, exchange, found));
        }

        bool isCallback = settings.RedirectPath.Matches(path);
        if (found.Session is { } session)
        {
            stats.Success++;
            if (isCallback)
            {
                // Of several that were sent to log in, another was first.
                LoginCallback callback = LoginCallback.Read(settings, exchange, keys, run.Worker.UtcTicks);
                return new(callback.Problem is { } problem ? Refuse(stats, settings, problem, callback.FlowId) : LoginFlow.BackTo(settings, callback, [], "oauth.race_redirect"));
            }

            LetIn(request, session, worker);
            if (session.Key != keys.Current)
            {
                WriteLater(run, new OAuth2Session(settings, keys.Current, session.Tokens, session.Expires));
            }

            return default;
        }

        // 3. Who has none: comes back with one, gets another, or goes to the provider.
        return isCallback ? LogInAsync(run, settings, keys, stats)
            : found.Refresh is { } token ? RenewAsync(run, settings, keys, stats, worker, token, found.LastId)
            : new(WithoutSession(run, settings, keys, stats, worker, "Unauthorized", dropsRefreshToken: false));
    }

    /// <inheritdoc/>
    public override void OnResponse(FilterRun run)
    {
        if (run.State == WritesCookies)
        {
            foreach (string cookie in run.StateOf<NewCookies>().Values)
            {
                run.Exchange.Response.Headers.Add(KnownHeader.SetCookie, Encoding.ASCII.GetBytes(cookie));
            }
        }
    }

    private static long Now(FilterRun run) => (run.Worker.UtcTicks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerSecond;

    private static bool Matches(HeaderMatcher[] matchers, FilterRun run)
    {
        if (matchers.Length == 0)
        {
            return false;
        }

        var request = new RouteRequest(run.Exchange.Request, run.Exchange.IsDownstreamTls, 0);
        foreach (HeaderMatcher matcher in matchers)
        {
            if (matcher.Matches(request))
            {
                return true;
            }
        }

        return false;
    }

    private static void LetIn(RequestHead request, OAuth2Session session, OAuth2Worker worker)
    {
        OAuth2Settings settings = session.Settings;
        SessionCookies.Rewrite(settings, request, session, ref worker.Text);
        if (settings.ForwardsAccessToken && session.AccessField.Length > 0)
        {
            request.Headers.Set(KnownHeader.Authorization, session.AccessField);
        }

        if (settings.IdTokenField.Length > 0 && session.IdField.Length > 0)
        {
            request.Headers.Set(settings.IdTokenField, session.IdField);
        }
    }

    // The cookies are made of the request's, which upstreams do not get: made now. Too long ones are not written, and the client has what it had.
    private static void WriteLater(FilterRun run, OAuth2Session session)
    {
        if (SessionCookies.Write(session, run.Exchange.Request, Now(run), run.Worker.Options.MaxLoginCookieBytes) is { } cookies)
        {
            run.StateOf<NewCookies>().Values.AddRange(cookies);
            run.State = WritesCookies;
        }
    }

    private static LocalReply Refuse(OAuth2Stats stats, OAuth2Settings settings, string problem, string flow)
    {
        stats.Failure++;
        return new LocalReply(401, "OAuth flow failed."u8.ToArray(), ResponseFlags.None, problem) { Fields = LoginFlow.Fields(SessionCookies.DeleteFlow(settings, flow)) };
    }

    // Back from the provider, with a code.
    [AsyncMethodBuilder(typeof(LoopMethodBuilder<>))]
    private static async ValueTask<LocalReply?> LogInAsync(FilterRun run, OAuth2Settings settings, OAuth2KeyRing keys, OAuth2Stats stats)
    {
        // 1. Whether it is a login of ours, and the client's own.
        HttpExchange exchange = run.Exchange;
        LoginCallback callback = LoginCallback.Read(settings, exchange, keys, run.Worker.UtcTicks);
        if (callback.Problem is { } problem)
        {
            return Refuse(stats, settings, problem, callback.FlowId);
        }

        if (callback.Verifier is not { } verifier)
        {
            return Refuse(stats, settings, "Code_verifier_cookie_is_missing_in_the_request", callback.FlowId);
        }

        if (LoginFlow.RedirectUriOf(settings, exchange) is not { } redirectUri)
        {
            return Refuse(stats, settings, "redirect_uri_failed_validation", callback.FlowId);
        }

        // 2. The code for tokens.
        TokenAnswer answer = await settings.TokenEndpoint.ExchangeAsync(run.Services, run.Worker, callback.Code, redirectUri, verifier.Text, run.Cancellation);
        if (answer.Tokens is not { } tokens)
        {
            return Refuse(stats, settings, answer.Problem, callback.FlowId);
        }

        string? idProblem = settings.IsOpenId ? IdTokenClaims.ProblemOf(tokens.Id, settings.ClientId, verifier.Nonce, subject: string.Empty, Now(run)) : null;
        if (idProblem is not null)
        {
            return Refuse(stats, settings, idProblem, callback.FlowId);
        }

        // 3. The session.
        var session = new OAuth2Session(settings, keys.Current, settings.Cookies.Kept(tokens, settings.UsesRefreshToken), Now(run) + answer.Seconds);
        if (SessionCookies.Write(session, exchange.Request, Now(run), run.Worker.Options.MaxLoginCookieBytes) is not { } cookies)
        {
            return Refuse(stats, settings, "Tokens_are_too_long_for_cookies", callback.FlowId);
        }

        stats.Success++;
        return LoginFlow.BackTo(settings, callback, cookies, "oauth.logged_in");
    }

    // A session that has ended, and a refresh token that has not.
    [AsyncMethodBuilder(typeof(LoopMethodBuilder<>))]
    private static async ValueTask<LocalReply?> RenewAsync(
        FilterRun run, OAuth2Settings settings, OAuth2KeyRing keys, OAuth2Stats stats, OAuth2Worker worker, byte[] token, byte[] lastId)
    {
        RefreshedTokens refreshed = await run.Services.Shared(static () => new TokenRefreshes()).GetAsync(settings, token, run);
        if (refreshed.Answer.IsGarbled)
        {
            return AllowsFailed(run, settings, stats, worker, refreshed.Answer.Problem) ? null : Refuse(stats, settings, refreshed.Answer.Problem, string.Empty);
        }

        if (refreshed.Answer.Tokens is not { } tokens)
        {
            stats.RefreshFailure++;
            return WithoutSession(run, settings, keys, stats, worker, "Failed_to_refresh_the_access_token", dropsRefreshToken: refreshed.Answer != TokenAnswer.None);
        }

        string subject = IdTokenClaims.TryParse(lastId)?.Subject ?? string.Empty;
        string? idProblem = settings.IsOpenId ? IdTokenClaims.ProblemOf(tokens.Id, settings.ClientId, nonce: null, subject, Now(run)) : null;
        if (idProblem is not null)
        {
            return AllowsFailed(run, settings, stats, worker, idProblem) ? null : Refuse(stats, settings, idProblem, string.Empty);
        }

        // A provider that gives no other means the same to be used again (RFC 6749, section 6).
        OAuth2Tokens kept = settings.Cookies.Kept(tokens.Refresh.Length > 0 ? tokens : tokens with { Refresh = token }, settings.UsesRefreshToken);
        var session = new OAuth2Session(settings, keys.Current, kept, refreshed.AtSeconds + refreshed.Answer.Seconds);
        stats.RefreshSuccess++;
        stats.Success++;
        WriteLater(run, session);
        LetIn(run.Exchange.Request, session, worker);
        return null;
    }

    private static bool AllowsFailed(FilterRun run, OAuth2Settings settings, OAuth2Stats stats, OAuth2Worker worker, string reason)
    {
        if (!Matches(settings.AllowFailed, run) || settings.RedirectPath.Matches(run.Exchange.Request.PathWithoutQuery))
        {
            return false;
        }

        RequestHead request = run.Exchange.Request;
        SessionCookies.Rewrite(settings, request, session: null, ref worker.Text);
        request.Headers.Set("x-envoy-oauth-status"u8, "failed"u8);
        request.Headers.Set("x-envoy-oauth-failure-reason"u8, Encoding.ASCII.GetBytes(reason.Replace('_', ' ')));
        stats.AllowedFailed++;
        return true;
    }

    private static LocalReply? WithoutSession(
        FilterRun run, OAuth2Settings settings, OAuth2KeyRing keys, OAuth2Stats stats, OAuth2Worker worker, string reason, bool dropsRefreshToken)
    {
        if (AllowsFailed(run, settings, stats, worker, reason))
        {
            return null;
        }

        if (Matches(settings.DenyRedirect, run))
        {
            return Refuse(stats, settings, $"{reason},_and_redirecting_to_OAuth_server_is_not_allowed", string.Empty);
        }

        if (LoginFlow.Begin(settings, run.Exchange, keys.Current, Now(run), dropsRefreshToken) is not { } redirect)
        {
            return Refuse(stats, settings, "redirect_failed_validation", string.Empty);
        }

        stats.Unauthorized++;
        return redirect;
    }

    private sealed class NewCookies : IFilterState
    {
        public List<string> Values { get; } = [];

        public void Reset() => Values.Clear();
    }
}
