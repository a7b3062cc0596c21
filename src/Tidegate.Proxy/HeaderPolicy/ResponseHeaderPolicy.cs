using System.Buffers.Text;
using Envoy.Extensions.Filters.Network.HttpConnectionManager.V3;
using Tidegate.Http;
using Tidegate.Http.Headers;
using Tidegate.Proxy.Runtime;

namespace Tidegate.Proxy.HeaderPolicy;

/// <summary>What becomes of an answer's fields on their way to the client (istio-gateway.md 8.6).</summary>
internal static class ResponseHeaderPolicy
{
    private static readonly KnownHeaderSet NotFromUpstream = KnownHeaderSet.Of(
        KnownHeader.XEnvoyDecoratorOperation,
        KnownHeader.XEnvoyUpstreamServiceTime,
        KnownHeader.XEnvoyPeerMetadata,
        KnownHeader.XEnvoyPeerMetadataId);

    /// <summary>Makes an answer what the route wants it to be.</summary>
    public static void ApplyRoute(RoutedExchange exchange)
    {
        HeaderMap headers = exchange.Response.Headers;
        RuntimeHttpConnectionManager manager = exchange.ConnectionManager!;
        if (!exchange.IsLocalReply)
        {
            bool isUpgraded = exchange.Response is { IsTunnel: true, HasUpgrade: true };
            HopByHopHeaders.Remove(headers, isUpgraded);
            exchange.Response.HasUpgrade = isUpgraded;
            if (headers.Present.Overlaps(NotFromUpstream))
            {
                headers.RemoveWhere(NotFromUpstream);
            }

            // An answer that did not wait for the request's end tells nothing of how long the service takes.
            if (!manager.SuppressesEnvoyHeaders && exchange.RequestEndUs > 0 && !exchange.Request.AsksForTunnel)
            {
                long serviceMs = Math.Max(0, exchange.UpstreamFirstByteUs - exchange.UpstreamStartUs) / 1000;
                Span<byte> text = stackalloc byte[20];
                Utf8Formatter.TryFormat(serviceMs, text, out int length);
                headers.Add(KnownHeader.XEnvoyUpstreamServiceTime, text[..length]);
            }
        }

        if (exchange is { Route: { VirtualHost.IncludesAttemptCountInResponse: true }, AttemptCount: > 0 })
        {
            Span<byte> text = stackalloc byte[20];
            Utf8Formatter.TryFormat(exchange.AttemptCount, text, out int length);
            headers.Set(KnownHeader.XEnvoyAttemptCount, text[..length]);
        }

        // Answers of our own as well (Envoy: local replies on a route).
        if (exchange.Destination is { } destination)
        {
            destination.ResponseHeaders.Apply(headers, exchange);
        }
        else if (exchange.Route is { } route)
        {
            route.ResponseHeaders.Apply(headers, exchange);
        }
    }

    /// <summary>Makes an answer what the client gets: what the gateway says in every answer.</summary>
    /// <param name="exchange">The exchange whose answer it is.</param>
    /// <param name="date">The present date as RFC 9110 has it.</param>
    public static void ApplyAtEdge(RoutedExchange exchange, ReadOnlySpan<byte> date)
    {
        HeaderMap headers = exchange.Response.Headers;
        RuntimeHttpConnectionManager manager = exchange.ConnectionManager!;
        switch (manager.ServerHeader)
        {
            case HttpConnectionManager.Types.ServerHeaderTransformation.Overwrite:
                headers.Set(KnownHeader.Server, manager.ServerNameBytes);
                break;
            case HttpConnectionManager.Types.ServerHeaderTransformation.AppendIfAbsent when !headers.Contains(KnownHeader.Server):
                headers.Add(KnownHeader.Server, manager.ServerNameBytes);
                break;
        }

        if (manager.ViaBytes.Length > 0)
        {
            FieldList.Append(headers, KnownHeader.Via, manager.ViaBytes);
        }

        if (manager.ResponseNameCase != NameCase.Lower && headers.NameCase == NameCase.Lower)
        {
            headers.NameCase = manager.ResponseNameCase;
        }

        if (!headers.Contains(KnownHeader.Date))
        {
            headers.Add(KnownHeader.Date, date);
        }

        if (manager.SetsRequestIdInResponse && exchange.Request.Headers.TryGet(KnownHeader.XRequestId, out ReadOnlySpan<byte> id))
        {
            headers.Set(KnownHeader.XRequestId, id);
        }
    }

    /// <summary>Makes an interim answer (1xx) what the client gets.</summary>
    public static void ApplyToInterim(ResponseHead response) => HopByHopHeaders.Remove(response.Headers, keepUpgrade: false);
}
