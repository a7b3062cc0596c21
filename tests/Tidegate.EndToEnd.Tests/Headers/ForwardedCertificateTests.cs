using System.Security.Cryptography;
using Tidegate.EndToEnd.Tests.Harness;
using Tidegate.EndToEnd.Tests.Tls;

namespace Tidegate.EndToEnd.Tests.Headers;

/// <summary>What the backend is told of the client's certificate in each mode of <c>gatewayTopology.forwardClientCertDetails</c> (edge.md, X05).</summary>
public sealed class ForwardedCertificateTests : IDisposable
{
    private const string One = "By=spiffe://front;Hash=00;Subject=\"CN=admin\"";
    private const string Two = "Hash=01";
    private const string Claims = $"x-forwarded-client-cert: {One}\r\nx-forwarded-client-cert: {Two}\r\n";

    private readonly TestAuthority _authority = new();
    private readonly TestAuthority _stranger = new("Stranger");
    private readonly TestCertificate _client;

    public ForwardedCertificateTests()
    {
        _client = _authority.Issue("client.test", "spiffe://mesh/ns/a/sa/client");
    }

    private string Own => $"Hash={_client.Certificate.GetCertHashString(HashAlgorithmName.SHA256).ToLowerInvariant()}"
        + $";Cert=\"{Uri.EscapeDataString(_client.Pem + "\n")}\";Subject=\"CN=client.test,O=Tidegate\";URI=spiffe://mesh/ns/a/sa/client;DNS=client.test";

    /// <inheritdoc/>
    public void Dispose()
    {
        _authority.Dispose();
        _stranger.Dispose();
    }

    [Fact]
    public async Task X05_SANITIZE_tells_nothing() => await AssertAsync("SANITIZE", new Told("-", "-", "-", "-"));

    [Fact]
    public async Task X05_SANITIZE_SET_tells_of_a_verified_certificate_instead_of_what_was_claimed() =>
        await AssertAsync("SANITIZE_SET", new Told(Own, Own, "-", "-"));

    [Fact]
    public async Task X05_SANITIZE_SET_is_what_a_gateway_does_unless_told_otherwise() => await AssertAsync("UNDEFINED", new Told(Own, Own, "-", "-"));

    [Fact]
    public async Task X05_FORWARD_ONLY_believes_who_has_a_verified_certificate_and_adds_nothing() =>
        await AssertAsync("FORWARD_ONLY", new Told($"{One}|{Two}", "-", "-", "-"));

    [Fact]
    public async Task X05_APPEND_FORWARD_believes_who_has_a_verified_certificate_and_adds_it_behind() =>
        await AssertAsync("APPEND_FORWARD", new Told($"{One},{Two},{Own}", Own, "-", "-"));

    [Fact]
    public async Task X05_ALWAYS_FORWARD_ONLY_believes_everybody() =>
        await AssertAsync("ALWAYS_FORWARD_ONLY", new Told($"{One}|{Two}", "-", $"{One}|{Two}", $"{One}|{Two}"));

    private async Task AssertAsync(string mode, Told expected)
    {
        await using ScriptedBackend backend = ScriptedBackend.Start(Loopback.Next());
        backend.Answer = static request =>
        {
            string told = request.Headers.All("x-forwarded-client-cert") is { Length: > 0 } lines ? string.Join('|', lines) : "-";
            return $"HTTP/1.1 200 OK\r\ncontent-length: {told.Length}\r\n\r\n{told}";
        };
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(
            TrustedHopTests.Mesh($"forwardClientCertDetails: {mode}")
            + TlsManifests.Gateway(
                "{mode: OPTIONAL_MUTUAL, credentialName: app}",
                hosts: "app.test",
                more: "  - port: {number: 443, name: https-open, protocol: HTTPS}\n    hosts: [open.test]\n    tls: {mode: MUTUAL, credentialName: app, insecureSkipVerify: true}\n"
                    + "  - port: {number: 80, name: http, protocol: HTTP}\n    hosts: [\"*\"]")
            + TlsManifests.Secret("app", _authority.Issue("app.test", "open.test"), _authority.Pem)
            + Manifests.Backend("app.test", backend) + Manifests.Backend("open.test", backend));
        using TlsClient shown = await TlsClient.ConnectAsync(gateway.At(8443), new TlsClientOptions { Certificate = _client });
        using TlsClient anonymous = await TlsClient.ConnectAsync(gateway.At(8443), new TlsClientOptions());
        using TlsClient unverified = await TlsClient.ConnectAsync(
            gateway.At(8443), new TlsClientOptions { ServerName = "open.test", Certificate = _stranger.Issue("client.test") });
        using RawClient plain = await gateway.ConnectAsync();

        Assert.Equal(expected.WithCertificateAndClaims, (await shown.GetAsync("app.test", fields: Claims)).Body);
        Assert.Equal(expected.WithCertificate, (await shown.GetAsync("app.test")).Body);
        Assert.Equal(expected.WithoutCertificate, (await anonymous.GetAsync("app.test", fields: Claims)).Body);
        Assert.Equal(expected.WithoutCertificate, (await unverified.GetAsync("open.test", fields: Claims)).Body);
        Assert.Equal(expected.WithoutTls, (await plain.ExchangeAsync($"GET / HTTP/1.1\r\nHost: app.test\r\n{Claims}\r\n")).Body);
    }

    // What arrives at the backend; lines are joined by "|", and "-" is none.
    private sealed record Told(string WithCertificateAndClaims, string WithCertificate, string WithoutCertificate, string WithoutTls);
}
