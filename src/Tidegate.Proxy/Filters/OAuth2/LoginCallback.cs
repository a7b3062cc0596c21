using System.Text;
using Tidegate.Http;
using Tidegate.Http.Headers;
using Tidegate.Http.Paths;
using Tidegate.Proxy.Requests;

namespace Tidegate.Proxy.Filters.OAuth2;

/// <summary>A client that the provider has sent back (RFC 6749, section 4.1.2).</summary>
/// <param name="Problem">Why that does not count, for the log; null when it does.</param>
/// <param name="FlowId">The login that it is; empty where that is not sure.</param>
/// <param name="Url">Where the client wanted to go.</param>
/// <param name="Code">The code, as it is written in the query.</param>
/// <param name="Verifier">The code verifier; null where the client has none that counts.</param>
internal sealed record LoginCallback(string? Problem, string FlowId, string Url, string Code, CodeVerifier? Verifier)
{
    /// <summary>Reads the request. Nothing of it is believed but what the client's cookies and our signature say.</summary>
    public static LoginCallback Read(OAuth2Settings settings, HttpExchange exchange, OAuth2KeyRing keys, long nowTicks)
    {
        // 1. What the provider says.
        RequestHead request = exchange.Request;
        ReadOnlySpan<byte> query = request.Path[Math.Min(request.Path.Length, request.PathWithoutQuery.Length + 1)..];
        bool hasState = QueryString.TryFind(query, "state"u8, out ReadOnlySpan<byte> stateText) && !stateText.IsEmpty;
        bool hasCode = QueryString.TryFind(query, "code"u8, out ReadOnlySpan<byte> code) && !code.IsEmpty;
        bool hasError = QueryString.TryFind(query, "error"u8, out _);
        if (!hasError && (!hasState || !hasCode))
        {
            return Bad("Code_or_state_query_param_does_not_exist");
        }

        // 2. Whether it is of a login that this client has begun here.
        byte[] decoded = new byte[stateText.Length];
        LoginState? state = LoginState.TryParse(decoded.AsSpan(0, PercentEncoding.Decode(stateText, decoded)));
        bool isOurs = state is not null && IsOurs(settings, request, keys, state, nowTicks);
        string flow = isOurs ? state!.FlowId : string.Empty;
        if (hasError)
        {
            return Bad("OAuth_server_returned_an_error", flow);
        }

        if (state is null)
        {
            return Bad("State_query_param_is_not_valid");
        }

        if (!isOurs)
        {
            return Bad("CSRF_token_validation_failed");
        }

        // 3. Where it goes then.
        if (!LoginFlow.MayReturnTo(settings, request, state.Url))
        {
            return Bad("State_url_is_not_allowed", flow);
        }

        return new LoginCallback(null, flow, state.Url, Encoding.ASCII.GetString(code), VerifierOf(settings, request, keys, flow, nowTicks));
    }

    private static LoginCallback Bad(string problem, string flow = "") => new(problem, flow, string.Empty, string.Empty, null);

    private static bool IsOurs(OAuth2Settings settings, RequestHead request, OAuth2KeyRing keys, LoginState state, long nowTicks)
    {
        if (!Cookies.TryFind(request.Headers, Encoding.ASCII.GetBytes(settings.Cookies.Nonce.FlowName(state.FlowId)), out ReadOnlySpan<byte> cookie))
        {
            return false;
        }

        byte[] host = SessionCookies.HostOf(settings, request);
        foreach (OAuth2Key key in keys.Readable(nowTicks))
        {
            if (state.IsOf(key, host, cookie))
            {
                return true;
            }
        }

        return false;
    }

    private static CodeVerifier? VerifierOf(OAuth2Settings settings, RequestHead request, OAuth2KeyRing keys, string flow, long nowTicks)
    {
        string name = settings.Cookies.CodeVerifier.FlowName(flow);
        if (!Cookies.TryFind(request.Headers, Encoding.ASCII.GetBytes(name), out ReadOnlySpan<byte> kept))
        {
            return null;
        }

        string context = LoginFlow.VerifierContext(settings, request, flow);
        foreach (OAuth2Key key in keys.Readable(nowTicks))
        {
            if (CodeVerifier.TryOpen(key, context, kept, (nowTicks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerSecond) is { } verifier)
            {
                return verifier;
            }
        }

        return null;
    }
}
