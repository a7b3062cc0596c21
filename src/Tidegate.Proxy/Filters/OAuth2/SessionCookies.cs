using System.Globalization;
using System.Text;
using Tidegate.Http;
using Tidegate.Http.Headers;

namespace Tidegate.Proxy.Filters.OAuth2;

/// <summary>Writes sessions into cookies, and takes cookies out of what upstreams see.</summary>
internal static class SessionCookies
{
    /// <summary>What a cookie's value is sealed for: the same value is worth nothing under another name, for another client or another host.</summary>
    public static string Context(OAuth2Settings settings, OAuth2Cookie cookie, ReadOnlySpan<byte> host) => $"{cookie.Name}\n{settings.ClientId}\n{Encoding.ASCII.GetString(host)}";

    /// <summary>The host that a request's cookies are for, as they are signed.</summary>
    public static byte[] HostOf(OAuth2Settings settings, RequestHead request) => settings.Cookies.Domain.Length == 0 ? request.Authority.ToArray() : settings.Cookies.DomainBytes;

    /// <summary>The values of <c>set-cookie</c> that make a session, and take away what the client has of another; null when they are too long.</summary>
    /// <param name="session">The session.</param>
    /// <param name="request">The request that is answered.</param>
    /// <param name="now">The time, in seconds since 1970.</param>
    /// <param name="maxBytes">How long all values together may be.</param>
    public static List<string>? Write(OAuth2Session session, RequestHead request, long now, int maxBytes)
    {
        OAuth2Settings settings = session.Settings;
        OAuth2CookieSet cookies = settings.Cookies;
        OAuth2Tokens tokens = session.Tokens;
        byte[] host = HostOf(settings, request);
        byte[] expires = Encoding.ASCII.GetBytes(session.Expires.ToString(CultureInfo.InvariantCulture));
        long seconds = session.Expires - now;
        List<string> made =
        [
            cookies.Hmac.Set(cookies.Hmac.Name, session.Key.Sign(host, expires, tokens.Access, tokens.Id, tokens.Refresh), seconds),
            cookies.Expires.Set(cookies.Expires.Name, Encoding.ASCII.GetString(expires), seconds),
        ];
        AddToken(cookies.AccessToken, tokens.Access, settings.IsPlain, seconds);
        AddToken(cookies.IdToken, tokens.Id, settings.IsPlain, settings.Lifetimes.IdTokenFollowsAccessToken ? seconds : TokenLife(tokens.Id, seconds));
        AddToken(cookies.RefreshToken, tokens.Refresh, isPlain: false, TokenLife(tokens.Refresh, settings.Lifetimes.RefreshToken));
        return made.Sum(static value => value.Length) > maxBytes ? null : made;

        void AddToken(OAuth2Cookie cookie, byte[] token, bool isPlain, long life)
        {
            int count = 0;
            if (token.Length > 0)
            {
                string value = isPlain ? Encoding.ASCII.GetString(token) : session.Key.Seal(Context(settings, cookie, host), token);
                int before = made.Count;
                made.AddRange(cookie.SetInChunks(value, life));
                count = made.Count - before;
            }

            made.AddRange(NamesOf(request, name => OAuth2CookieSet.Is(cookie, name))
                .Where(name => !Enumerable.Range(0, count).Any(i => cookie.ChunkName(i) == name)).Select(cookie.Delete));
        }

        // As long as the token says itself, if it does.
        long TokenLife(byte[] token, long otherwise) => IdTokenClaims.TryParse(token)?.Expiry is { } expiry ? Math.Max(0, expiry - now) : otherwise;
    }

    /// <summary>The values of <c>set-cookie</c> that take away a session and all logins under way.</summary>
    public static List<string> Delete(OAuth2Settings settings, RequestHead request)
    {
        OAuth2CookieSet cookies = settings.Cookies;
        List<string> made = [cookies.Hmac.Delete(cookies.Hmac.Name), cookies.Expires.Delete(cookies.Expires.Name)];
        foreach (OAuth2Cookie token in new[] { cookies.AccessToken, cookies.IdToken, cookies.RefreshToken })
        {
            made.AddRange(DeleteToken(token, request));
        }

        made.AddRange(DeleteFlows(settings, request, 0));
        return made;
    }

    /// <summary>The values of <c>set-cookie</c> that take away a token, all of its pieces that the client has.</summary>
    public static IEnumerable<string> DeleteToken(OAuth2Cookie token, RequestHead request) =>
        NamesOf(request, name => CookieChunks.IsFurtherPiece(name, token)).Prepend(token.Name).Select(token.Delete);

    /// <summary>The values of <c>set-cookie</c> that take away what the client's logins under way have, when there are more than so many.</summary>
    public static IEnumerable<string> DeleteFlows(OAuth2Settings settings, RequestHead request, int most)
    {
        OAuth2CookieSet cookies = settings.Cookies;
        List<string> nonces = NamesOf(request, name => name.SequenceEqual(cookies.Nonce.NameBytes) || name.StartsWith(cookies.Nonce.FlowPrefix));
        List<string> verifiers = NamesOf(request, name => name.SequenceEqual(cookies.CodeVerifier.NameBytes) || name.StartsWith(cookies.CodeVerifier.FlowPrefix));
        return Math.Max(nonces.Count, verifiers.Count) > most ? nonces.Select(cookies.Nonce.Delete).Concat(verifiers.Select(cookies.CodeVerifier.Delete)) : [];
    }

    /// <summary>The values of <c>set-cookie</c> that take away what a login had; nothing where it is not known which.</summary>
    public static IEnumerable<string> DeleteFlow(OAuth2Settings settings, string flow) => flow.Length == 0
        ? []
        : [settings.Cookies.Nonce.Delete(settings.Cookies.Nonce.FlowName(flow)), settings.Cookies.CodeVerifier.Delete(settings.Cookies.CodeVerifier.FlowName(flow))];

    /// <summary>
    /// Leaves of the request's cookies what upstreams may see: those that are not ours, and of a session's the access and the ID token, opened. Without a session none of ours.
    /// </summary>
    /// <param name="settings">Whose cookies.</param>
    /// <param name="request">The request.</param>
    /// <param name="session">The session; null where there is none.</param>
    /// <param name="text">Memory for it.</param>
    public static void Rewrite(OAuth2Settings settings, RequestHead request, OAuth2Session? session, ref byte[] text)
    {
        OAuth2CookieSet cookies = settings.Cookies;
        int most = (int)request.Headers.ByteSize + (session is null ? 0 : session.Tokens.Access.Length + session.Tokens.Id.Length + cookies.AccessToken.NameBytes.Length + cookies.IdToken.NameBytes.Length + 8);
        if (text.Length < most)
        {
            text = new byte[Math.Max(most, text.Length * 2)];
        }

        int length = 0;
        int position = 0;
        while (request.Headers.TryGetNext(KnownHeader.Cookie, ref position, out ReadOnlySpan<byte> line))
        {
            while (!line.IsEmpty)
            {
                ReadOnlySpan<byte> pair = Cookies.Next(ref line, out ReadOnlySpan<byte> name);
                if (!pair.IsEmpty && !cookies.IsInternal(name) && !OAuth2CookieSet.Is(cookies.AccessToken, name) && !OAuth2CookieSet.Is(cookies.IdToken, name))
                {
                    Append(text, ref length, pair, default);
                }
            }
        }

        if (session is not null)
        {
            AppendToken(text, ref length, cookies.AccessToken.NameBytes, session.Tokens.Access);
            AppendToken(text, ref length, cookies.IdToken.NameBytes, session.Tokens.Id);
        }

        if (length == 0)
        {
            request.Headers.Remove(KnownHeader.Cookie);
        }
        else
        {
            request.Headers.Set(KnownHeader.Cookie, text.AsSpan(0, length));
        }
    }

    private static void AppendToken(byte[] text, ref int length, ReadOnlySpan<byte> name, ReadOnlySpan<byte> token)
    {
        if (!token.IsEmpty)
        {
            Append(text, ref length, name, token);
        }
    }

    private static void Append(byte[] text, ref int length, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second)
    {
        if (length > 0)
        {
            "; "u8.CopyTo(text.AsSpan(length));
            length += 2;
        }

        first.CopyTo(text.AsSpan(length));
        length += first.Length;
        if (!second.IsEmpty)
        {
            text[length++] = (byte)'=';
            second.CopyTo(text.AsSpan(length));
            length += second.Length;
        }
    }

    private delegate bool NameTest(ReadOnlySpan<byte> name);

    private static List<string> NamesOf(RequestHead request, NameTest isMeant)
    {
        List<string> names = [];
        int position = 0;
        while (request.Headers.TryGetNext(KnownHeader.Cookie, ref position, out ReadOnlySpan<byte> line))
        {
            while (!line.IsEmpty)
            {
                Cookies.Next(ref line, out ReadOnlySpan<byte> name);
                if (isMeant(name) && Encoding.ASCII.GetString(name) is var text && !names.Contains(text))
                {
                    names.Add(text);
                }
            }
        }

        return names;
    }
}
