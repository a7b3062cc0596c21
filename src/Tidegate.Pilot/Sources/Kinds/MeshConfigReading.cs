using Tidegate.Pilot.Resources;
using Tidegate.Pilot.Sources.Reading;

namespace Tidegate.Pilot.Sources.Kinds;

/// <summary>
/// Reads the mesh's configuration: from the ConfigMap <c>istio</c>, whose <c>data.mesh</c> is YAML within a text, or from a document of the
/// form <c>mesh: {...}</c>. What becomes of each field is said in <see cref="MeshFields"/>.
/// </summary>
internal static class MeshConfigReading
{
    /// <summary>The namespace of a <c>mesh:</c> document.</summary>
    public const string MeshNamespace = "istio-system";

    public static ConfigMap ReadConfigMap(ResourceMetadata metadata, Origin origin, ObjectReader root)
    {
        root.Ignore("binaryData", "immutable");
        if (metadata.Name != ConfigMap.MeshName)
        {
            return new ConfigMap(metadata, origin) { Data = root.Map("data") };
        }
        return root.Object("data", data =>
        {
            data.IgnoreOthers(); // what installers leave
            data.Embedded("meshNetworks", ReadNetworks);
            return new ConfigMap(metadata, origin) { Mesh = data.Embedded("mesh", Read) };
        }) ?? new ConfigMap(metadata, origin);
    }

    /// <summary>Reads a <c>mesh:</c> document.</summary>
    public static ConfigMap ReadDocument(Origin origin, ObjectReader root) =>
        new(new ResourceMetadata { Name = ConfigMap.MeshName, Namespace = MeshNamespace }, origin) { Mesh = root.Embedded("mesh", Read) };

    private static MeshConfig Read(ObjectReader mesh)
    {
        MeshFields.Apply(MeshFields.Mesh, mesh);
        mesh.Object("defaultProviders", ReadProviders);
        var traffic = mesh.Object("defaultTrafficPolicy", policy => new TrafficPolicy
        {
            ConnectionPool = policy.Object("connectionPool", DestinationRuleReading.ReadConnectionPool),
            OutlierDetection = policy.Object("outlierDetection", DestinationRuleReading.ReadOutlierDetection),
        });
        return new MeshConfig
        {
            AccessLogFile = mesh.OptionalText("accessLogFile"),
            AccessLogFormat = mesh.OptionalText("accessLogFormat"),
            AccessLogIsJson = mesh.OptionalEnum("accessLogEncoding", ("TEXT", Encoding.Text), ("JSON", Encoding.Json)) is { } encoding
                ? encoding == Encoding.Json
                : null,
            DisableListenerLog = mesh.OptionalFlag("disableEnvoyListenerLog"),
            ConnectTimeout = mesh.Duration("connectTimeout"),
            TcpKeepalive = mesh.Object("tcpKeepalive", DestinationRuleReading.ReadKeepalive),
            DefaultHttpRetryPolicy = mesh.Object("defaultHttpRetryPolicy", VirtualServiceReading.ReadRetry),
            PathNormalization = mesh.Object("pathNormalization", ReadNormalization)?.Value,
            RootNamespace = mesh.OptionalText("rootNamespace"),
            TrustDomain = mesh.OptionalText("trustDomain") is { Length: > 0 } trustDomain ? trustDomain : null,
            TrustDomainAliases = mesh.Has("trustDomainAliases") ? mesh.Texts("trustDomainAliases") : null,
            DiscoverySelectors = mesh.Has("discoverySelectors") ? mesh.Objects("discoverySelectors", LabelSelectorReading.Read) : null,
            DefaultServiceExportTo = ExportTo(mesh, "defaultServiceExportTo"),
            DefaultVirtualServiceExportTo = ExportTo(mesh, "defaultVirtualServiceExportTo"),
            DefaultDestinationRuleExportTo = ExportTo(mesh, "defaultDestinationRuleExportTo"),
            DnsRefreshRate = mesh.Duration("dnsRefreshRate"),
            UpgradesToHttp2 = mesh.OptionalEnum("h2UpgradePolicy", ("DO_NOT_UPGRADE", H2UpgradePolicy.Default), ("UPGRADE", H2UpgradePolicy.DoNotUpgrade)) is { } upgrade
                ? upgrade == H2UpgradePolicy.DoNotUpgrade
                : null,
            OutboundClusterStatName = mesh.OptionalText("outboundClusterStatName"),
            LocalityLbSetting = mesh.Object("localityLbSetting", LoadBalancerReading.ReadLocality),
            ZoneAwareLbSetting = mesh.Object("zoneAwareLbSetting", LoadBalancerReading.ReadZoneAware),
            DefaultConnectionPool = traffic?.ConnectionPool,
            DefaultOutlierDetection = traffic?.OutlierDetection,
            ExtensionProviders = mesh.Has("extensionProviders") ? mesh.Objects("extensionProviders", ExtensionProviderReading.Read) : null,
            TlsDefaults = mesh.Object("tlsDefaults", tls => new TlsDefaults
            {
                MinProtocolVersion = tls.Enum(
                    "minProtocolVersion", ("TLS_AUTO", TlsVersion.Auto), ("TLSV1_2", TlsVersion.Tls12), ("TLSV1_3", TlsVersion.Tls13)) switch
                {
                    TlsVersion.Tls12 => TlsProtocol.Tls12,
                    TlsVersion.Tls13 => TlsProtocol.Tls13,
                    _ => TlsProtocol.Auto,
                },
                CipherSuites = tls.Texts("cipherSuites"),
                EcdhCurves = tls.Texts("ecdhCurves"),
            }),
            DefaultConfig = mesh.Object("defaultConfig", ReadProxy),
        };
    }

    private static MeshProxyConfig ReadProxy(ObjectReader proxy)
    {
        MeshFields.Apply(MeshFields.Proxy, proxy);
        var topology = proxy.Object("gatewayTopology", reader => new Topology(
            reader.OptionalUnsigned("numTrustedProxies"),
            reader.OptionalEnum(
                "forwardClientCertDetails",
                ("UNDEFINED", ForwardedClientCert.Undefined),
                ("SANITIZE", ForwardedClientCert.Sanitize),
                ("FORWARD_ONLY", ForwardedClientCert.ForwardOnly),
                ("APPEND_FORWARD", ForwardedClientCert.AppendForward),
                ("SANITIZE_SET", ForwardedClientCert.SanitizeSet),
                ("ALWAYS_FORWARD_ONLY", ForwardedClientCert.AlwaysForwardOnly)),
            reader.Object("proxyProtocol", _ => new object()) is not null ? true : null));
        var result = new MeshProxyConfig
        {
            TrustedProxyCount = topology?.TrustedProxyCount,
            ForwardedClientCert = topology?.ForwardedClientCert,
            RequiresProxyProtocol = topology?.RequiresProxyProtocol,
            ProxyMetadata = proxy.MapOfPrefixed("proxyMetadata", MeshFields.NodeMetadataPrefix, MeshFields.NoEnvironment),
            ConnectionSettings = proxy.Object("connectionSettings", ConnectionSettingsReading.Read),
        };
        return proxy.Object("proxyHeaders", headers =>
        {
            MeshFields.Apply(MeshFields.ProxyHeaders, headers);
            var server = headers.Object("server", reader => new Server(reader.OptionalFlag("disabled"), reader.OptionalText("value")));
            return result with
            {
                ServerHeaderDisabled = server?.Disabled,
                ServerHeader = server?.Value is { Length: > 0 } value ? value : null,
                RequestIdDisabled = Flag(headers, "requestId", "disabled"),
                AttemptCountDisabled = Flag(headers, "attemptCount", "disabled"),
                EnvoyDebugHeadersDisabled = Flag(headers, "envoyDebugHeaders", "disabled"),
                PreservesHeaderCase = headers.OptionalFlag("preserveHttp1HeaderCase"),
                AppendsXForwardedHost = Flag(headers, "xForwardedHost", "enabled"),
                AppendsXForwardedPort = Flag(headers, "xForwardedPort", "enabled"),
            };
        }) ?? result;
    }

    private static ObjectReader ReadNetworks(ObjectReader networks)
    {
        networks.NotActedOn("networks", "every endpoint with an address is reached directly, and one without is left out");
        return networks;
    }

    private static ObjectReader ReadProviders(ObjectReader providers)
    {
        MeshFields.Apply(MeshFields.DefaultProviders, providers);
        if (providers.Texts("metrics").Any(provider => provider is not ("prometheus" or "")))
        {
            providers.NotActedOn("metrics", "statistics are for Prometheus to scrape");
        }

        return providers;
    }

    private static bool? Flag(ObjectReader headers, string block, string field) =>
        headers.Object(block, reader => new Server(reader.OptionalFlag(field), null))?.Disabled;

    private static IReadOnlyList<string>? ExportTo(ObjectReader mesh, string field) => mesh.Texts(field) is { Count: > 0 } namespaces ? namespaces : null;

    private static Normalization ReadNormalization(ObjectReader path) => new(path.Enum(
        "normalization",
        ("DEFAULT", NormalizationType.Default),
        ("NONE", NormalizationType.None),
        ("BASE", NormalizationType.Base),
        ("MERGE_SLASHES", NormalizationType.MergeSlashes),
        ("DECODE_AND_MERGE_SLASHES", NormalizationType.DecodeAndMergeSlashes)) switch
    {
        NormalizationType.None => PathNormalization.None,
        NormalizationType.MergeSlashes => PathNormalization.MergeSlashes,
        NormalizationType.DecodeAndMergeSlashes => PathNormalization.DecodeAndMergeSlashes,
        _ => PathNormalization.Base,
    });

    // With the numbers that the fields have in Istio's API.
    private enum Encoding
    {
        Text,
        Json,
    }

    private enum TlsVersion
    {
        Auto,
        Tls12,
        Tls13,
    }

    private enum NormalizationType
    {
        Default,
        None,
        Base,
        MergeSlashes,
        DecodeAndMergeSlashes,
    }

    private sealed record Normalization(PathNormalization Value);

    private sealed record Topology(uint? TrustedProxyCount, ForwardedClientCert? ForwardedClientCert, bool? RequiresProxyProtocol);

    private sealed record Server(bool? Disabled, string? Value);
}
