using System.Diagnostics;
using System.Security.Authentication;
using System.Text.RegularExpressions;
using Tidegate.EndToEnd.Tests.Harness;

namespace Tidegate.EndToEnd.Tests.Tls;

/// <summary>Certificates, keys and revocation lists that change while the gateway serves: well, badly, and under the load of another client than ours (edge.md T09, T10).</summary>
public sealed partial class RotationTests : IDisposable
{
    private static readonly string[] Table = ["proxy-config", "secret", "deploy/istio-ingressgateway", "-n", "istio-system", "--compatibility-version", "current"];

    private readonly TestAuthority _authority = new();
    private readonly TemporaryFolder _folder = new();

    /// <inheritdoc/>
    public void Dispose()
    {
        _authority.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task T10_a_secret_that_is_expired_at_rotation_is_reported_and_the_last_good_one_stays()
    {
        TestCertificate good = _authority.Issue("app.test");
        TestCertificate next = _authority.Issue("app.test");
        TestCertificate expired = _authority.Issue(
            new TestCertificateOptions { Names = ["app.test"], NotBefore = DateTimeOffset.UtcNow.AddDays(-9), NotAfter = DateTimeOffset.UtcNow.AddDays(-1) });
        await using ScriptedBackend backend = ScriptedBackend.Start(Loopback.Next());
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(
            TlsManifests.Gateway("{mode: SIMPLE, credentialName: app}") + Manifests.Backend("app.test", backend));
        gateway.Apply("secret.yaml", TlsManifests.Secret("app", good));
        await ShowsAsync(gateway, good);

        gateway.Apply("secret.yaml", TlsManifests.Secret("app", expired));
        await gateway.ReportsAsync("the one before goes on");

        await gateway.ReportsAsync("secret.yaml:2: Secret istio-system/app: the proxy refuses it: tls_certificate: the certificate is valid from");
        await ShowsAsync(gateway, good);
        string dump = await gateway.AdminAsync("config_dump?resource=dynamic_active_secrets");
        Assert.Contains("the one before goes on", dump);
        Assert.Equal(1, await gateway.StatAsync("sds.kubernetes_//app.update_rejected"));
        Assert.Equal(1, await gateway.StatAsync("sds.kubernetes_//app.update_success"));
        Assert.Contains("envoy_sds_update_rejected{envoy_xds_resource_name=\"kubernetes_//app\"} 1\n", await gateway.AdminAsync("stats/prometheus"));
        Assert.Contains(good.Certificate.SerialNumber.ToLowerInvariant().TrimStart('0'), (await gateway.CommandAsync([.. Table])).Succeeded);
        gateway.Apply("secret.yaml", TlsManifests.Secret("app", next));
        await ShowsAsync(gateway, next);
    }

    [Fact]
    public async Task T10_files_are_swapped_by_the_link_to_their_folder_as_Kubernetes_mounts_do()
    {
        TestCertificate first = _authority.Issue("app.test");
        TestCertificate second = _authority.Issue("app.test");
        TestCertificate third = _authority.Issue("app.test");
        await MountAsync("..1", first.Pem, first.KeyPem);
        File.CreateSymbolicLink(Path.Combine(_folder.Path, "tls.crt"), "..data/tls.crt");
        File.CreateSymbolicLink(Path.Combine(_folder.Path, "tls.key"), "..data/tls.key");
        await using ScriptedBackend backend = ScriptedBackend.Start(Loopback.Next());
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(
            TlsManifests.Gateway($"{{mode: SIMPLE, serverCertificate: {_folder.Path}/tls.crt, privateKey: {_folder.Path}/tls.key}}")
            + Manifests.Backend("app.test", backend));
        await ShowsAsync(gateway, first);

        await MountAsync("..2", second.Pem, second.KeyPem);
        await ShowsAsync(gateway, second);

        // Each is told of, and changes nothing.
        int told = 0;
        foreach ((string certificate, string key) in new[]
        {
            ("", ""),
            (third.Pem, ""),
            (third.Pem[..(third.Pem.Length / 2)], third.KeyPem),
            (third.Pem, third.KeyPem[..(third.KeyPem.Length / 2)]),
            (third.Pem, second.KeyPem),
        })
        {
            await MountAsync($"..bad{told}", certificate, key);
            told++;
            await Eventually.HoldsAsync(
                () => Task.FromResult(StaysInForce().Count(gateway.Errors) >= told), () => $"{told} bad versions are told of\n{gateway.Log}");
            await ShowsAsync(gateway, second);
        }

        File.Delete(Path.Combine(_folder.Path, "..data"));
        await Eventually.HoldsAsync(() => Task.FromResult(StaysInForce().Count(gateway.Errors) > told), () => $"the missing files are told of\n{gateway.Log}");
        await ShowsAsync(gateway, second);
        await MountAsync("..3", third.Pem, third.KeyPem);
        await ShowsAsync(gateway, third);
        Assert.DoesNotContain(second.KeyPem.Split('\n')[1], gateway.Log);
    }

    [Fact]
    public async Task A_file_of_revoked_certificates_is_read_again_when_it_changes()
    {
        TestCertificate own = _authority.Issue("app.test");
        TestCertificate client = _authority.Issue("client.test");
        string certificate = _folder.Write("tls.crt", own.Pem);
        string key = _folder.Write("tls.key", own.KeyPem);
        string roots = _folder.Write("ca.crt", _authority.Pem);
        string list = Path.Combine(_folder.Path, "ca.crl");
        await using ScriptedBackend backend = ScriptedBackend.Start(Loopback.Next());
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(
            TlsManifests.Gateway($"{{mode: MUTUAL, serverCertificate: {certificate}, privateKey: {key}, caCertificates: {roots}, caCrl: {list}}}")
            + Manifests.Backend("app.test", backend));
        var options = new TlsClientOptions { Certificate = client };

        // 1. Without the list nobody can be told from those on it.
        await gateway.ReportsAsync($"file-crl:{list}");
        Assert.False(await IsServedAsync(gateway, options));

        // 2. On the list and off it again; a list that cannot be read changes nothing.
        _folder.Write("ca.crl", _authority.Revoke());
        await ServesAsync(gateway, options, true);
        _folder.Write("ca.crl", _authority.Revoke(null, client));
        await ServesAsync(gateway, options, false);
        _folder.Write("ca.crl", "no list");
        await gateway.ReportsAsync("there is no \"-----BEGIN X509 CRL-----\"");
        Assert.False(await IsServedAsync(gateway, options));
        Assert.Matches($@"file-crl:{list} +CRL +ACTIVE +true", (await gateway.CommandAsync([.. Table])).Succeeded);
        _folder.Write("ca.crl", _authority.Revoke());
        await ServesAsync(gateway, options, true);
    }

    [Fact]
    public async Task T21_a_backend_on_the_list_of_a_DestinationRule_is_refused()
    {
        TestCertificate shown = _authority.Issue("api.test");
        string roots = _folder.Write("ca.crt", _authority.Pem);
        string list = _folder.Write("ca.crl", _authority.Revoke(null, shown));
        await using ScriptedBackend backend = ScriptedBackend.Start(Loopback.Next());
        using var front = new TlsFront(backend.EndPoint, shown);
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(
            Manifests.HttpGateway() + Manifests.Service("app.test", front.EndPoint) + Manifests.Route("app.test", "app.test") + $$"""
                ---
                apiVersion: networking.istio.io/v1
                kind: DestinationRule
                metadata: {name: app, namespace: default}
                spec:
                  host: app.test
                  trafficPolicy:
                    tls: {mode: SIMPLE, caCertificates: {{roots}}, caCrl: {{list}}, sni: api.test}

                """);

        Assert.Equal(503, (await gateway.GetAsync("app.test", "/revoked")).Status);
        Assert.Contains("certificate_revoked", await gateway.LogsAsync("/revoked"));
        _folder.Write("ca.crl", _authority.Revoke());
        await gateway.AnswersAsync(200, "app.test");
    }

    [Fact]
    public async Task T09_wrk_notices_nothing_of_a_hundred_changes()
    {
        Assert.SkipUnless(
            (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(static folder => File.Exists(Path.Combine(folder, "wrk"))),
            "there is no wrk here: apt-get install wrk");
        TestCertificate[] certificates = [.. Enumerable.Range(0, 101).Select(_ => _authority.Issue("app.test"))];
        await using ScriptedBackend backend = ScriptedBackend.Start(Loopback.Next());
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(
            TlsManifests.Gateway("{mode: SIMPLE, credentialName: app}") + Manifests.Backend("app.test", backend));
        gateway.Apply("secret.yaml", TlsManifests.Secret("app", certificates[0]));
        await ShowsAsync(gateway, certificates[0]);
        using Process kept = StartWrk(gateway);
        using Process closing = StartWrk(gateway, "-H", "Connection: close");
        try
        {
            foreach (TestCertificate certificate in certificates[1..])
            {
                gateway.Apply("secret.yaml", TlsManifests.Secret("app", certificate));
                await ShowsAsync(gateway, certificate);
            }

            await AssertNoticedNothingAsync(kept);
            await AssertNoticedNothingAsync(closing);
        }
        finally
        {
            kept.Kill();
            closing.Kill();
        }
    }

    private static Process StartWrk(GatewayProcess gateway, params string[] more) => Process.Start(
        new ProcessStartInfo("wrk", ["-t1", "-c2", "-d300s", "--timeout", "20s", "-H", "Host: app.test", .. more, $"https://{gateway.At(8443)}/"])
        {
            RedirectStandardOutput = true,
        })!;

    // It tells of failures only when there were any.
    private static async Task AssertNoticedNothingAsync(Process wrk)
    {
        Assert.False(wrk.HasExited, "wrk has given up");
        _ = (await TidegateCommand.RunProgramAsync("kill", "-INT", $"{wrk.Id}")).Succeeded;
        string report = await wrk.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken).WithinPatienceAsync("wrk's report");

        Assert.DoesNotContain("Socket errors", report);
        Assert.DoesNotContain("Non-2xx", report);
        Assert.Matches(@"\b[1-9]\d* requests in ", report);
    }

    private static Task ShowsAsync(GatewayProcess gateway, TestCertificate certificate)
    {
        string shown = "nothing";
        return Eventually.HoldsAsync(
            async () =>
            {
                try
                {
                    using TlsClient client = await TlsClient.ConnectAsync(gateway.At(8443), new TlsClientOptions());
                    shown = client.ServerCertificate.SerialNumber;
                }
                catch (IOException exception)
                {
                    shown = exception.Message; // before the first secret is there
                }

                return shown == certificate.Certificate.SerialNumber;
            },
            () => $"the certificate {certificate.Certificate.SerialNumber} is shown, not {shown}\n{gateway.Log}");
    }

    private static Task ServesAsync(GatewayProcess gateway, TlsClientOptions options, bool isServed) =>
        Eventually.HoldsAsync(async () => await IsServedAsync(gateway, options) == isServed, () => $"served: {isServed}\n{gateway.Log}");

    private static async Task<bool> IsServedAsync(GatewayProcess gateway, TlsClientOptions options)
    {
        try
        {
            using TlsClient client = await TlsClient.ConnectAsync(gateway.At(8443), options);
            return (await client.GetAsync("app.test")).Status == 200;
        }
        catch (Exception exception) when (exception is IOException or AuthenticationException or WireException)
        {
            return false;
        }
    }

    // A folder of its own for each version, and one link that is moved over: both files change at once.
    private async Task MountAsync(string version, string certificate, string key)
    {
        string folder = Directory.CreateDirectory(Path.Combine(_folder.Path, version)).FullName;
        File.WriteAllText(Path.Combine(folder, "tls.crt"), certificate);
        File.WriteAllText(Path.Combine(folder, "tls.key"), key);
        string link = Path.Combine(_folder.Path, "..data_tmp");
        Directory.CreateSymbolicLink(link, version);
        _ = (await TidegateCommand.RunProgramAsync("mv", "-T", link, Path.Combine(_folder.Path, "..data"))).Succeeded;
    }

    [GeneratedRegex("last good version stays in force")]
    private static partial Regex StaysInForce();
}
