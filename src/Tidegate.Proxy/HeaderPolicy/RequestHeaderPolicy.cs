using System.Buffers.Text;
using Tidegate.Http;
using Tidegate.Http.Headers;
using Tidegate.Http.Paths;
using Tidegate.Net;
using Tidegate.Proxy.Routing;
using Tidegate.Proxy.Runtime;
using Tidegate.Proxy.Upstream;

namespace Tidegate.Proxy.HeaderPolicy;

/// <summary>
/// What becomes of a request's fields at the edge and on their way upstream (istio-gateway.md 8.6; edge.md, group X). What a
/// client may not say is removed before the gateway says it.
/// </summary>
internal static class RequestHeaderPolicy
{
    // What Envoy removes from requests of outside, and what the gateway itself tells upstreams.
    private static readonly KnownHeaderSet NotFromOutside = KnownHeaderSet.Of(
        KnownHeader.XEnvoyAttemptCount,
        KnownHeader.XEnvoyDecoratorOperation,
        KnownHeader.XEnvoyDegraded,
        KnownHeader.XEnvoyDownstreamServiceCluster,
        KnownHeader.XEnvoyDownstreamServiceNode,
        KnownHeader.XEnvoyExpectedRqTimeoutMs,
        KnownHeader.XEnvoyExternalAddress,
        KnownHeader.XEnvoyForceTrace,
        KnownHeader.XEnvoyHedgeOnPerTryTimeout,
        KnownHeader.XEnvoyInternal,
        KnownHeader.XEnvoyIpTags,
        KnownHeader.XEnvoyIsTimeoutRetry,
        KnownHeader.XEnvoyMaxRetries,
        KnownHeader.XEnvoyOriginalDstHost,
        KnownHeader.XEnvoyOriginalHost,
        KnownHeader.XEnvoyOriginalPath,
        KnownHeader.XEnvoyOriginalUrl,
        KnownHeader.XEnvoyPeerMetadata,
        KnownHeader.XEnvoyPeerMetadataId,
        KnownHeader.XEnvoyRetriableHeaderNames,
        KnownHeader.XEnvoyRetriableStatusCodes,
        KnownHeader.XEnvoyRetryGrpcOn,
        KnownHeader.XEnvoyRetryOn,
        KnownHeader.XEnvoyUpstreamAltStatName,
        KnownHeader.XEnvoyUpstreamRqPerTryTimeoutMs,
        KnownHeader.XEnvoyUpstreamRqTimeoutAltResponse,
        KnownHeader.XEnvoyUpstreamRqTimeoutMs,
        KnownHeader.XEnvoyUpstreamStreamDurationMs,
        KnownHeader.XTidegateHops);

    // Lists of which many readers take the first line only; Envoy, too, makes one line of these.
    private static readonly KnownHeader[] Joined =
    [
        KnownHeader.Accept, KnownHeader.AcceptEncoding, KnownHeader.AccessControlRequestHeaders, KnownHeader.CacheControl, KnownHeader.IfMatch,
        KnownHeader.IfNoneMatch, KnownHeader.Pragma, KnownHeader.Te, KnownHeader.Via, KnownHeader.XForwardedHost,
    ];

    /// <summary>Makes the request what routing, filters and the upstream may believe.</summary>
    public static void ApplyAtEdge(RoutedExchange exchange, Random random)
    {
        RequestHead request = exchange.Request;
        HeaderMap headers = request.Headers;
        RuntimeHttpConnectionManager manager = exchange.ConnectionManager!;

        // 0. The host, which everything else goes by.
        HostPolicy.Apply(exchange, manager);

        // 1. What is meant for this connection only, and what only the gateway may say.
        HopByHopHeaders.Remove(headers, keepUpgrade: request.HasUpgrade);
        if (headers.Present.Overlaps(NotFromOutside))
        {
            HopCount.Read(request);
            headers.RemoveWhere(NotFromOutside);
        }

        // No address counts as internal, so all requests come from outside.
        if (manager.Routes.Current is { InternalOnlyHeaders: { Count: > 0 } internalOnly })
        {
            for (int i = 0; i < internalOnly.Count; i++)
            {
                headers.Remove(internalOnly[i]);
            }
        }

        foreach (KnownHeader name in headers.HasRepeated ? Joined : [])
        {
            FieldList.Join(headers, name);
        }

        ClientCertificatePolicy.Apply(headers, exchange, manager);

        // 2. Who the client is.
        exchange.DownstreamRemoteAddress = TrustedAddressOf(exchange, manager);
        if (manager.UsesRemoteAddress)
        {
            if (!manager.SkipsForwardedForAppend)
            {
                AppendForwardedFor(headers, exchange.DownstreamPeerAddress);
            }

            SetAddress(headers, KnownHeader.XEnvoyExternalAddress, exchange.DownstreamRemoteAddress);
        }

        // 3. How the client speaks.
        SetScheme(request, manager, exchange.IsDownstreamTls);
        if (manager.AppendsForwardedPort && (manager.TrustedHops == 0 || !headers.Contains(KnownHeader.XForwardedPort)))
        {
            SetNumber(headers, KnownHeader.XForwardedPort, exchange.DownstreamLocalAddress.Port);
        }

        if (manager.ViaBytes.Length > 0)
        {
            FieldList.Append(headers, KnownHeader.Via, manager.ViaBytes);
        }

        // 4. The request's name in logs and traces.
        if (manager.GeneratesRequestId && !(manager.PreservesExternalRequestId && headers.Contains(KnownHeader.XRequestId)))
        {
            Span<byte> id = stackalloc byte[36];
            WriteUuid(random, id);
            headers.Set(KnownHeader.XRequestId, id);
        }
    }

    /// <summary>
    /// What the route does to the request, and what it tells the upstream. False: what a rewrite makes of the path or the host
    /// cannot be sent.
    /// </summary>
    public static bool ApplyToUpstream(RoutedExchange exchange)
    {
        RequestHead request = exchange.Request;
        RuntimeRoute route = exchange.Route!;
        RuntimeHttpConnectionManager manager = exchange.ConnectionManager!;
        RequestedAttempts.ReadTimeouts(exchange, route);
        if (route.PathRewrite is not null && !RewritePath(exchange, route, route.PathRewrite))
        {
            return false;
        }

        if ((route.HostRewrite ?? exchange.Destination!.HostRewrite) is { } hostRewrite && !RewriteHost(request, route, hostRewrite))
        {
            return false;
        }

        if (manager.HasTracing && route.PropagatesDecorator && route.DecoratorOperation.Length > 0)
        {
            var operation = new ByteBuilder(stackalloc byte[256]);
            operation.AppendUtf8(route.DecoratorOperation);
            request.Headers.Set(KnownHeader.XEnvoyDecoratorOperation, operation.Written);
            operation.Dispose();
        }

        if (!manager.SuppressesEnvoyHeaders)
        {
            long expectedMs = exchange.PerTryTimeoutMs > 0 ? exchange.PerTryTimeoutMs : exchange.RouteTimeoutMs;
            if (expectedMs > 0)
            {
                SetNumber(request.Headers, KnownHeader.XEnvoyExpectedRqTimeoutMs, expectedMs);
            }
        }

        exchange.Destination!.RequestHeaders.Apply(request.Headers, exchange);
        if (exchange.Cluster!.RequestNameCase != NameCase.Lower && request.Headers.NameCase == NameCase.Lower)
        {
            request.Headers.NameCase = exchange.Cluster.RequestNameCase;
        }

        exchange.RetryPolicy = RequestedAttempts.PolicyOf(request.Headers, route.RetryPolicy);
        return true;
    }

    /// <summary>Tells the upstream which attempt it sees.</summary>
    public static void SetAttempt(RoutedExchange exchange, int number)
    {
        if (exchange.Route!.IncludesAttemptCount)
        {
            SetNumber(exchange.Request.Headers, KnownHeader.XEnvoyAttemptCount, number);
        }
    }

    // Envoy: the peer, or with N trusted hops the Nth entry from the right of what came in; with fewer entries the peer.
    private static NetAddress TrustedAddressOf(RoutedExchange exchange, RuntimeHttpConnectionManager manager)
    {
        int hops = manager.UsesRemoteAddress ? manager.TrustedHops : manager.TrustedHops + 1;
        if (hops == 0 || !exchange.Request.Headers.Contains(KnownHeader.XForwardedFor))
        {
            return exchange.DownstreamPeerAddress;
        }

        // Several lines are one list: the last line's entries come last.
        HeaderMap headers = exchange.Request.Headers;
        int lines = headers.CountOf(KnownHeader.XForwardedFor);
        for (int line = lines - 1; line >= 0; line--)
        {
            int position = 0;
            ReadOnlySpan<byte> rest = default;
            for (int i = 0; i <= line; i++)
            {
                headers.TryGetNext(KnownHeader.XForwardedFor, ref position, out rest);
            }

            while (true)
            {
                int comma = rest.LastIndexOf((byte)',');
                ReadOnlySpan<byte> entry = rest[(comma + 1)..].Trim((byte)' ');
                if (--hops == 0)
                {
                    return NetAddress.TryParseAsWritten(entry, out NetAddress address) ? address : exchange.DownstreamPeerAddress;
                }

                if (comma < 0)
                {
                    break;
                }

                rest = rest[..comma];
            }
        }

        return exchange.DownstreamPeerAddress;
    }

    private static void AppendForwardedFor(HeaderMap headers, NetAddress peer)
    {
        Span<byte> address = stackalloc byte[NetAddress.MaxTextLength];
        address = address[..peer.TryFormat(address, withPort: false)];
        FieldList.Append(headers, KnownHeader.XForwardedFor, address);
    }

    private static void SetScheme(RequestHead request, RuntimeHttpConnectionManager manager, bool isTls)
    {
        ReadOnlySpan<byte> scheme = isTls ? "https"u8 : "http"u8;
        if ((manager.TrustedHops > 0 || !manager.UsesRemoteAddress)
            && request.Headers.TryGet(KnownHeader.XForwardedProto, out ReadOnlySpan<byte> forwarded))
        {
            // Only these two: anything else would be carried on as a scheme that nobody speaks (edge.md, H2-DG10).
            if (forwarded.SequenceEqual("https"u8))
            {
                scheme = "https"u8;
            }
            else if (forwarded.SequenceEqual("http"u8))
            {
                scheme = "http"u8;
            }
        }

        request.Headers.Set(KnownHeader.XForwardedProto, scheme);
        request.SetScheme(scheme);
    }

    private static bool RewritePath(RoutedExchange exchange, RuntimeRoute route, PathRewrite rewrite)
    {
        RequestHead request = exchange.Request;
        request.Headers.Set(KnownHeader.XEnvoyOriginalPath, request.Path);
        var path = new ByteBuilder(stackalloc byte[512]);
        rewrite.AppendTo(request.Path, route.Matcher.Path, ref path);
        bool isSet = request.SetPath(path.Written);
        path.Dispose();

        // Once more, and what it has become has to be where the rewrite points (edge.md, P20).
        return isSet && request.NormalizePath(exchange.ConnectionManager!.PathOptions) == PathResult.Ok && rewrite.Covers(request.PathWithoutQuery);
    }

    private static bool RewriteHost(RequestHead request, RuntimeRoute route, HostRewrite rewrite)
    {
        request.Headers.Set(KnownHeader.XEnvoyOriginalHost, request.Authority);
        if (route.AppendsForwardedHost)
        {
            request.Headers.Set(KnownHeader.XForwardedHost, request.Authority);
        }

        switch (rewrite.Kind)
        {
            case HostRewriteKind.Literal:
                return request.SetAuthority(rewrite.Bytes.Span);
            case HostRewriteKind.Header when request.Headers.TryGet(rewrite.Bytes.Span, out ReadOnlySpan<byte> value):
                return request.SetAuthority(value);
            case HostRewriteKind.Path:
                var host = new ByteBuilder(stackalloc byte[256]);
                rewrite.Pattern!.ReplaceAll(request.PathWithoutQuery, rewrite.Substitution!, ref host);
                bool isSet = request.SetAuthority(host.Written);
                host.Dispose();
                return isSet;
            default:
                return true;
        }
    }

    private static void SetAddress(HeaderMap headers, KnownHeader name, NetAddress address)
    {
        Span<byte> text = stackalloc byte[NetAddress.MaxTextLength];
        int length = address.TryFormat(text, withPort: false);
        if (length > 0)
        {
            headers.Set(name, text[..length]);
        }
    }

    private static void SetNumber(HeaderMap headers, KnownHeader name, long value)
    {
        Span<byte> text = stackalloc byte[20];
        Utf8Formatter.TryFormat(value, text, out int length);
        headers.Set(name, text[..length]);
    }

    // RFC 9562, section 5.4. It names a request and guards nothing, so a fast source of chance does.
    private static void WriteUuid(Random random, Span<byte> destination)
    {
        Span<byte> bytes = stackalloc byte[16];
        random.NextBytes(bytes);
        bytes[6] = (byte)((bytes[6] & 0x0F) | 0x40);
        bytes[8] = (byte)((bytes[8] & 0x3F) | 0x80);
        ReadOnlySpan<byte> digits = "0123456789abcdef"u8;
        int position = 0;
        for (int i = 0; i < bytes.Length; i++)
        {
            if (i is 4 or 6 or 8 or 10)
            {
                destination[position++] = (byte)'-';
            }

            destination[position++] = digits[bytes[i] >> 4];
            destination[position++] = digits[bytes[i] & 0x0F];
        }
    }
}
