using Tidegate.Pilot.Sources.Reading;

namespace Tidegate.Pilot.Sources.Kinds;

/// <summary>What becomes of a field of the mesh's configuration.</summary>
internal enum MeshFieldUse
{
    /// <summary>It is read and acted on.</summary>
    Read,

    /// <summary>It means nothing to a gateway: it is about sidecars, the agent or Istio's own control plane.</summary>
    NoEffect,

    /// <summary>It would mean something to a gateway and is not acted on: each use is a warning.</summary>
    NotActedOn,
}

/// <summary>A field of the mesh's configuration.</summary>
/// <param name="Name">Its name in JSON.</param>
/// <param name="Use">What becomes of it.</param>
/// <param name="Consequence">Of what is not acted on: what happens instead, for the warning.</param>
internal sealed record MeshField(string Name, MeshFieldUse Use, string Consequence = "");

/// <summary>
/// Every field of Istio's <c>MeshConfig</c> and <c>ProxyConfig</c> (<c>mesh/v1alpha1</c>), so that none is passed over in silence: what is not in a table is not
/// known.
/// </summary>
internal static class MeshFields
{
    private const string NoTraces = "no traces are made";
    private const string NoAutomaticTls = "a DestinationRule tells where mutual TLS is spoken";
    private const string OwnLogs = "access logs are those of the mesh's settings and of the gateway's options";

    /// <summary>What becomes of what Istio hands to the process.</summary>
    public const string StartOption = "it is an option of the gateway's own start";

    /// <summary>What the name of a variable begins with that is node metadata.</summary>
    public const string NodeMetadataPrefix = "ISTIO_META_";

    /// <summary>What becomes of variables that are no node metadata.</summary>
    public const string NoEnvironment = "only variables whose names begin with ISTIO_META_ are, as node metadata; others are options of the gateway's own start";

    /// <summary><c>MeshConfig</c>.</summary>
    public static readonly IReadOnlyList<MeshField> Mesh =
    [
        .. Read(
            "accessLogEncoding", "accessLogFile", "accessLogFormat", "connectTimeout", "defaultConfig", "defaultDestinationRuleExportTo", "defaultHttpRetryPolicy",
            "defaultProviders", "defaultServiceExportTo", "extensionProviders", "defaultTrafficPolicy", "defaultVirtualServiceExportTo", "disableEnvoyListenerLog", "discoverySelectors", "dnsRefreshRate",
            "h2UpgradePolicy", "localityLbSetting", "outboundClusterStatName", "pathNormalization", "rootNamespace", "tcpKeepalive", "tlsDefaults", "trustDomain",
            "trustDomainAliases", "zoneAwareLbSetting"),
        .. NoEffect(
            "ca", "certificates", "configSources", "enablePrometheusMerge", "hboneIdleTimeout", "inboundClusterStatName", "inboundTrafficPolicy", "ingressClass",
            "ingressControllerMode", "ingressSelector", "ingressService", "outboundTrafficPolicy", "protocolDetectionTimeout", "proxyHttpPort",
            "proxyInboundListenPort", "proxyListenPort", "serviceScopeConfigs", "serviceSettings"),
        NotActedOn("caCertificates", "only the gateway's own roots are trusted"),
        NotActedOn("enableAutoMtls", NoAutomaticTls),
        NotActedOn("enableEnvoyAccessLogService", "no access log is sent to a service"),
        NotActedOn("enableTracing", NoTraces),
        NotActedOn("meshMTLS", "the versions and ciphers of mutual TLS are the platform's"),
        NotActedOn("serviceEntryVisibility", "exportTo alone tells which namespaces see a ServiceEntry"),
        NotActedOn("verifyCertificateAtClient", "certificates of backends are verified as their DestinationRule says"),
    ];

    /// <summary><c>MeshConfig.defaultProviders</c>; its metrics are right as they are when Prometheus is their provider.</summary>
    public static readonly IReadOnlyList<MeshField> DefaultProviders =
    [
        .. Read("metrics"),
        NotActedOn("accessLogging", OwnLogs),
        NotActedOn("tracing", NoTraces),
    ];

    /// <summary><c>ProxyConfig</c>, which is MeshConfig's <c>defaultConfig</c>.</summary>
    public static readonly IReadOnlyList<MeshField> Proxy =
    [
        .. Read("connectionSettings", "gatewayTopology", "proxyHeaders", "proxyMetadata"),
        .. NoEffect(
            "availabilityZone", "binaryPath", "configPath", "controlPlaneAuthPolicy", "discoveryAddress", "discoveryRefreshDelay",
            "holdApplicationUntilProxyStarts", "image", "interceptionMode", "meshId", "proxyBootstrapTemplatePath", "readinessProbe", "sds", "serviceCluster",
            "statNameLength", "statsCompression"),
        NotActedOn("caCertificatesPem", "only the gateway's own roots are trusted"),
        NotActedOn("concurrency", StartOption),
        NotActedOn("customConfigFile", "the gateway has no bootstrap of Envoy's form"),
        NotActedOn("drainDuration", StartOption),
        NotActedOn("envoyAccessLogService", "no access log is sent to a service"),
        NotActedOn("envoyMetricsService", "statistics are scraped, not sent"),
        NotActedOn("envoyMetricsServiceAddress", "statistics are scraped, not sent"),
        NotActedOn("extraStatTags", "statistics have Istio's own tags"),
        NotActedOn("fileFlushInterval", "access logs are written when there is something to write"),
        NotActedOn("fileFlushMinSizeKb", "access logs are written when there is something to write"),
        NotActedOn("privateKeyProvider", "keys are used by the platform's TLS"),
        NotActedOn("proxyAdminPort", StartOption),
        NotActedOn("proxyStatsMatcher", "all statistics are exported"),
        NotActedOn("runtimeValues", "the gateway has no runtime of Envoy's form"),
        NotActedOn("statsdUdpAddress", "statistics are scraped, not sent"),
        NotActedOn("statusPort", StartOption),
        NotActedOn("terminationDrainDuration", StartOption),
        NotActedOn("tracing", NoTraces),
        NotActedOn("tracingServiceName", NoTraces),
        NotActedOn("zipkinAddress", NoTraces),
    ];

    /// <summary><c>ProxyConfig.proxyHeaders</c>.</summary>
    public static readonly IReadOnlyList<MeshField> ProxyHeaders =
    [
        .. Read("attemptCount", "envoyDebugHeaders", "preserveHttp1HeaderCase", "requestId", "server", "xForwardedHost", "xForwardedPort"),
        .. NoEffect("forwardedClientCert", "metadataExchangeHeaders", "setCurrentClientCertDetails"), // of a gateway, gatewayTopology says the first and last
    ];

    /// <summary><c>ProxyConfig.connectionSettings</c>: what of it is not read.</summary>
    public static readonly IReadOnlyList<MeshField> ConnectionSettings =
    [
        NotActedOn("globalDownstreamConnectionLimit", "it is an option of the gateway's own start (--max-connections)"),
        NotActedOn("listenerConnectionLimit", "it is an option of the gateway's own start (--max-connections)"),
    ];

    /// <summary>Notes the fields that are not read, and warns of those that a gateway would act on.</summary>
    public static void Apply(IReadOnlyList<MeshField> fields, ObjectReader reader)
    {
        foreach (MeshField field in fields)
        {
            switch (field.Use)
            {
                case MeshFieldUse.NoEffect:
                    reader.Ignore(field.Name);
                    break;
                case MeshFieldUse.NotActedOn:
                    reader.NotActedOn(field.Name, field.Consequence);
                    break;
            }
        }
    }

    private static IEnumerable<MeshField> Read(params string[] names) => names.Select(name => new MeshField(name, MeshFieldUse.Read));

    private static IEnumerable<MeshField> NoEffect(params string[] names) => names.Select(name => new MeshField(name, MeshFieldUse.NoEffect));

    private static MeshField NotActedOn(string name, string consequence) => new(name, MeshFieldUse.NotActedOn, consequence);
}
