using Tidegate.Pilot.Resources;

namespace Tidegate.Pilot.Validation;

/// <summary>Checks <c>tls</c> of a traffic policy (Istio: <c>ValidateTLS</c>).</summary>
internal static class ClientTlsValidation
{
    private const string ConfigMapPrefix = "configmap://";

    public static void Check(ClientTlsSettings? tls, string ownNamespace, Findings findings, string field)
    {
        if (tls is null)
        {
            return;
        }

        UnusedTlsFields.Check(tls, findings, field);
        if (tls.CredentialName.StartsWith(ConfigMapPrefix, StringComparison.Ordinal))
        {
            findings.Check($"{field}.credentialName", CheckConfigMap(tls.CredentialName, ownNamespace));
        }

        bool isSkipping = tls.InsecureSkipVerify == true;
        if (isSkipping && tls.Mode == ClientTlsMode.Simple && (tls.CaCertificates.Length > 0 || tls.CredentialName.Length > 0 || tls.SubjectAltNames.Count > 0))
        {
            findings.Error($"{field}.insecureSkipVerify", "cannot specify CaCertificates or CredentialName or SubjectAltNames when InsecureSkipVerify is set true");
        }

        if (isSkipping && tls.Mode == ClientTlsMode.Mutual && (tls.CaCertificates.Length > 0 || tls.SubjectAltNames.Count > 0))
        {
            findings.Error($"{field}.insecureSkipVerify", "cannot specify CaCertificates or SubjectAltNames when InsecureSkipVerify is set true");
        }

        if (tls.Mode is ClientTlsMode.Simple or ClientTlsMode.Mutual && tls.CredentialName.Length > 0)
        {
            if (tls.ClientCertificate.Length > 0 || tls.CaCertificates.Length > 0 || tls.PrivateKey.Length > 0 || tls.CaCrl.Length > 0)
            {
                findings.Error($"{field}.credentialName", "cannot specify client certificates or CA certificate or CA CRL If credentialName is set");
            }

            return; // certificates come from a Secret
        }

        if (tls.Mode == ClientTlsMode.Mutual)
        {
            findings.Check($"{field}.clientCertificate", tls.ClientCertificate.Length == 0 ? "client certificate required for mutual tls" : null);
            findings.Check($"{field}.privateKey", tls.PrivateKey.Length == 0 ? "private key required for mutual tls" : null);
        }
    }

    // configmap://namespace/name, of the object's own namespace.
    private static string? CheckConfigMap(string reference, string ownNamespace)
    {
        string[] parts = reference[ConfigMapPrefix.Length..].Split('/');
        return parts.Length != 2 || parts[0].Length == 0 || parts[1].Length == 0
            ? $"invalid configmap:// credentialName: invalid resource name {GoText.Quote(reference)}. Expected namespace and name"
            : parts[0] != ownNamespace || ownNamespace.Length == 0
                ? $"invalid configmap:// credentialName: namespace must match the configuration namespace {GoText.Quote(ownNamespace)}"
                : null;
    }
}
