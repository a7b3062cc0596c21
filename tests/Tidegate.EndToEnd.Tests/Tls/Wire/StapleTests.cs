using Tidegate.EndToEnd.Tests.Harness;

namespace Tidegate.EndToEnd.Tests.Tls.Wire;

/// <summary>OCSP: the gateway asks no responder, and a staple that a secret brings is not shown but said to be of no use (edge.md T22).</summary>
[Collection(HandshakeEdgeTests.Name)]
public sealed class StapleTests(HandshakeEdge edge)
{
    [Fact]
    public async Task T22_without_a_staple_the_handshake_is_made_at_once()
    {
        string output = await OpenSslClient.RunAsync(edge.Named, "app.test", OpenSslClient.LastGet("app.test"), "-ign_eof", "-status");

        Assert.Contains("OCSP response: no response sent", output, StringComparison.Ordinal);
        Assert.Contains("HTTP/1.1 200", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task T22_a_responder_that_cannot_be_reached_holds_nothing_up()
    {
        await using var gateway = await StartAsync(edge.Chain.IssueServer("app.test", "http://responder.invalid/"), staple: null);

        string output = await OpenSslClient.RunAsync(gateway.At(8443), "app.test", OpenSslClient.LastGet("app.test"), "-ign_eof", "-status");

        Assert.Contains("OCSP response: no response sent", output, StringComparison.Ordinal);
        Assert.Contains("HTTP/1.1 200", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task T22_a_staple_is_reported_as_not_used_and_the_certificate_is_used()
    {
        TestCertificate certificate = edge.Authority.Issue("app.test");
        await using var gateway = await StartAsync((certificate.Pem, certificate.KeyPem), staple: "any bytes");

        string output = await OpenSslClient.RunAsync(gateway.At(8443), "app.test", OpenSslClient.LastGet("app.test"), "-ign_eof", "-status");

        await gateway.ReportsAsync("tls.ocsp-staple");
        Assert.Contains("OCSP response: no response sent", output, StringComparison.Ordinal);
        Assert.Contains("HTTP/1.1 200", output, StringComparison.Ordinal);
    }

    private Task<GatewayProcess> StartAsync((string CertificatePem, string KeyPem) certificate, string? staple) => GatewayProcess.StartAsync(
        TlsManifests.Gateway("{mode: SIMPLE, credentialName: app}")
        + TlsManifests.Secret("app", [("tls.crt", certificate.CertificatePem), ("tls.key", certificate.KeyPem), ("tls.ocsp-staple", staple)])
        + Manifests.Backend("app.test", edge.Backend));
}
