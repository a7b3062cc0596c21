using Tidegate.Http;
using Tidegate.Http.Headers;
using Tidegate.Http.Paths;
using Tidegate.Proxy.Routing;
using Tidegate.Proxy.Runtime;
using Tidegate.Proxy.Telemetry;

namespace Tidegate.Proxy.Exchanges.InternalRedirects;

/// <summary>
/// Makes of a request whose upstream answered with a redirect the request that this redirect asks for (Envoy: the router's
/// <c>internal_redirect_policy</c>). What cannot be followed stays as it is, and the client gets the redirect.
/// </summary>
internal static class InternalRedirect
{
    /// <summary>Whether the answer in the exchange is a redirect that its route follows.</summary>
    public static bool IsMeant(RoutedExchange exchange) =>
        exchange.Route?.InternalRedirects is { } rules && rules.IsRedirect(exchange.Response.Status);

    /// <summary>Rewrites the request; false, with nothing changed, when the redirect is not to be followed.</summary>
    /// <param name="exchange">The exchange, with a redirect as its answer.</param>
    /// <param name="stats">Counts why a redirect is not followed.</param>
    /// <param name="random">A random number for the choice of the route.</param>
    public static bool TryFollow(RoutedExchange exchange, HttpConnectionManagerStats stats, ulong random)
    {
        InternalRedirectRules rules = exchange.Route!.InternalRedirects!;
        RequestHead request = exchange.Request;
        if (!exchange.Response.Headers.TryGet(KnownHeader.Location, out ReadOnlySpan<byte> value) || !RedirectLocation.TryParse(value, out RedirectLocation location))
        {
            stats.PassthroughInternalRedirectBadLocation++;
            return false;
        }

        bool isTls = request.Scheme.IsEmpty ? exchange.IsDownstreamTls : request.Scheme.SequenceEqual("https"u8);
        if (!rules.AllowsCrossScheme && isTls != location.IsTls)
        {
            stats.PassthroughInternalRedirectUnsafeScheme++;
            return false;
        }

        if (exchange.FollowedRedirects.Count >= rules.MaxRedirects)
        {
            stats.PassthroughInternalRedirectTooManyRedirects++;
            return false;
        }

        var path = new ByteBuilder(stackalloc byte[512]);
        bool isFollowed = TryNormalize(location, exchange.ConnectionManager!.PathOptions, ref path)
            && TryAccept(exchange, rules, location, path.Written, isTls, stats, random);
        if (isFollowed)
        {
            Rewrite(exchange, rules, location, path.Written, isTls);
        }

        path.Dispose();
        return isFollowed;
    }

    // What a client could not ask for, an upstream cannot on its behalf.
    private static bool TryNormalize(in RedirectLocation location, in PathOptions options, ref ByteBuilder path)
    {
        ReadOnlySpan<byte> asked = location.PathAndQuery;
        int slash = asked.IsEmpty || asked[0] != (byte)'/' ? 1 : 0;
        Span<byte> target = path.GetSpan(asked.Length + 1);
        target[0] = (byte)'/';
        asked.CopyTo(target[slash..]);
        PathResult result = PathNormalizer.Normalize(target[..(asked.Length + slash)], options, out int length);
        path.Advance(length);
        return result == PathResult.Ok;
    }

    private static bool TryAccept(
        RoutedExchange exchange,
        InternalRedirectRules rules,
        in RedirectLocation location,
        ReadOnlySpan<byte> path,
        bool isTls,
        HttpConnectionManagerStats stats,
        ulong random)
    {
        var asked = new RouteRequest(
            location.Authority, path, exchange.Request.MethodName, location.Scheme, exchange.Request.Headers, exchange.IsDownstreamTls, random);
        if (exchange.ConnectionManager!.Routes.Current?.Match(asked) is not { } target)
        {
            stats.PassthroughInternalRedirectNoRoute++;
            return false;
        }

        if (!rules.Accepts(target, exchange.Route!, exchange.FollowedRedirects, isTls, location.IsTls))
        {
            stats.PassthroughInternalRedirectPredicate++;
            return false;
        }

        exchange.FollowedRedirects.Add(new FollowedRedirect(exchange.Route!.Name, target.Name));
        return true;
    }

    private static void Rewrite(RoutedExchange exchange, InternalRedirectRules rules, in RedirectLocation location, ReadOnlySpan<byte> path, bool isTls)
    {
        RequestHead request = exchange.Request;
        var original = new ByteBuilder(stackalloc byte[512]);
        original.Append(isTls ? "https://"u8 : "http://"u8);
        original.Append(request.Authority);
        original.Append(request.Path);
        request.SetScheme(location.Scheme);
        request.SetAuthority(location.Authority);
        request.SetPath(path);

        // RFC 9110, section 15.4.4: what is seen there is to be got.
        if (exchange.Response.Status == 303 && request.Method is not (KnownMethod.Get or KnownMethod.Head))
        {
            request.SetMethod(KnownMethod.Get);
            request.Headers.Remove(KnownHeader.ContentLength);
            request.Framing = MessageFraming.None;
            request.ContentLength = -1;
        }

        foreach (byte[] name in rules.CopiedHeaders)
        {
            request.Headers.Remove(name);
            int position = 0;
            while (exchange.Response.Headers.TryGetNext(name, ref position, out ReadOnlySpan<byte> value))
            {
                request.Headers.Add(name, value);
            }
        }

        request.Headers.Set(KnownHeader.XEnvoyOriginalUrl, original.Written);
        original.Dispose();
    }
}
