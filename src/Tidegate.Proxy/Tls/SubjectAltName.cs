using System.Formats.Asn1;
using System.Net;
using System.Security.Cryptography.X509Certificates;

namespace Tidegate.Proxy.Tls;

/// <summary>The kinds of alternative names that matter here (RFC 5280, section 4.2.1.6).</summary>
public enum AltNameKind : byte
{
    /// <summary>A DNS name, perhaps with a wildcard.</summary>
    Dns,

    /// <summary>A URI, such as a SPIFFE identity.</summary>
    Uri,

    /// <summary>An address of electronic mail.</summary>
    Email,

    /// <summary>An IP address, as text.</summary>
    IpAddress,
}

/// <summary>One alternative name of a certificate.</summary>
/// <param name="Kind">Its kind.</param>
/// <param name="Text">The name.</param>
public readonly record struct SubjectAltName(AltNameKind Kind, string Text)
{
    private const string Extension = "2.5.29.17";

    /// <summary>
    /// The alternative names of a certificate. A name with a NUL in it is left out: it reads differently to different readers (edge.md, T11).
    /// An extension that cannot be read has none.
    /// </summary>
    public static IReadOnlyList<SubjectAltName> Of(X509Certificate2 certificate)
    {
        List<SubjectAltName> names = [];
        foreach (X509Extension extension in certificate.Extensions)
        {
            if (extension.Oid?.Value == Extension && !TryRead(extension.RawData, names))
            {
                return [];
            }
        }

        return names;
    }

    private static bool TryRead(byte[] encoded, List<SubjectAltName> names)
    {
        try
        {
            AsnReader list = new AsnReader(encoded, AsnEncodingRules.DER).ReadSequence();
            while (list.HasData)
            {
                Asn1Tag tag = list.PeekTag();
                AltNameKind? kind = tag.TagClass != TagClass.ContextSpecific ? null : tag.TagValue switch
                {
                    1 => AltNameKind.Email,
                    2 => AltNameKind.Dns,
                    6 => AltNameKind.Uri,
                    7 => AltNameKind.IpAddress,
                    _ => null,
                };
                string? text = null;
                if (kind is null)
                {
                    list.ReadEncodedValue();
                }
                else if (kind == AltNameKind.IpAddress)
                {
                    byte[] address = list.ReadOctetString(tag);
                    text = address.Length is 4 or 16 ? new IPAddress(address).ToString() : null;
                }
                else
                {
                    text = list.ReadCharacterString(UniversalTagNumber.IA5String, tag);
                }

                if (text is { Length: > 0 } && !text.Contains('\0', StringComparison.Ordinal))
                {
                    names.Add(new SubjectAltName(kind!.Value, text));
                }
            }

            return true;
        }
        catch (AsnContentException)
        {
            return false;
        }
    }
}
