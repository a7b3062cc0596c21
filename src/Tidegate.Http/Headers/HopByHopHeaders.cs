using Tidegate.Http.Tokens;

namespace Tidegate.Http.Headers;

/// <summary>
/// Fields that are meant for one connection only (RFC 9110 section 7.6.1). To be removed before the gateway adds fields of its own, so that a client can't
/// name those in its Connection field (CVE-2021-32813, CVE-2024-45410).
/// </summary>
public static class HopByHopHeaders
{
    private static readonly KnownHeaderSet Always = KnownHeaderSet.Of(
        KnownHeader.Connection, KnownHeader.KeepAlive, KnownHeader.ProxyConnection, KnownHeader.TransferEncoding, KnownHeader.Http2Settings);

    // Meant for all recipients, or decided upon by the gateway: naming them in Connection has no effect.
    private static readonly KnownHeaderSet NeverNominated = KnownHeaderSet.Of(
        KnownHeader.Host, KnownHeader.Authorization, KnownHeader.Cookie, KnownHeader.CacheControl, KnownHeader.ContentLength, KnownHeader.ContentType,
        KnownHeader.ContentEncoding, KnownHeader.Te, KnownHeader.Upgrade, KnownHeader.Expect, KnownHeader.Forwarded, KnownHeader.Via, KnownHeader.Origin,
        KnownHeader.XForwardedFor, KnownHeader.XForwardedHost, KnownHeader.XForwardedPort, KnownHeader.XForwardedPrefix, KnownHeader.XForwardedProto,
        KnownHeader.XForwardedClientCert, KnownHeader.XRealIp, KnownHeader.XRequestId);

    /// <summary>
    /// Removes the fields of the connection: the known ones, those that the Connection field names unless all recipients need them, <c>te</c> but for
    /// <c>trailers</c> in these letters, as Envoy does, and <c>upgrade</c> unless it is kept. Content-Length stays readable.
    /// </summary>
    /// <param name="headers">Fields of a request or a response.</param>
    /// <param name="keepUpgrade">Whether the upgrade goes on to the other side (<see cref="RequestHead.HasUpgrade"/>).</param>
    public static void Remove(HeaderMap headers, bool keepUpgrade)
    {
        ArgumentNullException.ThrowIfNull(headers);
        if (headers.Contains(KnownHeader.Connection))
        {
            RemoveNominated(headers);
        }

        headers.RemoveWhere(Always);
        if (!keepUpgrade)
        {
            headers.Remove(KnownHeader.Upgrade);
        }

        if (headers.Contains(KnownHeader.Te))
        {
            KeepTrailersOnly(headers);
        }
    }

    // Removing fields moves entries, not the bytes of values, so a value may be walked over meanwhile.
    private static void RemoveNominated(HeaderMap headers)
    {
        for (int i = 0; i < headers.Count; i++)
        {
            if (headers[i].Known != KnownHeader.Connection)
            {
                continue;
            }

            ReadOnlySpan<byte> rest = headers[i].Value;
            headers.RemoveAt(i);
            i = -1;
            while (HttpTokens.NextElement(ref rest, out ReadOnlySpan<byte> name))
            {
                KnownHeader known = KnownHeaders.Find(name);
                if (known == KnownHeader.None)
                {
                    headers.Remove(name);
                }
                else if (known != KnownHeader.Connection && !NeverNominated.Contains(known))
                {
                    headers.Remove(known);
                }
            }
        }
    }

    private static void KeepTrailersOnly(HeaderMap headers)
    {
        bool hasTrailers = false;
        int position = 0;
        while (headers.TryGetNext(KnownHeader.Te, ref position, out ReadOnlySpan<byte> rest))
        {
            while (HttpTokens.NextElement(ref rest, out ReadOnlySpan<byte> coding))
            {
                hasTrailers |= coding.SequenceEqual("trailers"u8);
            }
        }

        if (hasTrailers)
        {
            headers.Set(KnownHeader.Te, "trailers"u8);
        }
        else
        {
            headers.Remove(KnownHeader.Te);
        }
    }
}
