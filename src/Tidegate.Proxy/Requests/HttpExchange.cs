using Tidegate.Http;
using Tidegate.Http.Headers;
using Tidegate.Net;
using Tidegate.Proxy.Clusters;
using Tidegate.Proxy.Routing.Metadata;
using Tidegate.Proxy.Telemetry;
using Tidegate.Proxy.Tls;

namespace Tidegate.Proxy.Requests;

/// <summary>
/// All that is known of one request, from its head to the last byte of its answer: filters, the access log, the statistics and
/// <c>explain</c> read it, and nothing else. The tables that it was routed by are in <c>RoutedExchange</c>. Owned by one worker and reused:
/// <see cref="Reset"/> makes it new.
/// Times are microseconds of the loop's monotonic clock (<see cref="EventLoop.NowUs"/>); 0 means "has not happened".
/// </summary>
public class HttpExchange
{
    private Guid _uniqueId;

    /// <summary>The request as it goes upstream: what came in, less what the edge strips, plus what the gateway adds.</summary>
    public RequestHead Request { get; } = new();

    /// <summary>The answer as it goes to the client.</summary>
    public ResponseHead Response { get; } = new();

    /// <summary>Fields behind the request's body; complete when the request is.</summary>
    public HeaderMap RequestTrailers { get; } = new();

    /// <summary>Fields behind the answer's body; complete when the answer is.</summary>
    public HeaderMap ResponseTrailers { get; } = new();

    /// <summary>Memory that the messages' heads and trailers hold, in use or not, in bytes.</summary>
    public int MemoryBytes => Request.MemoryBytes + Response.Headers.MemoryBytes + RequestTrailers.MemoryBytes + ResponseTrailers.MemoryBytes;

    /// <summary>The name of the route that was chosen; null when none was.</summary>
    public string? RouteName { get; protected set; }

    /// <summary>The metadata of that route.</summary>
    public Envoy.Config.Core.V3.Metadata? RouteMetadata { get; protected set; }

    /// <summary>The cluster that the route leads to; null before routing and for local replies.</summary>
    public RuntimeCluster? Cluster { get; set; }

    /// <summary>The name of the chosen cluster, known also when no such cluster exists.</summary>
    public string? ClusterName { get; set; }

    /// <summary>The endpoint of the last attempt.</summary>
    public RuntimeEndpoint? Endpoint { get; set; }

    /// <summary>The gateway's own address on the upstream connection of the last attempt.</summary>
    public NetAddress UpstreamLocalAddress { get; set; }

    /// <summary>The other end of the TCP connection itself, also where a PROXY header announces somebody else (Envoy: the direct remote address).</summary>
    public NetAddress DownstreamDirectAddress { get; set; }

    /// <summary>The TCP peer (Envoy: <c>DOWNSTREAM_DIRECT_REMOTE_ADDRESS</c>).</summary>
    public NetAddress DownstreamPeerAddress { get; set; }

    /// <summary>The trusted client address after <c>x-forwarded-for</c> was evaluated (Envoy: <c>DOWNSTREAM_REMOTE_ADDRESS</c>).</summary>
    public NetAddress DownstreamRemoteAddress { get; set; }

    /// <summary>The gateway's address that the client connected to.</summary>
    public NetAddress DownstreamLocalAddress { get; set; }

    /// <summary>Whether the client came by TLS.</summary>
    public bool IsDownstreamTls { get; set; }

    /// <summary>What is known of the client's TLS; null when it came without.</summary>
    public DownstreamTlsSession? DownstreamTls { get; set; }

    /// <summary>The server name of the TLS handshake, if there was one.</summary>
    public string? RequestedServerName { get; set; }

    /// <summary>Whether this is a connection as a whole, which carried no request.</summary>
    public bool IsConnection { get; set; }

    /// <summary>Whether a request head was understood; false for a local reply to bytes that are no request.</summary>
    public bool HasRequestHead { get; set; }

    /// <summary>Whether the client speaks gRPC, by its content type as it came: answers of our own are gRPC then.</summary>
    public bool IsGrpc { get; set; }

    /// <summary>What counts this call of gRPC; null when nothing does.</summary>
    internal GrpcMethodCounters? GrpcCounters { get; set; }

    /// <summary>Messages of the request, where <see cref="GrpcCounters"/> count.</summary>
    internal GrpcMessageCounter RequestMessages;

    /// <summary>Messages of the answer, where <see cref="GrpcCounters"/> count.</summary>
    internal GrpcMessageCounter ResponseMessages;

    /// <summary>Wall-clock time of the request's first byte, UTC ticks (<see cref="DateTime.Ticks"/>).</summary>
    public long StartTicksUtc { get; set; }

    /// <summary>When the request's first byte came.</summary>
    public long StartUs { get; set; }

    /// <summary>When the request's last byte came.</summary>
    public long RequestEndUs { get; set; }

    /// <summary>When the last attempt's head was handed to the upstream connection.</summary>
    public long UpstreamStartUs { get; set; }

    /// <summary>When the upstream's answer began (Envoy: first upstream rx byte).</summary>
    public long UpstreamFirstByteUs { get; set; }

    /// <summary>When the upstream's answer ended.</summary>
    public long UpstreamEndUs { get; set; }

    /// <summary>When the answer's first byte was sent to the client.</summary>
    public long ResponseStartUs { get; set; }

    /// <summary>When the exchange was over.</summary>
    public long EndUs { get; set; }

    /// <summary>Bytes of the request's head as received.</summary>
    public long RequestHeaderBytes { get; set; }

    /// <summary>Bytes of the request's body, without framing (Envoy: <c>BYTES_RECEIVED</c>).</summary>
    public long RequestBodyBytes { get; set; }

    /// <summary>Bytes of the answer's head as sent.</summary>
    public long ResponseHeaderBytes { get; set; }

    /// <summary>Bytes of the answer's body, without framing (Envoy: <c>BYTES_SENT</c>).</summary>
    public long ResponseBodyBytes { get; set; }

    /// <summary>The status that the client got; 0 when it got none.</summary>
    public int ResponseStatus { get; set; }

    /// <summary>Why the answer is what it is.</summary>
    public ResponseFlags Flags { get; set; }

    /// <summary>Envoy's <c>RESPONSE_CODE_DETAILS</c>: <c>via_upstream</c>, <c>route_not_found</c>, ...</summary>
    public string? ResponseCodeDetails { get; set; }

    /// <summary>Envoy's <c>CONNECTION_TERMINATION_DETAILS</c>.</summary>
    public string? ConnectionTerminationDetails { get; set; }

    /// <summary>Envoy's <c>UPSTREAM_TRANSPORT_FAILURE_REASON</c>.</summary>
    public string? UpstreamTransportFailureReason { get; set; }

    /// <summary>Envoy's <c>DOWNSTREAM_TRANSPORT_FAILURE_REASON</c>, one word.</summary>
    public string? DownstreamTransportFailureReason { get; set; }

    /// <summary>From the end of the request to the end of its answer, in milliseconds; 0 is no limit.</summary>
    public long RouteTimeoutMs { get; set; }

    /// <summary>Whether the client has chosen that limit: that it passes says nothing of the upstream.</summary>
    public bool IsDeadlineOfClient { get; set; }

    /// <summary>The same of one attempt, to the begin of its answer.</summary>
    public long PerTryTimeoutMs { get; set; }

    /// <summary>Whether an attempt that passes its limit of time goes on beside another one.</summary>
    public bool HedgesOnPerTryTimeout { get; set; }

    /// <summary>Attempts made so far, the first included, and one that found no endpoint; 0 when the request was for no cluster.</summary>
    public int AttemptCount { get; set; }

    /// <summary>Whether it is a health check, answered or passed on by the filter for these.</summary>
    public bool IsHealthCheck { get; set; }

    /// <summary>Whether the answer was made by the gateway itself.</summary>
    public bool IsLocalReply { get; set; }

    /// <summary>The body of an answer of our own (Envoy: <c>LOCAL_REPLY_BODY</c>); empty for none, and when the answer is an upstream's.</summary>
    public ReadOnlyMemory<byte> LocalReplyBody { get; set; }

    /// <summary>What filters have noted of the request.</summary>
    internal DynamicMetadata DynamicMetadata { get; } = new();

    /// <summary>The request's hash, where its route and its cluster go by one.</summary>
    public ulong? HashKey { get; set; }

    /// <summary>Values of <c>set-cookie</c> for the answer: cookies that were made for consistent load balancing.</summary>
    public List<byte[]>? SetCookies { get; set; }

    /// <summary>An id of its own, made when it is asked for (Envoy: <c>UNIQUE_ID</c>).</summary>
    public Guid UniqueId => _uniqueId == default ? _uniqueId = Guid.NewGuid() : _uniqueId;

    /// <summary>Makes this object ready for another request.</summary>
    public virtual void Reset()
    {
        BeginAnotherWay();
        Request.Reset();
        RequestTrailers.Clear();
        ResponseTrailers.Clear();
        DownstreamDirectAddress = default;
        DownstreamPeerAddress = default;
        DownstreamRemoteAddress = default;
        DownstreamLocalAddress = default;
        IsDownstreamTls = false;
        DownstreamTls = null;
        RequestedServerName = null;
        IsConnection = false;
        HasRequestHead = false;
        IsGrpc = false;
        GrpcCounters = null;
        RequestMessages = default;
        ResponseMessages = default;
        StartTicksUtc = 0;
        StartUs = 0;
        RequestEndUs = 0;
        UpstreamEndUs = 0;
        ResponseStartUs = 0;
        EndUs = 0;
        RequestHeaderBytes = 0;
        RequestBodyBytes = 0;
        ResponseHeaderBytes = 0;
        ResponseBodyBytes = 0;
        ResponseStatus = 0;
        Flags = ResponseFlags.None;
        ResponseCodeDetails = null;
        ConnectionTerminationDetails = null;
        DownstreamTransportFailureReason = null;
        IsHealthCheck = false;
        IsLocalReply = false;
        SetCookies = null;
        _uniqueId = default;
        LocalReplyBody = default;
    }

    /// <summary>Forgets what one way to an upstream has left, before the same request takes another: a redirect was followed.</summary>
    public virtual void BeginAnotherWay()
    {
        Response.Reset();
        DynamicMetadata.Clear();
        RouteName = null;
        RouteMetadata = null;
        Cluster = null;
        ClusterName = null;
        Endpoint = null;
        UpstreamLocalAddress = default;
        UpstreamStartUs = 0;
        UpstreamFirstByteUs = 0;
        UpstreamTransportFailureReason = null;
        RouteTimeoutMs = 0;
        IsDeadlineOfClient = false;
        PerTryTimeoutMs = 0;
        HedgesOnPerTryTimeout = false;
        AttemptCount = 0;
        HashKey = null;
    }
}
