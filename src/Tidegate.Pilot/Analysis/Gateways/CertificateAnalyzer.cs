using Tidegate.Pilot.Resources;

namespace Tidegate.Pilot.Analysis.Gateways;

/// <summary>
/// Whether several Gateways of the same workloads show the same certificate: a client that has a connection for one host may use it for another, which
/// the server of the first does not have.
/// </summary>
internal static class CertificateAnalyzer
{
    public static void Analyze(AnalysisSnapshot snapshot, AnalysisReport report)
    {
        ILookup<string, Gateway> users = snapshot.Gateways
            .SelectMany(gateway => CertificatesOf(gateway).Select(certificate => (certificate, gateway)))
            .ToLookup(pair => pair.certificate, pair => pair.gateway, StringComparer.Ordinal);
        foreach (Gateway gateway in snapshot.Gateways)
        {
            IEnumerable<Gateway> others = CertificatesOf(gateway)
                .SelectMany(certificate => users[certificate])
                .Where(other => !ReferenceEquals(other, gateway) && IsPartOf(gateway.Spec.Selector, other.Spec.Selector))
                .Distinct()
                .OrderBy(ObjectName.Of, StringComparer.Ordinal);
            foreach (Gateway other in others)
            {
                report.Add(
                    MessageTypes.DuplicateCertificate,
                    gateway,
                    "metadata.name",
                    $"Duplicate certificate in multiple gateways [{ObjectName.Of(gateway)} {ObjectName.Of(other)}] may cause 404s if clients re-use HTTP2 connections.");
            }
        }
    }

    // What tells a certificate from others: its credential, or its files.
    private static IEnumerable<string> CertificatesOf(Gateway gateway) => gateway.Spec.Servers
        .Select(server => server.Tls switch
        {
            { CredentialName: { Length: > 0 } name } => $"credential {name}",
            { ServerCertificate: { Length: > 0 } certificate, PrivateKey: { Length: > 0 } key } => $"files {certificate} {key}",
            _ => string.Empty,
        })
        .Where(certificate => certificate.Length > 0)
        .Distinct();

    private static bool IsPartOf(IReadOnlyDictionary<string, string> selector, IReadOnlyDictionary<string, string> whole) =>
        selector.All(label => whole.TryGetValue(label.Key, out string? value) && value == label.Value);
}
