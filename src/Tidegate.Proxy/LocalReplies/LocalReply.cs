using System.Globalization;
using System.Text;
using Tidegate.Http;
using Tidegate.Http.Headers;
using Tidegate.Http.Http1;
using Tidegate.Proxy.Requests;
using Tidegate.Proxy.Upstream;

namespace Tidegate.Proxy.LocalReplies;

/// <summary>
/// An answer that the gateway makes itself: what the client gets, and what the access log says of it. Texts, flags and details
/// are Envoy's (spec: istio-gateway.md, section 8.5).
/// </summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Body">The body, plain text; empty for none.</param>
/// <param name="Flags">The response flags.</param>
/// <param name="Details">The response code details.</param>
internal sealed record LocalReply(int Status, byte[] Body, ResponseFlags Flags, string Details)
{
    private readonly byte[]? _grpcStatus;

    /// <summary>The status for gRPC clients, where it is not what the HTTP status stands for (gRPC status codes).</summary>
    public int? GrpcStatus
    {
        init => _grpcStatus = value is { } code ? Encoding.ASCII.GetBytes(code.ToString(CultureInfo.InvariantCulture)) : null;
    }

    /// <summary>Whether the client's connection is to end behind it, however the protocol says that.</summary>
    public bool EndsConnection { get; init; }

    /// <summary>Fields of its head beside those that every answer has.</summary>
    public IReadOnlyList<(byte[] Name, byte[] Value)> Fields { get; init; } = [];

    private const string ResetPrefix = "upstream connect error or disconnect/reset before headers. ";

    /// <summary>No virtual host, or none of its routes, matches.</summary>
    public static readonly LocalReply RouteNotFound = new(404, [], ResponseFlags.NoRouteFound, "route_not_found");

    /// <summary>The host belongs to another server of the port than the one that the connection was made to (RFC 9110, section 15.5.20).</summary>
    public static readonly LocalReply Misdirected = new(421, [], ResponseFlags.NoRouteFound, "misdirected_request");

    /// <summary>The route's cluster does not exist.</summary>
    public static readonly LocalReply ClusterNotFound = new(503, [], ResponseFlags.NoClusterFound, "cluster_not_found");

    /// <summary>The same where the route wants 500 (Gateway API).</summary>
    public static readonly LocalReply ClusterNotFoundInternal = ClusterNotFound with { Status = 500 };

    /// <summary>The cluster has no healthy endpoint.</summary>
    public static readonly LocalReply NoHealthyUpstream =
        new(503, "no healthy upstream"u8.ToArray(), ResponseFlags.NoHealthyUpstream, "no_healthy_upstream");

    /// <summary>The route's timeout passed.</summary>
    public static readonly LocalReply ResponseTimeout =
        new(504, "upstream request timeout"u8.ToArray(), ResponseFlags.UpstreamRequestTimeout, "response_timeout");

    /// <summary>The last attempt's timeout passed.</summary>
    public static readonly LocalReply PerTryTimeout =
        new(504, "upstream request timeout"u8.ToArray(), ResponseFlags.UpstreamRequestTimeout, "upstream_per_try_timeout");

    /// <summary>The request's body stood still (edge.md, S02).</summary>
    public static readonly LocalReply RequestBodyTimeout =
        new(408, "stream timeout"u8.ToArray(), ResponseFlags.StreamIdleTimeout, "stream_idle_timeout");

    /// <summary>Nothing happened for too long after the request was whole.</summary>
    public static readonly LocalReply StreamIdleTimeout =
        new(504, "stream timeout"u8.ToArray(), ResponseFlags.StreamIdleTimeout, "stream_idle_timeout");

    /// <summary>The request did not come whole in time (Envoy: <c>request_timeout</c>).</summary>
    public static readonly LocalReply RequestTimeout =
        new(408, "request timeout"u8.ToArray(), ResponseFlags.None, "request_overall_timeout");

    /// <summary>The exchange lasted longer than listener or route allow (Envoy: <c>max_stream_duration</c>).</summary>
    public static readonly LocalReply StreamTooLong =
        new(504, "downstream duration timeout"u8.ToArray(), ResponseFlags.None, "max_duration_timeout");

    /// <summary>The same while the request was not whole.</summary>
    public static readonly LocalReply StreamTooLongWhileReading = StreamTooLong with { Status = 408 };

    /// <summary>The exchange lasted longer than the cluster allows.</summary>
    public static readonly LocalReply UpstreamTooLong = new(
        504, "upstream max stream duration reached"u8.ToArray(), ResponseFlags.UpstreamMaxStreamDurationReached, "upstream_max_stream_duration_reached");

    /// <summary>
    /// The path had escaped slashes and is to be asked for without them; the path as it is now is the location (Envoy:
    /// <c>UNESCAPE_AND_REDIRECT</c>).
    /// </summary>
    public static readonly LocalReply PathRedirect = new(307, [], ResponseFlags.None, "path_normalization_failed");

    /// <summary>The request's head did not come in time (edge.md, S01).</summary>
    public static readonly LocalReply RequestHeadersTimeout =
        new(408, "request header timeout"u8.ToArray(), ResponseFlags.None, "request_header_timeout");

    /// <summary>No method that anybody implements is as long (RFC 9112, section 3).</summary>
    public static readonly LocalReply MethodTooLong = new(501, "Not Implemented"u8.ToArray(), ResponseFlags.DownstreamProtocolError, "method_too_long");

    /// <summary>The path cannot be normalised, or is not allowed.</summary>
    public static readonly LocalReply PathNormalizationFailed = new(400, [], ResponseFlags.None, "path_normalization_failed");

    /// <summary>The request's body is longer than a filter may keep.</summary>
    public static readonly LocalReply PayloadTooLarge =
        new(413, "Payload Too Large"u8.ToArray(), ResponseFlags.None, "request_payload_too_large");

    /// <summary>The request's body broke the framing after the head was forwarded.</summary>
    public static readonly LocalReply BodyCodecError =
        new(400, "Bad Request"u8.ToArray(), ResponseFlags.DownstreamProtocolError, "http1.codec_error");

    /// <summary>Nobody is there to get it: never sent, but it says in the log what happened.</summary>
    public static readonly LocalReply DownstreamGone =
        new(0, [], ResponseFlags.DownstreamConnectionTermination, "downstream_remote_disconnect");

    /// <summary>The client has reset its stream: never sent either.</summary>
    public static readonly LocalReply DownstreamReset = new(0, [], ResponseFlags.DownstreamRemoteReset, "http2.remote_reset");

    /// <summary>The target <c>*</c>: the gateway itself has no options to tell of, and no route is for it (RFC 9110, section 9.3.7).</summary>
    public static readonly LocalReply AsteriskRejected = new(404, [], ResponseFlags.None, "absolute_path_rejected");

    /// <summary>A target that says https on a connection without TLS (RFC 9110, section 7.4).</summary>
    public static readonly LocalReply HttpsOnPlaintext =
        new(403, "Forbidden"u8.ToArray(), ResponseFlags.DownstreamProtocolError, "http1.https_url_on_plaintext_connection");

    /// <summary>A tunnel had its time after its listener was gone: never sent, but it says in the log what happened.</summary>
    public static readonly LocalReply TunnelDrained = new(0, [], ResponseFlags.None, "listener_drained");

    /// <summary>An upgrade that is not offered.</summary>
    public static readonly LocalReply UpgradeFailed = new(403, [], ResponseFlags.None, "upgrade_failed") { EndsConnection = true };

    /// <summary>TLS with the endpoints asks for the request's host, and the host is no name that a handshake can ask for (RFC 6066, section 3).</summary>
    public static readonly LocalReply UnusableServerName = new(400, "Bad Request"u8.ToArray(), ResponseFlags.None, "host_is_no_server_name");

    /// <summary>The route leads to the gateway itself, and the request has gone round often enough (RFC 5842, section 7.2).</summary>
    public static readonly LocalReply LoopDetected = new(508, "Loop Detected"u8.ToArray(), ResponseFlags.LoopDetected, "loop_detected");

    /// <summary>The endpoint has said that it takes no head as large as the request's (RFC 9113, section 6.5.2).</summary>
    public static readonly LocalReply HeadTooLargeForUpstream =
        new(431, "Request Header Fields Too Large"u8.ToArray(), ResponseFlags.None, "request_headers_too_large_for_upstream");

    /// <summary>The endpoint speaks HTTP/2 and takes no upgrades there (RFC 8441, section 3).</summary>
    public static readonly LocalReply TunnelNotTaken = new(502, [], ResponseFlags.None, "upstream_takes_no_upgrades");

    /// <summary>There is no memory for the request (edge.md, S11; Envoy: <c>stop_accepting_requests</c>).</summary>
    public static readonly LocalReply Overloaded = new(503, "envoy overloaded"u8.ToArray(), ResponseFlags.OverloadManager, "overload");

    /// <summary>The request, or its connection, holds too much memory while there is none for others: never sent, but it says in the log what happened.</summary>
    public static readonly LocalReply Shed = new(0, [], ResponseFlags.OverloadManager, "overload");

    /// <summary>Something in the gateway failed (edge.md, L05).</summary>
    public static readonly LocalReply InternalError = new(500, [], ResponseFlags.LocalReset, "internal_error");

    private static readonly LocalReply CutByProtocolError = new(0, [], ResponseFlags.UpstreamProtocolError, "upstream_reset_after_response_started{protocol_error}");
    private static readonly LocalReply CutByReset = new(0, [], ResponseFlags.UpstreamRemoteReset, "upstream_reset_after_response_started{remote_reset}");
    private static readonly LocalReply CutByTermination = new(0, [], ResponseFlags.UpstreamConnectionTermination, "upstream_reset_after_response_started{connection_termination}");

    private static readonly LocalReply[] Resets = MakeResets(string.Empty);
    private static readonly LocalReply[] ResetsAfterRetries = MakeResets("retried and the latest ");

    /// <summary>What a request asks for cannot be used as it is configured, and no earlier version can: it is as if not configured.</summary>
    /// <param name="unit">What kind of unit, such as <c>route</c>.</param>
    /// <param name="name">The user's object, or the unit's own name.</param>
    public static LocalReply NotConfigured(string unit, string name) => new(503, [], ResponseFlags.NoRouteFound, $"{unit}_not_configured{{{name}}}");

    /// <summary>The upstream gave no answer, for <paramref name="reason"/>; <paramref name="isRetried"/> when other attempts went before.</summary>
    public static LocalReply OfReset(UpstreamReset reason, bool isRetried) => (isRetried ? ResetsAfterRetries : Resets)[(int)reason];

    /// <summary>The upstream's answer has begun and is cut short for <paramref name="reason"/>: never sent, but it says in the log what happened.</summary>
    public static LocalReply OfCut(UpstreamRead reason) => reason switch
    {
        UpstreamRead.OutOfMemory => Shed,
        UpstreamRead.ProtocolError => CutByProtocolError,
        UpstreamRead.Reset => CutByReset,
        _ => CutByTermination,
    };

    /// <summary>The codec's own refusal of what a client sent.</summary>
    public static LocalReply OfCodecError(Http1Error error) => new(
        error.Status,
        error.Body.ToArray(),
        error.IsDownstreamProtocolError ? ResponseFlags.DownstreamProtocolError : ResponseFlags.None,
        error.Detail);

    /// <summary>Writes the head of the answer. A gRPC client gets a gRPC status instead (gRPC over HTTP/2, "HTTP status to gRPC status").</summary>
    /// <param name="exchange">The exchange whose answer it is.</param>
    /// <param name="answer">This reply as the listener wants it to be.</param>
    public void WriteTo(HttpExchange exchange, in LocalAnswer answer)
    {
        ResponseHead response = exchange.Response;
        response.Reset();
        response.IsForHead = exchange.Request.Method == KnownMethod.Head;
        response.KeepAlive = !EndsConnection;
        for (int i = 0; i < Fields.Count; i++)
        {
            response.Headers.Add(Fields[i].Name, Fields[i].Value);
        }

        if (exchange.IsGrpc)
        {
            GrpcReply.WriteTo(response, _grpcStatus is null ? GrpcReply.StatusOf(answer.Status) : _grpcStatus, answer.Body.Span);
            return;
        }

        if (ReferenceEquals(this, PathRedirect))
        {
            response.Headers.Add(KnownHeader.Location, exchange.Request.Path);
        }

        response.Status = answer.Status;
        response.ContentLength = answer.Body.Length > 0 ? answer.Body.Length : -1;
        response.Framing = response.IsForHead || answer.Body.IsEmpty ? MessageFraming.None : MessageFraming.ContentLength;
        if (answer.Body.Length > 0 && !response.Headers.Contains(KnownHeader.ContentType))
        {
            response.Headers.Add(KnownHeader.ContentType, answer.ContentType.Span);
        }

        if ((Flags & ResponseFlags.UpstreamOverflow) != 0)
        {
            response.Headers.Add(KnownHeader.XEnvoyOverloaded, "true"u8);
        }
    }

    /// <summary>The details for the log: a failed connection says why it failed.</summary>
    public string DetailsFor(HttpExchange exchange) =>
        exchange.UpstreamTransportFailureReason is { } reason && (Flags & ResponseFlags.UpstreamConnectionFailure) != 0
            ? $"{Details[..^1]}|{reason}}}"
            : Details;

    /// <summary>The body as the client of an exchange gets it.</summary>
    public static ReadOnlyMemory<byte> BodyFor(HttpExchange exchange, in LocalAnswer answer) =>
        exchange.Response.Framing == MessageFraming.ContentLength && exchange.Response.ContentLength > 0 ? answer.Body : default;

    private static LocalReply[] MakeResets(string prefix)
    {
        LocalReply Make(int status, ResponseFlags flag, string reason) => new(
            status,
            Encoding.UTF8.GetBytes($"{ResetPrefix}{prefix}reset reason: {reason}"),
            flag,
            $"upstream_reset_before_response_started{{{reason.Replace(' ', '_')}}}");

        var replies = new LocalReply[Enum.GetValues<UpstreamReset>().Length];
        replies[(int)UpstreamReset.ConnectionFailure] = Make(503, ResponseFlags.UpstreamConnectionFailure, "remote connection failure");
        replies[(int)UpstreamReset.LocalConnectionFailure] = Make(503, ResponseFlags.UpstreamConnectionFailure, "local connection failure");
        replies[(int)UpstreamReset.ConnectionTimeout] = Make(503, ResponseFlags.UpstreamConnectionFailure, "connection timeout");
        replies[(int)UpstreamReset.ConnectionTermination] = Make(503, ResponseFlags.UpstreamConnectionTermination, "connection termination");
        replies[(int)UpstreamReset.RemoteReset] = Make(503, ResponseFlags.UpstreamRemoteReset, "remote reset");
        replies[(int)UpstreamReset.RefusedStream] = Make(503, ResponseFlags.UpstreamRemoteReset, "remote refused stream reset");
        replies[(int)UpstreamReset.Overflow] = Make(503, ResponseFlags.UpstreamOverflow, "overflow");
        replies[(int)UpstreamReset.ProtocolError] = Make(502, ResponseFlags.UpstreamProtocolError, "protocol error");
        return replies;
    }
}

/// <summary>Why an attempt ended without an answer (Envoy: reset reasons).</summary>
internal enum UpstreamReset : byte
{
    /// <summary>The connection could not be made.</summary>
    ConnectionFailure,

    /// <summary>The gateway could not make it, by no fault of the endpoint.</summary>
    LocalConnectionFailure,

    /// <summary>The connection could not be made in time.</summary>
    ConnectionTimeout,

    /// <summary>The connection ended before the answer began.</summary>
    ConnectionTermination,

    /// <summary>A circuit breaker is open.</summary>
    Overflow,

    /// <summary>The answer is not HTTP as it should be.</summary>
    ProtocolError,

    /// <summary>The upstream has reset the stream (HTTP/2).</summary>
    RemoteReset,

    /// <summary>The upstream has not looked at the request, and said so (HTTP/2: REFUSED_STREAM, or GOAWAY before it).</summary>
    RefusedStream,
}
