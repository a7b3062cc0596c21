using Tidegate.Http.Headers;

namespace Tidegate.Http.Http2.Hpack;

/// <summary>
/// Fields whose values are never put into a dynamic table, ours or that of anybody behind us (RFC 7541 section 7.1.3): who can make requests on the same connection
/// could otherwise guess them from the sizes of frames.
/// </summary>
internal static class SensitiveFields
{
    private static readonly KnownHeaderSet Known = KnownHeaderSet.Of(
        KnownHeader.Authorization, KnownHeader.ProxyAuthorization, KnownHeader.Cookie, KnownHeader.SetCookie, KnownHeader.XForwardedClientCert);

    /// <summary>Whether values of that name are sensitive.</summary>
    public static bool Contains(KnownHeader known, ReadOnlySpan<byte> name) =>
        known != KnownHeader.None ? Known.Contains(known) : name.SequenceEqual("x-api-key"u8) || name.SequenceEqual("x-auth-token"u8);
}
