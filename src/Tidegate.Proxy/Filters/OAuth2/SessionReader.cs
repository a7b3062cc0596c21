using System.Globalization;
using System.Text;
using Tidegate.Http;
using Tidegate.Http.Headers;

namespace Tidegate.Proxy.Filters.OAuth2;

/// <summary>What the cookies of a request say.</summary>
/// <param name="Session">The session; null when there is none that counts.</param>
/// <param name="Refresh">The refresh token, where there is no session; null when there is none that counts.</param>
/// <param name="LastId">The ID token that came with it; empty where there is none.</param>
internal readonly record struct SessionState(OAuth2Session? Session, byte[]? Refresh, byte[] LastId);

/// <summary>
/// Reads sessions out of cookies, and remembers those that it has verified, by a digest of all that says them: the next request costs the digest and no memory. Owned by one
/// worker, and used within one turn of its loop.
/// </summary>
internal sealed class SessionReader(int capacity)
{
    // Sessions with longer tokens are verified each time: they would take the place of many.
    private const int MaxKeptBytes = 16 * 1024;

    private readonly DigestCache<OAuth2Session> _known = new(capacity);
    private byte[] _text = new byte[4096];

    /// <summary>Reads the cookies of a request.</summary>
    /// <param name="settings">Whose sessions.</param>
    /// <param name="request">The request.</param>
    /// <param name="keys">The keys in force.</param>
    /// <param name="nowTicks">The time, UTC ticks.</param>
    public SessionState Read(OAuth2Settings settings, RequestHead request, OAuth2KeyRing keys, long nowTicks)
    {
        OAuth2CookieSet cookies = settings.Cookies;
        long now = (nowTicks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerSecond;
        if (!request.Headers.Contains(KnownHeader.Cookie))
        {
            return new SessionState(null, null, []);
        }

        // 1. All that says a session, behind each other.
        ReadOnlySpan<byte> domain = cookies.Domain.Length == 0 ? request.Authority : cookies.DomainBytes;
        Reserve((int)request.Headers.ByteSize + domain.Length + 16);
        int length = 0;
        Range host = Append(domain, ref length);
        Range? expires = Join(request.Headers, cookies.Expires, ref length);
        Range? signature = Join(request.Headers, cookies.Hmac, ref length);
        Range? access = Join(request.Headers, cookies.AccessToken, ref length);
        Range? id = Join(request.Headers, cookies.IdToken, ref length);
        Range? refresh = Join(request.Headers, cookies.RefreshToken, ref length);
        ContentDigest digest = default;
        if (signature is not null)
        {
            // 2. What was verified before.
            digest = ContentDigest.Of(_text.AsSpan(0, length));
            OAuth2Session? known = _known.Find(digest, settings, static (session, owner) => session.Settings == owner);
            if (known is not null)
            {
                if (known.Expires > now && keys.Reads(known.Key, nowTicks))
                {
                    return new SessionState(known, null, []);
                }

                _known.Remove(digest);
            }
        }

        // 3. The rest.
        var said = new Said(Copy(host), Copy(expires), Copy(signature), Copy(access), Copy(id), Copy(refresh));
        foreach (OAuth2Key key in keys.Readable(nowTicks))
        {
            if (Verify(settings, said, key, now) is { } session)
            {
                if (length <= MaxKeptBytes)
                {
                    _known.Add(digest, session, static (other, added) => other.Settings == added.Settings);
                }

                return new SessionState(session, null, []);
            }
        }

        // 4. The refresh token outlives the session, and with it what would hold it together with the others: it is sealed for itself.
        if (settings.UsesRefreshToken && said.Refresh.Length > 0)
        {
            string context = SessionCookies.Context(settings, cookies.RefreshToken, said.Host);
            foreach (OAuth2Key key in keys.Readable(nowTicks))
            {
                if (key.Open(context, said.Refresh) is { } token)
                {
                    byte[] lastId = settings.IsPlain ? said.Id : key.Open(SessionCookies.Context(settings, cookies.IdToken, said.Host), said.Id) ?? [];
                    return new SessionState(null, token, lastId);
                }
            }
        }

        return new SessionState(null, null, []);
    }

    private static OAuth2Session? Verify(OAuth2Settings settings, in Said said, OAuth2Key key, long now)
    {
        if (said.Signature.Length == 0
            || !long.TryParse(Encoding.ASCII.GetString(said.Expires), NumberStyles.None, CultureInfo.InvariantCulture, out long expires) || expires <= now)
        {
            return null;
        }

        byte[]? access = Open(settings, settings.Cookies.AccessToken, said.Host, said.Access, key);
        byte[]? id = Open(settings, settings.Cookies.IdToken, said.Host, said.Id, key);
        byte[]? refresh = said.Refresh.Length == 0 ? [] : key.Open(SessionCookies.Context(settings, settings.Cookies.RefreshToken, said.Host), said.Refresh);
        return access is null || id is null || refresh is null || !key.Verifies(said.Signature, said.Host, said.Expires, access, id, refresh)
            ? null
            : new OAuth2Session(settings, key, new OAuth2Tokens(access, id, refresh), expires);
    }

    // What is not there is nothing, which the signature has to say as well.
    private static byte[]? Open(OAuth2Settings settings, OAuth2Cookie cookie, byte[] host, byte[] text, OAuth2Key key) =>
        text.Length == 0 || settings.IsPlain ? text : key.Open(SessionCookies.Context(settings, cookie, host), text);

    private void Reserve(int bytes)
    {
        if (_text.Length < bytes)
        {
            _text = new byte[Math.Max(bytes, _text.Length * 2)];
        }
    }

    private Range Append(ReadOnlySpan<byte> value, ref int length)
    {
        value.CopyTo(_text.AsSpan(length));
        var range = new Range(length, length + value.Length);
        length += value.Length;
        _text[length++] = 0; // none of them has one
        return range;
    }

    private Range? Join(HeaderMap headers, OAuth2Cookie cookie, ref int length)
    {
        bool isThere = CookieChunks.TryJoin(headers, cookie, _text.AsSpan(length, _text.Length - length - 1), out int joined);
        var range = new Range(length, length + joined);
        length += joined;
        _text[length++] = 0;
        return isThere ? range : null;
    }

    private byte[] Copy(Range? range) => range is { } there ? _text[there] : [];

    private readonly record struct Said(byte[] Host, byte[] Expires, byte[] Signature, byte[] Access, byte[] Id, byte[] Refresh);
}
