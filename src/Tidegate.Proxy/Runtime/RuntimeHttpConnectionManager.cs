using System.Text;
using Envoy.Config.Accesslog.V3;
using Google.Protobuf;
using Tidegate.Http.Headers;
using Tidegate.Http.Http1;
using Tidegate.Http.Http2;
using Tidegate.Http.Paths;
using Tidegate.Proxy.Filters;
using Tidegate.Proxy.LocalReplies;
using Tidegate.Rules.Values;
using Proto = Envoy.Extensions.Filters.Network.HttpConnectionManager.V3.HttpConnectionManager;

namespace Tidegate.Proxy.Runtime;

/// <summary>
/// How the requests of a listener are served (Envoy: <c>HttpConnectionManager</c>; istio-gateway.md 2.4). Durations are milliseconds; null
/// leaves a limit to the proxy's options, 0 is no limit. Immutable.
/// </summary>
public sealed class RuntimeHttpConnectionManager
{
    private readonly byte[] _serverName = "envoy"u8.ToArray();
    private readonly byte[] _via = [];
    private volatile KnownLimits? _limits;
    private volatile KnownHttp2Limits? _http2Limits;

    /// <summary>What it was compiled from.</summary>
    public required Proto Source { get; init; }

    /// <summary>The prefix of its statistics, such as <c>outbound_0.0.0.0_8080;</c>.</summary>
    public required string StatPrefix { get; init; }

    /// <summary>Where its routes are.</summary>
    public required RouteTableSlot Routes { get; init; }

    /// <summary>How long its listener waits for them before it serves without, in milliseconds; 0 is for ever (Envoy: <c>initial_fetch_timeout</c>, 15 s when unset).</summary>
    public long RoutesFetchTimeoutMs { get; init; }

    /// <summary>Which gRPC calls are counted; null for none.</summary>
    internal GrpcStatsPolicy? GrpcStats { get; init; }

    /// <summary>Its filters in order; the last is the router.</summary>
    public required IReadOnlyList<RuntimeHttpFilter> Filters
    {
        get;
        init
        {
            field = value;
            DefaultChain = RouteFilters.Default.Bind(value);
        }
    }

    /// <summary>What requests go through whose route says nothing to any filter, and those without a route.</summary>
    internal PlacedFilter[] DefaultChain { get; private init; } = [];

    /// <summary>Whether the router adds no <c>x-envoy-*</c> fields (Envoy: <c>suppress_envoy_headers</c>; Istio: <c>envoyDebugHeaders.disabled</c>).</summary>
    public bool SuppressesEnvoyHeaders { get; init; }

    /// <summary>Where each request is logged; the messages as they were sent.</summary>
    public IReadOnlyList<AccessLog> AccessLogs { get; init; } = [];

    /// <summary>Whether tracing is on, so that decorators are passed on; there need not be a tracer.</summary>
    public bool HasTracing { get; init; }

    /// <summary>What the <c>server</c> field says (Envoy: <c>envoy</c> when unset; Istio: <c>istio-envoy</c>).</summary>
    public string ServerName
    {
        get => Encoding.UTF8.GetString(_serverName);
        init => _serverName = Encoding.UTF8.GetBytes(value);
    }

    /// <summary><see cref="ServerName"/> as bytes.</summary>
    public ReadOnlySpan<byte> ServerNameBytes => _serverName;

    /// <summary>What becomes of the <c>server</c> field of an answer.</summary>
    public Proto.Types.ServerHeaderTransformation ServerHeader { get; init; }

    /// <summary>Whether the TCP peer is the client and the gateway is the edge; otherwise <c>x-forwarded-for</c> is believed (Envoy: <c>use_remote_address</c>).</summary>
    public bool UsesRemoteAddress { get; init; }

    /// <summary>How many proxies in front of the gateway are believed (Istio: <c>numTrustedProxies</c>).</summary>
    public int TrustedHops { get; init; }

    /// <summary>Whether the peer is not added to <c>x-forwarded-for</c>.</summary>
    public bool SkipsForwardedForAppend { get; init; }

    /// <summary>Whether <c>x-forwarded-port</c> is set.</summary>
    public bool AppendsForwardedPort { get; init; }

    /// <summary>What becomes of <c>x-forwarded-client-cert</c>.</summary>
    public Proto.Types.ForwardClientCertDetails ForwardClientCert { get; init; }

    /// <summary>Whether a request without id gets one.</summary>
    public bool GeneratesRequestId { get; init; } = true;

    /// <summary>Whether the id that a client sends is kept at the edge.</summary>
    public bool PreservesExternalRequestId { get; init; }

    /// <summary>Whether the answer has the id.</summary>
    public bool SetsRequestIdInResponse { get; init; }

    /// <summary>How paths are normalised.</summary>
    public PathOptions PathOptions { get; init; }

    /// <summary>Whether the port is cut off the host: any, or only that of the listener.</summary>
    public HostPortStripping HostPortStripping { get; init; }

    /// <summary>Whether a dot at the end of the host is cut off.</summary>
    public bool StripsTrailingHostDot { get; init; }

    /// <summary>Whether upstreams get the names of a request's fields in the case in which they came (Envoy: <c>preserve_case</c>).</summary>
    public bool KeepsNameCase { get; init; }

    /// <summary>In which case clients get names that came in none of their own (Envoy: <c>proper_case_words</c>).</summary>
    public NameCase ResponseNameCase { get; init; }

    /// <summary>Whether trailers pass to and from clients that speak HTTP/1.1; without it they are dropped (Envoy: <c>enable_trailers</c>).</summary>
    public bool PassesHttp1Trailers { get; init; }

    /// <summary>What becomes of answers of our own; null leaves them as they are (Envoy: <c>local_reply_config</c>).</summary>
    internal LocalReplyRules? LocalReplies { get; init; }

    /// <summary>What is appended to the <c>via</c> field of requests and answers; empty for nothing.</summary>
    public string Via
    {
        get => Encoding.UTF8.GetString(_via);
        init => _via = Encoding.UTF8.GetBytes(value);
    }

    /// <summary><see cref="Via"/> as bytes.</summary>
    public ReadOnlySpan<byte> ViaBytes => _via;

    /// <summary>How long a connection that is being closed may still send what nobody reads; null leaves it to the proxy's options (Envoy: <c>delayed_close_timeout</c>).</summary>
    public long? DelayedCloseTimeoutMs { get; init; }

    /// <summary>Which tunnels are let through, where the route says nothing.</summary>
    public UpgradeSet Upgrades { get; init; } = UpgradeSet.None;

    /// <summary>How long a connection may be idle.</summary>
    public long? IdleTimeoutMs { get; init; }

    /// <summary>How long a connection may live.</summary>
    public long? MaxConnectionDurationMs { get; init; }

    /// <summary>How long a request may take to be answered whole.</summary>
    public long? MaxStreamDurationMs { get; init; }

    /// <summary>How long nothing may happen on a request that is under way (Envoy: 5 min when unset; Istio: 0).</summary>
    public long StreamIdleTimeoutMs { get; init; } = 300_000;

    /// <summary>From the first byte of a request to its last.</summary>
    public long? RequestTimeoutMs { get; init; }

    /// <summary>From the first byte of a request to the end of its head.</summary>
    public long? RequestHeadersTimeoutMs { get; init; }

    /// <summary>Requests after which a connection is closed; null leaves it to the proxy's options.</summary>
    public uint? MaxRequestsPerConnection { get; init; }

    /// <summary>How many bytes a request's head may have; null leaves it to the proxy's options.</summary>
    public int? MaxRequestHeadersBytes { get; init; }

    /// <summary>How many fields a request may have; null leaves it to the proxy's options.</summary>
    public int? MaxRequestHeadersCount { get; init; }

    /// <summary>What is said of HTTP/2 (Envoy: <c>http2_protocol_options</c>).</summary>
    internal RuntimeHttp2Options Http2 { get; init; } = new();

    /// <summary>Which protocols clients may speak (Envoy: <c>codec_type</c>).</summary>
    public Proto.Types.CodecType CodecType { get; init; }

    /// <summary>Whether HTTP/1.0 is served.</summary>
    public bool AcceptsHttp10 { get; init; }

    /// <summary>The host of HTTP/1.0 requests that name none; empty for none.</summary>
    public string DefaultHostForHttp10 { get; init; } = string.Empty;

    /// <summary>Whether methods of HTTP/1.1 are served that are in no registry (Envoy: <c>allow_custom_methods</c>).</summary>
    public bool AcceptsCustomMethods { get; init; }

    /// <summary>Whether requests with an underscore in a field's name are refused.</summary>
    public bool RejectsUnderscoreHeaders { get; init; }

    /// <summary>Whether fields with an underscore in their name are taken off requests.</summary>
    public bool DropsUnderscoreHeaders { get; init; }

    /// <summary>The proxy's limits with this listener's own in their place.</summary>
    /// <remarks>The same object for the same defaults, so that asking for every request costs nothing. Safe from any thread.</remarks>
    public Http1Limits LimitsFrom(Http1Limits defaults)
    {
        if (_limits is { } known && ReferenceEquals(known.Defaults, defaults))
        {
            return known.Limits;
        }

        Http1Limits limits = defaults with
        {
            MaxHeaderBytes = MaxRequestHeadersBytes ?? defaults.MaxHeaderBytes,
            MaxHeaderCount = MaxRequestHeadersCount ?? defaults.MaxHeaderCount,
            AcceptHttp10 = AcceptsHttp10 || defaults.AcceptHttp10,
            AcceptCustomMethods = AcceptsCustomMethods || defaults.AcceptCustomMethods,
            DefaultHostForHttp10 = DefaultHostForHttp10.Length > 0 ? DefaultHostForHttp10 : defaults.DefaultHostForHttp10,
            RejectUnderscoreHeaders = RejectsUnderscoreHeaders || defaults.RejectUnderscoreHeaders,
            DropUnderscoreHeaders = DropsUnderscoreHeaders || defaults.DropUnderscoreHeaders,
            KeepsNameCase = KeepsNameCase || defaults.KeepsNameCase,
        };
        _limits = new KnownLimits(defaults, limits);
        return limits;
    }

    /// <summary>The same for HTTP/2.</summary>
    /// <remarks>Safe from any thread.</remarks>
    public Http2Limits Http2LimitsFrom(Http2Limits defaults)
    {
        if (_http2Limits is { } known && ReferenceEquals(known.Defaults, defaults))
        {
            return known.Limits;
        }

        Http2Limits limits = Http2.ApplyTo(defaults) with
        {
            MaxHeaderListBytes = MaxRequestHeadersBytes ?? defaults.MaxHeaderListBytes,
            MaxFieldBlockBytes = Math.Max(defaults.MaxFieldBlockBytes, (MaxRequestHeadersBytes ?? 0) + 4096),
            MaxHeaderCount = MaxRequestHeadersCount ?? defaults.MaxHeaderCount,
            RejectUnderscoreHeaders = RejectsUnderscoreHeaders || defaults.RejectUnderscoreHeaders,
            DropUnderscoreHeaders = DropsUnderscoreHeaders || defaults.DropUnderscoreHeaders,
        };
        _http2Limits = new KnownHttp2Limits(defaults, limits);
        return limits;
    }

    private sealed record KnownHttp2Limits(Http2Limits Defaults, Http2Limits Limits);

    private sealed record KnownLimits(Http1Limits Defaults, Http1Limits Limits);
}

/// <summary>Which ports are cut off the host before it is routed on (Envoy: <c>strip_port_mode</c>, <c>strip_matching_host_port</c>).</summary>
public enum HostPortStripping : byte
{
    /// <summary>None.</summary>
    None,

    /// <summary>The port of the listener.</summary>
    Matching,

    /// <summary>Any.</summary>
    Any,
}

/// <summary>A filter of a connection manager.</summary>
/// <param name="Name">Its name, by which routes refer to it.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Config">What it was configured with; null when nothing.</param>
/// <param name="IsDisabled">Whether only a route can switch it on (Envoy: <c>disabled</c>).</param>
public sealed record RuntimeHttpFilter(string Name, HttpFilterKind Kind, IMessage? Config, bool IsDisabled)
{
    /// <summary>What it was compiled from.</summary>
    public Envoy.Extensions.Filters.Network.HttpConnectionManager.V3.HttpFilter? Source { get; init; }

    /// <summary>What it does, compiled; null for the router, and for what only tells others something.</summary>
    internal Filters.HttpFilter? Filter { get; init; }

    /// <summary>Whether it keeps requests out.</summary>
    internal bool IsGuard => Filter is UnavailableFilter || (Config is not null && GuardRules.IsGuard(Config.Descriptor.FullName));
}

/// <summary>The filters that are known.</summary>
public enum HttpFilterKind : byte
{
    /// <summary>Forwards the request; always the last.</summary>
    Router,

    /// <summary>Delays or aborts requests.</summary>
    Fault,

    /// <summary>Cross-origin requests.</summary>
    Cors,

    /// <summary>Requests that pages of other sites make.</summary>
    Csrf,

    /// <summary>Counts gRPC calls.</summary>
    GrpcStats,

    /// <summary>Lets browsers speak gRPC.</summary>
    GrpcWeb,

    /// <summary>Refuses requests beyond a rate.</summary>
    LocalRateLimit,

    /// <summary>Asks a service that counts for all gateways.</summary>
    RateLimit,

    /// <summary>Changes fields.</summary>
    HeaderMutation,

    /// <summary>Reads requests whole before they go on.</summary>
    Buffer,

    /// <summary>Answers health checks.</summary>
    HealthCheck,

    /// <summary>Compresses answers.</summary>
    Compressor,

    /// <summary>Lets requests in by policies.</summary>
    Rbac,

    /// <summary>Checks tokens.</summary>
    JwtAuthn,

    /// <summary>Has clients log in.</summary>
    OAuth2,

    /// <summary>Asks somebody else whether requests are let in.</summary>
    ExtAuthz,

    /// <summary>Looks for a key of a client.</summary>
    ApiKeyAuth,

    /// <summary>Looks for a name and a password.</summary>
    BasicAuth,

    /// <summary>One that is not known: it can be named, and lets no request through.</summary>
    Unknown,
}
