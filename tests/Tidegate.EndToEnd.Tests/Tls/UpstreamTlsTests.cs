using Tidegate.EndToEnd.Tests.Harness;

namespace Tidegate.EndToEnd.Tests.Tls;

/// <summary>TLS to backends as DestinationRules ask for it (istio-gateway.md 5.6).</summary>
public sealed class UpstreamTlsTests(UpstreamTlsTests.Pool pool) : IClassFixture<UpstreamTlsTests.Pool>
{
    private static string Rule(string host, string tls) => $$"""
        ---
        apiVersion: networking.istio.io/v1
        kind: DestinationRule
        metadata: {name: {{host.Split('.')[0]}}, namespace: default}
        spec:
          host: {{host}}
          trafficPolicy:
            tls: {{tls}}

        """;

    [Theory]
    [InlineData("simple.test", "api.simple.test")]
    [InlineData("named.test", "other.name.test")]
    public async Task SIMPLE_verifies_the_backend_and_asks_for_the_servers_name(string host, string serverName)
    {
        WireResponse response = await pool.Gateway.GetAsync(host, "/by-tls");

        Assert.Equal(200, response.Status);
        Assert.Equal("http", pool.Backend.Requests.Last(request => request.Headers["host"] == host).Headers["x-forwarded-proto"]);
        TlsFrontHandshake handshake = pool.Front.Handshakes.First(made => made.ServerName == serverName);
        Assert.Null(handshake.ClientSerial);
    }

    [Fact]
    public async Task A_connection_is_kept_for_the_next_request()
    {
        await pool.Gateway.GetAsync("kept.test", "/1");
        await pool.Gateway.GetAsync("kept.test", "/2");
        await pool.Gateway.GetAsync("kept.test", "/3");

        // Two workers, each with a connection of its own.
        Assert.InRange(pool.Front.Handshakes.Count(static made => made.ServerName == "kept.name"), 1, 2);
    }

    [Fact]
    public async Task MUTUAL_shows_the_certificate_of_the_credential()
    {
        WireResponse response = await pool.Gateway.GetAsync("mutual.test");

        Assert.Equal(200, response.Status);
        Assert.Equal(pool.Client.Certificate.SerialNumber, pool.Front.Handshakes.First(static made => made.ServerName == "mutual.name").ClientSerial);
    }

    [Fact]
    public async Task Without_a_name_in_the_rule_the_requests_host_is_asked_for_and_verified()
    {
        WireResponse response = await pool.Gateway.GetAsync("auto.test");

        Assert.Equal(200, response.Status);
        Assert.Contains(pool.Front.Handshakes, static made => made.ServerName == "auto.test");
    }

    [Theory]
    [InlineData("untrusted.test")]
    [InlineData("misnamed.test")]
    [InlineData("plain.test")]
    public async Task What_cannot_be_verified_is_a_503_and_the_log_says_why(string host)
    {
        WireResponse response = await pool.Gateway.GetAsync(host, "/refused-" + host);

        Assert.Equal(503, response.Status);
        Assert.StartsWith("upstream connect error or disconnect/reset before headers.", response.Body);
        string line = await pool.Gateway.LogsAsync("/refused-" + host);
        Assert.Contains("TLS_error", line);
        Assert.Matches(" 503 (UF|UF,URX|URX,UF) ", line);
        Assert.DoesNotContain(pool.Backend.Requests, request => request.Headers["host"] == host);
    }

    [Fact]
    public async Task InsecureSkipVerify_takes_any_certificate()
    {
        Assert.Equal(200, (await pool.Gateway.GetAsync("unverified.test")).Status);
    }

    [Fact]
    public async Task Large_bodies_go_both_ways()
    {
        string body = new('y', 1_000_000);

        WireResponse response = await pool.Gateway.ExchangeAsync($"POST /large HTTP/1.1\r\nHost: simple.test\r\ncontent-length: {body.Length}\r\n\r\n{body}");

        Assert.Equal((200, body.Length), (response.Status, response.Body.Length));
    }

    [Fact]
    public async Task Handshakes_are_counted()
    {
        await pool.Gateway.GetAsync("unverified.test");

        string stats = await pool.Gateway.AdminAsync("stats?filter=ssl");

        Assert.Matches(@"cluster\.outbound\|80\|\|unverified\.test;?\.ssl\.handshake: [1-9]", stats);
    }

    [Fact]
    public async Task ISTIO_MUTUAL_shows_the_workloads_own_certificate_and_asks_for_the_meshs_name()
    {
        using var mesh = new TestAuthority("Mesh");
        using var folder = new TemporaryFolder();
        TestCertificate own = mesh.Issue("spiffe://cluster.local/ns/istio-system/sa/gateway");
        folder.Write("cert-chain.pem", own.Pem);
        folder.Write("key.pem", own.KeyPem);
        folder.Write("root-cert.pem", mesh.Pem);
        using var front = new TlsFront(pool.Backend.EndPoint, mesh.Issue("spiffe://cluster.local/ns/default/sa/app"));
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(
            Manifests.HttpGateway()
            + Manifests.Service("meshed.test", front.EndPoint) + Manifests.Route("meshed.test", "meshed.test")
            + Rule("meshed.test", "{mode: ISTIO_MUTUAL, subjectAltNames: [\"spiffe://cluster.local/ns/default/sa/app\"]}"),
            "--workload-certificates",
            folder.Path);

        Assert.Equal(200, (await gateway.GetAsync("meshed.test")).Status);

        Assert.Equal("outbound_.80_._.meshed.test", front.Handshakes[0].ServerName);
        Assert.Equal(own.Certificate.SerialNumber, front.Handshakes[0].ClientSerial);
    }

    /// <summary>One gateway, one backend behind TLS and many rules.</summary>
    public sealed class Pool : IAsyncLifetime
    {
        private readonly TestAuthority _authority = new();
        private readonly TestAuthority _stranger = new("Stranger");

        public ScriptedBackend Backend { get; } = ScriptedBackend.Start(Loopback.Next());

        public TestCertificate Client { get; private set; } = null!;

        public TlsFront Front { get; private set; } = null!;

        public GatewayProcess Gateway { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            Backend.Answer = static request => request.Method == "POST"
                ? $"HTTP/1.1 200 OK\r\ncontent-length: {request.BodyBytes.Length}\r\n\r\n{request.Body}"
                : ScriptedBackend.Ok;
            Client = _authority.Issue("gateway.client.test");
            Front = new TlsFront(Backend.EndPoint, _authority.Issue("api.simple.test", "auto.test", "kept.name"));
            string Behind(string host) => Manifests.Service(host, Front.EndPoint) + Manifests.Route(host, host);
            Gateway = await GatewayProcess.StartAsync(
                Manifests.HttpGateway()
                + TlsManifests.Secret("trusted", [("cacert", _authority.Pem)])
                + TlsManifests.Secret("stranger", [("cacert", _stranger.Pem)])
                + TlsManifests.Secret("client", Client, authorities: _authority.Pem)
                + Behind("simple.test") + Rule("simple.test", "{mode: SIMPLE, credentialName: trusted, sni: api.simple.test, subjectAltNames: [api.simple.test]}")
                + Behind("named.test") + Rule("named.test", "{mode: SIMPLE, credentialName: trusted, sni: other.name.test}")
                + Behind("kept.test") + Rule("kept.test", "{mode: SIMPLE, credentialName: trusted, sni: kept.name}")
                + Behind("mutual.test") + Rule("mutual.test", "{mode: MUTUAL, credentialName: client, sni: mutual.name}")
                + Behind("auto.test") + Rule("auto.test", "{mode: SIMPLE, credentialName: trusted}")
                + Behind("untrusted.test") + Rule("untrusted.test", "{mode: SIMPLE, credentialName: stranger, sni: api.simple.test}")
                + Behind("misnamed.test") + Rule("misnamed.test", "{mode: SIMPLE, credentialName: trusted, sni: api.simple.test, subjectAltNames: [nobody.test]}")
                + Behind("unverified.test") + Rule("unverified.test", "{mode: SIMPLE, insecureSkipVerify: true}")
                + Manifests.Backend("plain.test", Backend) + Rule("plain.test", "{mode: SIMPLE, credentialName: trusted, sni: api.simple.test}"));
        }

        public async ValueTask DisposeAsync()
        {
            await Gateway.DisposeAsync();
            Front.Dispose();
            await Backend.DisposeAsync();
            _authority.Dispose();
            _stranger.Dispose();
        }
    }
}
