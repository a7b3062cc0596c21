using Tidegate.EndToEnd.Tests.Harness;

namespace Tidegate.EndToEnd.Tests.Tls;

/// <summary>Whose secrets a Gateway may name: those beside the gateway's pod, and of no other namespace, its own included (edge.md T25, CVE-2021-34824; istio-gateway.md 1.7).</summary>
public sealed class SecretScopeTests
{
    private const string Refusal = "cross namespace secret reference requires ReferenceGrant";

    [Fact]
    public async Task T25_a_secret_of_another_namespace_is_refused_reported_and_not_loaded()
    {
        using var authority = new TestAuthority();
        TestCertificate good = authority.Issue("good.test", "mutual.test");
        TestCertificate secret = authority.Issue("plain.test", "scheme.test", "granted.test");
        TestCertificate beside = authority.Issue("beside.test");
        TestCertificate client = authority.Issue("client.test");
        await using ScriptedBackend backend = ScriptedBackend.Start(Loopback.Next());
        static string Server(string host, string tls) =>
            $"  - port: {{number: 443, name: https-{host.Split('.')[0]}, protocol: HTTPS}}\n    hosts: [{host}]\n    tls: {tls}\n";
        static string In(string space, string manifest) => manifest.Replace("namespace: istio-system", "namespace: " + space, StringComparison.Ordinal);
        string[] refused = ["plain.test", "scheme.test", "granted.test", "beside.test"];
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(
            TlsManifests.Gateway(
                "{mode: SIMPLE, credentialName: good}",
                hosts: "good.test",
                more: Server("plain.test", "{mode: SIMPLE, credentialName: prod/theirs}")
                    + Server("scheme.test", "{mode: SIMPLE, credentialName: \"kubernetes://prod/theirs\"}")
                    + Server("granted.test", "{mode: SIMPLE, credentialName: \"kubernetes-gateway://prod/theirs\"}")
                    + Server("beside.test", "{mode: SIMPLE, credentialName: beside}")
                    + Server("mutual.test", "{mode: MUTUAL, credentialName: good, caCertCredentialName: prod/theirs-cacert}"))
            + TlsManifests.Secret("good", good, authority.Pem)
            + In("prod", TlsManifests.Secret("theirs", secret, authority.Pem))
            + In("default", TlsManifests.Secret("beside", beside))
            + Manifests.Backend("good.test", backend) + Manifests.Backend("mutual.test", backend)
            + string.Concat(refused.Select(host => Manifests.Backend(host, backend))));

        // 1. Reported, each by the field that names it.
        for (int server = 1; server <= 3; server++)
        {
            await gateway.ReportsAsync($"Gateway default/edge: spec.servers[{server}].tls: secret prod/theirs: {Refusal}");
        }

        await gateway.ReportsAsync("Gateway default/edge: spec.servers[4].tls: secret istio-system/beside not found: there is Secret default/beside, which is not in the gateway's namespace");
        await gateway.ReportsAsync($"Gateway default/edge: spec.servers[5].tls: secret prod/theirs-cacert: {Refusal}");

        // 2. Not served: without its authorities a server that asks for client certificates takes none, also no good one.
        foreach (string host in refused)
        {
            Assert.True(await TlsClient.IsRefusedAsync(gateway.At(8443), new TlsClientOptions { ServerName = host }));
        }

        Assert.True(await TlsClient.IsRefusedAsync(gateway.At(8443), new TlsClientOptions { ServerName = "mutual.test", Certificate = client }));
        Assert.True(await TlsClient.IsRefusedAsync(gateway.At(8443), new TlsClientOptions { ServerName = "mutual.test" }));
        Assert.Empty(backend.Requests);

        // 3. Not loaded.
        string told = await gateway.AdminAsync("config_dump") + await gateway.AdminAsync("certs");
        foreach (TestCertificate certificate in new[] { secret, beside })
        {
            Assert.DoesNotContain(Convert.ToBase64String(System.Text.Encoding.ASCII.GetBytes(certificate.Pem))[40..120], told);
            Assert.DoesNotContain(certificate.Certificate.SerialNumber.ToLowerInvariant(), told);
        }

        // 4. And the others do not notice.
        using TlsClient ours = await TlsClient.ConnectAsync(gateway.At(8443), new TlsClientOptions { ServerName = "good.test" });
        Assert.Equal(200, (await ours.GetAsync("good.test")).Status);
    }
}
