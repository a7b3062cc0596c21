using Tidegate.Pilot.Sources;
using Tidegate.Pilot.Sources.Kinds;
using Tidegate.Pilot.Validation;

namespace Tidegate.Pilot.Tests.Sources;

/// <summary>No setting of the mesh is passed over in silence: each field of Istio's API is read, has no effect on a gateway, or is warned of.</summary>
public sealed class MeshFieldTests
{
    // The fields of mesh/v1alpha1/config.proto and proxy.proto, by their names in JSON.
    private static readonly string[] FieldsOfMesh =
    [
        "accessLogEncoding", "accessLogFile", "accessLogFormat", "ca", "caCertificates", "certificates", "configSources", "connectTimeout", "defaultConfig",
        "defaultDestinationRuleExportTo", "defaultHttpRetryPolicy", "defaultProviders", "defaultServiceExportTo", "defaultTrafficPolicy",
        "defaultVirtualServiceExportTo", "disableEnvoyListenerLog", "discoverySelectors", "dnsRefreshRate", "enableAutoMtls", "enableEnvoyAccessLogService",
        "enablePrometheusMerge", "enableTracing", "extensionProviders", "h2UpgradePolicy", "hboneIdleTimeout", "inboundClusterStatName", "inboundTrafficPolicy",
        "ingressClass", "ingressControllerMode", "ingressSelector", "ingressService", "localityLbSetting", "meshMTLS", "outboundClusterStatName",
        "outboundTrafficPolicy", "pathNormalization", "protocolDetectionTimeout", "proxyHttpPort", "proxyInboundListenPort", "proxyListenPort", "rootNamespace",
        "serviceEntryVisibility", "serviceScopeConfigs", "serviceSettings", "tcpKeepalive", "tlsDefaults", "trustDomain", "trustDomainAliases",
        "verifyCertificateAtClient", "zoneAwareLbSetting",
    ];

    private static readonly string[] FieldsOfProxy =
    [
        "availabilityZone", "binaryPath", "caCertificatesPem", "concurrency", "configPath", "connectionSettings", "controlPlaneAuthPolicy", "customConfigFile",
        "discoveryAddress", "discoveryRefreshDelay", "drainDuration", "envoyAccessLogService", "envoyMetricsService", "envoyMetricsServiceAddress", "extraStatTags",
        "fileFlushInterval", "fileFlushMinSizeKb", "gatewayTopology", "holdApplicationUntilProxyStarts", "image", "interceptionMode", "meshId", "privateKeyProvider",
        "proxyAdminPort", "proxyBootstrapTemplatePath", "proxyHeaders", "proxyMetadata", "proxyStatsMatcher", "readinessProbe", "runtimeValues", "sds",
        "serviceCluster", "statNameLength", "statsCompression", "statsdUdpAddress", "statusPort", "terminationDrainDuration", "tracing", "tracingServiceName",
        "zipkinAddress",
    ];

    private static readonly string[] FieldsOfProxyHeaders =
    [
        "attemptCount", "envoyDebugHeaders", "forwardedClientCert", "metadataExchangeHeaders", "preserveHttp1HeaderCase", "requestId", "server",
        "setCurrentClientCertDetails", "xForwardedHost", "xForwardedPort",
    ];

    public static TheoryData<string, string, string> Fields()
    {
        var data = new TheoryData<string, string, string>();
        foreach ((string within, IReadOnlyList<MeshField> table) in new[]
        {
            (string.Empty, MeshFields.Mesh),
            ("defaultProviders", MeshFields.DefaultProviders),
            ("defaultConfig", MeshFields.Proxy),
            ("defaultConfig.proxyHeaders", MeshFields.ProxyHeaders),
            ("defaultConfig.connectionSettings", MeshFields.ConnectionSettings),
        })
        {
            foreach (MeshField field in table)
            {
                data.Add(within, field.Name, field.Use.ToString());
            }
        }

        return data;
    }

    [Fact]
    public void Every_field_of_the_API_is_in_a_table()
    {
        Assert.Equal(FieldsOfMesh.Order(StringComparer.Ordinal), MeshFields.Mesh.Select(field => field.Name).Order(StringComparer.Ordinal));
        Assert.Equal(FieldsOfProxy.Order(StringComparer.Ordinal), MeshFields.Proxy.Select(field => field.Name).Order(StringComparer.Ordinal));
        Assert.Equal(FieldsOfProxyHeaders.Order(StringComparer.Ordinal), MeshFields.ProxyHeaders.Select(field => field.Name).Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Fields))]
    public void What_the_table_says_of_a_field_is_what_becomes_of_it(string within, string name, string use)
    {
        // A list within a list is right for no field, so that one which is read is an error.
        string[] path = [.. within.Split('.', StringSplitOptions.RemoveEmptyEntries), name];
        string text = "mesh:\n" + string.Concat(path.Select((step, depth) => $"{new string(' ', 2 * (depth + 1))}{step}:\n")).TrimEnd() + " [[]]\n";

        IReadOnlyList<Diagnostic> diagnostics = new ManifestReader("default").Read("mesh.yaml", text).Diagnostics;

        string field = $"mesh.{string.Join('.', path)}";
        if (use == nameof(MeshFieldUse.NoEffect))
        {
            Assert.Empty(diagnostics);
            return;
        }

        Diagnostic diagnostic = Assert.Single(diagnostics);
        Assert.StartsWith(field, diagnostic.Field, StringComparison.Ordinal);
        Assert.Equal(path.Length + 1, diagnostic.Line);
        Assert.Equal(use == nameof(MeshFieldUse.Read) ? (Severity.Error, "invalid-field") : (Severity.Warning, "not-yet-acted-on"), (diagnostic.Severity, diagnostic.Code));
    }

    [Fact]
    public void What_is_switched_off_asks_for_nothing() =>
        Assert.Empty(new ManifestReader("default").Read("mesh.yaml", "mesh: {enableTracing: false, enableAutoMtls: no, extensionProviders: [], defaultConfig: {tracing: {}, sds: {}}}").Diagnostics);

    // What istioctl install writes into the ConfigMap.
    [Fact]
    public void What_Istio_installs_asks_for_nothing_that_is_not_there()
    {
        const string Text = """
            apiVersion: v1
            kind: ConfigMap
            metadata: {name: istio, namespace: istio-system}
            data:
              mesh: |-
                defaultConfig:
                  discoveryAddress: istiod.istio-system.svc:15012
                defaultProviders:
                  metrics:
                  - prometheus
                enablePrometheusMerge: true
                rootNamespace: istio-system
                trustDomain: cluster.local
              meshNetworks: 'networks: {}'
            """;
        Assert.Empty(new ManifestReader("default").Read("mesh.yaml", Text).Diagnostics);

        Manifest networks = new ManifestReader("default").Read("mesh.yaml", Text.Replace("networks: {}", "networks: {a: {}}", StringComparison.Ordinal));
        Assert.Equal("data.meshNetworks.networks", Assert.Single(networks.Diagnostics).Field);
    }

    [Fact]
    public void A_variable_that_is_no_node_metadata_is_told()
    {
        Manifest manifest = new ManifestReader("default").Read("mesh.yaml", "mesh: {defaultConfig: {proxyMetadata: {ISTIO_META_HTTP10: '1', MINIMUM_DRAIN_DURATION: 5s}}}");

        Assert.Equal("mesh.defaultConfig.proxyMetadata.MINIMUM_DRAIN_DURATION", Assert.Single(manifest.Diagnostics).Field);
    }

    [Fact]
    public void A_field_that_nobody_knows_is_named() =>
        Assert.Contains("did you mean accessLogFile?", Assert.Single(new ManifestReader("default").Read("mesh.yaml", "mesh: {accesLogFile: x}").Diagnostics).Message, StringComparison.Ordinal);
}
