using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Tidegate.Pilot.Resources;
using Tidegate.Pilot.Validation;

namespace Tidegate.Pilot.Tests.Validation;

public sealed class SecretValidationTests
{
    private static readonly RSA RsaKey = RSA.Create(2048);
    private static readonly ECDsa EcKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private static readonly string RsaCertificate = new CertificateRequest("CN=rsa.test", RsaKey, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
        .CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(100)).ExportCertificatePem();

    private static readonly string EcCertificate = new CertificateRequest("CN=ec.test", EcKey, HashAlgorithmName.SHA256)
        .CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(100)).ExportCertificatePem();

    public static TheoryData<string, string, string> Broken() => new()
    {
        { RsaCertificate, EcKey.ExportPkcs8PrivateKeyPem(), "data.tls.key: is not the PEM of the private key that belongs to the certificate of tls.crt" },
        { EcCertificate, "hello", "data.tls.key: is not the PEM of the private key that belongs to the certificate of tls.crt" },
        { RsaCertificate, EncryptedKey(), "data.tls.key: is encrypted, and there is no password for it" },
        { RsaCertificate, "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\nAAAA\n-----END RSA PRIVATE KEY-----\n", "data.tls.key: is encrypted" },
        { "hello", "hello", "data.tls.crt: has no certificate in PEM" },
        { "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "hello", "data.tls.crt: has a certificate that cannot be read" },
    };

    [Theory]
    [MemberData(nameof(Broken))]
    public void A_pair_that_cannot_be_used_is_an_error_at_its_part(string certificate, string key, string expected)
    {
        Diagnostic diagnostic = Assert.Single(ResourceValidation.Validate(SecretOf(certificate, key)));

        Assert.Equal(Severity.Error, diagnostic.Severity);
        Assert.Contains(expected, diagnostic.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_pair_that_belongs_together_is_right()
    {
        Assert.Empty(ResourceValidation.Validate(SecretOf(RsaCertificate, RsaKey.ExportPkcs8PrivateKeyPem())));
        Assert.Empty(ResourceValidation.Validate(SecretOf($"{RsaCertificate}\n{EcCertificate}", RsaKey.ExportRSAPrivateKeyPem())));
        Assert.Empty(ResourceValidation.Validate(SecretOf(EcCertificate, EcKey.ExportECPrivateKeyPem())));
    }

    [Fact]
    public void A_pair_that_is_still_to_come_is_right() => Assert.Empty(ResourceValidation.Validate(SecretOf(string.Empty, string.Empty)));

    private static string EncryptedKey() =>
        RsaKey.ExportEncryptedPkcs8PrivateKeyPem("password", new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1));

    private static Secret SecretOf(string certificate, string key) => new(
        new ResourceMetadata { Name = "cert", Namespace = "shop" },
        new Origin("secret.yaml", 1),
        "kubernetes.io/tls",
        new Dictionary<string, byte[]> { ["tls.crt"] = Encoding.ASCII.GetBytes(certificate), ["tls.key"] = Encoding.ASCII.GetBytes(key) });
}
