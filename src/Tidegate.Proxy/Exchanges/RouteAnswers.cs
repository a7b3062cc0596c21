using Tidegate.Http;
using Tidegate.Http.Headers;
using Tidegate.Proxy.LocalReplies;
using Tidegate.Proxy.Requests;
using Tidegate.Proxy.Routing;
using Tidegate.Proxy.Runtime;

namespace Tidegate.Proxy.Exchanges;

/// <summary>Writes what a route answers without an upstream: redirects and direct responses (istio-gateway.md 4.7, 4.8).</summary>
internal static class RouteAnswers
{
    private const int MaxLocationBytes = 16 * 1024;

    /// <summary>Writes the head of the answer; returns the body.</summary>
    public static ReadOnlyMemory<byte> Write(HttpExchange exchange, RuntimeRoute route, ulong random)
    {
        ResponseHead response = exchange.Response;
        response.Reset();
        response.IsForHead = exchange.Request.Method == KnownMethod.Head;
        ReadOnlyMemory<byte> body = default;
        if (route.Redirect is { } redirect)
        {
            response.Status = redirect.Status;
            WriteLocation(exchange, route, redirect, random);
        }
        else if (route.DirectResponse is { } direct)
        {
            response.Status = direct.Status;
            body = direct.Body;
            if (body.Length > 0)
            {
                response.Headers.Add(KnownHeader.ContentType, "text/plain"u8);
            }

            if (direct.HasLocation)
            {
                AddOwnLocation(exchange);
            }
        }

        if (exchange.IsGrpc)
        {
            GrpcReply.WriteTo(response, GrpcReply.StatusOf(response.Status), body.Span);
            return default;
        }

        SetLength(response, body.Length);
        return response.IsForHead ? default : body;
    }

    // Envoy names the request's own URL where a status is about a location and the route says none.
    private static void AddOwnLocation(HttpExchange exchange)
    {
        var location = new ByteBuilder(stackalloc byte[1024]);
        location.Append(exchange.Request.Scheme);
        location.Append("://"u8);
        location.Append(exchange.Request.Authority);
        location.Append(exchange.Request.Path);
        exchange.Response.Headers.Add(KnownHeader.Location, location.Written);
        location.Dispose();
    }

    /// <summary>Makes an answer that was written what the listener wants it to be; returns the body.</summary>
    public static ReadOnlyMemory<byte> Rewrite(HttpExchange exchange, in LocalAnswer answer)
    {
        ResponseHead response = exchange.Response;
        response.Status = answer.Status;
        SetLength(response, answer.Body.Length);
        if (answer.Body.Length > 0)
        {
            response.Headers.Set(KnownHeader.ContentType, answer.ContentType.Span);
        }
        else
        {
            response.Headers.Remove(KnownHeader.ContentType);
        }

        return response.IsForHead ? default : answer.Body;
    }

    private static void SetLength(ResponseHead response, int length)
    {
        response.ContentLength = length > 0 ? length : -1;
        response.Framing = response.IsForHead || length == 0 ? MessageFraming.None : MessageFraming.ContentLength;
    }

    private static void WriteLocation(HttpExchange exchange, RuntimeRoute route, Redirect redirect, ulong random)
    {
        var request = new RouteRequest(exchange.Request, exchange.IsDownstreamTls, random);
        var location = new ByteBuilder(stackalloc byte[1024]);
        redirect.AppendLocation(request, route.Matcher.Path, ref location);
        if (location.Length <= MaxLocationBytes)
        {
            exchange.Response.Headers.Add(KnownHeader.Location, location.Written);
        }

        location.Dispose();
    }
}
