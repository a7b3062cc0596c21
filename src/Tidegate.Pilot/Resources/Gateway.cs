namespace Tidegate.Pilot.Resources;

/// <summary>Ports that a gateway proxy opens, and the hosts behind them (Istio: <c>networking/v1alpha3/gateway.proto</c>).</summary>
public sealed record Gateway(ResourceMetadata Metadata, Origin Origin, GatewaySpec Spec) : Resource(Metadata, Origin), IHasApiKind
{
    /// <inheritdoc/>
    public static ApiKind KindOfType { get; } = new(ApiGroups.Networking, "Gateway");

    /// <inheritdoc/>
    public override ApiKind ApiKind => KindOfType;
}

/// <summary><c>Gateway.spec</c>.</summary>
public sealed record GatewaySpec
{
    /// <summary>Labels of the gateway pods that it is for; empty selects every gateway.</summary>
    public IReadOnlyDictionary<string, string> Selector { get; init; } = ResourceMetadata.NoEntries;

    /// <summary><c>servers</c>.</summary>
    public IReadOnlyList<GatewayServer> Servers { get; init; } = [];
}

/// <summary>Istio: <c>Server</c>.</summary>
public sealed record GatewayServer
{
    /// <summary><c>port</c>; null when it is missing.</summary>
    public GatewayPort? Port { get; init; }

    /// <summary><c>bind</c>: an address or <c>unix://</c> path in place of the wildcard.</summary>
    public string Bind { get; init; } = string.Empty;

    /// <summary><c>hosts</c>, each <c>[namespace/]name</c>.</summary>
    public IReadOnlyList<string> Hosts { get; init; } = [];

    /// <summary><c>tls</c>.</summary>
    public ServerTlsSettings? Tls { get; init; }

    /// <summary><c>name</c>.</summary>
    public string Name { get; init; } = string.Empty;
}

/// <summary>Istio: <c>Port</c>.</summary>
public sealed record GatewayPort
{
    /// <summary><c>number</c>.</summary>
    public uint Number { get; init; }

    /// <summary><c>protocol</c> as written.</summary>
    public string Protocol { get; init; } = string.Empty;

    /// <summary><c>name</c>.</summary>
    public string Name { get; init; } = string.Empty;

    /// <summary><c>targetPort</c>: deprecated, no effect on gateways.</summary>
    public uint TargetPort { get; init; }
}

/// <summary>Istio: <c>ServerTLSSettings.TLSmode</c>.</summary>
public enum ServerTlsMode
{
    /// <summary>PASSTHROUGH: not terminated; the default.</summary>
    Passthrough,

    /// <summary>SIMPLE: terminated with a server certificate.</summary>
    Simple,

    /// <summary>MUTUAL: the client needs a certificate.</summary>
    Mutual,

    /// <summary>AUTO_PASSTHROUGH.</summary>
    AutoPassthrough,

    /// <summary>ISTIO_MUTUAL: with the workload's own certificates.</summary>
    IstioMutual,

    /// <summary>OPTIONAL_MUTUAL: the client may show a certificate.</summary>
    OptionalMutual,
}

/// <summary>Istio: <c>ServerTLSSettings.TLSProtocol</c>.</summary>
public enum TlsProtocol
{
    /// <summary>TLS_AUTO.</summary>
    Auto,

    /// <summary>TLSV1_0.</summary>
    Tls10,

    /// <summary>TLSV1_1.</summary>
    Tls11,

    /// <summary>TLSV1_2.</summary>
    Tls12,

    /// <summary>TLSV1_3.</summary>
    Tls13,
}

/// <summary>Istio: <c>ServerTLSSettings</c>.</summary>
public sealed record ServerTlsSettings
{
    /// <summary><c>httpsRedirect</c>.</summary>
    public bool HttpsRedirect { get; init; }

    /// <summary><c>mode</c>.</summary>
    public ServerTlsMode Mode { get; init; }

    /// <summary><c>serverCertificate</c>: a file.</summary>
    public string ServerCertificate { get; init; } = string.Empty;

    /// <summary><c>privateKey</c>: a file.</summary>
    public string PrivateKey { get; init; } = string.Empty;

    /// <summary><c>caCertificates</c>: a file.</summary>
    public string CaCertificates { get; init; } = string.Empty;

    /// <summary><c>caCrl</c>: a file.</summary>
    public string CaCrl { get; init; } = string.Empty;

    /// <summary><c>credentialName</c>.</summary>
    public string CredentialName { get; init; } = string.Empty;

    /// <summary><c>credentialNames</c>.</summary>
    public IReadOnlyList<string> CredentialNames { get; init; } = [];

    /// <summary><c>caCertCredentialName</c>.</summary>
    public string CaCertCredentialName { get; init; } = string.Empty;

    /// <summary><c>tlsCertificates</c>.</summary>
    public IReadOnlyList<TlsCertificateFiles> TlsCertificates { get; init; } = [];

    /// <summary><c>subjectAltNames</c>.</summary>
    public IReadOnlyList<string> SubjectAltNames { get; init; } = [];

    /// <summary><c>verifyCertificateSpki</c>.</summary>
    public IReadOnlyList<string> VerifyCertificateSpki { get; init; } = [];

    /// <summary><c>verifyCertificateHash</c>.</summary>
    public IReadOnlyList<string> VerifyCertificateHash { get; init; } = [];

    /// <summary><c>minProtocolVersion</c>.</summary>
    public TlsProtocol MinProtocolVersion { get; init; }

    /// <summary><c>maxProtocolVersion</c>.</summary>
    public TlsProtocol MaxProtocolVersion { get; init; }

    /// <summary><c>cipherSuites</c>.</summary>
    public IReadOnlyList<string> CipherSuites { get; init; } = [];

    /// <summary><c>ecdhCurves</c>.</summary>
    public IReadOnlyList<string> EcdhCurves { get; init; } = [];

    /// <summary><c>insecureSkipVerify</c>; null when it is not given.</summary>
    public bool? InsecureSkipVerify { get; init; }
}

/// <summary>Istio: <c>TLSCertificate</c>.</summary>
public sealed record TlsCertificateFiles(string ServerCertificate, string PrivateKey, string CaCertificates);
