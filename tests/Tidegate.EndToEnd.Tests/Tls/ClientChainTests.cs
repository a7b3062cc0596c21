using System.Formats.Asn1;
using System.Security.Cryptography.X509Certificates;
using Tidegate.EndToEnd.Tests.Harness;

namespace Tidegate.EndToEnd.Tests.Tls;

/// <summary>Client certificates of which more than the certificate itself decides: chain, revocation list, names that are made to mislead (edge.md T11).</summary>
public sealed class ClientChainTests(ClientChainTests.Pool pool) : IClassFixture<ClientChainTests.Pool>
{
    [Theory]
    [InlineData("good", true)]
    [InlineData("below the intermediate", true)]
    [InlineData("without the intermediate", false)]
    [InlineData("with another intermediate", false)]
    public async Task T11_a_chain_has_to_be_whole(string which, bool isServed) => await AssertAsync("plain.test", which, isServed);

    [Theory]
    [InlineData("inside the constraints", true)]
    [InlineData("outside the constraints", false)]
    [InlineData("among the excluded", false)]
    public async Task T11_an_authority_speaks_only_for_the_names_that_it_was_given(string which, bool isServed) =>
        await AssertAsync("plain.test", which, isServed);

    [Theory]
    [InlineData("listed.test", true)]
    [InlineData("stale.test", false)]
    [InlineData("foreign.test", false)]
    public async Task T11_a_revocation_list_has_to_be_in_force_and_its_authoritys_own(string host, bool isServed) =>
        await AssertAsync(host, "good", isServed);

    [Theory]
    [InlineData("good", true)]
    [InlineData("NUL in a DNS name", false)]
    [InlineData("NUL in a URI", false)]
    public async Task T11_a_name_with_a_NUL_is_not_the_name_before_it(string which, bool isServed) => await AssertAsync("named.test", which, isServed);

    [Theory]
    [InlineData("NUL in a DNS name")]
    [InlineData("NUL in a URI")]
    public async Task T11_a_name_with_a_NUL_is_told_to_no_backend(string which)
    {
        using TlsClient client = await TlsClient.ConnectAsync(pool.Gateway.At(8443), pool.Options("plain.test", which));

        WireResponse response = await client.GetAsync("plain.test");

        Assert.Equal(200, response.Status);
        Assert.StartsWith("Hash=", response.Body);
        Assert.DoesNotContain("client.test", response.Body[response.Body.IndexOf(";URI=", StringComparison.Ordinal)..]);
        Assert.DoesNotContain("spiffe", response.Body);
    }

    [Fact]
    public async Task T11_the_log_of_refusals_is_counted_by_reason()
    {
        long before = await pool.Gateway.StatAsync("listener.0.0.0.0_8443.ssl.fail_verify_san");

        await AssertAsync("named.test", "NUL in a DNS name", isServed: false);

        Assert.Equal(before + 1, await pool.Gateway.StatAsync("listener.0.0.0.0_8443.ssl.fail_verify_san"));
    }

    private async Task AssertAsync(string host, string which, bool isServed)
    {
        if (!isServed)
        {
            Assert.True(await TlsClient.IsRefusedAsync(pool.Gateway.At(8443), pool.Options(host, which)));
            return;
        }

        using TlsClient client = await TlsClient.ConnectAsync(pool.Gateway.At(8443), pool.Options(host, which));
        Assert.Equal(200, (await client.GetAsync(host)).Status);
    }

    /// <summary>A gateway whose servers ask for certificates of one authority, with different lists and names.</summary>
    public sealed class Pool : IAsyncLifetime
    {
        private static readonly string[] Hosts = ["plain.test", "listed.test", "stale.test", "foreign.test", "named.test"];

        private readonly TestAuthority _authority = new();
        private readonly ScriptedBackend _backend = ScriptedBackend.Start(Loopback.Next());
        private readonly Dictionary<string, (TestCertificate Certificate, X509Certificate2[] Behind)> _chains = [];

        public GatewayProcess Gateway { get; private set; } = null!;

        public TlsClientOptions Options(string host, string which) =>
            new() { ServerName = host, Certificate = _chains[which].Certificate, Intermediates = _chains[which].Behind };

        public async ValueTask InitializeAsync()
        {
            using TestAuthority intermediate = _authority.Subordinate();
            using TestAuthority other = _authority.Subordinate();
            using TestAuthority constrained = _authority.Subordinate(NameConstraints());
            TestCertificate below = intermediate.Issue("client.test");
            _chains["good"] = (_authority.Issue("client.test"), []);
            _chains["below the intermediate"] = (below, [intermediate.Certificate]);
            _chains["without the intermediate"] = (below, []);
            _chains["with another intermediate"] = (below, [other.Certificate]);
            _chains["inside the constraints"] = (constrained.Issue("a.inside.test"), [constrained.Certificate]);
            _chains["outside the constraints"] = (constrained.Issue("a.inside.test", "client.test"), [constrained.Certificate]);
            _chains["among the excluded"] = (constrained.Issue("a.secret.inside.test"), [constrained.Certificate]);
            _chains["NUL in a DNS name"] = (_authority.Issue(Misleading(2, "client.test\0.evil.test")), []);
            _chains["NUL in a URI"] = (_authority.Issue(Misleading(6, "spiffe://mesh/client\0.evil.test")), []);
            _backend.Answer = static request =>
            {
                string told = request.Headers["x-forwarded-client-cert"] ?? "-";
                return $"HTTP/1.1 200 OK\r\ncontent-length: {told.Length}\r\n\r\n{told}";
            };
            using var stranger = new TestAuthority("Stranger");
            TestCertificate own = _authority.Issue(Hosts);
            static string Server(string host, string tls) =>
                $"  - port: {{number: 443, name: https-{host.Split('.')[0]}, protocol: HTTPS}}\n    hosts: [{host}]\n    tls: {tls}\n";
            Gateway = await GatewayProcess.StartAsync(
                TlsManifests.Gateway(
                    "{mode: MUTUAL, credentialName: plain}",
                    hosts: "plain.test",
                    more: Server("listed.test", "{mode: MUTUAL, credentialName: listed}")
                        + Server("stale.test", "{mode: MUTUAL, credentialName: stale}")
                        + Server("foreign.test", "{mode: MUTUAL, credentialName: foreign}")
                        + Server("named.test", "{mode: MUTUAL, credentialName: plain, subjectAltNames: [client.test, \"spiffe://mesh/client\"]}"))
                + TlsManifests.Secret("plain", own, _authority.Pem)
                + TlsManifests.Secret("listed", own, _authority.Pem, _authority.Revoke())
                + TlsManifests.Secret("stale", own, _authority.Pem, _authority.Revoke(DateTimeOffset.UtcNow.AddHours(-1)))
                + TlsManifests.Secret("foreign", own, _authority.Pem, stranger.Revoke())
                + string.Concat(Hosts.Select(host => Manifests.Backend(host, _backend))));
        }

        public async ValueTask DisposeAsync()
        {
            await Gateway.DisposeAsync();
            await _backend.DisposeAsync();
            _authority.Dispose();
        }

        // RFC 5280, section 4.2.1.10: all below inside.test but not what is below secret.inside.test.
        private static X509Extension NameConstraints()
        {
            var writer = new AsnWriter(AsnEncodingRules.DER);
            using (writer.PushSequence())
            {
                foreach ((int tag, string name) in new[] { (0, "inside.test"), (1, "secret.inside.test") })
                {
                    using (writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, tag)))
                    using (writer.PushSequence())
                    {
                        writer.WriteCharacterString(UniversalTagNumber.IA5String, name, new Asn1Tag(TagClass.ContextSpecific, 2));
                    }
                }
            }

            return new X509Extension("2.5.29.30", writer.Encode(), critical: true);
        }

        // A subjectAltName that the platform's builder would not write.
        private static TestCertificateOptions Misleading(int tag, string name)
        {
            var writer = new AsnWriter(AsnEncodingRules.DER);
            using (writer.PushSequence())
            {
                writer.WriteCharacterString(UniversalTagNumber.IA5String, name, new Asn1Tag(TagClass.ContextSpecific, tag));
            }

            return new TestCertificateOptions { CommonName = "client.test", Extensions = [new X509Extension("2.5.29.17", writer.Encode(), critical: false)] };
        }
    }
}
