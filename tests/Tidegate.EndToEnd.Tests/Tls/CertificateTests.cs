using System.Net.Security;
using System.Security.Authentication;
using Tidegate.EndToEnd.Tests.Harness;

namespace Tidegate.EndToEnd.Tests.Tls;

/// <summary>Which certificate a client is shown: by server name, by kind of key, from files and secrets, and after they have changed (istio-gateway.md 1.6, 1.7).</summary>
public sealed class CertificateTests
{
    [Fact]
    public async Task T03_servers_on_one_port_are_told_apart_by_name()
    {
        using var authority = new TestAuthority();
        TestCertificate one = authority.Issue("one.test");
        TestCertificate wild = authority.Issue("*.wild.test");
        await using ScriptedBackend backend = ScriptedBackend.Start(Loopback.Next());
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(
            TlsManifests.Gateway(
                "{mode: SIMPLE, credentialName: one}",
                hosts: "one.test",
                more: "  - port: {number: 443, name: https-wild, protocol: HTTPS}\n    hosts: [\"*.wild.test\"]\n    tls: {mode: SIMPLE, credentialName: wild}")
            + TlsManifests.Secret("one", one) + TlsManifests.Secret("wild", wild)
            + Manifests.Backend("one.test", backend) + Manifests.Route("*.wild.test", "one.test"));

        using TlsClient first = await TlsClient.ConnectAsync(gateway.At(8443), new TlsClientOptions { ServerName = "ONE.test" });
        using TlsClient second = await TlsClient.ConnectAsync(gateway.At(8443), new TlsClientOptions { ServerName = "a.b.wild.test" });

        Assert.Equal(one.Certificate.SerialNumber, first.ServerCertificate.SerialNumber);
        Assert.Equal(wild.Certificate.SerialNumber, second.ServerCertificate.SerialNumber);
        Assert.Equal(200, (await first.GetAsync("one.test")).Status);
        Assert.Equal(200, (await second.GetAsync("a.b.wild.test")).Status);
        foreach (string unknown in new[] { "unknown.test", "wild.test", "" })
        {
            Assert.True(await TlsClient.IsRefusedAsync(gateway.At(8443), new TlsClientOptions { ServerName = unknown }));
        }
    }

    [Theory]
    [InlineData("rsa, ecdsa")]
    [InlineData("ecdsa, rsa")]
    public async Task RSA_and_ECDSA_stand_side_by_side_and_the_client_decides(string credentials)
    {
        using var authority = new TestAuthority();
        await using ScriptedBackend backend = ScriptedBackend.Start(Loopback.Next());
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(
            TlsManifests.Gateway("{mode: SIMPLE, credentialNames: [" + credentials + "]}")
            + TlsManifests.Secret("rsa", authority.Issue(new TestCertificateOptions { Names = ["app.test"], IsRsa = true }))
            + TlsManifests.Secret("ecdsa", authority.Issue("app.test"))
            + Manifests.Backend("app.test", backend));

        foreach ((string offer, string kind) in new[]
        {
            ("-sigalgs ECDSA+SHA256", "id-ecPublicKey"),
            ("-sigalgs RSA-PSS+SHA256", "rsaEncryption"),
            ("-sigalgs RSA-PSS+SHA256:ECDSA+SHA256", "id-ecPublicKey"),
            ("-tls1_2 -cipher ECDHE-RSA-AES128-GCM-SHA256", "rsaEncryption"),
            ("-tls1_2 -cipher ECDHE-ECDSA-AES128-GCM-SHA256", "id-ecPublicKey"),
        })
        {
            string text = (await TidegateCommand.RunProgramAsync(
                "sh", "-c", $"openssl s_client -connect {gateway.At(8443)} -servername app.test {offer} </dev/null 2>/dev/null | openssl x509 -noout -text")).Succeeded;
            Assert.Contains($"Public Key Algorithm: {kind}", text);
        }
    }

    [Fact]
    public async Task Versions_and_cipher_suites_are_those_of_the_server()
    {
        using var authority = new TestAuthority();
        await using ScriptedBackend backend = ScriptedBackend.Start(Loopback.Next());
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(
            TlsManifests.Gateway(
                "{mode: SIMPLE, credentialName: app, minProtocolVersion: TLSV1_3}",
                hosts: "new.test",
                more: "  - port: {number: 443, name: https-old, protocol: HTTPS}\n    hosts: [old.test]\n    tls: {mode: SIMPLE, credentialName: app, maxProtocolVersion: TLSV1_2, cipherSuites: [ECDHE-ECDSA-AES256-GCM-SHA384]}")
            + TlsManifests.Secret("app", authority.Issue("new.test", "old.test"))
            + Manifests.Backend("new.test", backend) + Manifests.Backend("old.test", backend));

        using TlsClient newest = await TlsClient.ConnectAsync(gateway.At(8443), new TlsClientOptions { ServerName = "new.test" });
        using TlsClient old = await TlsClient.ConnectAsync(gateway.At(8443), new TlsClientOptions { ServerName = "old.test" });

        Assert.Equal((SslProtocols.Tls13, SslProtocols.Tls12), (newest.Tls.SslProtocol, old.Tls.SslProtocol));
        Assert.Equal(TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, old.Tls.NegotiatedCipherSuite);
        Assert.True(await TlsClient.IsRefusedAsync(gateway.At(8443), new TlsClientOptions { ServerName = "new.test", Versions = SslProtocols.Tls12 }));
        Assert.True(await TlsClient.IsRefusedAsync(gateway.At(8443), new TlsClientOptions { ServerName = "old.test", Versions = SslProtocols.Tls13 }));
    }

    [Fact]
    public async Task T10_files_are_read_again_when_they_change_and_a_bad_one_changes_nothing()
    {
        using var authority = new TestAuthority();
        using var folder = new TemporaryFolder();
        TestCertificate first = authority.Issue("app.test");
        TestCertificate second = authority.Issue("app.test");
        string certificate = folder.Write("tls.crt", first.Pem);
        string key = folder.Write("tls.key", first.KeyPem);
        string roots = folder.Write("ca.crt", authority.Pem);
        await using ScriptedBackend backend = ScriptedBackend.Start(Loopback.Next());
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(
            TlsManifests.Gateway($"{{mode: MUTUAL, serverCertificate: {certificate}, privateKey: {key}, caCertificates: {roots}}}")
            + Manifests.Backend("app.test", backend));
        var options = new TlsClientOptions { Certificate = authority.Issue("client.test") };
        using TlsClient kept = await TlsClient.ConnectAsync(gateway.At(8443), options);
        Assert.Equal(first.Certificate.SerialNumber, kept.ServerCertificate.SerialNumber);

        folder.Write("tls.crt", "no certificate");
        await gateway.ReportsAsync("file-cert:");
        await ShowsAsync(gateway, options, first);
        folder.Write("tls.key", second.KeyPem);
        folder.Write("tls.crt", second.Pem);
        await ShowsAsync(gateway, options, second);

        Assert.Equal(200, (await kept.GetAsync("app.test")).Status);
        Assert.True(await TlsClient.IsRefusedAsync(gateway.At(8443), new TlsClientOptions()));
    }

    [Fact]
    public async Task ISTIO_MUTUAL_shows_the_workloads_own_certificate_and_takes_those_of_the_mesh()
    {
        using var mesh = new TestAuthority("Mesh");
        using var stranger = new TestAuthority("Stranger");
        using var folder = new TemporaryFolder();
        TestCertificate own = mesh.Issue("spiffe://cluster.local/ns/istio-system/sa/gateway");
        folder.Write("cert-chain.pem", own.Pem);
        folder.Write("key.pem", own.KeyPem);
        folder.Write("root-cert.pem", mesh.Pem);
        await using ScriptedBackend backend = ScriptedBackend.Start(Loopback.Next());
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(
            TlsManifests.Gateway("{mode: ISTIO_MUTUAL}") + Manifests.Backend("app.test", backend),
            "--workload-certificates",
            folder.Path);

        using TlsClient client = await TlsClient.ConnectAsync(
            gateway.At(8443), new TlsClientOptions { Certificate = mesh.Issue("spiffe://cluster.local/ns/a/sa/b") });

        Assert.Equal(own.Certificate.SerialNumber, client.ServerCertificate.SerialNumber);
        Assert.Equal(200, (await client.GetAsync("app.test")).Status);
        Assert.True(await TlsClient.IsRefusedAsync(gateway.At(8443), new TlsClientOptions { Certificate = stranger.Issue("spiffe://cluster.local/ns/a/sa/b") }));
    }

    [Fact]
    public async Task HttpsRedirect_sends_plain_requests_to_https()
    {
        await using GatewayProcess gateway = await GatewayProcess.StartAsync("""
            ---
            apiVersion: networking.istio.io/v1
            kind: Gateway
            metadata: {name: edge, namespace: default}
            spec:
              selector: {istio: ingressgateway}
              servers:
              - port: {number: 80, name: http, protocol: HTTP}
                hosts: [app.test]
                tls: {httpsRedirect: true}

            """);

        WireResponse response = await gateway.GetAsync("app.test", "/path?query");

        Assert.Equal((301, "https://app.test/path?query"), (response.Status, response.Headers["location"]));
    }

    [Fact]
    public async Task T18_a_client_that_stops_in_the_middle_of_the_handshake_is_cut()
    {
        using var authority = new TestAuthority();
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(
            TlsManifests.Gateway("{mode: SIMPLE, credentialName: app}") + TlsManifests.Secret("app", authority.Issue("app.test")), "--tls-handshake-timeout", "200ms");
        using RawClient client = await gateway.ConnectAsync(8443);

        await client.SendAsync("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03");

        await client.AssertClosedAsync();
        Assert.Empty(client.Reader.Transcript);
    }

    [Fact]
    public async Task T09_a_secret_changes_a_hundred_times_under_load_and_nobody_notices()
    {
        using var authority = new TestAuthority();
        TestCertificate[] certificates = [.. Enumerable.Range(0, 100).Select(_ => authority.Issue("app.test"))];
        await using ScriptedBackend backend = ScriptedBackend.Start(Loopback.Next());
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(
            TlsManifests.Gateway("{mode: SIMPLE, credentialName: app}") + Manifests.Backend("app.test", backend));
        gateway.Apply("secret.yaml", TlsManifests.Secret("app", certificates[0]));
        await ShowsAsync(gateway, new TlsClientOptions(), certificates[0]);
        using var stopping = new CancellationTokenSource();
        Task<int>[] load = [.. Enumerable.Range(0, 4).Select(i => Task.Run(() => RequestAsync(gateway, isKept: i % 2 == 0, stopping.Token)))];

        foreach (TestCertificate certificate in certificates[1..])
        {
            gateway.Apply("secret.yaml", TlsManifests.Secret("app", certificate));
            await ShowsAsync(gateway, new TlsClientOptions(), certificate);
        }

        await stopping.CancelAsync();
        Assert.All(await Task.WhenAll(load), static count => Assert.True(count > 0));
    }

    [Fact]
    public async Task T10_a_broken_secret_is_reported_and_the_last_good_one_stays()
    {
        using var authority = new TestAuthority();
        TestCertificate good = authority.Issue("app.test");
        TestCertificate other = authority.Issue("other.test");
        await using ScriptedBackend backend = ScriptedBackend.Start(Loopback.Next());
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(
            TlsManifests.Gateway(
                "{mode: SIMPLE, credentialName: app}",
                hosts: "app.test",
                more: "  - port: {number: 443, name: https-other, protocol: HTTPS}\n    hosts: [other.test]\n    tls: {mode: SIMPLE, credentialName: other}")
            + TlsManifests.Secret("other", other)
            + Manifests.Backend("app.test", backend) + Manifests.Backend("other.test", backend));

        // 1. Nothing yet: this host alone is not served.
        await gateway.ReportsAsync("Referenced credentialName not found: \"app\"");
        Assert.True(await TlsClient.IsRefusedAsync(gateway.At(8443), new TlsClientOptions()));
        await ShowsAsync(gateway, new TlsClientOptions { ServerName = "other.test" }, other);

        // 2. A good one, then broken ones.
        gateway.Apply("secret.yaml", TlsManifests.Secret("app", good));
        await ShowsAsync(gateway, new TlsClientOptions(), good);
        gateway.Apply("secret.yaml", TlsManifests.Secret("app", good with { KeyPem = other.KeyPem }));
        await gateway.ReportsAsync("secret.yaml:");
        await gateway.ReportsAsync("data.tls.key: is not the PEM of the private key that belongs to the certificate of tls.crt");
        await ShowsAsync(gateway, new TlsClientOptions(), good);
        gateway.Apply("secret.yaml", TlsManifests.Secret("app", [("tls.crt", "not PEM"), ("tls.key", "not PEM")]));
        await gateway.ReportsAsync("BEGIN CERTIFICATE");
        await ShowsAsync(gateway, new TlsClientOptions(), good);
        gateway.Remove("secret.yaml");
        await ShowsAsync(gateway, new TlsClientOptions { ServerName = "other.test" }, other);

        Assert.DoesNotContain(good.KeyPem.Split('\n')[1], gateway.Log);
    }

    private static Task ShowsAsync(GatewayProcess gateway, TlsClientOptions options, TestCertificate certificate)
    {
        string shown = "nothing";
        return Eventually.HoldsAsync(
            async () =>
            {
                try
                {
                    using TlsClient client = await TlsClient.ConnectAsync(gateway.At(8443), options);
                    shown = client.ServerCertificate.SerialNumber;
                    return shown == certificate.Certificate.SerialNumber;
                }
                catch (Exception exception) when (exception is IOException or AuthenticationException)
                {
                    shown = exception.Message;
                    return false;
                }
            },
            () => $"the certificate {certificate.Certificate.SerialNumber} is shown, not {shown}\n{gateway.Log}");
    }

    // Requests until told to stop; any failure ends the test.
    private static async Task<int> RequestAsync(GatewayProcess gateway, bool isKept, CancellationToken stopping)
    {
        TlsClient client = await TlsClient.ConnectAsync(gateway.At(8443), new TlsClientOptions());
        int count = 0;
        while (!stopping.IsCancellationRequested)
        {
            Assert.Equal(200, (await client.GetAsync("app.test")).Status);
            count++;
            if (!isKept)
            {
                client.Dispose();
                client = await TlsClient.ConnectAsync(gateway.At(8443), new TlsClientOptions());
            }
        }

        client.Dispose();
        return count;
    }
}
