using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Tidegate.Proxy.Tls;
using Tidegate.Proxy.Tls.Secrets;
using SetDetails = Envoy.Extensions.Filters.Network.HttpConnectionManager.V3.HttpConnectionManager.Types.SetCurrentClientCertDetails;

namespace Tidegate.Proxy.Tests.Tls;

/// <summary>What peers' certificates are accepted for, and how they are told of (edge.md, T12 and X05).</summary>
public sealed class PeerCheckTests
{
    [Theory]
    [InlineData(X509KeyUsageFlags.DigitalSignature, true, true)]
    [InlineData(X509KeyUsageFlags.KeyEncipherment, false, true)]
    [InlineData(X509KeyUsageFlags.KeyCertSign, false, false)]
    public void A_key_is_for_what_its_certificate_says(X509KeyUsageFlags usage, bool isForClients, bool isForServers)
    {
        using X509Certificate2 certificate = Make("CN=peer", new X509KeyUsageExtension(usage, critical: true));

        Assert.Equal(isForClients, IsAccepted(certificate, isPeerServer: false));
        Assert.Equal(isForServers, IsAccepted(certificate, isPeerServer: true));
    }

    [Fact]
    public void X05_a_subject_cannot_end_its_quotes()
    {
        using X509Certificate2 certificate = Make("CN=\"x\"\";URI=spiffe://evil;A=\"\"y\"");
        PeerCertificate peer = PeerCertificate.Of(certificate, [], isVerified: true);

        string details = Encoding.UTF8.GetString(ForwardedCertificate.Write(peer, [], new SetDetails { Subject = true }));

        string quoted = details[(details.IndexOf("Subject=\"", StringComparison.Ordinal) + 9)..];
        int end = 0;
        while (quoted[end] != '"')
        {
            end += quoted[end] == '\\' ? 2 : 1;
        }

        Assert.Equal(quoted.Length - 1, end);
    }

    private static X509Certificate2 Make(string subject, params X509Extension[] extensions)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        foreach (X509Extension extension in extensions)
        {
            request.CertificateExtensions.Add(extension);
        }

        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }

    private static bool IsAccepted(X509Certificate2 certificate, bool isPeerServer)
    {
        var trust = new ValidationSecret([certificate], []);
        var check = new PeerCheck(new PeerRules { Inline = trust }, trust, isRequired: true, expectedName: null, isPeerServer);
        using var chain = new X509Chain { ChainPolicy = check.MakePolicy() };
        chain.Build(certificate);
        return check.Verify(check, certificate, chain, SslPolicyErrors.None);
    }
}
