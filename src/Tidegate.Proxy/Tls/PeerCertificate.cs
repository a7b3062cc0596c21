using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Tidegate.Proxy.Tls;

/// <summary>What is told of a peer's certificate: to upstreams (<c>x-forwarded-client-cert</c>) and in the access log. Immutable.</summary>
public sealed class PeerCertificate
{
    private readonly byte[] _encoded;
    private readonly string?[] _joined = new string?[Enum.GetValues<AltNameKind>().Length];
    private string? _urlEncodedPem;

    private PeerCertificate(byte[] encoded)
    {
        _encoded = encoded;
    }

    /// <summary>Whether it was verified: leads to a trusted authority, or is pinned. Only then is it told to upstreams.</summary>
    public bool IsVerified { get; private init; }

    /// <summary>The subject in the form of RFC 2253, such as <c>CN=client,O=Example</c>.</summary>
    public string Subject { get; private init; } = string.Empty;

    /// <summary>The issuer in the form of RFC 2253.</summary>
    public string Issuer { get; private init; } = string.Empty;

    /// <summary>The serial number in lower-case hexadecimal.</summary>
    public string Serial { get; private init; } = string.Empty;

    /// <summary>SHA-256 of the certificate in lower-case hexadecimal.</summary>
    public string Sha256 { get; private init; } = string.Empty;

    /// <summary>SHA-1 of the certificate in lower-case hexadecimal.</summary>
    public string Sha1 { get; private init; } = string.Empty;

    /// <summary>All alternative names.</summary>
    public IReadOnlyList<SubjectAltName> Names { get; private init; } = [];

    /// <summary>From when on it is valid.</summary>
    public DateTime NotBefore { get; private init; }

    /// <summary>Until when it is valid.</summary>
    public DateTime NotAfter { get; private init; }

    /// <summary>The PEM with what URLs do not take escaped, as Envoy forwards it.</summary>
    public string UrlEncodedPem => _urlEncodedPem ??= Uri.EscapeDataString(PemEncoding.WriteString("CERTIFICATE", _encoded) + "\n");

    /// <summary>The names of one kind, with commas between; made once.</summary>
    public string Joined(AltNameKind kind) => _joined[(int)kind] ??= string.Join(',', Names.Where(name => name.Kind == kind).Select(static name => name.Text));

    internal static PeerCertificate Of(X509Certificate2 certificate, IReadOnlyList<SubjectAltName> names, bool isVerified) => new(certificate.RawData)
    {
        IsVerified = isVerified,
        Subject = Rfc2253(certificate.SubjectName),
        Issuer = Rfc2253(certificate.IssuerName),
        Serial = certificate.SerialNumber.ToLowerInvariant(),
        Sha256 = Convert.ToHexStringLower(SHA256.HashData(certificate.RawData)),
        Sha1 = certificate.Thumbprint.ToLowerInvariant(),
        Names = names,
        NotBefore = certificate.NotBefore.ToUniversalTime(),
        NotAfter = certificate.NotAfter.ToUniversalTime(),
    };

    /// <summary>A name in the form of RFC 2253.</summary>
    internal static string Rfc2253(X500DistinguishedName name)
    {
        var text = new StringBuilder();
        foreach (X500RelativeDistinguishedName part in name.EnumerateRelativeDistinguishedNames(reversed: true))
        {
            if (part.HasMultipleElements)
            {
                return name.Name; // several values in one part: as the platform writes it
            }

            if (text.Length > 0)
            {
                text.Append(',');
            }

            text.Append(ShortName(part.GetSingleElementType())).Append('=');
            string value = part.GetSingleElementValue() ?? string.Empty;
            for (int i = 0; i < value.Length; i++)
            {
                char c = value[i];
                bool isEdge = (i == 0 && c is '#' or ' ') || (i == value.Length - 1 && c == ' ');
                if (isEdge || c is ',' or '+' or '"' or '\\' or '<' or '>' or ';')
                {
                    text.Append('\\');
                }

                text.Append(c);
            }
        }

        return text.ToString();
    }

    private static string ShortName(Oid type) => type.Value switch
    {
        "2.5.4.3" => "CN",
        "2.5.4.6" => "C",
        "2.5.4.7" => "L",
        "2.5.4.8" => "ST",
        "2.5.4.9" => "street",
        "2.5.4.10" => "O",
        "2.5.4.11" => "OU",
        "0.9.2342.19200300.100.1.1" => "UID",
        "0.9.2342.19200300.100.1.25" => "DC",
        "1.2.840.113549.1.9.1" => "emailAddress",
        _ => type.Value ?? string.Empty,
    };
}
