using Tidegate.Pilot.Resources;

namespace Tidegate.Pilot.Translation;

/// <summary>
/// What holds for the whole mesh: the fields of Istio's <c>MeshConfig</c> and <c>ProxyConfig</c> that change what a gateway is sent, with
/// Istio's defaults.
/// </summary>
public sealed record MeshSettings
{
    /// <summary>All defaults.</summary>
    public static MeshSettings Default { get; } = new();

    /// <summary>Which Istio's configuration is emitted.</summary>
    public CompatibilityVersion CompatibilityVersion { get; init; } = CompatibilityVersion.Istio1_16;

    /// <summary>The cluster domain: a Service's full name is <c>name.namespace.svc.SUFFIX</c>.</summary>
    public string DomainSuffix { get; init; } = "cluster.local";

    /// <summary><c>rootNamespace</c>: where mesh-wide objects live.</summary>
    public string RootNamespace { get; init; } = "istio-system";

    /// <summary><c>trustDomain</c>: the trust domain of the mesh's identities.</summary>
    public string TrustDomain { get; init; } = "cluster.local";

    /// <summary><c>trustDomainAliases</c>: further ones, whose identities are the mesh's as well.</summary>
    public IReadOnlyList<string> TrustDomainAliases { get; init; } = [];

    /// <summary><c>discoverySelectors</c>: which namespaces are looked at, by their labels; empty for all.</summary>
    public IReadOnlyList<LabelSelector> DiscoverySelectors { get; init; } = [];

    /// <summary><c>defaultServiceExportTo</c>.</summary>
    public IReadOnlyList<string> DefaultServiceExportTo { get; init; } = ["*"];

    /// <summary><c>defaultVirtualServiceExportTo</c>.</summary>
    public IReadOnlyList<string> DefaultVirtualServiceExportTo { get; init; } = ["*"];

    /// <summary><c>defaultDestinationRuleExportTo</c>.</summary>
    public IReadOnlyList<string> DefaultDestinationRuleExportTo { get; init; } = ["*"];

    /// <summary><c>connectTimeout</c> of every cluster that no DestinationRule gives another.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary><c>dnsRefreshRate</c> of clusters that are resolved by DNS.</summary>
    public TimeSpan DnsRefreshRate { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary><c>tcpKeepalive</c> of connections to upstreams; null for none.</summary>
    public TcpKeepalive? TcpKeepalive { get; init; }

    /// <summary><c>defaultHttpRetryPolicy</c> of routes that say nothing about retries; null for Istio's built-in one.</summary>
    public HttpRetry? DefaultHttpRetryPolicy { get; init; }

    /// <summary><c>defaultTrafficPolicy.connectionPool</c>.</summary>
    public ConnectionPoolSettings? DefaultConnectionPool { get; init; }

    /// <summary><c>defaultTrafficPolicy.outlierDetection</c>.</summary>
    public OutlierDetection? DefaultOutlierDetection { get; init; }

    /// <summary><c>localityLbSetting</c>: on by default, so that outlier detection brings failover by distance.</summary>
    public LocalityLbSetting? LocalityLb { get; init; } = new() { Enabled = true };

    /// <summary><c>zoneAwareLbSetting</c>, which counts before <see cref="LocalityLb"/>.</summary>
    public ZoneAwareLbSetting? ZoneAwareLb { get; init; }

    /// <summary><c>outboundClusterStatName</c>: the pattern of clusters' names in statistics; empty for their own.</summary>
    public string OutboundClusterStatName { get; init; } = "";

    /// <summary><c>tlsDefaults</c>: versions, ciphers and curves of TLS outside the mesh where nothing else is said.</summary>
    public TlsDefaults TlsDefaults { get; init; } = new();

    /// <summary><c>extensionProviders</c>: whom policies of action CUSTOM can ask.</summary>
    public IReadOnlyList<ExtensionProvider> ExtensionProviders { get; init; } = [];

    /// <summary><c>PILOT_ENABLE_MULTIPLE_CUSTOM_AUTHZ_PROVIDERS</c>: several providers can be asked at one gateway.</summary>
    public bool AllowsSeveralAuthorizers { get; init; }

    /// <summary><c>pathNormalization.normalization</c>.</summary>
    public PathNormalization PathNormalization { get; init; } = PathNormalization.Base;

    /// <summary>Whether <c>h2UpgradePolicy</c> is <c>UPGRADE</c>: HTTP ports are spoken to in HTTP/2.</summary>
    public bool UpgradesToHttp2 { get; init; }

    /// <summary><c>PILOT_HTTP10</c>: HTTP/1.0 requests are taken. Node metadata <c>HTTP10: "1"</c> does the same for one proxy.</summary>
    public bool AcceptsHttp10 { get; init; }

    /// <summary><c>gatewayTopology.numTrustedProxies</c>: how many trusted proxies stand before the gateway.</summary>
    public int TrustedProxyCount { get; init; }

    /// <summary><c>gatewayTopology.forwardClientCertDetails</c>.</summary>
    public ForwardedClientCert ForwardedClientCert { get; init; }

    /// <summary><c>gatewayTopology.proxyProtocol</c> is set: every connection to a gateway listener starts with a PROXY header.</summary>
    public bool RequiresProxyProtocol { get; init; }

    /// <summary><c>proxyHeaders.server.disabled</c>: the upstream's <c>server</c> header passes through.</summary>
    public bool ServerHeaderDisabled { get; init; }

    /// <summary><c>proxyHeaders.server.value</c>.</summary>
    public string ServerHeader { get; init; } = "istio-envoy";

    /// <summary><c>proxyHeaders.requestId.disabled</c>.</summary>
    public bool RequestIdDisabled { get; init; }

    /// <summary><c>proxyHeaders.attemptCount.disabled</c>: no <c>x-envoy-attempt-count</c>.</summary>
    public bool AttemptCountDisabled { get; init; }

    /// <summary><c>proxyHeaders.envoyDebugHeaders.disabled</c>: the router adds no <c>x-envoy-*</c> headers.</summary>
    public bool EnvoyDebugHeadersDisabled { get; init; }

    /// <summary><c>proxyHeaders.preserveHttp1HeaderCase</c>: names of fields go on in the case in which they came, both ways.</summary>
    public bool PreservesHeaderCase { get; init; }

    /// <summary><c>proxyHeaders.xForwardedHost.enabled</c>, on routes that rewrite.</summary>
    public bool AppendsXForwardedHost { get; init; }

    /// <summary><c>proxyHeaders.xForwardedPort.enabled</c>.</summary>
    public bool AppendsXForwardedPort { get; init; }

    /// <summary><c>connectionSettings</c>, with what its profile has; null when there are none.</summary>
    public ConnectionSettings? ConnectionSettings { get; init; }

    /// <summary><c>accessLogFile</c>: empty for none; the default of <c>tidegate run</c> is standard output.</summary>
    public string AccessLogFile { get; init; } = "";

    /// <summary>Whether somebody asked for <see cref="AccessLogFile"/> at the start: it is no default.</summary>
    public bool IsAccessLogFileAskedFor { get; init; }

    /// <summary><c>accessLogFormat</c>: empty for Istio's own (spec 8.1).</summary>
    public string AccessLogFormat { get; init; } = "";

    /// <summary>Whether <c>accessLogEncoding</c> is <c>JSON</c>.</summary>
    public bool AccessLogIsJson { get; init; }

    /// <summary><c>disableEnvoyListenerLog</c>: connections without a filter chain are not logged.</summary>
    public bool ListenerLogDisabled { get; init; }

    /// <summary><c>PILOT_GATEWAY_TRANSPORT_SOCKET_CONNECT_TIMEOUT</c>: how long a TLS handshake may take.</summary>
    public TimeSpan TransportSocketConnectTimeout { get; init; } = TimeSpan.FromSeconds(15);
}
