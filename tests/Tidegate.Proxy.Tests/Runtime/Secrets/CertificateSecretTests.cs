using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Time.Testing;
using Tidegate.Proxy.Runtime.Secrets;

namespace Tidegate.Proxy.Tests.Runtime.Secrets;

public sealed class CertificateSecretTests
{
    [Fact]
    public void T07_the_keys_of_session_tickets_live_for_a_day()
    {
        var time = new FakeTimeProvider();
        using X509Certificate2 certificate = Issue();
        var secret = new CertificateSecret(certificate, [], time);
        SslStreamCertificateContext first = secret.Context;

        time.Advance(TimeSpan.FromHours(23));
        Assert.Same(first, secret.Context);

        time.Advance(TimeSpan.FromHours(2));
        SslStreamCertificateContext second = secret.Context;
        Assert.NotSame(first, second);
        Assert.Same(second, secret.Context);
        Assert.Equal(certificate.SerialNumber, second.TargetCertificate.SerialNumber);
    }

    private static X509Certificate2 Issue()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return new CertificateRequest("CN=test", key, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(100));
    }
}
