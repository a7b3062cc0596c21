using Tidegate.EndToEnd.Tests.Harness;
using Tidegate.EndToEnd.Tests.Tls;

namespace Tidegate.EndToEnd.Tests.Tutorial;

/// <summary>
/// What a reader of a tutorial does on the way to a gateway with HTTPS, each step by a change of the one before, with curl: one certificate,
/// client certificates, several hosts with certificates of their own, and plain requests sent to HTTPS.
/// </summary>
public sealed class TlsTutorialTests
{
    private const string Shop = "shop.tide.test";
    private const string Catalog = "catalog.tide.test";

    [Fact]
    public async Task A_gateway_is_led_from_plain_HTTP_to_client_certificates_hosts_and_redirects()
    {
        using var authority = new TestAuthority();
        using var files = new TemporaryFolder();
        TestCertificate client = authority.Issue("reader.tide.test");
        string roots = files.Write("ca.pem", authority.Pem);
        string certificate = files.Write("client.pem", client.Pem);
        string key = files.Write("client.key", client.KeyPem);
        await using ScriptedBackend shop = ScriptedBackend.Start(Loopback.Next());
        await using ScriptedBackend catalog = ScriptedBackend.Start(Loopback.Next());
        TestCertificate shopCertificate = authority.Issue(Shop);
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(
            TlsManifests.Secret("shop-credential", shopCertificate)
            + TlsManifests.Secret("shop-credential-mtls", shopCertificate, authority.Pem)
            + TlsManifests.Secret("catalog-credential", authority.Issue(Catalog))
            + Manifests.Backend(Shop, shop, "shop-gateway")
            + Manifests.Backend(Catalog, catalog, "shop-gateway"));
        Task<string> CurlAsync(string url, params string[] more) => StatusAsync(gateway, [url, "--cacert", roots, .. more]);
        Task BecomesAsync(string status, string url, params string[] more) => BecomesStatusAsync(status, () => CurlAsync(url, more));

        // 1. HTTPS beside HTTP.
        gateway.Apply("gateway.yaml", Gateway(Plain(), Https(Shop, "SIMPLE", "shop-credential")));
        await BecomesAsync("200", $"https://{Shop}/");
        Assert.Equal("200", await CurlAsync($"http://{Shop}/"));
        Assert.Equal("000", await StatusAsync(gateway, [$"https://{Shop}/"])); // an authority that curl does not know

        // 2. Only clients with a certificate.
        gateway.Apply("gateway.yaml", Gateway(Plain(), Https(Shop, "MUTUAL", "shop-credential-mtls")));
        await BecomesAsync("000", $"https://{Shop}/");
        Assert.Equal("200", await CurlAsync($"https://{Shop}/", "--cert", certificate, "--key", key));

        // 3. Two hosts, each with its own certificate.
        gateway.Apply("gateway.yaml", Gateway(Https(Shop, "SIMPLE", "shop-credential"), Https(Catalog, "SIMPLE", "catalog-credential")));
        await BecomesAsync("200", $"https://{Catalog}/");
        Assert.Equal("200", await CurlAsync($"https://{Shop}/"));

        // 4. Plain requests are sent to HTTPS.
        gateway.Apply("gateway.yaml", Gateway(Plain("    tls: {httpsRedirect: true}\n"), Https(Shop, "SIMPLE", "shop-credential")));
        await BecomesAsync("301", $"http://{Shop}/");
        Assert.Equal("200", await CurlAsync($"https://{Shop}/"));
        Assert.Equal("000", await CurlAsync($"https://{Catalog}/"));
    }

    private static Task BecomesStatusAsync(string status, Func<Task<string>> ask)
    {
        string last = "";
        return Eventually.HoldsAsync(
            async () =>
            {
                last = await ask();
                return last == status;
            },
            () => $"the answer is {status}, not {last}");
    }

    private static async Task<string> StatusAsync(GatewayProcess gateway, string[] arguments)
    {
        string[] all = ["-s", "-o", "/dev/null", "-w", "%{http_code}"];
        string[] addresses = [.. new[] { Shop, Catalog }.SelectMany(host => new[] { "--connect-to", $"{host}:443:{gateway.Address}:8443", "--connect-to", $"{host}:80:{gateway.Address}:8080" })];
        return (await TidegateCommand.RunProgramAsync("curl", [.. all, .. addresses, .. arguments])).Output;
    }

    private static string Plain(string tls = "") => $"  - port: {{number: 80, name: http, protocol: HTTP}}\n    hosts: [{Shop}]\n{tls}";

    private static string Https(string host, string mode, string credential) =>
        $"  - port: {{number: 443, name: https-{host.Split('.')[0]}, protocol: HTTPS}}\n    hosts: [{host}]\n    tls: {{mode: {mode}, credentialName: {credential}}}\n";

    private static string Gateway(params string[] servers) => $$"""
        apiVersion: networking.istio.io/v1alpha3
        kind: Gateway
        metadata: {name: shop-gateway, namespace: default}
        spec:
          selector: {istio: ingressgateway}
          servers:

        """ + string.Concat(servers);
}
