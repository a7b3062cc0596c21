namespace Tidegate.Pilot.Resources;

/// <summary>
/// What a mesh's configuration says about a gateway (Istio: <c>mesh/v1alpha1/config.proto</c> and, for <see cref="DefaultConfig"/>,
/// <c>proxy.proto</c>). Null: the field is not there, and what held before goes on.
/// </summary>
public sealed record MeshConfig
{
    /// <summary><c>accessLogFile</c>.</summary>
    public string? AccessLogFile { get; init; }

    /// <summary><c>accessLogFormat</c>.</summary>
    public string? AccessLogFormat { get; init; }

    /// <summary>Whether <c>accessLogEncoding</c> is <c>JSON</c>.</summary>
    public bool? AccessLogIsJson { get; init; }

    /// <summary><c>disableEnvoyListenerLog</c>.</summary>
    public bool? DisableListenerLog { get; init; }

    /// <summary><c>connectTimeout</c>.</summary>
    public TimeSpan? ConnectTimeout { get; init; }

    /// <summary><c>tcpKeepalive</c>.</summary>
    public TcpKeepalive? TcpKeepalive { get; init; }

    /// <summary><c>defaultHttpRetryPolicy</c>.</summary>
    public HttpRetry? DefaultHttpRetryPolicy { get; init; }

    /// <summary><c>pathNormalization.normalization</c>.</summary>
    public PathNormalization? PathNormalization { get; init; }

    /// <summary><c>rootNamespace</c>.</summary>
    public string? RootNamespace { get; init; }

    /// <summary><c>trustDomain</c>.</summary>
    public string? TrustDomain { get; init; }

    /// <summary><c>trustDomainAliases</c>.</summary>
    public IReadOnlyList<string>? TrustDomainAliases { get; init; }

    /// <summary><c>discoverySelectors</c>.</summary>
    public IReadOnlyList<LabelSelector>? DiscoverySelectors { get; init; }

    /// <summary><c>defaultServiceExportTo</c>.</summary>
    public IReadOnlyList<string>? DefaultServiceExportTo { get; init; }

    /// <summary><c>defaultVirtualServiceExportTo</c>.</summary>
    public IReadOnlyList<string>? DefaultVirtualServiceExportTo { get; init; }

    /// <summary><c>defaultDestinationRuleExportTo</c>.</summary>
    public IReadOnlyList<string>? DefaultDestinationRuleExportTo { get; init; }

    /// <summary><c>dnsRefreshRate</c>.</summary>
    public TimeSpan? DnsRefreshRate { get; init; }

    /// <summary>Whether <c>h2UpgradePolicy</c> is <c>UPGRADE</c>.</summary>
    public bool? UpgradesToHttp2 { get; init; }

    /// <summary><c>outboundClusterStatName</c>.</summary>
    public string? OutboundClusterStatName { get; init; }

    /// <summary><c>localityLbSetting</c>.</summary>
    public LocalityLbSetting? LocalityLbSetting { get; init; }

    /// <summary><c>zoneAwareLbSetting</c>.</summary>
    public ZoneAwareLbSetting? ZoneAwareLbSetting { get; init; }

    /// <summary><c>defaultTrafficPolicy.connectionPool</c>.</summary>
    public ConnectionPoolSettings? DefaultConnectionPool { get; init; }

    /// <summary><c>defaultTrafficPolicy.outlierDetection</c>.</summary>
    public OutlierDetection? DefaultOutlierDetection { get; init; }

    /// <summary><c>tlsDefaults</c>.</summary>
    public TlsDefaults? TlsDefaults { get; init; }

    /// <summary><c>extensionProviders</c>.</summary>
    public IReadOnlyList<ExtensionProvider>? ExtensionProviders { get; init; }

    /// <summary><c>defaultConfig</c>.</summary>
    public MeshProxyConfig? DefaultConfig { get; init; }
}

/// <summary>MeshConfig's <c>tlsDefaults</c>.</summary>
public sealed record TlsDefaults
{
    /// <summary><c>minProtocolVersion</c>.</summary>
    public TlsProtocol MinProtocolVersion { get; init; } = TlsProtocol.Auto;

    /// <summary><c>cipherSuites</c>.</summary>
    public IReadOnlyList<string> CipherSuites { get; init; } = [];

    /// <summary><c>ecdhCurves</c>.</summary>
    public IReadOnlyList<string> EcdhCurves { get; init; } = [];
}

/// <summary>MeshConfig's <c>defaultConfig</c>, which is a <c>ProxyConfig</c> of another shape than the object of that kind.</summary>
public sealed record MeshProxyConfig
{
    /// <summary><c>gatewayTopology.numTrustedProxies</c>.</summary>
    public uint? TrustedProxyCount { get; init; }

    /// <summary><c>gatewayTopology.forwardClientCertDetails</c>.</summary>
    public ForwardedClientCert? ForwardedClientCert { get; init; }

    /// <summary>Whether <c>gatewayTopology.proxyProtocol</c> is there.</summary>
    public bool? RequiresProxyProtocol { get; init; }

    /// <summary><c>proxyHeaders.server.disabled</c>.</summary>
    public bool? ServerHeaderDisabled { get; init; }

    /// <summary><c>proxyHeaders.server.value</c>.</summary>
    public string? ServerHeader { get; init; }

    /// <summary><c>proxyHeaders.requestId.disabled</c>.</summary>
    public bool? RequestIdDisabled { get; init; }

    /// <summary><c>proxyHeaders.attemptCount.disabled</c>.</summary>
    public bool? AttemptCountDisabled { get; init; }

    /// <summary><c>proxyHeaders.envoyDebugHeaders.disabled</c>.</summary>
    public bool? EnvoyDebugHeadersDisabled { get; init; }

    /// <summary><c>proxyHeaders.preserveHttp1HeaderCase</c>.</summary>
    public bool? PreservesHeaderCase { get; init; }

    /// <summary><c>proxyHeaders.xForwardedHost.enabled</c>.</summary>
    public bool? AppendsXForwardedHost { get; init; }

    /// <summary><c>proxyHeaders.xForwardedPort.enabled</c>.</summary>
    public bool? AppendsXForwardedPort { get; init; }

    /// <summary><c>connectionSettings</c>.</summary>
    public ConnectionSettings? ConnectionSettings { get; init; }

    /// <summary><c>proxyMetadata</c>: variables named <c>ISTIO_META_*</c> are node metadata.</summary>
    public IReadOnlyDictionary<string, string> ProxyMetadata { get; init; } = ResourceMetadata.NoEntries;
}

/// <summary>What becomes of <c>x-forwarded-client-cert</c> (Istio: <c>ForwardClientCertDetails</c>).</summary>
public enum ForwardedClientCert
{
    /// <summary>UNDEFINED, which is <see cref="SanitizeSet"/> on a gateway.</summary>
    Undefined,

    /// <summary>SANITIZE: taken away.</summary>
    Sanitize,

    /// <summary>FORWARD_ONLY: passed on from clients with a certificate.</summary>
    ForwardOnly,

    /// <summary>APPEND_FORWARD: the client's certificate is appended.</summary>
    AppendForward,

    /// <summary>SANITIZE_SET: replaced by the client's certificate.</summary>
    SanitizeSet,

    /// <summary>ALWAYS_FORWARD_ONLY: passed on whoever the client is.</summary>
    AlwaysForwardOnly,
}
