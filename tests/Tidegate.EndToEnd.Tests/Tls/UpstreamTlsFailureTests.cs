using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;
using Tidegate.EndToEnd.Tests.Harness;
using Tidegate.EndToEnd.Tests.Tcp;

namespace Tidegate.EndToEnd.Tests.Tls;

/// <summary>Backends whose TLS is not what the DestinationRule asks for: nothing is told to them, and nothing of theirs is passed on (edge.md T21).</summary>
public sealed class UpstreamTlsFailureTests(UpstreamTlsFailureTests.Pool pool) : IClassFixture<UpstreamTlsFailureTests.Pool>
{
    [Theory]
    [InlineData("misnamed", "CERTIFICATE_VERIFY_FAILED:verify_cert_failed:_verify_SAN_list")]
    [InlineData("not-for-host", "CERTIFICATE_VERIFY_FAILED:verify_cert_failed:_verify_SAN_list")]
    [InlineData("192.0.2.8", "CERTIFICATE_VERIFY_FAILED:verify_cert_failed:_verify_SAN_list")]
    [InlineData("expired", "CERTIFICATE_VERIFY_FAILED:verify_cert_failed:_certificate_has_expired")]
    [InlineData("not-yet", "CERTIFICATE_VERIFY_FAILED:verify_cert_failed:_certificate_has_expired_or_is_not_yet_valid")]
    [InlineData("unknown-authority", "CERTIFICATE_VERIFY_FAILED:verify_cert_failed:_unable_to_get_local_issuer_certificate")]
    [InlineData("client-use", "CERTIFICATE_VERIFY_FAILED:verify_cert_failed:_unsupported_certificate_purpose")]
    [InlineData("half-a-chain", "CERTIFICATE_VERIFY_FAILED:verify_cert_failed:_unable_to_get_local_issuer_certificate")]
    [InlineData("plain", "TLS_error:")]
    [InlineData("plain-first", "TLS_error:")]
    [InlineData("plain-first-and-over", "TLS_error:")]
    [InlineData("record-first", "TLS_error:")]
    [InlineData("closing", "TLS_error:")]
    [InlineData("silent", "TLS_error:_the_handshake_took_too_long")]
    public async Task T21_is_a_503_with_the_reason_in_the_log_and_nothing_is_passed_on(string name, string reason)
    {
        string host = Pool.HostOf(name);

        WireResponse response = await pool.Gateway.ExchangeAsync($"POST /secret-{name} HTTP/1.1\r\nHost: {host}\r\ncontent-length: 8\r\n\r\nsecret-8");

        Assert.Equal(503, response.Status);
        Assert.StartsWith("upstream connect error or disconnect/reset before headers.", response.Body);
        Assert.DoesNotContain("forged", response.Body);
        string line = await pool.Gateway.LogsAsync("/secret-" + name);
        Assert.Contains(" 503 UF upstream_reset_before_response_started{", line);
        Assert.Contains(reason, line);
        UpstreamFake fake = pool.Fakes[name];
        Assert.NotEmpty(fake.Connections);
        Assert.All(fake.Connections, static first => Assert.Equal(0x16, first));
        Assert.Empty(fake.Told);
    }

    [Theory]
    [InlineData("192.0.2.7")]
    [InlineData("whole-chain")]
    public async Task T21_the_same_backend_with_a_good_certificate_is_reached(string name)
    {
        WireResponse response = await pool.Gateway.GetAsync(Pool.HostOf(name), "/good");

        Assert.Equal((200, "forged"), (response.Status, response.Body));
        Assert.StartsWith("GET /good HTTP/1.1\r\n", Assert.Single(pool.Fakes[name].Told));
    }

    [Fact]
    public async Task T21_failures_are_counted_by_reason()
    {
        await pool.Gateway.GetAsync(Pool.HostOf("misnamed"));
        await pool.Gateway.GetAsync(Pool.HostOf("expired"));
        await pool.Gateway.GetAsync(Pool.HostOf("plain"));

        string stats = await pool.Gateway.AdminAsync("stats?filter=ssl");

        Assert.Matches(@"\|misnamed\.test\.ssl\.fail_verify_san: [1-9]", stats);
        Assert.Matches(@"\|expired\.test\.ssl\.fail_verify_error: [1-9]", stats);
        Assert.Matches(@"\|plain\.test\.ssl\.connection_error: [1-9]", stats);
    }

    /// <summary>One gateway, and a backend for each way to be wrong.</summary>
    public sealed class Pool : IAsyncLifetime
    {
        private const string Forged = "HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nforged";

        private readonly TestAuthority _authority = new();
        private readonly TestAuthority _stranger = new("Stranger");
        private readonly StringBuilder _manifests = new(Manifests.HttpGateway());

        public GatewayProcess Gateway { get; private set; } = null!;

        internal Dictionary<string, UpstreamFake> Fakes { get; } = [];

        public static string HostOf(string name) => IPAddress.TryParse(name, out _) ? name : name + ".test";

        public async ValueTask InitializeAsync()
        {
            DateTimeOffset now = DateTimeOffset.UtcNow;
            using TestAuthority intermediate = _authority.Subordinate();
            TestCertificate good = _authority.Issue("api.test");
            TestCertificate below = intermediate.Issue("api.test");
            _manifests.Append(TlsManifests.Secret("trusted", [("cacert", _authority.Pem)]));
            const string Named = "sni: api.test, subjectAltNames: [api.test]";
            Add("misnamed", Showing(_authority.Issue("other.test")), Named);
            Add("not-for-host", Showing(good), null);
            Add("192.0.2.7", Showing(_authority.Issue("192.0.2.7")), null);
            Add("192.0.2.8", Showing(_authority.Issue("192.0.2.7", "api.test")), null);
            Add("expired", Showing(_authority.Issue(new TestCertificateOptions { Names = ["api.test"], NotBefore = now.AddDays(-9), NotAfter = now.AddDays(-1) })), Named);
            Add("not-yet", Showing(_authority.Issue(new TestCertificateOptions { Names = ["api.test"], NotBefore = now.AddDays(1), NotAfter = now.AddDays(9) })), Named);
            Add("unknown-authority", Showing(_stranger.Issue("api.test")), Named);
            Add("client-use", Showing(_authority.Issue(new TestCertificateOptions { Names = ["api.test"], Uses = [TestCertificateOptions.ClientUse] })), Named);
            Add("half-a-chain", Showing(below), Named);
            Add("whole-chain", (fake, socket) => fake.ServeTlsAsync(socket, SslStreamCertificateContext.Create(below.Usable, [intermediate.Certificate], offline: true), Forged), Named);
            Add("plain", async (fake, socket) => await socket.SendAsync(Latin1(Forged)), Named);

            // As one in the middle does who cannot break TLS: plain text first, and then the true server's handshake (CVE-2026-1642).
            Add("plain-first", Showing(good), Named, first: Forged);
            Add("plain-first-and-over", static (fake, socket) => Task.CompletedTask, Named, first: Forged);
            Add("record-first", Showing(good), Named, first: $"\u0017\u0003\u0003\0{(char)Forged.Length}{Forged}");
            Add("closing", static (fake, socket) => Task.CompletedTask, Named);
            Add("silent", static async (fake, socket) => await StreamClient.ReceiveToEndAsync(socket), Named);
            Gateway = await GatewayProcess.StartAsync(_manifests.ToString());
        }

        public async ValueTask DisposeAsync()
        {
            await Gateway.DisposeAsync();
            foreach (UpstreamFake fake in Fakes.Values)
            {
                fake.Dispose();
            }

            _authority.Dispose();
            _stranger.Dispose();
        }

        private static byte[] Latin1(string text) => Encoding.Latin1.GetBytes(text);

        private static Func<UpstreamFake, Socket, Task> Showing(TestCertificate certificate) =>
            (fake, socket) => fake.ServeTlsAsync(socket, SslStreamCertificateContext.Create(certificate.Usable, null, offline: true), Forged);

        private void Add(string name, Func<UpstreamFake, Socket, Task> serve, string? named, string first = "")
        {
            string host = HostOf(name);
            string service = "to-" + name.Replace('.', '-') + ".test";
            service = host == name ? service : host;
            string timeout = name == "silent" ? "300ms" : "10s";
            string more = named is null ? "" : ", " + named;
            var fake = new UpstreamFake(serve, Latin1(first));
            Fakes.Add(name, fake);
            _manifests.Append(Manifests.Service(service, fake.EndPoint)).Append(Manifests.Route(host, service)).Append("    retries: {attempts: 0}\n").Append($$"""
                ---
                apiVersion: networking.istio.io/v1
                kind: DestinationRule
                metadata: {name: {{service.Split('.')[0]}}, namespace: default}
                spec:
                  host: {{service}}
                  trafficPolicy:
                    connectionPool: {tcp: {connectTimeout: {{timeout}} } }
                    tls: {mode: SIMPLE, credentialName: trusted{{more}} }

                """);
        }
    }

    /// <summary>A backend that remembers how connections began and what it was told inside of TLS.</summary>
    internal sealed class UpstreamFake : IDisposable
    {
        private readonly StreamBackend _backend;
        private readonly ConcurrentQueue<byte> _connections = [];
        private readonly ConcurrentQueue<string> _told = [];

        /// <summary>A backend.</summary>
        /// <param name="serve">What it does with a connection once a first byte has come.</param>
        /// <param name="first">What it sends before anything has come.</param>
        public UpstreamFake(Func<UpstreamFake, Socket, Task> serve, ReadOnlyMemory<byte> first)
        {
            _backend = new StreamBackend(async socket =>
            {
                await socket.SendAsync(first);
                byte[] peeked = new byte[1];
                if (await socket.ReceiveAsync(peeked, SocketFlags.Peek) > 0)
                {
                    _connections.Enqueue(peeked[0]);
                }

                await serve(this, socket);
                socket.Shutdown(SocketShutdown.Send);
                await StreamClient.ReceiveToEndAsync(socket); // a close with bytes unread would be a reset
            });
        }

        public IPEndPoint EndPoint => _backend.EndPoint;

        /// <summary>The first byte of each connection: 0x16 for TLS.</summary>
        public IEnumerable<byte> Connections => _connections;

        /// <summary>What was sent inside of TLS.</summary>
        public IEnumerable<string> Told => _told;

        public async Task ServeTlsAsync(Socket socket, SslStreamCertificateContext certificate, string answer)
        {
            using var tls = new SslStream(new NetworkStream(socket));
            try
            {
                await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificateContext = certificate });
                byte[] buffer = new byte[16 * 1024];
                if (await tls.ReadAsync(buffer) is > 0 and int count)
                {
                    _told.Enqueue(Encoding.Latin1.GetString(buffer, 0, count));
                    await tls.WriteAsync(Latin1(answer));
                }
            }
            catch (AuthenticationException)
            {
                return; // the gateway does not want it, which is the point
            }
        }

        public void Dispose() => _backend.Dispose();

        private static byte[] Latin1(string text) => Encoding.Latin1.GetBytes(text);
    }
}
