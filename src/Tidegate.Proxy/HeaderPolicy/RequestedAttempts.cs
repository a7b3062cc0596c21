using System.Buffers.Text;
using System.Text;
using Tidegate.Http;
using Tidegate.Http.Headers;
using Tidegate.Proxy.Requests;
using Tidegate.Proxy.Routing;
using Tidegate.Proxy.Runtime;

namespace Tidegate.Proxy.HeaderPolicy;

/// <summary>
/// Request fields that change timeouts and retries (Envoy: the router's <c>x-envoy-*</c> fields). From outside none gets here
/// (edge.md, X06): what is here comes from the route's own header operations or from a filter. They end here, as in Envoy.
/// </summary>
internal static class RequestedAttempts
{
    private static readonly KnownHeaderSet Timeouts =
        KnownHeaderSet.Of(KnownHeader.XEnvoyUpstreamRqTimeoutMs, KnownHeader.XEnvoyUpstreamRqPerTryTimeoutMs, KnownHeader.XEnvoyHedgeOnPerTryTimeout);

    private static readonly KnownHeaderSet Retries = KnownHeaderSet.Of(
        KnownHeader.XEnvoyMaxRetries,
        KnownHeader.XEnvoyRetriableHeaderNames,
        KnownHeader.XEnvoyRetriableStatusCodes,
        KnownHeader.XEnvoyRetryGrpcOn,
        KnownHeader.XEnvoyRetryOn);

    /// <summary>Sets the exchange's limits of time. A limit of one attempt that is no shorter than that of all is none.</summary>
    public static void ReadTimeouts(HttpExchange exchange, RuntimeRoute route)
    {
        long routeMs = route.TimeoutMs;
        long tryMs = route.RetryPolicy?.PerTryTimeoutMs ?? 0;
        bool hedges = route.HedgesOnPerTryTimeout;
        HeaderMap headers = exchange.Request.Headers;
        if (headers.Present.Overlaps(Timeouts))
        {
            routeMs = NumberIn(headers, KnownHeader.XEnvoyUpstreamRqTimeoutMs) ?? routeMs;
            tryMs = NumberIn(headers, KnownHeader.XEnvoyUpstreamRqPerTryTimeoutMs) ?? tryMs;
            if (headers.TryGet(KnownHeader.XEnvoyHedgeOnPerTryTimeout, out ReadOnlySpan<byte> hedge))
            {
                hedges = hedge.SequenceEqual("true"u8) || (hedges && !hedge.SequenceEqual("false"u8));
            }

            headers.RemoveWhere(Timeouts);
        }

        if (route.GrpcTimeoutMaxMs is { } grpcMaxMs && GrpcReply.IsFor(exchange.Request))
        {
            long grpcMs = ReadGrpcTimeout(exchange.Request, routeMs, grpcMaxMs);
            exchange.IsDeadlineOfClient = grpcMs != routeMs && grpcMs != grpcMaxMs;
            routeMs = grpcMs;
        }

        exchange.RouteTimeoutMs = routeMs;
        exchange.HedgesOnPerTryTimeout = hedges;
        exchange.PerTryTimeoutMs = routeMs > 0 && tryMs >= routeMs ? 0 : tryMs;
    }

    // Envoy: the shorter of the route's timeout and the client's deadline, and the endpoint is told which. A deadline of 0 is none.
    private static long ReadGrpcTimeout(RequestHead request, long routeMs, long grpcMaxMs)
    {
        long grpcMs = GrpcTimeout.Of(request) ?? 0;
        long timeoutMs = grpcMs == 0 ? routeMs : routeMs > 0 ? Math.Min(routeMs, grpcMs) : grpcMs;
        timeoutMs = grpcMaxMs > 0 && (timeoutMs == 0 || timeoutMs > grpcMaxMs) ? grpcMaxMs : timeoutMs;
        if (timeoutMs > 0)
        {
            Span<byte> value = stackalloc byte[20];
            request.Headers.Set(KnownHeader.GrpcTimeout, value[..GrpcTimeout.Write(timeoutMs, value)]);
        }

        return timeoutMs;
    }

    /// <summary>The policy for a request: the route's, or what the fields make of it.</summary>
    public static RuntimeRetryPolicy? PolicyOf(HeaderMap headers, RuntimeRetryPolicy? policy) =>
        headers.Present.Overlaps(Retries) ? Merge(headers, policy) : policy;

    // Rare, so it may allocate.
    private static RuntimeRetryPolicy? Merge(HeaderMap headers, RuntimeRetryPolicy? policy)
    {
        RuntimeRetryPolicy merged = policy ?? new RuntimeRetryPolicy();
        RetryConditions conditions = merged.Conditions;
        foreach (string token in TokensIn(headers, KnownHeader.XEnvoyRetryOn).Concat(TokensIn(headers, KnownHeader.XEnvoyRetryGrpcOn)))
        {
            conditions |= RuntimeRetryPolicy.ConditionOf(token) ?? RetryConditions.None;
        }

        merged = merged with
        {
            Conditions = conditions,
            NumRetries = (uint)Math.Min(NumberIn(headers, KnownHeader.XEnvoyMaxRetries) ?? merged.NumRetries, uint.MaxValue),
            RetriableStatusCodes =
            [
                .. merged.RetriableStatusCodes,
                .. TokensIn(headers, KnownHeader.XEnvoyRetriableStatusCodes).Select(static token => int.TryParse(token, out int code) ? code : 0),
            ],
            RetriableHeaders =
            [
                .. merged.RetriableHeaders,
                .. TokensIn(headers, KnownHeader.XEnvoyRetriableHeaderNames).Select(static name => new HeaderMatcher(name)),
            ],
        };
        headers.RemoveWhere(Retries);
        return merged.Conditions == RetryConditions.None ? null : merged;
    }

    private static long? NumberIn(HeaderMap headers, KnownHeader name) =>
        headers.TryGet(name, out ReadOnlySpan<byte> value) && Utf8Parser.TryParse(value, out uint number, out int consumed) && consumed == value.Length
            ? number
            : null;

    private static string[] TokensIn(HeaderMap headers, KnownHeader name) =>
        headers.TryGet(name, out ReadOnlySpan<byte> value)
            ? Encoding.Latin1.GetString(value).Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            : [];
}
