using System.Diagnostics.CodeAnalysis;
using System.Formats.Asn1;
using System.Globalization;
using System.Numerics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Google.Protobuf;
using Tidegate.Printing;

namespace Tidegate.ProxyConfig;

/// <summary>What the table of secrets tells of a certificate: the first one of a PEM text.</summary>
/// <param name="Type"><c>CA</c> or <c>Cert Chain</c>; empty when there is no certificate.</param>
/// <param name="IsValid">Whether it can be read, and (current form) is in its time.</param>
/// <param name="SerialNumber">In decimal (1.16) or hexadecimal (current form).</param>
/// <param name="NotAfter">The end of its time, RFC 3339.</param>
/// <param name="NotBefore">The beginning of its time, RFC 3339.</param>
/// <param name="TrustDomain">The host of its last SPIFFE id; empty when it has none.</param>
internal sealed record CertificateSummary(string Type, bool IsValid, string SerialNumber, string NotAfter, string NotBefore, string TrustDomain)
{
    private const string SubjectAlternativeName = "2.5.29.17";
    private const string SpiffeScheme = "spiffe://";
    private static readonly Asn1Tag UriTag = new(TagClass.ContextSpecific, 6);

    /// <summary>No certificate.</summary>
    public static CertificateSummary None { get; } = new(string.Empty, false, string.Empty, string.Empty, string.Empty, string.Empty);

    /// <summary>Reads a PEM text.</summary>
    public static CertificateSummary Of(ByteString pem, TableForm form, DateTimeOffset now)
    {
        if (!TryRead(pem, out X509Certificate2? certificate))
        {
            return None;
        }

        using (certificate)
        {
            bool isAuthority = certificate.Extensions.OfType<X509BasicConstraintsExtension>().Any(constraints => constraints.CertificateAuthority);
            DateTimeOffset notAfter = certificate.NotAfter.ToUniversalTime();
            DateTimeOffset notBefore = certificate.NotBefore.ToUniversalTime();
            ReadOnlySpan<byte> serial = certificate.SerialNumberBytes.Span;
            return new CertificateSummary(
                isAuthority ? "CA" : "Cert Chain",
                form == TableForm.Istio1_16 || (now > notBefore && now < notAfter),
                form == TableForm.Istio1_16
                    ? new BigInteger(serial, isUnsigned: true, isBigEndian: true).ToString(CultureInfo.InvariantCulture)
                    : Convert.ToHexStringLower(serial).TrimStart('0').PadLeft(32, '0'),
                Format(notAfter),
                Format(notBefore),
                TrustDomainOf(certificate));
        }
    }

    private static bool TryRead(ByteString pem, [NotNullWhen(true)] out X509Certificate2? certificate)
    {
        certificate = null;
        string text = Encoding.UTF8.GetString(pem.Span);
        if (!PemEncoding.TryFind(text, out PemFields fields))
        {
            return false;
        }

        try
        {
            certificate = X509CertificateLoader.LoadCertificate(Convert.FromBase64String(text[fields.Base64Data]));
            return true;
        }
        catch (CryptographicException)
        {
            return false; // the table shows it as not valid
        }
    }

    private static string TrustDomainOf(X509Certificate2 certificate)
    {
        string domain = string.Empty;
        if (certificate.Extensions[SubjectAlternativeName] is { } extension)
        {
            var names = new AsnReader(extension.RawData, AsnEncodingRules.DER).ReadSequence();
            while (names.HasData)
            {
                if (names.PeekTag() != UriTag)
                {
                    names.ReadEncodedValue();
                }
                else if (names.ReadCharacterString(UniversalTagNumber.IA5String, UriTag) is var uri && uri.StartsWith(SpiffeScheme, StringComparison.Ordinal))
                {
                    domain = uri[SpiffeScheme.Length..].Split('/')[0];
                }
            }
        }

        return domain;
    }

    private static string Format(DateTimeOffset time) => time.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
