using System.Net;
using Tidegate.EndToEnd.Tests.Harness;
using Tidegate.EndToEnd.Tests.Tcp;

namespace Tidegate.EndToEnd.Tests.Tls.Wire;

/// <summary>One gateway, with one worker, for all tests of what clients do in and after the handshake.</summary>
public sealed class HandshakeEdge : IAsyncLifetime
{
    /// <summary>The port whose servers have names.</summary>
    public const int NamedPort = 8443;

    /// <summary>The port whose server takes any name, and none.</summary>
    public const int AnyPort = 31443;

    /// <summary>The port that passes TLS on.</summary>
    public const int PassthroughPort = 31401;

    private StreamBackend? _passed;
    private int _passedConnections;

    /// <summary>The authority of all certificates.</summary>
    public TestAuthority Authority { get; } = new();

    /// <summary>Another one, which is trusted to begin with at <c>changing.test</c>.</summary>
    public TestAuthority Former { get; } = new("Former");

    /// <summary>An authority above long chains, which is trusted at <c>mutual.test</c>.</summary>
    internal LongChain Chain { get; } = new();

    /// <summary>What is behind all hosts.</summary>
    public ScriptedBackend Backend { get; } = ScriptedBackend.Start(Loopback.Next());

    /// <summary>The gateway.</summary>
    public GatewayProcess Gateway { get; private set; } = null!;

    /// <summary>Where the servers with names are.</summary>
    public IPEndPoint Named => Gateway.At(NamedPort);

    /// <summary>How many connections have been passed on.</summary>
    public int PassedConnections => Volatile.Read(ref _passedConnections);

    /// <summary>The secret of <c>changing.test</c>, which trusts this authority.</summary>
    public string ChangingSecret(TestAuthority trusted) => TlsManifests.Secret("changing", Authority.Issue("changing.test"), trusted.Pem);

    /// <summary>Whether others are served.</summary>
    public async Task AssertServesAsync()
    {
        using TlsClient client = await TlsClient.ConnectAsync(Named, new TlsClientOptions());
        Assert.Equal(200, (await client.GetAsync("app.test")).Status);
    }

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        static string Server(string name, string host, string tls, int port = 443) =>
            $"  - port: {{number: {port}, name: https-{name}, protocol: HTTPS}}\n    hosts: [\"{host}\"]\n    tls: {tls}\n";
        _passed = new StreamBackend(async socket =>
        {
            Interlocked.Increment(ref _passedConnections);
            byte[] buffer = new byte[4096];
            while (await socket.ReceiveAsync(buffer) > 0)
            {
                // What comes does not matter here: that something comes does.
            }
        });
        Gateway = await GatewayProcess.StartAsync(
            TlsManifests.Gateway(
                "{mode: SIMPLE, credentialName: app}",
                hosts: "app.test",
                more: Server("mutual", "mutual.test", "{mode: MUTUAL, credentialName: mutual}")
                    + Server("changing", "changing.test", "{mode: MUTUAL, credentialName: changing}")
                    + Server("ciphers", "ciphers.test", "{mode: SIMPLE, credentialName: app, cipherSuites: [ECDHE-ECDSA-AES256-GCM-SHA384, NO-SUCH-SUITE]}")
                    + Server("rsa", "rsa.test", "{mode: SIMPLE, credentialName: rsa}")
                    + Server("any", "*", "{mode: SIMPLE, credentialName: app}", AnyPort))
            + TlsManifests.Secret("app", Authority.Issue("app.test", "ciphers.test"))
            + TlsManifests.Secret("rsa", Authority.Issue(new TestCertificateOptions { Names = ["rsa.test"], IsRsa = true }))
            + TlsManifests.Secret("mutual", Authority.Issue("mutual.test"), Authority.Pem + "\n" + Chain.RootPem)
            + Manifests.Backend("app.test", Backend)
            + string.Concat(new[] { "mutual.test", "changing.test", "ciphers.test", "rsa.test" }.Select(static host => Manifests.Route(host, "app.test")))
            + StreamManifests.Gateway(PassthroughPort, "TLS", "{mode: PASSTHROUGH}")
            + StreamManifests.Service("passed.test", _passed.EndPoint) + StreamManifests.TlsRoute("passed.test", "passed.test"));
        Gateway.Apply("changing.yaml", ChangingSecret(Former));
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Gateway.DisposeAsync();
        _passed?.Dispose();
        await Backend.DisposeAsync();
        Authority.Dispose();
        Former.Dispose();
        Chain.Dispose();
    }
}

/// <summary>The tests that share the gateway; they run one after another.</summary>
[CollectionDefinition(Name)]
public sealed class HandshakeEdgeTests : ICollectionFixture<HandshakeEdge>
{
    /// <summary>The name of the collection.</summary>
    public const string Name = "handshake edge";
}
