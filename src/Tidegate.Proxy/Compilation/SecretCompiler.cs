using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Envoy.Config.Core.V3;
using Envoy.Extensions.TransportSockets.Tls.V3;
using Google.Protobuf;
using Tidegate.Proxy.Tls.Secrets;

namespace Tidegate.Proxy.Compilation;

/// <summary>Compiles secrets. No message that it makes says anything of a key but that it is wrong.</summary>
internal static class SecretCompiler
{
    private static readonly ByteString Redacted = ByteString.CopyFromUtf8("[redacted]");

    /// <summary>Compiles a secret; null when there are reasons to refuse it.</summary>
    public static RuntimeSecret? Compile(Secret secret, RuntimeSecret? previous, TimeProvider time, CompileScope scope)
    {
        switch (secret.TypeCase)
        {
            case Secret.TypeOneofCase.TlsCertificate:
                return Certificate(secret.TlsCertificate, previous as CertificateSecret, time, scope.At("tls_certificate"));
            case Secret.TypeOneofCase.ValidationContext:
                return Validation(secret.ValidationContext, scope.At("validation_context"));
            case Secret.TypeOneofCase.GenericSecret:
                return Generic(secret.GenericSecret, previous as GenericSecretValue, time, scope.At("generic_secret"));
            default:
                scope.Refuse("neither a tls_certificate nor a validation_context nor a generic_secret");
                return null;
        }
    }

    // The same value stays the same object, and what was derived from it is not derived again.
    private static GenericSecretValue? Generic(GenericSecret source, GenericSecretValue? previous, TimeProvider time, CompileScope scope)
    {
        byte[]? value = Read(source.Secret, scope.At("secret"));
        if (value is null or { Length: 0 })
        {
            scope.At("secret").RefuseIf(value is not null, "it is empty");
            return null;
        }

        return previous is not null && CryptographicOperations.FixedTimeEquals(previous.Value, value) ? previous : new GenericSecretValue(value, time.GetUtcNow(), previous);
    }

    /// <summary>Compiles a certificate with its key.</summary>
    public static CertificateSecret? Certificate(TlsCertificate source, CertificateSecret? previous, TimeProvider time, CompileScope scope)
    {
        byte[]? chain = Read(source.CertificateChain, scope.At("certificate_chain"));
        byte[]? key = Read(source.PrivateKey, scope.At("private_key"));
        if (chain is null || key is null)
        {
            return null;
        }

        scope.NoteIf(source.OcspStaple is not null, "ocsp_staple is not acted on: the platform shows no staple that it is given");
        X509Certificate2Collection? certificates = Certificates(chain, scope.At("certificate_chain"));
        if (certificates is null)
        {
            return null;
        }

        X509Certificate2 leaf = certificates[0];
        X509Certificate2? own = WithKey(leaf, Encoding.ASCII.GetString(key), scope.At("private_key"));
        CryptographicOperations.ZeroMemory(key);
        if (own is null)
        {
            return null;
        }

        DateTimeOffset now = time.GetUtcNow();
        bool isOutOfDate = now > own.NotAfter || now < own.NotBefore;
        if (isOutOfDate)
        {
            string validity = $"the certificate is valid from {own.NotBefore.ToUniversalTime():u} to {own.NotAfter.ToUniversalTime():u} only";
            if (previous is { Certificate: { } last } && now <= last.NotAfter && now >= last.NotBefore)
            {
                scope.Refuse($"{validity}; the one before goes on");
                return null;
            }

            scope.NoteIf(true, validity);
        }

        certificates.RemoveAt(0);
        return new CertificateSecret(own, certificates, time);
    }

    /// <summary>Compiles what certificates are verified with.</summary>
    public static ValidationSecret? Validation(CertificateValidationContext source, CompileScope scope)
    {
        X509Certificate2Collection? roots = null;
        if (source.TrustedCa is not null)
        {
            byte[]? pem = Read(source.TrustedCa, scope.At("trusted_ca"));
            roots = pem is null ? null : Certificates(pem, scope.At("trusted_ca"));
            if (roots is null)
            {
                return null;
            }
        }

        IReadOnlyList<RevocationList> revocations = [];
        if (source.Crl is not null)
        {
            byte[]? pem = Read(source.Crl, scope.At("crl"));
            if (pem is null)
            {
                return null;
            }

            IReadOnlyList<RevocationList>? lists = RevocationList.ReadPem(pem, out string error);
            if (lists is null)
            {
                scope.At("crl").Refuse(error);
                return null;
            }

            revocations = lists;
        }

        return new ValidationSecret(roots, revocations);
    }

    /// <summary>The secret without its key, as dumps and logs may show it.</summary>
    public static Secret Redact(Secret secret)
    {
        if (secret.GenericSecret is not null)
        {
            return new Secret { Name = secret.Name, GenericSecret = new GenericSecret { Secret = new DataSource { InlineBytes = Redacted } } };
        }

        if (secret.TlsCertificate is null)
        {
            return secret;
        }

        Secret shown = secret.Clone();
        if (shown.TlsCertificate.PrivateKey is { SpecifierCase: DataSource.SpecifierOneofCase.InlineBytes or DataSource.SpecifierOneofCase.InlineString })
        {
            shown.TlsCertificate.PrivateKey = new DataSource { InlineBytes = Redacted };
        }

        if (shown.TlsCertificate.Password is not null)
        {
            shown.TlsCertificate.Password = new DataSource { InlineBytes = Redacted };
        }

        return shown;
    }

    private static X509Certificate2? WithKey(X509Certificate2 certificate, string keyPem, CompileScope scope)
    {
        try
        {
            switch (certificate.GetKeyAlgorithm())
            {
                case "1.2.840.113549.1.1.1":
                    using (RSA rsa = RSA.Create())
                    {
                        rsa.ImportFromPem(keyPem);
                        return certificate.CopyWithPrivateKey(rsa);
                    }

                case "1.2.840.10045.2.1":
                    using (ECDsa ecdsa = ECDsa.Create())
                    {
                        ecdsa.ImportFromPem(keyPem);
                        return certificate.CopyWithPrivateKey(ecdsa);
                    }

                default:
                    scope.Refuse("the certificate's key is neither RSA nor ECDSA");
                    return null;
            }
        }
        catch (Exception exception) when (exception is ArgumentException or CryptographicException)
        {
            scope.Refuse("it is not the PEM of the private key that belongs to the certificate");
            return null;
        }
    }

    private static X509Certificate2Collection? Certificates(byte[] pem, CompileScope scope)
    {
        var certificates = new X509Certificate2Collection();
        try
        {
            certificates.ImportFromPem(Encoding.ASCII.GetString(pem));
        }
        catch (CryptographicException)
        {
            scope.Refuse("a certificate in it cannot be read");
            return null;
        }

        if (certificates.Count == 0)
        {
            scope.Refuse("there is no \"-----BEGIN CERTIFICATE-----\" in it");
            return null;
        }

        return certificates;
    }

    private static byte[]? Read(DataSource? source, CompileScope scope)
    {
        switch (source?.SpecifierCase)
        {
            case DataSource.SpecifierOneofCase.InlineBytes:
                return source.InlineBytes.ToByteArray();
            case DataSource.SpecifierOneofCase.InlineString:
                return Encoding.UTF8.GetBytes(source.InlineString);
            case DataSource.SpecifierOneofCase.EnvironmentVariable:
                string? value = Environment.GetEnvironmentVariable(source.EnvironmentVariable);
                scope.RefuseIf(value is null, $"there is no environment variable \"{source.EnvironmentVariable}\"");
                return value is null ? null : Encoding.UTF8.GetBytes(value);
            case DataSource.SpecifierOneofCase.Filename:
                try
                {
                    return File.ReadAllBytes(source.Filename);
                }
                catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
                {
                    scope.Refuse($"{source.Filename} cannot be read: {exception.Message}");
                    return null;
                }

            default:
                scope.Refuse("it is missing");
                return null;
        }
    }
}
