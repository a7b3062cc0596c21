using Envoy.Admin.V3;
using Envoy.Extensions.TransportSockets.Tls.V3;
using Google.Protobuf;
using Tidegate.Failures;
using Tidegate.Printing;

namespace Tidegate.ProxyConfig;

/// <summary><c>proxy-config secret</c> (cli.md, 3.4).</summary>
public static class SecretReport
{
    private const int Padding = 5;

    /// <summary>Writes the table.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="dump">What is told of.</param>
    /// <param name="form">Whose table.</param>
    /// <param name="now">What certificates are judged against.</param>
    /// <param name="isPartOfAll">Whether it is one of the tables of <c>proxy-config all</c>.</param>
    public static void WriteTable(TextWriter output, ConfigDumpDocument dump, TableForm form, DateTimeOffset now, bool isPartOfAll = false)
    {
        SecretsConfigDump section = dump.Section(SecretsConfigDump.Parser);
        List<(string Name, string Status, CertificateSummary Certificate)> rows =
        [
            .. section.DynamicWarmingSecrets.Select(secret => Describe(secret, "WARMING")),
            .. section.DynamicActiveSecrets.Select(secret => Describe(secret, secret.VersionInfo == "uninitialized" && form == TableForm.Istio1_16 ? "UNINITIALIZED" : "ACTIVE")),
        ];
        if (rows.Count == 0)
        {
            output.Write("No active or warming secrets found.\n");
            return;
        }

        bool hasTrustDomain = form == TableForm.Current && rows.All(row => row.Certificate.TrustDomain.Length > 0);
        string prefix = isPartOfAll && form == TableForm.Current ? "secret/" : string.Empty;
        var table = new TabTable(Padding);
        Add("TRUST DOMAIN", "RESOURCE NAME", "TYPE", "STATUS", "VALID CERT", "SERIAL NUMBER", "NOT AFTER", "NOT BEFORE");
        foreach ((string name, string status, CertificateSummary certificate) in rows)
        {
            string isValid = certificate.IsValid ? "true" : "false";
            Add(certificate.TrustDomain, prefix + name, certificate.Type, status, isValid, certificate.SerialNumber, certificate.NotAfter, certificate.NotBefore);
        }

        table.WriteTo(output);

        void Add(string trustDomain, params string[] cells) => table.Add(hasTrustDomain ? [.. cells, trustDomain] : cells);

        (string, string, CertificateSummary) Describe(SecretsConfigDump.Types.DynamicSecret secret, string status) =>
            (secret.Name, status, Summary(ConfigDumpDocument.Unpack<Secret>(secret.Secret), form, now));
    }

    // A list of revoked certificates is a secret of its own, and no certificate.
    private static CertificateSummary Summary(Secret secret, TableForm form, DateTimeOffset now) =>
        secret.ValidationContext is { Crl: not null, TrustedCa: null }
            ? CertificateSummary.None with { Type = "CRL", IsValid = true }
            : CertificateSummary.Of(CertificateOf(secret), form, now);

    /// <summary>Writes the section itself.</summary>
    /// <exception cref="CommandException">The dump has none.</exception>
    public static void WriteMessage(TextWriter output, ConfigDumpDocument dump, OutputFormat format)
    {
        SecretsConfigDump section;
        try
        {
            section = dump.Section(SecretsConfigDump.Parser);
        }
        catch (CommandException exception)
        {
            throw new CommandException($"sidecar doesn't support secrets: {exception.Message}", exception);
        }

        OutputFormats.WriteMessage(output, format, section);
    }

    private static ByteString CertificateOf(Secret secret) =>
        secret.TlsCertificate?.CertificateChain?.InlineBytes is { IsEmpty: false } chain
            ? chain
            : secret.ValidationContext?.TrustedCa?.InlineBytes ?? ByteString.Empty;
}
