using System.Numerics;
using System.Text.Json;
using Tidegate.EndToEnd.Tests.Harness;

namespace Tidegate.EndToEnd.Tests.Tls;

/// <summary>What the gateway tells of its secrets, and what it never tells (cli.md 3.4, 4.5).</summary>
public sealed class SecretReportTests
{
    [Fact]
    public async Task Secrets_are_reported_by_command_and_page_without_their_keys()
    {
        using var authority = new TestAuthority();
        TestCertificate certificate = authority.Issue("app.test", "spiffe://mesh/ns/a/sa/app");
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(
            TlsManifests.Gateway(
                "{mode: MUTUAL, credentialName: app}",
                hosts: "app.test",
                more: "  - port: {number: 443, name: https-none, protocol: HTTPS}\n    hosts: [none.test]\n    tls: {mode: SIMPLE, credentialName: none}")
            + TlsManifests.Secret("app", certificate, authority.Pem));
        async Task<string> TellAsync(string what, params string[] more) =>
            (await gateway.CommandAsync(["proxy-config", what, "deploy/istio-ingressgateway", "-n", "istio-system", .. more])).Succeeded;

        string table = await TellAsync("secret");
        string json = await TellAsync("secret", "-o", "json");
        string certificates = await gateway.AdminAsync("certs");
        string dump = await gateway.AdminAsync("config_dump");
        string listeners = await TellAsync("listener", "--port", "8443");

        string serial = certificate.Certificate.SerialNumber.ToLowerInvariant();
        Assert.Matches($@"(?m)^kubernetes://app +Cert Chain +ACTIVE +true +{new BigInteger(certificate.Certificate.SerialNumberBytes.Span, isUnsigned: true, isBigEndian: true)} ", table);
        Assert.Matches("(?m)^kubernetes://app-cacert +CA +ACTIVE +true ", table);
        Assert.Matches("(?m)^kubernetes://none +WARMING +false ", table);
        JsonElement page = JsonDocument.Parse(certificates).RootElement.GetProperty("certificates");
        JsonElement shown = page.EnumerateArray().Single(static entry => entry.GetProperty("cert_chain").GetArrayLength() > 0).GetProperty("cert_chain")[0];
        Assert.Equal(serial, shown.GetProperty("serial_number").GetString());
        Assert.Equal("app.test", shown.GetProperty("subject_alt_names")[0].GetProperty("dns").GetString());
        Assert.Equal("9", shown.GetProperty("days_until_expiration").GetString());
        Assert.Contains("SNI: app.test", listeners);
        Assert.Contains(Convert.ToBase64String("[redacted]"u8), json);
        string key = certificate.KeyPem.Split('\n')[1];
        string encoded = Convert.ToBase64String(System.Text.Encoding.ASCII.GetBytes(certificate.KeyPem))[40..80];
        foreach (string text in new[] { table, json, certificates, dump, gateway.Log })
        {
            Assert.DoesNotContain(key, text);
            Assert.DoesNotContain(encoded, text);
        }
    }
}
