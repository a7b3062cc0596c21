using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Tidegate.EndToEnd.Tests.Tls.Wire;

/// <summary>An authority with authorities below authorities, as many as wanted, and a client's certificate at the end.</summary>
internal sealed class LongChain : IDisposable
{
    private readonly ECDsa _rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly X509Certificate2 _root;

    public LongChain()
    {
        var request = new CertificateRequest("CN=Root of long chains", _rootKey, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        _root = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-30), DateTimeOffset.UtcNow.AddDays(30));
    }

    /// <summary>The root, as PEM.</summary>
    public string RootPem => _root.ExportCertificatePem();

    /// <summary>A client's certificate with its key, and all authorities between it and the root.</summary>
    /// <param name="authorities">How many.</param>
    /// <param name="paddingBytes">How much is in the certificate that means nothing.</param>
    public (string CertificatePem, string KeyPem, string ChainPem) Issue(int authorities, int paddingBytes = 0)
    {
        X509Certificate2 issuer = _root;
        ECDsa issuerKey = _rootKey;
        string chain = "";
        for (int i = 0; i < authorities; i++)
        {
            var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            var request = new CertificateRequest($"CN=Authority {i}", key, HashAlgorithmName.SHA256);
            request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
            issuer = Sign(request, issuer, issuerKey);
            issuerKey = key;
            chain = issuer.ExportCertificatePem() + "\n" + chain;
        }

        using var own = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var client = new CertificateRequest("CN=client.test", own, HashAlgorithmName.SHA256);
        client.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(TestCertificateOptions.ClientUse)], false));
        if (paddingBytes > 0)
        {
            client.CertificateExtensions.Add(new X509Extension("1.3.6.1.4.1.99999.1", [0x04, 0x83, (byte)(paddingBytes >> 16), (byte)(paddingBytes >> 8), (byte)paddingBytes, .. new byte[paddingBytes]], false));
        }

        return (Sign(client, issuer, issuerKey).ExportCertificatePem(), own.ExportPkcs8PrivateKeyPem(), chain);
    }

    /// <summary>A server's certificate that names an OCSP responder (RFC 5280, section 4.2.2.1).</summary>
    public (string CertificatePem, string KeyPem) IssueServer(string name, string responder)
    {
        using var own = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", own, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509AuthorityInformationAccessExtension([responder], caIssuersUris: null));
        return (Sign(request, _root, _rootKey).ExportCertificatePem(), own.ExportPkcs8PrivateKeyPem());
    }

    /// <inheritdoc/>
    public void Dispose() => _rootKey.Dispose();

    private static X509Certificate2 Sign(CertificateRequest request, X509Certificate2 issuer, ECDsa issuerKey)
    {
        byte[] serial = RandomNumberGenerator.GetBytes(12);
        serial[0] = 1;
        return request.Create(issuer.SubjectName, X509SignatureGenerator.CreateForECDsa(issuerKey), DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(10), serial);
    }
}
