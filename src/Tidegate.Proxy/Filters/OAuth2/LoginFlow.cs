using System.Text;
using Tidegate.Http;
using Tidegate.Proxy.Formatting;
using Tidegate.Proxy.LocalReplies;
using Tidegate.Proxy.Requests;

namespace Tidegate.Proxy.Filters.OAuth2;

/// <summary>The answers that send clients to the provider and back, and where they may be sent.</summary>
internal static class LoginFlow
{
    // So many logins of one client may be under way; when there are more, what all of them have kept goes, before its cookies are more than a request can have.
    private const int MaxFlows = 8;

    private const int MaxAddressBytes = 64 * 1024;

    /// <summary>Sends a client to the provider; null where it could not be sent back.</summary>
    /// <param name="settings">How clients log in.</param>
    /// <param name="exchange">The client's request.</param>
    /// <param name="key">The key of its cookies.</param>
    /// <param name="now">The time, in seconds since 1970.</param>
    /// <param name="dropsRefreshToken">Whether the client's refresh token is worth nothing any more.</param>
    public static LocalReply? Begin(OAuth2Settings settings, HttpExchange exchange, OAuth2Key key, long now, bool dropsRefreshToken)
    {
        RequestHead request = exchange.Request;
        string? origin = settings.OriginalRequestUri is { } format ? Format(format, exchange) : $"{SchemeOf(exchange)}://{Encoding.ASCII.GetString(request.Authority)}";
        if (origin is null || !IsAddress(origin, out Uri? address) || !IsAllowed(settings, address!) || RedirectUriOf(settings, exchange) is not { } redirectUri)
        {
            return null;
        }

        // Where the client is sent back to is where it came from, or it would be refused then.
        string url = origin + Encoding.ASCII.GetString(request.Path);
        if (!MayReturnTo(settings, request, url))
        {
            return null;
        }

        OAuth2CookieSet cookies = settings.Cookies;
        LoginState state = LoginState.Begin(key, SessionCookies.HostOf(settings, request), url);
        CodeVerifier verifier = CodeVerifier.Create();
        OAuth2Lifetimes lifetimes = settings.Lifetimes;
        string kept = verifier.Seal(key, VerifierContext(settings, request, state.FlowId), now + lifetimes.CodeVerifier);
        List<string> set =
        [
            cookies.Nonce.Set(cookies.Nonce.FlowName(state.FlowId), state.CsrfToken, lifetimes.Csrf),
            cookies.CodeVerifier.Set(cookies.CodeVerifier.FlowName(state.FlowId), kept, lifetimes.CodeVerifier),
            .. SessionCookies.DeleteFlows(settings, request, MaxFlows),
            .. dropsRefreshToken ? SessionCookies.DeleteToken(cookies.RefreshToken, request) : [],
        ];
        string location = settings.AuthorizationEndpoint.AddressOf(redirectUri, state.ToText(), verifier.Challenge, settings.IsOpenId ? verifier.Nonce : null);
        return Redirect(location, set, "oauth.missing_credentials");
    }

    /// <summary>Sends a client back to where it wanted to go.</summary>
    /// <param name="settings">How clients log in.</param>
    /// <param name="callback">The client's login.</param>
    /// <param name="cookies">The cookies that it gets.</param>
    /// <param name="details">What the log says.</param>
    public static LocalReply BackTo(OAuth2Settings settings, LoginCallback callback, IEnumerable<string> cookies, string details) =>
        Redirect(callback.Url, [.. cookies, .. SessionCookies.DeleteFlow(settings, callback.FlowId)], details);

    /// <summary>Ends a client's session, and sends it to the provider to end it there as well.</summary>
    public static LocalReply SignOut(OAuth2Settings settings, HttpExchange exchange, in SessionState found)
    {
        RequestHead request = exchange.Request;
        string root = $"{SchemeOf(exchange)}://{Encoding.ASCII.GetString(request.Authority)}/";
        string location = root;
        if (settings.EndSessionEndpoint is { } end)
        {
            byte[] idToken = found.Session?.Tokens.Id ?? found.LastId;
            location = end.AddressOf(Encoding.ASCII.GetString(idToken), end.ReturnsTo is { } format ? Format(format, exchange) ?? root : root);
        }

        return Redirect(location, SessionCookies.Delete(settings, request), "oauth.sign_out");
    }

    /// <summary>Where the provider sends the client back to; null where that is no address, or no allowed one.</summary>
    public static string? RedirectUriOf(OAuth2Settings settings, HttpExchange exchange) =>
        Format(settings.RedirectUri, exchange) is { } uri && IsAddress(uri, out Uri? address) && IsAllowed(settings, address!) ? uri : null;

    /// <summary>
    /// Whether a client may be sent to an address when it has logged in: to the hosts that are allowed, or where none are named to its own and those that share its cookies; and
    /// not to the path that it comes from, which would have no end.
    /// </summary>
    public static bool MayReturnTo(OAuth2Settings settings, RequestHead request, string url) =>
        IsAddress(url, out Uri? address) && IsAllowed(settings, address!) && (settings.AllowedDomains.Length > 0 || settings.OriginalRequestUri is not null || IsOwn(settings, request, address!))
        && !settings.RedirectPath.Matches(Encoding.ASCII.GetBytes(PathOf(url)));

    /// <summary>What a login's code verifier is sealed for.</summary>
    public static string VerifierContext(OAuth2Settings settings, RequestHead request, string flow) =>
        $"{SessionCookies.Context(settings, settings.Cookies.CodeVerifier, SessionCookies.HostOf(settings, request))}\n{flow}";

    /// <summary>Fields of an answer.</summary>
    public static IReadOnlyList<(byte[] Name, byte[] Value)> Fields(IEnumerable<string> cookies) =>
        [.. cookies.Select(static cookie => ("set-cookie"u8.ToArray(), Encoding.ASCII.GetBytes(cookie)))];

    private static LocalReply Redirect(string location, IEnumerable<string> cookies, string details) =>
        new(302, [], ResponseFlags.None, details) { Fields = [("location"u8.ToArray(), Encoding.ASCII.GetBytes(location)), .. Fields(cookies)] };

    private static string SchemeOf(HttpExchange exchange) =>
        exchange.Request.Scheme.IsEmpty ? exchange.IsDownstreamTls ? "https" : "http" : Encoding.ASCII.GetString(exchange.Request.Scheme);

    // Of what goes into it a client may have said something.
    private static bool IsAddress(string text, out Uri? address)
    {
        address = null;
        return text.All(static c => c is > ' ' and < '\x7F' and not '\\' and not '"' and not '<' and not '>')
            && Uri.TryCreate(text, UriKind.Absolute, out address)
            && (address.Scheme == Uri.UriSchemeHttp || address.Scheme == Uri.UriSchemeHttps) && address.UserInfo.Length == 0 && address.Host.Length > 0;
    }

    private static bool IsAllowed(OAuth2Settings settings, Uri address) => settings.AllowedDomains.Length == 0 || Array.Exists(settings.AllowedDomains, domain =>
        domain.StartsWith("*.", StringComparison.Ordinal)
            ? address.IdnHost.Length > domain.Length - 1 && address.IdnHost.EndsWith(domain[1..], StringComparison.OrdinalIgnoreCase)
            : address.IdnHost.Trim('[', ']').Equals(domain, StringComparison.OrdinalIgnoreCase));

    private static bool IsOwn(OAuth2Settings settings, RequestHead request, Uri address)
    {
        string domain = settings.Cookies.Domain.TrimStart('.');
        return domain.Length > 0
            ? address.IdnHost.Equals(domain, StringComparison.OrdinalIgnoreCase) || address.IdnHost.EndsWith($".{domain}", StringComparison.OrdinalIgnoreCase)
            : Uri.TryCreate($"{address.Scheme}://{Encoding.ASCII.GetString(request.Authority)}/", UriKind.Absolute, out Uri? own) && own.Authority == address.Authority;
    }

    // As it stands there: Uri would make another of it.
    private static string PathOf(string url)
    {
        int start = url.IndexOf('/', url.IndexOf("://", StringComparison.Ordinal) + 3);
        string path = start < 0 ? "/" : url[start..];
        int query = path.IndexOf('?', StringComparison.Ordinal);
        return query < 0 ? path : path[..query];
    }

    private static string? Format(TextFormat format, HttpExchange exchange)
    {
        for (int room = 1024; room <= MaxAddressBytes; room *= 4)
        {
            byte[] text = new byte[room];
            int length = format.Format(exchange, text);
            if (length >= 0)
            {
                return Encoding.ASCII.GetString(text, 0, length);
            }
        }

        return null;
    }
}
