using System.Collections.Frozen;
using Tidegate.Pilot.Resources;

namespace Tidegate.Pilot.Validation;

/// <summary>Checks the TLS settings of a Gateway's server (Istio: <c>validateTLSOptions</c>).</summary>
internal static class ServerTlsValidation
{
    private const int MaxCertificates = 2;

    private static readonly FrozenSet<string> CipherSuites = FrozenSet.Create(
        "ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-RSA-AES256-GCM-SHA384",
        "ECDHE-ECDSA-CHACHA20-POLY1305", "ECDHE-RSA-CHACHA20-POLY1305", "ECDHE-ECDSA-AES128-SHA", "ECDHE-RSA-AES128-SHA",
        "ECDHE-ECDSA-AES256-SHA", "ECDHE-RSA-AES256-SHA", "AES128-GCM-SHA256", "AES256-GCM-SHA384", "AES128-SHA", "AES256-SHA", "DES-CBC3-SHA");

    public static void Check(ServerTlsSettings tls, Findings findings, string field)
    {
        CheckCipherSuites(tls, findings, field);
        UnusedTlsFields.Check(tls, findings, field);
        if (tls.Mode == ServerTlsMode.IstioMutual)
        {
            CheckIstioMutual(tls, findings, field);
            return;
        }

        if (tls.Mode is ServerTlsMode.Passthrough or ServerTlsMode.AutoPassthrough)
        {
            if (tls.CaCrl.Length > 0 || tls.CaCertificates.Length > 0 || tls.ServerCertificate.Length > 0 || tls.PrivateKey.Length > 0
                || tls.TlsCertificates.Count > 0 || tls.CredentialName.Length > 0 || tls.CredentialNames.Count > 0)
            {
                string mode = tls.Mode == ServerTlsMode.Passthrough ? "PASSTHROUGH" : "AUTO_PASSTHROUGH";
                findings.Warn(field, $"{mode} mode does not use certificates, they will be ignored");
            }
        }

        bool[] sources =
        [
            tls.ServerCertificate.Length > 0 && tls.PrivateKey.Length > 0,
            tls.CredentialName.Length > 0,
            tls.CredentialNames.Count > 0,
            tls.TlsCertificates.Count > 0,
        ];
        if (sources.Count(isGiven => isGiven) > 1)
        {
            findings.Error(field, "only one of credential_name, credential_names, server_certificate/private_key, tls_certificates should be specified");
        }

        bool isTerminating = tls.Mode is ServerTlsMode.Simple or ServerTlsMode.Mutual or ServerTlsMode.OptionalMutual;
        if (isTerminating && (tls.CredentialName.Length > 0 || tls.CredentialNames.Count > 0))
        {
            return; // certificates come from Secrets
        }

        if (isTerminating)
        {
            CheckFiles(tls, findings, field);
        }

        if (tls.CaCrl.Length > 0)
        {
            if (tls.CredentialName.Length > 0)
            {
                findings.Error($"{field}.caCrl", "CRL is not supported with credentialName. CRL has to be specified in the credential");
            }

            if (tls.Mode == ServerTlsMode.Simple)
            {
                findings.Error($"{field}.caCrl", "CRL is not supported with SIMPLE TLS");
            }
        }
    }

    private static void CheckCipherSuites(ServerTlsSettings tls, Findings findings, string field)
    {
        if (tls.MinProtocolVersion is TlsProtocol.Tls10 or TlsProtocol.Tls11 && tls.CipherSuites.Count == 0)
        {
            findings.Warn(
                $"{field}.minProtocolVersion",
                "TLS version below TLSV1_2 require setting compatible ciphers as by default they no longer include compatible ciphers.");
        }

        SortedSet<string> invalid = new(StringComparer.Ordinal);
        SortedSet<string> duplicate = new(StringComparer.Ordinal);
        HashSet<string> valid = [];
        foreach (string suite in tls.CipherSuites)
        {
            // What begins with a sign is an expression of BoringSSL, which only it understands.
            bool isValid = suite.Length == 0 || suite == "ALL" || !char.IsLetterOrDigit(suite[0]) || CipherSuites.Contains(suite);
            if (!isValid)
            {
                invalid.Add(suite);
            }
            else if (!valid.Add(suite))
            {
                duplicate.Add(suite);
            }
        }

        if (invalid.Count > 0)
        {
            findings.Warn($"{field}.cipherSuites", $"ignoring invalid cipher suites: {GoText.List(invalid)}");
        }

        if (duplicate.Count > 0)
        {
            findings.Warn($"{field}.cipherSuites", $"ignoring duplicate cipher suites: {GoText.List(duplicate)}");
        }
    }

    private static void CheckIstioMutual(ServerTlsSettings tls, Findings findings, string field)
    {
        Refuse(tls.ServerCertificate.Length > 0, "serverCertificate", "server certificate");
        Refuse(tls.PrivateKey.Length > 0, "privateKey", "private key");
        Refuse(tls.CaCertificates.Length > 0, "caCertificates", "CA bundle");
        Refuse(tls.TlsCertificates.Count > 0, "tlsCertificates", "tlsCertificates");
        Refuse(tls.CredentialName.Length > 0, "credentialName", "credentialName");
        Refuse(tls.CredentialNames.Count > 0, "credentialNames", "credentialNames");

        void Refuse(bool isGiven, string name, string what)
        {
            if (isGiven)
            {
                findings.Error($"{field}.{name}", $"ISTIO_MUTUAL TLS cannot have associated {what}");
            }
        }
    }

    private static void CheckFiles(ServerTlsSettings tls, Findings findings, string field)
    {
        string mode = tls.Mode == ServerTlsMode.Simple ? "SIMPLE TLS" : "MUTUAL TLS";
        if (tls.Mode != ServerTlsMode.Simple && tls.CaCertificates.Length == 0)
        {
            findings.Error($"{field}.caCertificates", $"{mode} requires a client CA bundle");
        }

        if (tls.TlsCertificates.Count > MaxCertificates)
        {
            findings.Warn($"{field}.tlsCertificates", $"{mode} can support up to {MaxCertificates} server certificates");
        }

        if (tls.TlsCertificates.Count == 0)
        {
            CheckPair(tls.ServerCertificate, tls.PrivateKey, field);
        }

        for (int i = 0; i < tls.TlsCertificates.Count; i++)
        {
            CheckPair(tls.TlsCertificates[i].ServerCertificate, tls.TlsCertificates[i].PrivateKey, $"{field}.tlsCertificates[{i}]");
        }

        void CheckPair(string certificate, string key, string place)
        {
            if (certificate.Length == 0)
            {
                findings.Error($"{place}.serverCertificate", $"{mode} requires a server certificate");
            }

            if (key.Length == 0)
            {
                findings.Error($"{place}.privateKey", $"{mode} requires a private key");
            }
        }
    }
}
