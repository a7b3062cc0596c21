using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Tidegate.EndToEnd.Tests.Tls;

/// <summary>A certificate authority that lives as long as a test.</summary>
public sealed class TestAuthority : IDisposable
{
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    /// <summary>An authority of its own.</summary>
    public TestAuthority(string name = "Test Authority")
    {
        var request = new CertificateRequest($"CN={name} {Guid.NewGuid():N},O=Tidegate", _key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 1, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        Certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-30), DateTimeOffset.UtcNow.AddDays(30));
    }

    private TestAuthority(TestAuthority issuer, X509Extension[] extensions)
    {
        var request = new CertificateRequest($"CN=Intermediate {Guid.NewGuid():N},O=Tidegate", _key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        foreach (X509Extension extension in extensions)
        {
            request.CertificateExtensions.Add(extension);
        }

        X509SignatureGenerator signer = X509SignatureGenerator.CreateForECDsa(issuer._key);
        Certificate = request.Create(issuer.Certificate.SubjectName, signer, DateTimeOffset.UtcNow.AddDays(-20), DateTimeOffset.UtcNow.AddDays(20), [1, .. RandomNumberGenerator.GetBytes(11)]);
    }

    /// <summary>Its certificate.</summary>
    public X509Certificate2 Certificate { get; }

    /// <summary>Its certificate as PEM.</summary>
    public string Pem => Certificate.ExportCertificatePem();

    /// <summary>An authority below this one, with more extensions in its certificate.</summary>
    public TestAuthority Subordinate(params X509Extension[] extensions) => new(this, extensions);

    /// <summary>Issues a certificate for names: DNS names, addresses or URIs.</summary>
    public TestCertificate Issue(params string[] names) => Issue(new TestCertificateOptions { Names = names });

    /// <summary>Issues a certificate.</summary>
    public TestCertificate Issue(TestCertificateOptions options)
    {
        using AsymmetricAlgorithm key = options.IsRsa ? RSA.Create(2048) : ECDsa.Create(ECCurve.NamedCurves.nistP256);
        string subject = $"CN={options.CommonName ?? (options.Names.Count > 0 ? options.Names[0] : "client")},O=Tidegate";
        CertificateRequest request = key is RSA rsa
            ? new CertificateRequest(subject, rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            : new CertificateRequest(subject, (ECDsa)key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        foreach (string name in options.Names)
        {
            if (IPAddress.TryParse(name, out IPAddress? address))
            {
                names.AddIpAddress(address);
            }
            else if (name.Contains("://", StringComparison.Ordinal))
            {
                names.AddUri(new Uri(name));
            }
            else
            {
                names.AddDnsName(name);
            }
        }

        if (options.Names.Count > 0)
        {
            request.CertificateExtensions.Add(names.Build());
        }

        foreach (X509Extension extension in options.Extensions)
        {
            request.CertificateExtensions.Add(extension);
        }

        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, false));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([.. options.Uses.Select(static use => new Oid(use))], false));
        byte[] serial = RandomNumberGenerator.GetBytes(12);
        serial[0] &= 0x7F;
        serial[0] |= 0x01;
        X509SignatureGenerator signer = X509SignatureGenerator.CreateForECDsa(_key);
        using X509Certificate2 issued = request.Create(Certificate.SubjectName, signer, options.NotBefore, options.NotAfter, serial);
        X509Certificate2 own = key is RSA own1 ? issued.CopyWithPrivateKey(own1) : issued.CopyWithPrivateKey((ECDsa)key);
        return new TestCertificate(own, issued.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
    }

    /// <summary>A revocation list, as PEM, with these certificates on it.</summary>
    public string Revoke(DateTimeOffset? nextUpdate = null, params TestCertificate[] certificates)
    {
        var builder = new CertificateRevocationListBuilder();
        foreach (TestCertificate certificate in certificates)
        {
            builder.AddEntry(certificate.Certificate);
        }

        X500DistinguishedName name = Certificate.SubjectName;
        byte[] list = builder.Build(
            name,
            X509SignatureGenerator.CreateForECDsa(_key),
            1,
            nextUpdate ?? DateTimeOffset.UtcNow.AddDays(1),
            HashAlgorithmName.SHA256,
            X509AuthorityKeyIdentifierExtension.CreateFromCertificate(Certificate, true, false),
            DateTimeOffset.UtcNow.AddDays(-2));
        return PemEncoding.WriteString("X509 CRL", list);
    }

    /// <inheritdoc/>
    public void Dispose() => _key.Dispose();
}

/// <summary>What a certificate is to be like.</summary>
public sealed record TestCertificateOptions
{
    /// <summary>The use as a server.</summary>
    public const string ServerUse = "1.3.6.1.5.5.7.3.1";

    /// <summary>The use as a client.</summary>
    public const string ClientUse = "1.3.6.1.5.5.7.3.2";

    /// <summary>DNS names, addresses, URIs.</summary>
    public IReadOnlyList<string> Names { get; init; } = [];

    /// <summary>The subject's common name; null for the first name.</summary>
    public string? CommonName { get; init; }

    /// <summary>More extensions.</summary>
    public IReadOnlyList<X509Extension> Extensions { get; init; } = [];

    /// <summary>Whether its key is RSA.</summary>
    public bool IsRsa { get; init; }

    /// <summary>What it is for.</summary>
    public IReadOnlyList<string> Uses { get; init; } = [ServerUse, ClientUse];

    /// <summary>From when on it is valid.</summary>
    public DateTimeOffset NotBefore { get; init; } = DateTimeOffset.UtcNow.AddDays(-1);

    /// <summary>Until when it is valid.</summary>
    public DateTimeOffset NotAfter { get; init; } = DateTimeOffset.UtcNow.AddDays(10);
}

/// <summary>A certificate with its key.</summary>
/// <param name="Certificate">Both, for clients and servers of the tests.</param>
/// <param name="Pem">The certificate.</param>
/// <param name="KeyPem">The key.</param>
public sealed record TestCertificate(X509Certificate2 Certificate, string Pem, string KeyPem)
{
    /// <summary>The certificate and the key in a form that <see cref="System.Net.Security.SslStream"/> takes.</summary>
    public X509Certificate2 Usable => X509CertificateLoader.LoadPkcs12(Certificate.Export(X509ContentType.Pkcs12), null);

    /// <summary>SHA-256 of its public key (SubjectPublicKeyInfo), in Base64.</summary>
    public string PublicKeyDigest => Convert.ToBase64String(SHA256.HashData(Certificate.PublicKey.ExportSubjectPublicKeyInfo()));
}
