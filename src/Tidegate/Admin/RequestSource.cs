using System.Net;
using Microsoft.AspNetCore.Http.Extensions;

namespace Tidegate.Admin;

/// <summary>
/// Where a request for the operator's pages comes from. The pages have no password, as Envoy's have none; what protects them is the address that they listen on, and that
/// neither a page in the operator's browser nor a client of the gateway can speak for somebody on this machine.
/// </summary>
internal static class RequestSource
{
    // What proxies add, ours among them.
    private static readonly string[] ProxyFields = ["forwarded", "via", "x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "x-envoy-expected-rq-timeout-ms"];

    /// <summary>
    /// Whether the host is an address or localhost: a name may have been made to lead here (DNS rebinding). The port may be any, since one is often forwarded from elsewhere.
    /// </summary>
    public static bool IsNamedHere(HttpRequest request)
    {
        string host = request.Host.Host.Trim('[', ']');
        return host.Length == 0 || host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || IPAddress.TryParse(host, out _);
    }

    /// <summary>Whether a browser sends it for another site's page.</summary>
    public static bool IsOfForeignPage(HttpRequest request)
    {
        string? origin = request.Headers.Origin;
        bool isForeignOrigin = !string.IsNullOrEmpty(origin) && origin != UriHelper.BuildAbsolute(request.Scheme, request.Host).TrimEnd('/');
        bool isForeignFetch = request.Headers["sec-fetch-site"] is [{ } site] && site is not ("none" or "same-origin");
        return isForeignOrigin || (isForeignFetch && !HttpMethods.IsGet(request.Method));
    }

    /// <summary>Whether a proxy has sent it on, perhaps the gateway itself.</summary>
    public static bool IsForwarded(HttpRequest request) => Array.Exists(ProxyFields, request.Headers.ContainsKey);
}
