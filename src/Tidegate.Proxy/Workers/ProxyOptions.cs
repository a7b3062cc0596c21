using System.Net;
using Tidegate.Http.Http1;
using Tidegate.Http.Http2;
using Tidegate.Net;

namespace Tidegate.Proxy.Workers;

/// <summary>
/// What a data plane is told at its start and what no xDS resource says. Everything else comes as configuration.
/// Durations named <c>...Ms</c> are milliseconds; 0 switches the limit off unless said otherwise.
/// </summary>
public sealed record ProxyOptions
{
    /// <summary>Number of workers, each an event loop on a thread of its own (Envoy: <c>--concurrency</c>).</summary>
    public int Concurrency { get; init; } = Environment.ProcessorCount;

    /// <summary>The version that metrics and <c>/server_info</c> tell.</summary>
    public string Version { get; init; } = "unknown";

    /// <summary>The address that stands in for <c>0.0.0.0</c> and <c>::</c> when a listener is bound; null binds what the listener says.</summary>
    public IPAddress? BindAddress { get; init; }

    /// <summary>Limits on what an HTTP/1.1 peer may send, downstream and upstream.</summary>
    public Http1Limits Http1Limits { get; init; } = new();

    /// <summary>How long a request's method may be; a longer one is answered with 501. Default 128: the longest that is registered with IANA has 17.</summary>
    public int MaxMethodBytes { get; init; } = 128;

    /// <summary>Limits on what an HTTP/2 client may send; a listener's own win.</summary>
    public Http2Limits Http2Limits { get; init; } = new();

    /// <summary>
    /// Requests of one HTTP/2 connection that begin before the worker turns to its other connections (edge.md, H2-FX4). Default 10 (Envoy:
    /// <c>http.max_requests_per_io_cycle</c>, off there).
    /// </summary>
    public int Http2RequestsPerTurn { get; init; } = 10;

    /// <summary>How long an HTTP/2 client with requests under way may leave our SETTINGS unacknowledged (RFC 9113, section 6.5.3). Default 30 s.</summary>
    public long Http2SettingsTimeoutMs { get; init; } = 30_000;

    /// <summary>
    /// How long requests that are on their way are still taken on an HTTP/2 connection after its client was told that it ends (RFC 9113, section 6.8). Default
    /// 5 s (Envoy: <c>drain_timeout</c>).
    /// </summary>
    public long Http2DrainGraceMs { get; init; } = 5_000;

    /// <summary>
    /// From the first byte of a request (or the accept of a new connection) to the end of its head. Default 10 s (edge.md, section 3);
    /// a listener's own <c>request_headers_timeout</c> wins.
    /// </summary>
    public long RequestHeadersTimeoutMs { get; init; } = 10_000;

    /// <summary>
    /// How long a client's TLS handshake may take. Default 15 s (edge.md, T18; Istio: <c>PILOT_GATEWAY_TRANSPORT_SOCKET_CONNECT_TIMEOUT</c>); a
    /// filter chain's own <c>transport_socket_connect_timeout</c> wins.
    /// </summary>
    public long HandshakeTimeoutMs { get; init; } = 15_000;

    /// <summary>Clients' TLS handshakes that may be under way on one worker; a further one is refused (edge.md, T19).</summary>
    public int MaxHandshakesPerWorker { get; init; } = 4096;

    /// <summary>
    /// Bytes that a client may send before its TLS handshake is answered: the ClientHello, which is some hundred bytes, and with padding no more than 16 KiB (edge.md,
    /// T17).
    /// </summary>
    public int MaxClientHelloBytes { get; init; } = 64 * 1024;

    /// <summary>Bytes that a client may send before its TLS handshake is done: a long chain of certificates is some 10 KiB.</summary>
    public int MaxHandshakeBytes { get; init; } = 128 * 1024;

    /// <summary>
    /// Whether a request inside of TLS is answered with 421 when its host belongs to another filter chain than its connection (edge.md, T04).
    /// False: it is routed as Envoy does, which mostly is 404.
    /// </summary>
    public bool RefusesMisdirected { get; init; } = true;

    /// <summary>How long a request's body may stand still. Default 30 s (edge.md, S02).</summary>
    public long RequestBodyIdleTimeoutMs { get; init; } = 30_000;

    /// <summary>
    /// What a client has to send of a request's body per second, on average over the time that it was waited for; 0 for anything. Default 240, as
    /// with Kestrel (edge.md, S02).
    /// </summary>
    public long MinRequestBytesPerSecond { get; init; } = 240;

    /// <summary>How long a client has to be waited for before that average counts: an upload may pause once. Default 10 s.</summary>
    public long RequestRateGraceMs { get; init; } = 10_000;

    /// <summary>
    /// How long a client may take nothing at all of an answer that waits for it: nothing that its system has acknowledged. Default 30 s (edge.md, S03).
    /// </summary>
    public long ResponseWriteTimeoutMs { get; init; } = 30_000;

    /// <summary>
    /// What a client has to take of an answer per second, on average over the time that it was waited for once that is
    /// <see cref="ResponseWriteTimeoutMs"/>; 0 for anything. Default 240.
    /// </summary>
    public long MinResponseBytesPerSecond { get; init; } = 240;

    /// <summary>How long a kept-alive connection may be idle. Default 1 h (Envoy: <c>common_http_protocol_options.idle_timeout</c>); a listener's own wins.</summary>
    public long DownstreamIdleTimeoutMs { get; init; } = 3_600_000;

    /// <summary>
    /// How long an upstream connection may wait in the pool. Default 60 s: shorter than what backends keep alive (edge.md, section 3); a cluster's own wins.
    /// </summary>
    public long UpstreamIdleTimeoutMs { get; init; } = 60_000;

    /// <summary>How long a connection that is being closed may still deliver bytes that nobody reads (Envoy: <c>delayed_close_timeout</c>).</summary>
    public long DelayedCloseTimeoutMs { get; init; } = 1_000;

    /// <summary>How many bytes are read and thrown away after a refused request, so that the client can read the answer.</summary>
    public long LingeringReadBytes { get; init; } = 256 * 1024;

    /// <summary>How much of a request's body is kept for a retry (Envoy: <c>per_connection_buffer_limit_bytes</c>, 1 MiB).</summary>
    public int RetryBufferBytes { get; init; } = 1024 * 1024;

    /// <summary>
    /// Bytes of memory for all that peers make the gateway hold: connections, handshakes, requests, bodies. When they are used up, new requests and connections are refused, and whoever
    /// holds most is ended (edge.md, S11; Envoy: overload manager). 0 is no limit. Default half of what the runtime may use: in a container three quarters of its limit.
    /// </summary>
    public long MemoryBudgetBytes { get; init; } = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 2;

    /// <summary>
    /// Bytes that the peer of a connection may send ahead of what is read of it (SO_RCVBUF; the kernel holds up to twice as much); 0 leaves it to the system. Default -1: a 2048th of
    /// <see cref="MemoryBudgetBytes"/>, and the system's where that is a megabyte or more.
    /// </summary>
    public int SocketReceiveBytes { get; init; } = -1;

    /// <summary>The same of bytes that the kernel takes to send beyond those that are on their way (TCP_NOTSENT_LOWAT).</summary>
    public int SocketUnsentBytes { get; init; } = -1;

    /// <summary>How often unused memory is looked for that pools can give back. Default 5 s.</summary>
    public long MemoryTrimMs { get; init; } = 5_000;

    /// <summary>
    /// How long a tunnel (WebSocket, another upgrade, CONNECT) may carry nothing either way; 0 for any time. Default 1 h (edge.md, S21). What listener or
    /// route say of idle streams counts as well.
    /// </summary>
    public long TunnelIdleTimeoutMs { get; init; } = 3_600_000;

    /// <summary>Requests after which a downstream connection is closed; 0 = no limit (Envoy: <c>max_requests_per_connection</c>).</summary>
    public int MaxRequestsPerConnection { get; init; }

    /// <summary>Open downstream connections over all listeners; a further one is closed at once. Default 50,000 (edge.md, section 3).</summary>
    public int MaxConnections { get; init; } = 50_000;

    /// <summary>Connections at once to the gateway's own pages: all readiness and metrics ports together, and each port of admin and agent pages. 0 = no limit.</summary>
    public int MaxPageConnections { get; init; } = 128;

    /// <summary>How long such a connection may wait for a request, or a request for its head.</summary>
    public long PageIdleTimeoutMs { get; init; } = 30_000;

    /// <summary>Where the pages of the gateway's operator are: no cluster but the bootstrap's own may lead there.</summary>
    public IReadOnlyList<IPEndPoint> OperatorPages { get; init; } = [];

    /// <summary>Where the bootstrap's clusters of such an address lead instead: to what of the pages is for everybody. Null: where they say.</summary>
    public EndPoint? PublicPages { get; init; }

    /// <summary>Connections of clients and to endpoints have descriptors below this: what is above is left to the gateway's pages, to files, and to the runtime.</summary>
    public int TrafficDescriptorLimit { get; init; } = int.MaxValue;

    /// <summary>The same for connections to the gateway's own pages.</summary>
    public int PageDescriptorLimit { get; init; } = int.MaxValue;

    /// <summary>From where PROXY headers are believed; empty for everywhere. A header from elsewhere closes the connection.</summary>
    public IReadOnlyList<System.Net.IPNetwork> ProxyHeaderSources { get; init; } = [];

    /// <summary>From a connection's begin to the end of its PROXY header (edge.md, PP05).</summary>
    public long ProxyHeaderTimeoutMs { get; init; } = 5000;

    /// <summary>
    /// How long TCP connections of a listener or filter chain that is gone may go on. Default 45 s (Istio: <c>drainDuration</c>; Envoy:
    /// <c>--drain-time-s</c>). Requests end by themselves.
    /// </summary>
    public long ListenerDrainMs { get; init; } = 45_000;

    /// <summary>How long to wait before an address that could not be had is tried again. Default 2 s.</summary>
    public long BindRetryMs { get; init; } = 2_000;

    /// <summary>Keeps last good units of what is refused beyond the life of the process; null keeps none.</summary>
    public ILastGoodStore? LastGoodStore { get; init; }

    /// <summary>
    /// The longest line of an access log, its end included; values of a longer one are cut. Default 64 KiB: what a request's head may have is logged as it came, as by
    /// Envoy (edge.md, section 3, has 4 KiB).
    /// </summary>
    public int AccessLogLineBytes { get; init; } = 64 * 1024;

    /// <summary>
    /// Bytes that a worker may be ahead of a file of access logs, rounded up to a power of two and to a line at least; what comes then is dropped and counted. Default
    /// 1 MiB.
    /// </summary>
    public int AccessLogBufferBytes { get; init; } = 1024 * 1024;

    /// <summary>Pending connections that the kernel holds for a listener.</summary>
    public int ListenBacklog { get; init; } = 4096;

    /// <summary>
    /// From when the gateway is told to end to when what still runs is cut. Default 25 s, within the 30 s that Kubernetes gives a pod
    /// (Istio: <c>terminationDrainDuration</c>).
    /// </summary>
    public long DrainMs { get; init; } = 25_000;

    /// <summary>
    /// How long new connections are still accepted after the gateway was told to end, because load balancers learn of it later than the gateway does; never longer than
    /// <see cref="DrainMs"/>. Default 5 s (Istio: <c>MINIMUM_DRAIN_DURATION</c>).
    /// </summary>
    public long MinimumDrainMs { get; init; } = 5_000;

    /// <summary>
    /// Whether addresses are bound that another process has bound as well, so that one gateway can take over from another without a gap. Each gets a part of the
    /// connections. False: such an address is left alone, with a warning.
    /// </summary>
    public bool SharesPorts { get; init; }

    /// <summary>Interim answers (1xx) that an endpoint may send before its answer; one more is a broken answer.</summary>
    public int MaxInterimResponses { get; init; } = 16;

    /// <summary>How often a request may come back to the gateway because a route leads to one of its own listeners; once more is answered with 508. Default 10.</summary>
    public int MaxHops { get; init; } = 10;

    /// <summary>Copies of requests (mirrors) that may be under way on one worker; a further one is not made.</summary>
    public int MaxMirroredRequestsPerWorker { get; init; } = 1024;

    /// <summary>How long the answer to a mirrored request is waited for where its route has no timeout; at least 1 ms. Default 1 min.</summary>
    public long MirrorTimeoutMs { get; init; } = 60_000;

    /// <summary>Series of Istio's metrics that a worker keeps; what comes then is counted with the destination <c>overflow</c>. Default 2,048 (edge.md, S17).</summary>
    public int MaxIstioSeriesPerWorker { get; init; } = 2048;

    /// <summary>Methods of gRPC that have counters of their own, for each cluster and worker; calls of others are counted together (edge.md, S17).</summary>
    public int MaxGrpcMethodsPerCluster { get; init; } = 256;

    /// <summary>Tokens that one worker remembers to have verified, so that the next request with one of them costs no signature; 0 for none.</summary>
    public int MaxCachedTokensPerWorker { get; init; } = 1024;

    /// <summary>How long all cookies of a login may be together, attributes included; a login whose tokens need more fails. Half of what a request's head may have.</summary>
    public int MaxLoginCookieBytes { get; init; } = 30 * 1024;

    /// <summary>How long cookies of logins are still read that an earlier HMAC secret has made; then their clients log in again. In milliseconds, a day.</summary>
    public long OAuthKeyOverlapMs { get; init; } = 86_400_000;

    /// <summary>How long a key set may be that is fetched for the check of tokens.</summary>
    public int MaxKeySetBytes { get; init; } = 256 * 1024;

    /// <summary>How long an external authorizer's answer may be; a longer one is none.</summary>
    public int MaxAuthorizationAnswerBytes { get; init; } = 1024 * 1024;

    /// <summary>What the kernel may hold for each connection.</summary>
    internal SocketBuffers SocketBuffers
    {
        get
        {
            const int Connections = 2048;
            const long Least = 16 * 1024;
            const long Enough = 1024 * 1024;
            long share = MemoryBudgetBytes / Connections;
            int usual = share == 0 || share >= Enough ? 0 : (int)Math.Max(share, Least);
            return new SocketBuffers(SocketReceiveBytes < 0 ? usual : SocketReceiveBytes, SocketUnsentBytes < 0 ? usual : SocketUnsentBytes);
        }
    }

    /// <summary>Which of both holds: listeners and clusters of the bootstrap are the pages'.</summary>
    internal int DescriptorLimitOf(bool isPage) => isPage ? PageDescriptorLimit : TrafficDescriptorLimit;
}
