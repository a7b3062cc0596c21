using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Envoy.Admin.V3;
using Envoy.Config.Core.V3;
using Envoy.Extensions.TransportSockets.Tls.V3;
using Google.Protobuf.WellKnownTypes;
using Tidegate.Printing;
using Tidegate.Proxy.Tls;
using Tidegate.Xds;
using SubjectAlternateName = Envoy.Admin.V3.SubjectAlternateName;

namespace Tidegate.Admin;

/// <summary>The certificates in use, one entry per secret (cli.md, 4.5): what is shown to peers, and whom their certificates have to come from.</summary>
internal static class CertificatesPage
{
    // Envoy's word for a certificate that did not come from a file.
    private const string Inline = "<inline>";

    /// <summary>Answers <c>/certs</c>.</summary>
    public static AdminAnswer Answer(AdminContext context)
    {
        var secrets = context.Proxy.Configuration.AppliedOf(XdsTypes.Secret).Select(static resource => resource.Active?.Message).OfType<Secret>();
        return AdminAnswer.Json(ProtoJson.Format(Of(secrets, DateTimeOffset.UtcNow), ProtoJsonForm.ProtoNamesWithDefaults, 1) + "\n");
    }

    /// <summary>Tells of these secrets.</summary>
    public static Certificates Of(IEnumerable<Secret> secrets, DateTimeOffset now)
    {
        var page = new Certificates();
        foreach (Secret secret in secrets)
        {
            var entry = new Certificate();
            entry.CertChain.Add(Details(secret.TlsCertificate?.CertificateChain, now).Take(1));
            entry.CaCert.Add(Details(secret.ValidationContext?.TrustedCa, now));
            if (entry.CertChain.Count + entry.CaCert.Count > 0)
            {
                page.Certificates_.Add(entry);
            }
        }

        return page;
    }

    private static IEnumerable<CertificateDetails> Details(DataSource? source, DateTimeOffset now)
    {
        var certificates = new X509Certificate2Collection();
        try
        {
            certificates.ImportFromPem(source?.SpecifierCase switch
            {
                DataSource.SpecifierOneofCase.InlineBytes => Encoding.ASCII.GetString(source.InlineBytes.Span),
                DataSource.SpecifierOneofCase.InlineString => source.InlineString,
                _ => string.Empty,
            });
        }
        catch (CryptographicException)
        {
            return []; // in force is only what can be read, so this is not one of ours
        }

        return certificates.Select(certificate => Details(certificate, now));
    }

    private static CertificateDetails Details(X509Certificate2 certificate, DateTimeOffset now)
    {
        using (certificate)
        {
            DateTimeOffset end = certificate.NotAfter.ToUniversalTime();
            return new CertificateDetails
            {
                Path = Inline,
                SerialNumber = certificate.SerialNumber.ToLowerInvariant(),
                SubjectAltNames = { SubjectAltName.Of(certificate).Select(Name).OfType<SubjectAlternateName>() },
                DaysUntilExpiration = (ulong)Math.Max(0, Math.Floor((end - now).TotalDays)),
                ValidFrom = Timestamp.FromDateTimeOffset(certificate.NotBefore.ToUniversalTime()),
                ExpirationTime = Timestamp.FromDateTimeOffset(end),
            };
        }
    }

    private static SubjectAlternateName? Name(SubjectAltName name) => name.Kind switch
    {
        AltNameKind.Dns => new SubjectAlternateName { Dns = name.Text },
        AltNameKind.Uri => new SubjectAlternateName { Uri = name.Text },
        AltNameKind.IpAddress => new SubjectAlternateName { IpAddress = name.Text },
        _ => null,
    };
}
