using Tidegate.Http.Tokens;

namespace Tidegate.Http.Headers;

/// <summary>
/// Which fields may stand in a trailer section (RFC 9110 section 6.5.1). All that frames, routes, authenticates, describes the content, or tells who the client
/// is has to be in the head; in a trailer it is dropped, never merged (spec edge X10, H2-DG15; CVE-2026-39858, CVE-2026-88004).
/// </summary>
public static class TrailerFields
{
    private static readonly KnownHeaderSet Allowed = KnownHeaderSet.Of(
        KnownHeader.Date, KnownHeader.ETag, KnownHeader.Expires, KnownHeader.GrpcMessage, KnownHeader.GrpcStatus, KnownHeader.LastModified);

    private static readonly KnownHeaderSet Deceptive = KnownHeaderSet.Of(
        KnownHeader.Host, KnownHeader.Authorization, KnownHeader.Cookie, KnownHeader.Expect, KnownHeader.Forwarded, KnownHeader.Via, KnownHeader.XForwardedFor,
        KnownHeader.XForwardedHost, KnownHeader.XForwardedPort, KnownHeader.XForwardedPrefix, KnownHeader.XForwardedProto, KnownHeader.XForwardedClientCert,
        KnownHeader.XRealIp, KnownHeader.XRequestId);

    /// <summary>Whether a field of that name, in any case, is kept in a trailer section.</summary>
    public static bool IsAllowed(ReadOnlySpan<byte> name)
    {
        KnownHeader known = KnownHeaders.Find(name);
        if (known != KnownHeader.None)
        {
            return Allowed.Contains(known);
        }

        // An underscore or a dot would let a backend that folds names take it for a known one (x_forwarded_for).
        return !name.ContainsAny((byte)'_', (byte)'.')
            && !StartsWith(name, "x-forwarded-"u8)
            && !StartsWith(name, "x-envoy-"u8)
            && !StartsWith(name, "x-ext-authz-"u8)
            && !StartsWith(name, "content-"u8)
            && !StartsWith(name, "proxy-"u8)
            && !StartsWith(name, "if-"u8)
            && !StartsWith(name, "sec-"u8)
            && !StartsWith(name, "access-control-"u8);
    }

    /// <summary>
    /// Whether a request is not believed that has a field of that name behind its body: it says where to go, who asks, or for whom, and whoever reads the body first has
    /// decided that already (RFC 9110 section 6.5.1; spec edge H2-DG15).
    /// </summary>
    public static bool IsDeceptive(ReadOnlySpan<byte> name) =>
        Deceptive.Contains(KnownHeaders.Find(name)) || StartsWith(name, "x-forwarded-"u8) || StartsWith(name, "x-envoy-"u8) || StartsWith(name, "proxy-"u8);

    private static bool StartsWith(ReadOnlySpan<byte> name, ReadOnlySpan<byte> prefix) =>
        name.Length >= prefix.Length && HttpTokens.EqualsIgnoreCase(name[..prefix.Length], prefix);
}
