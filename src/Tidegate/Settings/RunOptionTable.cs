using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Tidegate.Http.Http1;
using Tidegate.Http.Http2;
using Tidegate.Pilot.Sources.Kubernetes;
using Tidegate.Pilot.Sources.Reading;
using Tidegate.Pilot.Translation;
using Tidegate.Proxy.Workers;

namespace Tidegate.Settings;

/// <summary>
/// All options of <c>tidegate run</c>, in the order of <c>--help</c>: a line each. Meaning and default are those of the property that the line names;
/// docs/configuration.md lists the same, which a test holds.
/// </summary>
internal static class RunOptionTable
{
    private const int Many = int.MaxValue;

    private static readonly OptionSection<RunOptions> Run = new(static options => options, static (_, changed) => changed);

    private static readonly OptionSection<ProxyOptions> Data = new(static options => options.Proxy, static (options, proxy) => options with { Proxy = proxy });

    private static readonly OptionSection<ClusterSourceOptions> Cluster = new(static options => options.Cluster, static (options, cluster) => options with { Cluster = cluster });

    private static readonly OptionSection<Http1Limits> Http1 = new(
        static options => options.Proxy.Http1Limits, static (options, limits) => options with { Proxy = options.Proxy with { Http1Limits = limits } });

    private static readonly OptionSection<Http2Limits> Http2 = new(
        static options => options.Proxy.Http2Limits, static (options, limits) => options with { Proxy = options.Proxy with { Http2Limits = limits } });

    private static readonly OptionSection<ManifestLimits> Manifests = new(static options => options.Manifests, static (options, limits) => options with { Manifests = limits });

    private static readonly (string Word, LogLevel Level)[] LevelWords =
    [
        ("trace", LogLevel.Trace),
        ("debug", LogLevel.Debug),
        ("info", LogLevel.Information),
        ("warning", LogLevel.Warning),
        ("error", LogLevel.Error),
        ("critical", LogLevel.Critical),
        ("off", LogLevel.None),
        ("warn", LogLevel.Warning),
        ("information", LogLevel.Information),
        ("none", LogLevel.None),
    ];

    /// <summary>The table.</summary>
    public static readonly IReadOnlyList<RunOption> All =
    [
        // What is served, and for whom.
        Run.Text("--namespace", "NAME", "Namespace of objects that name none", o => o.Namespace, (o, v) => o with { Namespace = v }),
        Run.Text("--state", "DIR", "Where the last good versions of wrong objects are remembered for the next start, or off", _ => "a folder below $XDG_STATE_HOME/tidegate (~/.local/state/tidegate)", (o, v) => o with { StateFolder = v }, off: "off"),
        Run.Switch("--kubernetes", "Take the objects of a Kubernetes cluster: that of the pod's service account or of the kubeconfig; beside them those of DIR where it is given", (o, on) => o with { FollowsCluster = on }),
        Run.Text("--kubeconfig", "FILE", "The kubeconfig for --kubernetes; unless given the pod's service account, outside of a pod KUBECONFIG or ~/.kube/config", o => o.Kubeconfig, (o, v) => o with { Kubeconfig = v }),
        Run.Text("--kube-context", "NAME", "The kubeconfig's context for --kubernetes; the current one unless given", o => o.KubeContext, (o, v) => o with { KubeContext = v }),
        Cluster.Value("--secret-namespaces", "NAME,...", "Namespaces of the cluster whose Secrets are read; the gateway's own unless given", static (c, v) => (c with { SecretNamespaces = v.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) }, null), static c => string.Join(',', c.SecretNamespaces)),
        Cluster.Text("--secret-selector", "SELECTOR", "Labels of the cluster's Secrets that are read, as kubectl -l takes them; all of those namespaces unless given", c => c.SecretSelector, (c, v) => c with { SecretSelector = v }),
        Cluster.Time("--kubernetes-start-timeout", "How long the API server is waited for at the start until the copy of an earlier run is taken (--state)", c => (long)c.StartTimeout.TotalMilliseconds, (c, ms) => c with { StartTimeout = TimeSpan.FromMilliseconds(ms) }),
        Cluster.Number("--max-kubernetes-bytes", "N", "Bytes of an answer of the API server", (64 * 1024, Many), c => c.MaxObjectBytes, (c, n) => c with { MaxObjectBytes = n }),
        Run.Value("--endpoint", "NAME.NAMESPACE[:PORT]=HOST:PORT", "Where a Service's endpoint is; may be given several times", Endpoint, _ => string.Empty) with { IsRepeatable = true },
        Run.Text("--gateway-namespace", "NAME", "Namespace that the gateway runs in", o => o.GatewayNamespace, (o, v) => o with { GatewayNamespace = v }),
        Run.Text("--gateway-name", "NAME", "Name of the gateway's deployment, by which proxy-config asks for it; the gateway's label app unless given, else istio", o => o.GatewayName, (o, v) => o with { GatewayName = v }),
        Run.Value("--gateway-labels", "KEY=VALUE,...", "Labels of the gateway, which a Gateway's selector has to fit", Labels, o => string.Join(',', o.GatewayLabels.Select(label => $"{label.Key}={label.Value}"))),
        Run.Choice("--compatibility-version", "Which Istio's configuration and output are followed", [("1.16", CompatibilityVersion.Istio1_16), ("current", CompatibilityVersion.Current)], o => o.Compatibility, (o, v) => o with { Compatibility = v }),
        Run.Text("--workload-certificates", "DIR", "Where the gateway's own certificate of the mesh is (cert-chain.pem, key.pem, root-cert.pem), for ISTIO_MUTUAL", o => o.WorkloadCertificates, (o, v) => o with { WorkloadCertificates = v }),

        // Where it listens.
        Data.Address("--bind", "Address that listeners on 0.0.0.0 are bound to, with the load balancer's and the node ports (which are on 127.0.0.1 without it)", p => p.BindAddress, (p, v) => p with { BindAddress = v }),
        Data.Count("--concurrency", "Workers, each an event loop on a thread of its own; one per core unless given", (1, 1024), p => p.Concurrency, (p, n) => p with { Concurrency = n }) with { Show = _ => string.Empty },
        Run.Address("--admin-address", "Address of the admin and agent pages", o => o.AdminAddress, (o, v) => o with { AdminAddress = v }),
        Run.Port("--admin-port", "Port of Envoy's admin pages", o => o.AdminPort, (o, n) => o with { AdminPort = n }),
        Run.Port("--agent-port", "Port of the agent's pages (readiness, merged metrics)", o => o.AgentPort, (o, n) => o with { AgentPort = n }),
        Run.Port("--status-port", "Port of /healthz/ready", o => o.StatusPort, (o, n) => o with { StatusPort = n }),
        Run.Port("--metrics-port", "Port of /stats/prometheus", o => o.MetricsPort, (o, n) => o with { MetricsPort = n }),
        Run.Switch("--no-service-ports", "Do not open the load balancer's and the node ports of the gateway's Service", (o, on) => o with { OpensServicePorts = !on }),
        Data.Switch("--share-ports", "Bind ports that another gateway has as well, so that this one can take over from it without a gap", (p, on) => p with { SharesPorts = on }),
        Data.Time("--bind-retry-interval", "How long to wait before a port that could not be had is tried again", p => p.BindRetryMs, (p, ms) => p with { BindRetryMs = Math.Max(1, ms) }),
        Data.Count("--listen-backlog", "Connections that the kernel holds for a listener until they are accepted", (1, 65535), p => p.ListenBacklog, (p, n) => p with { ListenBacklog = n }),

        // What it writes.
        Run.Text("--access-log", "FILE", "Access log: a file, /dev/stdout, or off", o => o.AccessLog, (o, v) => o with { AccessLog = v }, off: "off"),
        Run.Choice("--access-log-encoding", "Form of the access log", [("text", false), ("json", true)], o => o.IsAccessLogJson, (o, v) => o with { IsAccessLogJson = v }),
        Run.Text("--access-log-format", "FORMAT", "Format of the access log with Envoy's %OPERATORS%: a line of text, or a JSON object for the json encoding; Istio's own unless given", o => o.AccessLogFormat, (o, v) => o with { AccessLogFormat = v }),
        Data.Count("--access-log-line-bytes", "Bytes of a line of the access log; values of a longer one are cut", (1024, 512 * 1024), p => p.AccessLogLineBytes, (p, n) => p with { AccessLogLineBytes = n }),
        Data.Count("--access-log-buffer-bytes", "Bytes that a worker may be ahead of a file of access logs; what comes then is dropped and counted", (4096, 1024 * 1024 * 1024), p => p.AccessLogBufferBytes, (p, n) => p with { AccessLogBufferBytes = n }),
        Run.Value("--log-level", "LEVEL", "Least level of the event log on standard error: trace, debug, info, warning, error, critical, off", Level, o => LevelWords.First(word => word.Level == o.LogLevel).Word),

        // How it ends.
        Data.Time("--minimum-drain-duration", "How long new connections are still taken after SIGTERM, until load balancers know of it", p => p.MinimumDrainMs, (p, ms) => p with { MinimumDrainMs = ms }),
        Data.Time("--drain-duration", "From SIGTERM to when what still runs is cut", p => p.DrainMs, (p, ms) => p with { DrainMs = ms }),
        Data.Time("--listener-drain-duration", "How long TCP connections may go on when their Gateway's server is gone; 0 is no limit", p => p.ListenerDrainMs, (p, ms) => p with { ListenerDrainMs = ms }),

        // Times of connections and requests.
        Data.Time("--request-headers-timeout", "From a request's first byte to the end of its head; 0 is no limit", p => p.RequestHeadersTimeoutMs, (p, ms) => p with { RequestHeadersTimeoutMs = ms }),
        Data.Time("--tls-handshake-timeout", "From a connection's begin to the end of its TLS handshake; 0 is no limit", p => p.HandshakeTimeoutMs, (p, ms) => p with { HandshakeTimeoutMs = ms }),
        Data.Time("--proxy-header-timeout", "From a connection's begin to the end of its PROXY header", p => p.ProxyHeaderTimeoutMs, (p, ms) => p with { ProxyHeaderTimeoutMs = ms }),
        Data.Time("--request-body-idle-timeout", "How long a request's body may stand still while it is waited for; 0 is no limit", p => p.RequestBodyIdleTimeoutMs, (p, ms) => p with { RequestBodyIdleTimeoutMs = ms }),
        Data.Number("--min-request-rate", "BYTES", "Bytes a second of a request's body, on the average of the time that was waited for it; 0 is no limit", (0, Many), p => p.MinRequestBytesPerSecond, (p, n) => p with { MinRequestBytesPerSecond = n }),
        Data.Time("--request-rate-grace", "How long a request's body is waited for before its rate counts", p => p.RequestRateGraceMs, (p, ms) => p with { RequestRateGraceMs = ms }),
        Data.Number("--min-response-rate", "BYTES", "Bytes a second that a client takes of an answer, on the average of the time that was waited for it; 0 is no limit", (0, Many), p => p.MinResponseBytesPerSecond, (p, n) => p with { MinResponseBytesPerSecond = n }),
        Data.Time("--response-write-timeout", "How long a client may take nothing of an answer that waits for it; 0 is no limit", p => p.ResponseWriteTimeoutMs, (p, ms) => p with { ResponseWriteTimeoutMs = ms }),
        Data.Time("--tunnel-idle-timeout", "How long a WebSocket or another tunnel may carry nothing; 0 is no limit", p => p.TunnelIdleTimeoutMs, (p, ms) => p with { TunnelIdleTimeoutMs = ms }),
        Data.Time("--http2-settings-timeout", "How long an HTTP/2 client may take to acknowledge the gateway's settings; 0 is no limit", p => p.Http2SettingsTimeoutMs, (p, ms) => p with { Http2SettingsTimeoutMs = ms }),
        Data.Time("--http2-drain-grace", "How long requests that are on their way are still served on an HTTP/2 connection that was told to end", p => p.Http2DrainGraceMs, (p, ms) => p with { Http2DrainGraceMs = ms }),
        Data.Time("--mirror-timeout", "How long the answer to a mirrored request is waited for where its route has no timeout", p => p.MirrorTimeoutMs, (p, ms) => p with { MirrorTimeoutMs = Math.Max(1, ms) }),
        Data.Time("--idle-timeout", "How long a client's connection may be idle; 0 is no limit", p => p.DownstreamIdleTimeoutMs, (p, ms) => p with { DownstreamIdleTimeoutMs = ms }),
        Data.Time("--upstream-idle-timeout", "How long a connection to an endpoint may be idle; 0 is no limit", p => p.UpstreamIdleTimeoutMs, (p, ms) => p with { UpstreamIdleTimeoutMs = ms }),
        Data.Time("--page-idle-timeout", "How long a connection to the gateway's own pages may wait for a request", p => p.PageIdleTimeoutMs, (p, ms) => p with { PageIdleTimeoutMs = Math.Max(1, ms) }),
        Data.Time("--delayed-close-timeout", "How long a connection that is being closed may still send what nobody reads, so that its client can read the answer", p => p.DelayedCloseTimeoutMs, (p, ms) => p with { DelayedCloseTimeoutMs = ms }),

        // Limits of size and number.
        Data.Count("--max-connections", "Client connections at once; 0 is no limit", (0, Many), p => p.MaxConnections, (p, n) => p with { MaxConnections = n }),
        Data.Count("--max-page-connections", "Connections at once to the readiness and metrics ports, and to each of the admin and the agent port", (1, Many), p => p.MaxPageConnections, (p, n) => p with { MaxPageConnections = n }),
        Data.Count("--max-tls-handshakes", "TLS handshakes of clients at once, per worker; a further one is refused", (1, Many), p => p.MaxHandshakesPerWorker, (p, n) => p with { MaxHandshakesPerWorker = n }),
        Data.Count("--max-requests-per-connection", "Requests after which a client's connection is closed; 0 is no limit", (0, Many), p => p.MaxRequestsPerConnection, (p, n) => p with { MaxRequestsPerConnection = n }),
        Data.Count("--max-client-hello-bytes", "Bytes that a client may send before its TLS handshake is answered", (1024, 16 * 1024 * 1024), p => p.MaxClientHelloBytes, (p, n) => p with { MaxClientHelloBytes = n }),
        Data.Count("--max-handshake-bytes", "Bytes that a client may send before its TLS handshake is done", (1024, 16 * 1024 * 1024), p => p.MaxHandshakeBytes, (p, n) => p with { MaxHandshakeBytes = n }),
        Http2.Count("--max-concurrent-streams", "Requests of one HTTP/2 connection at once; a further one is refused", (1, Many), l => l.MaxConcurrentStreams, (l, n) => l with { MaxConcurrentStreams = n }),
        Data.Count("--http2-requests-per-turn", "Requests of one HTTP/2 connection that begin before a worker turns to its other connections", (1, Many), p => p.Http2RequestsPerTurn, (p, n) => p with { Http2RequestsPerTurn = n }),
        Http2.Count("--http2-stream-window", "Bytes that an HTTP/2 client may send of a request before any of it was taken", (1, Many), l => l.StreamWindowBytes, (l, n) => l with { StreamWindowBytes = n }),
        Http2.Count("--http2-connection-window", "Bytes that an HTTP/2 client may send of all requests of a connection before any of them was taken", (65535, Many), l => l.ConnectionWindowBytes, (l, n) => l with { ConnectionWindowBytes = n }),
        Http2.Count("--http2-output-bytes", "Bytes that may wait to be sent on an HTTP/2 connection before its answers have to wait", (16 * 1024, Many), l => l.MaxOutputBytes, (l, n) => l with { MaxOutputBytes = n }),
        Http2.Count("--http2-field-block-bytes", "Bytes of an HTTP/2 head as it is sent; never less than --max-header-bytes and 4096", (1024, 16 * 1024 * 1024), l => l.MaxFieldBlockBytes, (l, n) => l with { MaxFieldBlockBytes = n }),
        Http2.Count("--http2-continuation-frames", "CONTINUATION frames of an HTTP/2 head", (0, 10_000), l => l.MaxContinuationFrames, (l, n) => l with { MaxContinuationFrames = n }),
        Http2.Count("--http2-decoder-table-bytes", "Bytes of the table of fields that an HTTP/2 client may make the gateway keep", (4096, 1024 * 1024), l => l.DecoderTableBytes, (l, n) => l with { DecoderTableBytes = n }),
        Http2.Count("--http2-encoder-table-bytes", "Bytes of the table of fields that the gateway keeps of what it has sent on an HTTP/2 connection", (0, 4096), l => l.EncoderTableBytes, (l, n) => l with { EncoderTableBytes = n }),
        Http2.Count("--http2-control-frames", "PING and SETTINGS frames of an HTTP/2 connection in a second, and answers to them that wait; more end it", (1, Many), l => l.MaxControlFrames, (l, n) => l with { MaxControlFrames = n }),
        Http2.Count("--http2-empty-frames", "HTTP/2 frames without content that may follow each other", (0, Many), l => l.MaxEmptyFrames, (l, n) => l with { MaxEmptyFrames = n }),
        Http2.Count("--http2-priority-frames", "PRIORITY frames of an HTTP/2 connection for each of its requests", (0, Many), l => l.MaxPriorityFramesPerStream, (l, n) => l with { MaxPriorityFramesPerStream = n }),
        Http2.Count("--http2-window-updates", "WINDOW_UPDATE frames of an HTTP/2 connection for each DATA frame that was sent", (1, Many), l => l.MaxWindowUpdatesPerDataFrame, (l, n) => l with { MaxWindowUpdatesPerDataFrame = n }),
        Http2.Time("--http2-premature-reset", "How soon a request has to be reset by its client to count as reset prematurely", l => l.PrematureResetMs, (l, ms) => l with { PrematureResetMs = (int)Math.Min(ms, Many) }),
        Http2.Count("--http2-premature-resets", "Requests of an HTTP/2 connection of which half may be reset prematurely before it is ended", (1, Many), l => l.PrematureResetQuota, (l, n) => l with { PrematureResetQuota = n }),
        Http2.Count("--http2-stream-errors", "Requests of an HTTP/2 connection that may be broken or refused before it is ended; each four that end well make good for one", (1, Many), l => l.MaxStreamErrors, (l, n) => l with { MaxStreamErrors = n }),
        Http2.Count("--http2-ignored-frames", "HTTP/2 frames that are passed over (unknown, late) before their connection is ended; each request that ends well makes good for ten", (1, Many), l => l.MaxIgnoredFrames, (l, n) => l with { MaxIgnoredFrames = n }),
        Http1.Count("--max-header-bytes", "Bytes of a request's head", (1024, 1024 * 1024), l => l.MaxHeaderBytes, (l, n) => l with { MaxHeaderBytes = n }),
        Http1.Count("--max-header-count", "Fields of a request's head", (1, 10_000), l => l.MaxHeaderCount, (l, n) => l with { MaxHeaderCount = n }),
        Http1.Count("--max-request-line-bytes", "Bytes of a request line, answered 414 beyond", (1024, 1024 * 1024), l => l.MaxRequestLineBytes, (l, n) => l with { MaxRequestLineBytes = n }),
        Data.Count("--max-method-bytes", "Bytes of a request's method, answered 501 beyond", (17, 64 * 1024), p => p.MaxMethodBytes, (p, n) => p with { MaxMethodBytes = n }),
        Http1.Count("--max-chunk-line-bytes", "Bytes of a line with a chunk's size and extensions", (64, 1024 * 1024), l => l.MaxChunkLineBytes, (l, n) => l with { MaxChunkLineBytes = n }),
        Http1.Count("--max-chunk-extension-bytes", "Bytes of all chunk extensions of a message", (0, 1024 * 1024), l => l.MaxChunkExtensionBytesPerMessage, (l, n) => l with { MaxChunkExtensionBytesPerMessage = n }),
        Http1.Count("--max-trailer-bytes", "Bytes of a message's trailers", (0, 1024 * 1024), l => l.MaxTrailerBytes, (l, n) => l with { MaxTrailerBytes = n }),
        Http1.Count("--max-trailer-count", "Fields of a message's trailers", (0, 10_000), l => l.MaxTrailerCount, (l, n) => l with { MaxTrailerCount = n }),
        Run.Number("--max-manifest-bytes", "N", "Bytes of a manifest; a longer file is refused", (1024, Many), o => o.MaxManifestBytes, (o, n) => o with { MaxManifestBytes = n }),
        Manifests.Number("--max-manifest-values", "N", "Values of a document of a manifest, aliases counted as what they stand for; one with more is refused", (1000, Many), l => l.MaxValues, (l, n) => l with { MaxValues = n }),
        Manifests.Count("--max-findings", "Findings that are told of one object", (1, Many), l => l.MaxFindings, (l, n) => l with { MaxFindings = n }),
        Manifests.Count("--max-repeated-messages", "Messages of a manifest that say the same of many objects; the rest is counted", (1, Many), l => l.MaxRepeatedMessages, (l, n) => l with { MaxRepeatedMessages = n }),
        Manifests.Count("--max-unreadable-documents", "Documents of a manifest that cannot be read, after which the rest of it is not looked at", (1, Many), l => l.MaxUnreadableDocuments, (l, n) => l with { MaxUnreadableDocuments = n }),
        Run.Number("--max-certificate-bytes", "N", "Bytes of a file with certificates, a key or revocations; a longer one is refused", (1024, Many), o => o.MaxCertificateBytes, (o, n) => o with { MaxCertificateBytes = n }),
        Data.Number("--lingering-bytes", "N", "Bytes of a refused request that are read and thrown away, so that its client can read the answer", (0, Many), p => p.LingeringReadBytes, (p, n) => p with { LingeringReadBytes = n }),
        Data.Count("--retry-buffer-bytes", "Bytes of a request's body that are kept for a retry; a longer one is sent once", (0, Many), p => p.RetryBufferBytes, (p, n) => p with { RetryBufferBytes = n }),
        Data.Number("--memory-budget", "BYTES", "Memory for all that peers make the gateway hold (connections, handshakes, requests, bodies); when it is used up, new requests and connections are refused; three eighths of the container's limit, or half of the machine's memory, unless given; 0 is no limit", (0, long.MaxValue), p => p.MemoryBudgetBytes, (p, n) => p with { MemoryBudgetBytes = n }) with { Show = _ => string.Empty },
        Data.Number("--socket-receive-bytes", "BYTES", "What a connection's peer may send ahead of what is read of it, in the kernel; a 2048th of the memory budget, or where that is a megabyte or more what the system takes, unless given; 0 is the system's own measure", (-1, int.MaxValue), p => p.SocketReceiveBytes, (p, n) => p with { SocketReceiveBytes = (int)n }) with { Show = _ => string.Empty },
        Data.Number("--socket-unsent-bytes", "BYTES", "What the kernel takes to send on a connection beyond what is on its way; as much as the other way unless given; 0 is the system's own measure", (-1, int.MaxValue), p => p.SocketUnsentBytes, (p, n) => p with { SocketUnsentBytes = (int)n }) with { Show = _ => string.Empty },
        Data.Time("--memory-trim-interval", "How often unused buffers are looked for that can be given back", p => p.MemoryTrimMs, (p, ms) => p with { MemoryTrimMs = Math.Max(1, ms) }),
        Data.Count("--max-hops", "How often a request may come back because a route leads to the gateway itself, answered 508 beyond", (0, 1000), p => p.MaxHops, (p, n) => p with { MaxHops = n }),
        Data.Count("--max-interim-responses", "Interim answers (1xx) of an endpoint before its answer", (0, 1000), p => p.MaxInterimResponses, (p, n) => p with { MaxInterimResponses = n }),
        Data.Count("--max-istio-series", "Series of Istio's metrics, per worker; what comes then is counted with the destination overflow", (1, Many), p => p.MaxIstioSeriesPerWorker, (p, n) => p with { MaxIstioSeriesPerWorker = n }),
        Data.Count("--max-grpc-methods", "Methods of gRPC that have counters of their own, for each cluster and worker; calls of others are counted together", (0, Many), p => p.MaxGrpcMethodsPerCluster, (p, n) => p with { MaxGrpcMethodsPerCluster = n }),
        Data.Count("--max-mirrored-requests", "Copies of requests under way at once, per worker; a further one is not made", (0, Many), p => p.MaxMirroredRequestsPerWorker, (p, n) => p with { MaxMirroredRequestsPerWorker = n }),
        Data.Count("--max-cached-tokens", "Tokens that one worker remembers to have verified; 0 verifies each token each time", (0, Many), p => p.MaxCachedTokensPerWorker, (p, n) => p with { MaxCachedTokensPerWorker = n }),
        Data.Count("--max-login-cookie-bytes", "Bytes of all cookies of a login, attributes included; a login whose tokens need more fails", (1024, Many), p => p.MaxLoginCookieBytes, (p, n) => p with { MaxLoginCookieBytes = n }),
        Data.Time("--oauth-key-overlap", "How long cookies of logins are still read that an earlier HMAC secret has made", p => p.OAuthKeyOverlapMs, (p, ms) => p with { OAuthKeyOverlapMs = ms }),
        Data.Count("--max-key-set-bytes", "Bytes of a key set that is fetched for the check of tokens", (1, Many), p => p.MaxKeySetBytes, (p, n) => p with { MaxKeySetBytes = n }),
        Data.Count("--max-authorization-answer-bytes", "Bytes of an external authorizer's answer; a longer one is none", (1, Many), p => p.MaxAuthorizationAnswerBytes, (p, n) => p with { MaxAuthorizationAnswerBytes = n }),

        // What is taken and what is refused.
        Data.Value("--proxy-protocol-from", "CIDR,...", "Networks whose PROXY headers are believed, on listeners that take them; from elsewhere such a connection is closed; all unless given", Networks, p => string.Join(',', p.ProxyHeaderSources)),
        Data.Choice("--misdirected-requests", "What becomes of a request whose host belongs to another server of the port than its TLS connection: 421, or what its routes say (Istio: mostly 404)", [("refuse", true), ("route", false)], p => p.RefusesMisdirected, (p, v) => p with { RefusesMisdirected = v }),
        Http1.Switch("--accept-http10", "Serve HTTP/1.0, which is answered 426 otherwise", (l, on) => l with { AcceptHttp10 = on }),
        Http1.Switch("--accept-custom-methods", "Serve methods of HTTP/1.1 that are in no registry, which are answered 400 otherwise, as with Envoy", (l, on) => l with { AcceptCustomMethods = on }),
        Http1.Switch("--reject-underscore-headers", "Refuse requests with an underscore in a field's name", (l, on) => l with { RejectUnderscoreHeaders = on }),
    ];

    /// <summary>
    /// Binds what was given: the command line wins over the environment, which wins over the defaults. All errors are told, not
    /// the first.
    /// </summary>
    /// <param name="directory">The argument DIR; null when it was not given.</param>
    /// <param name="given">The values of an option on the command line; empty when it was not given.</param>
    /// <param name="environment">An environment variable's value; null when it is not set.</param>
    public static (RunOptions Options, IReadOnlyList<string> Errors) Bind(
        string? directory, Func<RunOption, IReadOnlyList<string>> given, Func<string, string?> environment)
    {
        var options = new RunOptions();
        List<string> errors = [];
        string? named = directory ?? environment("TIDEGATE_DIR");
        options = options with { Directory = named ?? options.Directory };
        options = options with { StateFolder = DefaultStateFolder(options.Directory, environment) };
        foreach (RunOption option in All)
        {
            IReadOnlyList<string> values = given(option);
            string source = option.Name;
            if (values.Count == 0 && environment(option.EnvironmentVariable) is { Length: > 0 } value)
            {
                source = option.EnvironmentVariable;
                values = option.IsRepeatable ? value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) : [value];
            }

            foreach (string each in values)
            {
                (options, string? error) = option.Apply(options, each);
                if (error is not null)
                {
                    errors.Add($"{source}: {error}");
                }
            }
        }

        if (options.FollowsCluster && named is null)
        {
            options = options with { Directory = string.Empty };
        }
        else if (!Directory.Exists(options.Directory))
        {
            errors.Add($"{options.Directory}: no such directory; give the directory that holds the manifests");
        }

        return (options, errors);
    }

    // One for each directory of manifests; none where there is no place for it.
    private static string DefaultStateFolder(string directory, Func<string, string?> environment)
    {
        string? state = environment("XDG_STATE_HOME") is { Length: > 0 } given ? given
            : environment("HOME") is { Length: > 0 } home ? Path.Combine(home, ".local", "state")
            : null;
        string name = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Path.GetFullPath(directory))))[..16];
        return state is null ? string.Empty : Path.Combine(state, "tidegate", name);
    }

    private static (ProxyOptions Options, string? Error) Networks(ProxyOptions options, string value)
    {
        List<IPNetwork> networks = [];
        foreach (string part in value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            string range = part.Contains('/', StringComparison.Ordinal) ? part : part + (part.Contains(':', StringComparison.Ordinal) ? "/128" : "/32");
            if (!IPNetwork.TryParse(range, out IPNetwork network))
            {
                return (options, $"\"{part}\" is no network; write one as 10.0.0.0/8 or 192.0.2.1");
            }

            networks.Add(network);
        }

        return (options with { ProxyHeaderSources = networks }, null);
    }

    private static (RunOptions Options, string? Error) Endpoint(RunOptions options, string value) =>
        EndpointOverride.TryParse(value, out EndpointOverride? endpoint, out string? error)
            ? (options with { Endpoints = [.. options.Endpoints, endpoint!] }, null)
            : (options, error);

    private static (RunOptions Options, string? Error) Level(RunOptions options, string value)
    {
        foreach ((string word, LogLevel level) in LevelWords)
        {
            if (word.Equals(value, StringComparison.OrdinalIgnoreCase))
            {
                return (options with { LogLevel = level }, null);
            }
        }

        return (options, $"found \"{value}\", expected trace, debug, info, warning, error, critical or off");
    }

    private static (RunOptions Options, string? Error) Labels(RunOptions options, string value) =>
        TryParseLabels(value, out IReadOnlyDictionary<string, string> labels, out string? error) ? (options with { GatewayLabels = labels }, null) : (options, error);

    /// <summary>Reads labels, <c>KEY=VALUE,...</c>.</summary>
    internal static bool TryParseLabels(string text, out IReadOnlyDictionary<string, string> labels, [NotNullWhen(false)] out string? error)
    {
        SortedDictionary<string, string> read = new(StringComparer.Ordinal);
        (labels, error) = (read, null);
        foreach (string pair in text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            int equals = pair.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0)
            {
                error = $"found \"{pair}\", expected KEY=VALUE";
                return false;
            }

            read[pair[..equals]] = pair[(equals + 1)..];
        }

        return true;
    }
}
