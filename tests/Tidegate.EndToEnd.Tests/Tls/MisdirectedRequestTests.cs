using Tidegate.EndToEnd.Tests.Harness;

namespace Tidegate.EndToEnd.Tests.Tls;

/// <summary>Requests on a connection that was made to another server of the port (edge.md T04, T05).</summary>
public sealed class MisdirectedRequestTests
{
    private static readonly string[] Hosts = ["open.test", "closed.test", "*.wild.test", "own.wild.test"];

    // Server name, Host, and the answer.
    private static readonly (string ServerName, string Host, int Status)[] Matrix =
    [
        ("open.test", "open.test", 200),
        ("open.test", "OPEN.test:8443", 200),
        ("open.test", "closed.test", 421),
        ("open.test", "CLOSED.test:8443", 421),
        ("open.test", "a.wild.test", 421),
        ("open.test", "unknown.test", 404),
        ("a.wild.test", "a.wild.test", 200),
        ("a.wild.test", "b.wild.test", 200),
        ("a.wild.test", "own.wild.test", 421),
        ("a.wild.test", "open.test", 421),
        ("own.wild.test", "own.wild.test", 200),
        ("own.wild.test", "a.wild.test", 421),
    ];

    [Fact]
    public async Task T04_T05_a_host_of_another_server_is_refused_and_an_unknown_one_not_found()
    {
        await using ScriptedBackend backend = ScriptedBackend.Start(Loopback.Next());
        await using GatewayProcess gateway = await StartAsync(backend);

        foreach ((string serverName, string host, int status) in Matrix)
        {
            using TlsClient client = await TlsClient.ConnectAsync(gateway.At(8443), new TlsClientOptions { ServerName = serverName });
            Assert.Equal((serverName, host, status), (serverName, host, (await client.GetAsync(host)).Status));
            Assert.Equal(200, (await client.GetAsync(serverName)).Status);
        }

        Assert.Contains("misdirected_request", await gateway.LogsAsync(" 421 "));
    }

    [Fact]
    public async Task T04_by_option_it_is_404_as_with_Istio()
    {
        await using ScriptedBackend backend = ScriptedBackend.Start(Loopback.Next());
        await using GatewayProcess gateway = await StartAsync(backend, "--misdirected-requests", "route");
        using TlsClient client = await TlsClient.ConnectAsync(gateway.At(8443), new TlsClientOptions { ServerName = "open.test" });

        Assert.Equal(404, (await client.GetAsync("closed.test")).Status);
        Assert.Equal(200, (await client.GetAsync("open.test")).Status);
    }

    // One server per host, each with routes of its own; closed.test wants a client certificate.
    private static async Task<GatewayProcess> StartAsync(ScriptedBackend backend, params string[] options)
    {
        using var authority = new TestAuthority();
        static string Server(string name, string host, string mode) =>
            $"  - port: {{number: 443, name: https-{name}, protocol: HTTPS}}\n    hosts: [\"{host}\"]\n    tls: {{mode: {mode}, credentialName: all}}\n";
        return await GatewayProcess.StartAsync(
            TlsManifests.Gateway(
                "{mode: SIMPLE, credentialName: all}",
                hosts: "open.test",
                more: Server("closed", "closed.test", "MUTUAL") + Server("wild", "*.wild.test", "SIMPLE") + Server("own", "own.wild.test", "SIMPLE"))
            + TlsManifests.Secret("all", authority.Issue(Hosts), authority.Pem)
            + Manifests.Backend("open.test", backend)
            + string.Concat(Hosts[1..].Select(static host => Manifests.Route(host, "open.test"))),
            options);
    }
}
