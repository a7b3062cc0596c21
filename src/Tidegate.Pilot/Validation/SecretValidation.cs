using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Tidegate.Pilot.Resources;

namespace Tidegate.Pilot.Validation;

/// <summary>
/// Checks that what is a certificate with its key (type <c>kubernetes.io/tls</c>, or the keys of one) can be used, so that a broken one costs itself and its last
/// good version stays in force. No message contains a value.
/// </summary>
internal static class SecretValidation
{
    private const string RsaAlgorithm = "1.2.840.113549.1.1.1";
    private const string EcAlgorithm = "1.2.840.10045.2.1";

    public static void Check(Secret secret, Findings findings)
    {
        if (secret.Data.TryGetValue("tls.ocsp-staple", out byte[]? staple) && staple.Length > 0)
        {
            findings.Warn("data.tls.ocsp-staple", "is not used: the platform's TLS shows no staple that it is given; the certificate is used without it");
        }

        // An empty pair is a certificate that is still to come, as cert-manager makes it.
        if (secret.Data.TryGetValue("tls.crt", out byte[]? chain) && secret.Data.TryGetValue("tls.key", out byte[]? key) && chain.Length > 0 && key.Length > 0)
        {
            CheckPair(Encoding.ASCII.GetString(chain), Encoding.ASCII.GetString(key), findings);
        }
    }

    private static void CheckPair(string chain, string key, Findings findings)
    {
        // 1. The chain: the first certificate is the one that is shown.
        X509Certificate2Collection certificates = [];
        try
        {
            certificates.ImportFromPem(chain);
        }
        catch (CryptographicException)
        {
            findings.Error("data.tls.crt", "has a certificate that cannot be read");
            return;
        }

        if (certificates.Count == 0)
        {
            findings.Error("data.tls.crt", "has no certificate in PEM, which begins with -----BEGIN CERTIFICATE-----");
            return;
        }

        // 2. Its key.
        if (key.Contains("-----BEGIN ENCRYPTED PRIVATE KEY-----", StringComparison.Ordinal) || key.Contains("Proc-Type: 4,ENCRYPTED", StringComparison.Ordinal))
        {
            findings.Error("data.tls.key", "is encrypted, and there is no password for it; store the key without one (openssl pkey -in tls.key -out plain.key)");
        }
        else if (!BelongsTo(key, certificates[0]))
        {
            findings.Error("data.tls.key", "is not the PEM of the private key that belongs to the certificate of tls.crt");
        }

        foreach (X509Certificate2 certificate in certificates)
        {
            certificate.Dispose();
        }
    }

    // What is neither RSA nor ECDSA is for the proxy to judge.
    private static bool BelongsTo(string key, X509Certificate2 certificate)
    {
        try
        {
            switch (certificate.GetKeyAlgorithm())
            {
                case RsaAlgorithm:
                    using (var rsa = RSA.Create())
                    {
                        rsa.ImportFromPem(key);
                        certificate.CopyWithPrivateKey(rsa).Dispose();
                    }

                    return true;
                case EcAlgorithm:
                    using (var ecdsa = ECDsa.Create())
                    {
                        ecdsa.ImportFromPem(key);
                        certificate.CopyWithPrivateKey(ecdsa).Dispose();
                    }

                    return true;
                default:
                    return true;
            }
        }
        catch (Exception exception) when (exception is ArgumentException or CryptographicException)
        {
            return false;
        }
    }
}
