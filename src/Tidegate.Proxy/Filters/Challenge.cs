using Tidegate.Http;
using Tidegate.Proxy.Requests;

namespace Tidegate.Proxy.Filters;

/// <summary>What a client is told that has to say who it is (RFC 9110, section 11.6.1): the scheme, and as realm what it asked for, as Envoy does.</summary>
internal static class Challenge
{
    // As long as Envoy has the path in a realm.
    private const int MaxPathBytes = 256;

    /// <summary>The value of <c>www-authenticate</c>.</summary>
    public static byte[] Of(ReadOnlySpan<byte> scheme, HttpExchange exchange)
    {
        RequestHead request = exchange.Request;
        ReadOnlySpan<byte> asked = !request.Scheme.IsEmpty ? request.Scheme : exchange.IsDownstreamTls ? "https"u8 : "http"u8;
        return [.. scheme, .. " realm=\""u8, .. asked, .. "://"u8, .. request.Authority, .. request.Path[..Math.Min(request.Path.Length, MaxPathBytes)], (byte)'"'];
    }
}
