using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Tidegate.Proxy.Tls.Secrets;

/// <summary>A certificate revocation list (RFC 5280, section 5). Immutable. The platform takes none from a file, so it is read here.</summary>
public sealed class RevocationList
{
    /// <summary>Secrets of this name and a path behind it are a file of lists: contexts that name the file find its present content there.</summary>
    public const string FileScheme = "file-crl:";

    private const string PemLabel = "X509 CRL";

    private readonly HashSet<string> _serials;
    private readonly ReadOnlyMemory<byte> _signed;
    private readonly byte[] _signature;
    private readonly string _signatureAlgorithm;
    private readonly string _hash;

    private RevocationList(byte[] issuer, DateTimeOffset? nextUpdate, HashSet<string> serials, ReadOnlyMemory<byte> signed, byte[] signature, string algorithm, string hash)
    {
        Issuer = issuer;
        NextUpdate = nextUpdate;
        _serials = serials;
        _signed = signed;
        _signature = signature;
        _signatureAlgorithm = algorithm;
        _hash = hash;
    }

    /// <summary>The issuer's name, encoded.</summary>
    public ReadOnlyMemory<byte> Issuer { get; }

    /// <summary>When it is too old; null when it does not say.</summary>
    public DateTimeOffset? NextUpdate { get; }

    /// <summary>Reads all lists of a PEM text. Null, with what is wrong, when one cannot be read or there is none.</summary>
    public static IReadOnlyList<RevocationList>? ReadPem(ReadOnlySpan<byte> pem, out string error)
    {
        List<RevocationList> lists = [];
        ReadOnlySpan<char> rest = Encoding.ASCII.GetString(pem);
        try
        {
            while (PemEncoding.TryFind(rest, out PemFields fields))
            {
                if (rest[fields.Label].SequenceEqual(PemLabel))
                {
                    lists.Add(Read(Convert.FromBase64String(rest[fields.Base64Data].ToString())));
                }

                rest = rest[fields.Location.End..];
            }
        }
        catch (Exception exception) when (exception is AsnContentException or FormatException or CryptographicException)
        {
            error = "the certificate revocation list cannot be read";
            return null;
        }

        error = lists.Count == 0 ? $"there is no \"-----BEGIN {PemLabel}-----\" in the certificate revocation list" : string.Empty;
        return lists.Count == 0 ? null : lists;
    }

    /// <summary>Whether it lists a certificate of its issuer.</summary>
    public bool Revokes(X509Certificate2 certificate) => _serials.Contains(Convert.ToHexString(certificate.SerialNumberBytes.Span));

    /// <summary>Whether the authority has signed it.</summary>
    public bool IsSignedBy(X509Certificate2 authority)
    {
        var hash = new HashAlgorithmName(_hash);
        try
        {
            if (_signatureAlgorithm == "ECDSA")
            {
                using ECDsa? key = authority.GetECDsaPublicKey();
                return key?.VerifyData(_signed.Span, _signature, hash, DSASignatureFormat.Rfc3279DerSequence) == true;
            }

            using RSA? rsa = authority.GetRSAPublicKey();
            return rsa?.VerifyData(_signed.Span, _signature, hash, RSASignaturePadding.Pkcs1) == true;
        }
        catch (CryptographicException)
        {
            return false; // a signature that makes no sense is none
        }
    }

    // CertificateList ::= SEQUENCE { tbsCertList, signatureAlgorithm, signatureValue }
    private static RevocationList Read(byte[] der)
    {
        AsnReader list = new AsnReader(der, AsnEncodingRules.DER).ReadSequence();
        ReadOnlyMemory<byte> signed = list.PeekEncodedValue();
        AsnReader body = list.ReadSequence();
        string oid = list.ReadSequence().ReadObjectIdentifier();
        byte[] signature = list.ReadBitString(out _);

        if (body.PeekTag().HasSameClassAndValue(Asn1Tag.Integer))
        {
            body.ReadInteger();
        }

        body.ReadSequence();
        byte[] issuer = body.ReadEncodedValue().ToArray();
        ReadTime(body);
        DateTimeOffset? nextUpdate = body.HasData && IsTime(body.PeekTag()) ? ReadTime(body) : null;
        HashSet<string> serials = [];
        if (body.HasData && body.PeekTag().HasSameClassAndValue(Asn1Tag.Sequence))
        {
            AsnReader revoked = body.ReadSequence();
            while (revoked.HasData)
            {
                serials.Add(Convert.ToHexString(revoked.ReadSequence().ReadIntegerBytes().Span));
            }
        }

        (string algorithm, string hash) = oid switch
        {
            "1.2.840.113549.1.1.11" => ("RSA", "SHA256"),
            "1.2.840.113549.1.1.12" => ("RSA", "SHA384"),
            "1.2.840.113549.1.1.13" => ("RSA", "SHA512"),
            "1.2.840.10045.4.3.2" => ("ECDSA", "SHA256"),
            "1.2.840.10045.4.3.3" => ("ECDSA", "SHA384"),
            "1.2.840.10045.4.3.4" => ("ECDSA", "SHA512"),
            _ => throw new CryptographicException($"signature algorithm {oid}"),
        };
        return new RevocationList(issuer, nextUpdate, serials, signed, signature, algorithm, hash);
    }

    private static bool IsTime(Asn1Tag tag) => tag.HasSameClassAndValue(Asn1Tag.UtcTime) || tag.HasSameClassAndValue(Asn1Tag.GeneralizedTime);

    private static DateTimeOffset ReadTime(AsnReader reader) =>
        reader.PeekTag().HasSameClassAndValue(Asn1Tag.UtcTime) ? reader.ReadUtcTime() : reader.ReadGeneralizedTime();
}
