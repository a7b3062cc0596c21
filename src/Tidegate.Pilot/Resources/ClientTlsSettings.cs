namespace Tidegate.Pilot.Resources;

/// <summary>Istio: <c>ClientTLSSettings.TLSmode</c>.</summary>
public enum ClientTlsMode
{
    /// <summary>DISABLE.</summary>
    Disable,

    /// <summary>SIMPLE.</summary>
    Simple,

    /// <summary>MUTUAL.</summary>
    Mutual,

    /// <summary>ISTIO_MUTUAL.</summary>
    IstioMutual,
}

/// <summary>Istio: <c>ClientTLSSettings</c>.</summary>
public sealed record ClientTlsSettings
{
    /// <summary><c>mode</c>.</summary>
    public ClientTlsMode Mode { get; init; }

    /// <summary><c>clientCertificate</c>: a file.</summary>
    public string ClientCertificate { get; init; } = string.Empty;

    /// <summary><c>privateKey</c>: a file.</summary>
    public string PrivateKey { get; init; } = string.Empty;

    /// <summary><c>caCertificates</c>: a file.</summary>
    public string CaCertificates { get; init; } = string.Empty;

    /// <summary><c>caCrl</c>: a file.</summary>
    public string CaCrl { get; init; } = string.Empty;

    /// <summary><c>credentialName</c>.</summary>
    public string CredentialName { get; init; } = string.Empty;

    /// <summary><c>subjectAltNames</c>.</summary>
    public IReadOnlyList<string> SubjectAltNames { get; init; } = [];

    /// <summary><c>sni</c>.</summary>
    public string Sni { get; init; } = string.Empty;

    /// <summary><c>insecureSkipVerify</c>.</summary>
    public bool? InsecureSkipVerify { get; init; }
}
