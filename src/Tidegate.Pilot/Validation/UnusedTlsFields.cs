using Tidegate.Pilot.Resources;

namespace Tidegate.Pilot.Validation;

/// <summary>
/// Fields of TLS settings that do nothing in the mode that they are written beside. Istio passes over them; most of them are about whom to trust, so that
/// whoever wrote one believes that more is checked than is.
/// </summary>
internal static class UnusedTlsFields
{
    private const string MeshCertificates = "ISTIO_MUTUAL uses the mesh's own certificates";

    /// <summary>Those of a DestinationRule.</summary>
    public static void Check(ClientTlsSettings tls, Findings findings, string field)
    {
        (string Name, bool IsGiven, string? Reason)[] fields = tls.Mode switch
        {
            ClientTlsMode.IstioMutual =>
            [
                ("clientCertificate", tls.ClientCertificate.Length > 0, MeshCertificates),
                ("privateKey", tls.PrivateKey.Length > 0, MeshCertificates),
                ("caCertificates", tls.CaCertificates.Length > 0, MeshCertificates),
                ("caCrl", tls.CaCrl.Length > 0, $"{MeshCertificates}, and revokes none"),
                ("credentialName", tls.CredentialName.Length > 0, MeshCertificates),
                ("insecureSkipVerify", tls.InsecureSkipVerify == true, "ISTIO_MUTUAL always verifies"),
            ],
            ClientTlsMode.Simple =>
            [
                ("clientCertificate", tls is { ClientCertificate.Length: > 0, CredentialName.Length: 0 }, "SIMPLE shows no client certificate; MUTUAL does"),
                ("privateKey", tls is { PrivateKey.Length: > 0, CredentialName.Length: 0 }, "SIMPLE shows no client certificate; MUTUAL does"),
                ("caCrl", tls is { CaCrl.Length: > 0, InsecureSkipVerify: true, CredentialName.Length: 0 }, "insecureSkipVerify verifies nothing"),
            ],
            ClientTlsMode.Mutual => [("caCrl", tls is { CaCrl.Length: > 0, InsecureSkipVerify: true, CredentialName.Length: 0 }, "insecureSkipVerify verifies nothing")],
            _ => [],
        };
        Warn(fields, findings, field);
    }

    /// <summary>Those of a Gateway's server.</summary>
    public static void Check(ServerTlsSettings tls, Findings findings, string field)
    {
        bool hasCredentials = tls.CredentialName.Length > 0 || tls.CredentialNames.Count > 0;
        string? crl = tls.Mode == ServerTlsMode.IstioMutual ? $"{MeshCertificates}, and revokes none"
            : hasCredentials ? "with a credential, revocations are read from its Secret (ca.crl)"
            : null; // said elsewhere, or in force
        string? hashes = tls.Mode switch
        {
            ServerTlsMode.IstioMutual => "ISTIO_MUTUAL verifies by the mesh's authorities alone",
            ServerTlsMode.Simple => "SIMPLE asks clients for no certificate; MUTUAL does",
            ServerTlsMode.Mutual or ServerTlsMode.OptionalMutual when !hasCredentials => "it counts with credentialName or credentialNames only, as in Istio",
            _ => null,
        };
        string? authorities = !hasCredentials ? null
            : tls.Mode == ServerTlsMode.Simple ? "SIMPLE asks clients for no certificate; MUTUAL does"
            : tls.Mode is ServerTlsMode.Mutual or ServerTlsMode.OptionalMutual ? "with a credential, the authorities are read from a Secret: caCertCredentialName, or ca.crt of the credential"
            : null;
        string? authorityName = tls.Mode switch
        {
            ServerTlsMode.IstioMutual => MeshCertificates,
            ServerTlsMode.Simple => "SIMPLE asks clients for no certificate; MUTUAL does",
            ServerTlsMode.Mutual or ServerTlsMode.OptionalMutual when !hasCredentials => "it counts with credentialName or credentialNames only, as in Istio",
            _ => null,
        };
        string? versions = tls.Mode == ServerTlsMode.IstioMutual ? "ISTIO_MUTUAL has versions and ciphers of its own, as in Istio" : null;
        Warn(
            [
                ("caCrl", tls.CaCrl.Length > 0, crl),
                ("caCertificates", tls.CaCertificates.Length > 0, authorities),
                ("caCertCredentialName", tls.CaCertCredentialName.Length > 0, authorityName),
                ("verifyCertificateSpki", tls.VerifyCertificateSpki.Count > 0, hashes),
                ("verifyCertificateHash", tls.VerifyCertificateHash.Count > 0, hashes),
                ("minProtocolVersion", tls.MinProtocolVersion != TlsProtocol.Auto, versions),
                ("maxProtocolVersion", tls.MaxProtocolVersion != TlsProtocol.Auto, versions),
                ("cipherSuites", tls.CipherSuites.Count > 0, versions),
            ],
            findings,
            field);
    }

    private static void Warn((string Name, bool IsGiven, string? Reason)[] fields, Findings findings, string field)
    {
        foreach ((string name, bool isGiven, string? reason) in fields)
        {
            if (isGiven && reason is not null)
            {
                findings.Warn($"{field}.{name}", $"has no effect here: {reason}");
            }
        }
    }
}
