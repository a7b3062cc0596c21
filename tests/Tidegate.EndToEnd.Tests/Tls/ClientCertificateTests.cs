using System.Security.Authentication;
using Tidegate.EndToEnd.Tests.Harness;

namespace Tidegate.EndToEnd.Tests.Tls;

/// <summary>Servers of mode MUTUAL and OPTIONAL_MUTUAL (istio-gateway.md 1.6; edge.md T11, X05).</summary>
public sealed class ClientCertificateTests(ClientCertificateTests.Mutual pool) : IClassFixture<ClientCertificateTests.Mutual>
{
    public static TheoryData<string> Refused => ["none", "stranger", "expired", "not yet", "self-signed", "revoked", "server only"];

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task T11_MUTUAL_refuses_a_client_without_a_good_certificate(string which) =>
        Assert.True(await TlsClient.IsRefusedAsync(pool.Gateway.At(8443), pool.Options("mutual.test", which)));

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task T11_OPTIONAL_MUTUAL_takes_none_and_refuses_a_bad_one(string which)
    {
        if (which == "none")
        {
            using TlsClient client = await TlsClient.ConnectAsync(pool.Gateway.At(8443), pool.Options("optional.test", which));
            WireResponse response = await client.GetAsync("optional.test");
            Assert.Equal((200, "-"), (response.Status, response.Body));
        }
        else
        {
            Assert.True(await TlsClient.IsRefusedAsync(pool.Gateway.At(8443), pool.Options("optional.test", which)));
        }
    }

    [Theory]
    [InlineData("mutual.test")]
    [InlineData("optional.test")]
    public async Task X05_the_backend_is_told_of_a_good_certificate_and_of_nothing_else(string host)
    {
        using TlsClient client = await TlsClient.ConnectAsync(pool.Gateway.At(8443), pool.Options(host, "good"));

        WireResponse response = await client.GetAsync(host, fields: "x-forwarded-client-cert: Hash=0;Subject=\"CN=admin\"\r\n");

        Assert.Equal(200, response.Status);
        Assert.Contains("Hash=" + pool.Good.Certificate.GetCertHashString(System.Security.Cryptography.HashAlgorithmName.SHA256).ToLowerInvariant(), response.Body);
        Assert.DoesNotContain("CN=admin", response.Body);
    }

    [Fact]
    public async Task X05_without_a_certificate_the_header_is_removed()
    {
        using TlsClient client = await TlsClient.ConnectAsync(pool.Gateway.At(8443), pool.Options("optional.test", "none"));

        WireResponse response = await client.GetAsync("optional.test", fields: "x-forwarded-client-cert: Hash=0\r\n");

        Assert.Equal("-", response.Body);
    }

    [Theory]
    [InlineData("good", true)]
    [InlineData("other name", false)]
    public async Task SubjectAltNames_of_clients_are_exact(string which, bool isServed)
    {
        TlsClientOptions options = pool.Options("named.test", which);
        if (!isServed)
        {
            Assert.True(await TlsClient.IsRefusedAsync(pool.Gateway.At(8443), options));
            return;
        }

        using TlsClient client = await TlsClient.ConnectAsync(pool.Gateway.At(8443), options);
        Assert.Equal(200, (await client.GetAsync("named.test")).Status);
    }

    [Theory]
    [InlineData("hashed.test", "good", true)]
    [InlineData("hashed.test", "other name", false)]
    [InlineData("keyed.test", "good", true)]
    [InlineData("keyed.test", "other name", false)]
    public async Task VerifyCertificateHash_and_Spki_take_that_certificate_alone(string host, string which, bool isServed)
    {
        TlsClientOptions options = pool.Options(host, which);
        if (!isServed)
        {
            Assert.True(await TlsClient.IsRefusedAsync(pool.Gateway.At(8443), options));
            return;
        }

        using TlsClient client = await TlsClient.ConnectAsync(pool.Gateway.At(8443), options);
        Assert.Equal(200, (await client.GetAsync(host)).Status);
    }

    [Theory]
    [InlineData(SslProtocols.Tls12, "TLSv1.2", "ECDHE-ECDSA-AES256-GCM-SHA384")]
    [InlineData(SslProtocols.Tls13, "TLSv1.3", "TLS_AES_256_GCM_SHA384")]
    public async Task The_log_tells_of_the_TLS_and_of_both_certificates(SslProtocols version, string name, string cipher)
    {
        using TlsClient client = await TlsClient.ConnectAsync(pool.Gateway.At(8443), pool.Options("mutual.test", "good") with { Versions = version });
        await client.GetAsync("mutual.test", $"/{name}");

        string[] told = (await pool.Gateway.LogsAsync($"/{name}")).Split('^');
        Assert.Equal(
            [
                name, cipher, "CN=mutual.test,O=Tidegate", @"CN=Client\, Good,O=Tidegate", pool.Good.Certificate.SerialNumber.ToLowerInvariant().TrimStart('0'),
                pool.Good.Certificate.GetCertHashString(System.Security.Cryptography.HashAlgorithmName.SHA256).ToLowerInvariant(), "spiffe://mesh/ns/a/sa/client",
            ],
            [told[1], told[2], told[3], told[4], told[6].TrimStart('0'), told[7], told[8]]);
        Assert.Matches("^CN=[^,]+,O=Tidegate$", told[5]);
    }

    [Fact]
    public async Task A_server_whose_versions_exclude_each_other_costs_its_own_connections_alone()
    {
        Assert.True(await TlsClient.IsRefusedAsync(pool.Gateway.At(8443), pool.Options("mutual.test", "good") with { ServerName = "inverted.test" }));
        Assert.Matches("Gateway default/edge: spec.servers\\[5\\].tls: .* the lowest version Tlsv13 is above the highest Tlsv12; its connections are closed", pool.Gateway.Errors);
    }

    [Fact]
    public async Task Refusals_are_counted()
    {
        await TlsClient.IsRefusedAsync(pool.Gateway.At(8443), pool.Options("mutual.test", "none"));
        await TlsClient.IsRefusedAsync(pool.Gateway.At(8443), pool.Options("mutual.test", "stranger"));

        string stats = await pool.Gateway.AdminAsync("stats?filter=ssl");

        Assert.Matches(@"_8443\.ssl\.fail_verify_no_cert: [1-9]", stats);
        Assert.Matches(@"_8443\.ssl\.fail_verify_error: [1-9]", stats);
    }

    /// <summary>A gateway with one server per mode on one port, told apart by server name.</summary>
    public sealed class Mutual : IAsyncLifetime
    {
        private static readonly string[] Hosts = ["mutual.test", "optional.test", "named.test", "hashed.test", "keyed.test"];

        private readonly TestAuthority _authority = new();
        private readonly TestAuthority _stranger = new("Stranger");
        private readonly ScriptedBackend _backend = ScriptedBackend.Start(Loopback.Next());
        private readonly Dictionary<string, TestCertificate?> _certificates = [];

        public TestCertificate Good => _certificates["good"]!;

        public GatewayProcess Gateway { get; private set; } = null!;

        public TlsClientOptions Options(string host, string which) => new() { ServerName = host, Certificate = _certificates[which] };

        public async ValueTask InitializeAsync()
        {
            DateTimeOffset now = DateTimeOffset.UtcNow;
            _certificates["none"] = null;
            _certificates["good"] = _authority.Issue(new TestCertificateOptions { Names = ["client.test", "spiffe://mesh/ns/a/sa/client"], CommonName = "\"Client, Good\"" });
            _certificates["other name"] = _authority.Issue("other.test");
            _certificates["stranger"] = _stranger.Issue("client.test");
            _certificates["expired"] = _authority.Issue(new TestCertificateOptions { Names = ["client.test"], NotBefore = now.AddDays(-9), NotAfter = now.AddDays(-1) });
            _certificates["not yet"] = _authority.Issue(new TestCertificateOptions { Names = ["client.test"], NotBefore = now.AddDays(1), NotAfter = now.AddDays(9) });
            _certificates["revoked"] = _authority.Issue("client.test");
            _certificates["server only"] = _authority.Issue(new TestCertificateOptions { Names = ["client.test"], Uses = [TestCertificateOptions.ServerUse] });
            using var alone = new TestAuthority("Alone");
            _certificates["self-signed"] = alone.Issue("client.test");
            _backend.Answer = static request =>
            {
                string told = request.Headers["x-forwarded-client-cert"] ?? "-";
                return $"HTTP/1.1 200 OK\r\ncontent-length: {told.Length}\r\n\r\n{told}";
            };
            string hash = Good.Certificate.GetCertHashString(System.Security.Cryptography.HashAlgorithmName.SHA256).ToLowerInvariant();
            string key = Convert.ToBase64String(System.Security.Cryptography.SHA256.HashData(Good.Certificate.PublicKey.ExportSubjectPublicKeyInfo()));
            static string Server(string host, string tls) => $$"""
                  - port: {number: 443, name: https-{{host.Split('.')[0]}}, protocol: HTTPS}
                    hosts: [{{host}}]
                    tls: {{tls}}

                """;
            Gateway = await GatewayProcess.StartAsync(
                TlsManifests.Gateway(
                    "{mode: MUTUAL, credentialName: app}",
                    hosts: "mutual.test",
                    more: Server("optional.test", "{mode: OPTIONAL_MUTUAL, credentialName: app}")
                        + Server("named.test", "{mode: MUTUAL, credentialName: app, subjectAltNames: [client.test]}")
                        + Server("hashed.test", $"{{mode: MUTUAL, credentialName: app, verifyCertificateHash: [{hash}]}}")
                        + Server("keyed.test", $"{{mode: MUTUAL, credentialName: app, verifyCertificateSpki: [\"{key}\"]}}")
                        + Server("inverted.test", "{mode: SIMPLE, credentialName: app, minProtocolVersion: TLSV1_3, maxProtocolVersion: TLSV1_2}"))
                + Manifests.AccessLogFormat(
                    "%REQ(:PATH)%^%DOWNSTREAM_TLS_VERSION%^%DOWNSTREAM_TLS_CIPHER%^%DOWNSTREAM_LOCAL_SUBJECT%^%DOWNSTREAM_PEER_SUBJECT%^%DOWNSTREAM_PEER_ISSUER%"
                    + "^%DOWNSTREAM_PEER_SERIAL%^%DOWNSTREAM_PEER_FINGERPRINT_256%^%DOWNSTREAM_PEER_URI_SAN%^")
                + TlsManifests.Secret("app", _authority.Issue(Hosts), _authority.Pem, _authority.Revoke(null, _certificates["revoked"]!))
                + string.Concat(Hosts.Select(host => Manifests.Backend(host, _backend))));
        }

        public async ValueTask DisposeAsync()
        {
            await Gateway.DisposeAsync();
            await _backend.DisposeAsync();
            _authority.Dispose();
            _stranger.Dispose();
        }
    }
}
