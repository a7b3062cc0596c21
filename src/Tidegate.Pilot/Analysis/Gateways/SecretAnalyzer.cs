using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Tidegate.Pilot.Resources;

namespace Tidegate.Pilot.Analysis.Gateways;

/// <summary>Whether the credentials that a Gateway names are there, beside the gateway's pod, and hold a certificate that is in its time.</summary>
internal static class SecretAnalyzer
{
    // In the order in which they are looked for; the generic keys win.
    private static readonly (string Certificate, string Key)[] Pairs = [("cert", "key"), ("tls.crt", "tls.key")];

    public static void Analyze(AnalysisSnapshot snapshot, AnalysisReport report)
    {
        foreach (Gateway gateway in snapshot.Gateways)
        {
            IReadOnlyDictionary<string, string> selector = gateway.Spec.Selector;
            if (snapshot.Workloads.FirstOrDefault(workload => workload.IsSelectedBy(selector)) is not { } selected)
            {
                report.AddNotFound(gateway, Workload.FieldOf("spec.selector", selector), "selector", Workload.Text(selector));
                continue;
            }

            foreach ((string name, string field) in CredentialsOf(gateway))
            {
                if (snapshot.FindSecret(selected.Namespace, name) is not { } secret)
                {
                    report.AddNotFound(gateway, field, "credentialName", name);
                }
                else if (!IsValid(secret, snapshot.Time))
                {
                    report.Add(
                        MessageTypes.InvalidCredential,
                        gateway,
                        field,
                        $"The credential referenced by the Gateway {gateway.Name} in namespace {selected.Namespace} is invalid, which can cause the traffic not to work as expected.");
                }
            }
        }
    }

    private static IEnumerable<(string Name, string Field)> CredentialsOf(Gateway gateway)
    {
        for (int i = 0; i < gateway.Spec.Servers.Count; i++)
        {
            if (gateway.Spec.Servers[i].Tls is not { } tls)
            {
                continue;
            }

            if (tls.CredentialName.Length > 0)
            {
                yield return (tls.CredentialName, $"spec.servers[{i}].tls.credentialName");
            }

            for (int j = 0; j < tls.CredentialNames.Count; j++)
            {
                yield return (tls.CredentialNames[j], $"spec.servers[{i}].tls.credentialNames[{j}]");
            }
        }
    }

    private static bool IsValid(Secret secret, DateTimeOffset now)
    {
        byte[]? certificate = Pairs
            .Where(pair => Has(secret, pair.Certificate) && Has(secret, pair.Key))
            .Select(pair => secret.Data[pair.Certificate])
            .FirstOrDefault();
        string text = Encoding.UTF8.GetString(certificate ?? []);
        if (!PemEncoding.TryFind(text, out PemFields fields))
        {
            return false;
        }

        try
        {
            using X509Certificate2 first = X509CertificateLoader.LoadCertificate(Convert.FromBase64String(text[fields.Base64Data]));
            return now >= first.NotBefore && now <= first.NotAfter;
        }
        catch (CryptographicException)
        {
            return false; // what is no certificate is told as not valid
        }
    }

    private static bool Has(Secret secret, string key) => secret.Data.TryGetValue(key, out byte[]? value) && value.Length > 0;
}
