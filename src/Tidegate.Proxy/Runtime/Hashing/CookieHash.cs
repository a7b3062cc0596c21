using System.Globalization;
using System.IO.Hashing;
using System.Text;
using Tidegate.Http.Headers;
using Tidegate.Net;

namespace Tidegate.Proxy.Runtime.Hashing;

/// <summary>
/// By a cookie's value (Envoy: <c>hash_policy.cookie</c>). Where the policy has a time to live, a client without the cookie gets one, which leads it
/// to the same endpoint from then on.
/// </summary>
public sealed class CookieHash : HashPolicy
{
    private readonly byte[] _name;
    private readonly byte[]? _attributes;

    /// <summary>By a cookie.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="ttlSeconds">How long a cookie that is made lives; 0 until the client ends its session; null makes none.</param>
    /// <param name="path">The path that it is for; empty for that of the request.</param>
    /// <param name="attributes">Further attributes, as <c>SameSite</c> and <c>Strict</c>; a value may be empty.</param>
    public CookieHash(string name, long? ttlSeconds, string path, IEnumerable<KeyValuePair<string, string>> attributes)
    {
        _name = Encoding.UTF8.GetBytes(name);
        if (ttlSeconds is not { } ttl)
        {
            return;
        }

        var text = new StringBuilder();
        if (ttl != 0)
        {
            text.Append(CultureInfo.InvariantCulture, $"; Max-Age={ttl}");
        }

        if (path.Length > 0)
        {
            text.Append("; Path=").Append(path);
        }

        foreach ((string attribute, string value) in attributes)
        {
            text.Append("; ").Append(attribute).Append(value.Length > 0 ? "=" : string.Empty).Append(value);
        }

        _attributes = Encoding.UTF8.GetBytes(text.Append("; HttpOnly").ToString());
    }

    /// <inheritdoc/>
    public override ulong? Compute(in HashSource source, ref List<byte[]>? setCookies)
    {
        if (Cookies.TryFind(source.Request.Headers, _name, out ReadOnlySpan<byte> value) && !value.IsEmpty)
        {
            return XxHash64.HashToUInt64(value);
        }

        return _attributes is null ? null : MakeCookie(source, ref setCookies);
    }

    // As Envoy makes it: from both ends of the connection, so that requests that come before the answer with the cookie agree.
    private ulong MakeCookie(in HashSource source, ref List<byte[]>? setCookies)
    {
        Span<byte> ends = stackalloc byte[2 * NetAddress.MaxTextLength];
        int length = source.Peer.TryFormat(ends, withPort: true);
        length += source.Local.TryFormat(ends[length..], withPort: true);
        ulong made = XxHash64.HashToUInt64(ends[..length]);
        Span<byte> value = stackalloc byte[16];
        made.TryFormat(value, out _, "x16", CultureInfo.InvariantCulture);
        (setCookies ??= []).Add([.. _name, .. "=\""u8, .. value, (byte)'"', .. _attributes!]);
        return XxHash64.HashToUInt64(value);
    }
}
