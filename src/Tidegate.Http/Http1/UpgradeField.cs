using Tidegate.Http.Headers;
using Tidegate.Http.Tokens;

namespace Tidegate.Http.Http1;

/// <summary>The Upgrade field of a request (RFC 9110 section 7.8).</summary>
internal static class UpgradeField
{
    /// <summary>
    /// Removes an upgrade to HTTP/2 in clear text, as Envoy's codec does: it is deprecated (RFC 9113 section 3.1), and forwarded it would
    /// open a tunnel past the gateway (CVE-2026-88008). HTTP2-Settings goes with it. Among other protocols it stays, as an upgrade that nobody offers.
    /// </summary>
    /// <returns>Whether there was one.</returns>
    public static bool RemoveHttp2(HeaderMap headers)
    {
        int position = 0;
        while (headers.TryGetNext(KnownHeader.Upgrade, ref position, out ReadOnlySpan<byte> rest))
        {
            while (HttpTokens.NextElement(ref rest, out ReadOnlySpan<byte> protocol))
            {
                if (!HttpTokens.EqualsIgnoreCase(protocol, "h2c"u8) && !HttpTokens.EqualsIgnoreCase(protocol, "h2"u8))
                {
                    return false;
                }
            }
        }

        headers.Remove(KnownHeader.Upgrade);
        headers.Remove(KnownHeader.Http2Settings);
        return true;
    }
}
