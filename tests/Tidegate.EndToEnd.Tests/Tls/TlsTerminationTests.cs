using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Tidegate.EndToEnd.Tests.Harness;

namespace Tidegate.EndToEnd.Tests.Tls;

/// <summary>Servers of mode SIMPLE: HTTPS with a certificate from a secret (istio-gateway.md 1.6, 1.7; edge.md 2c).</summary>
public sealed class TlsTerminationTests(TlsTerminationTests.Simple gateway) : IClassFixture<TlsTerminationTests.Simple>
{
    [Theory]
    [InlineData(SslProtocols.Tls12)]
    [InlineData(SslProtocols.Tls13)]
    public async Task A_request_by_TLS_is_answered_and_its_connection_kept(SslProtocols version)
    {
        using TlsClient client = await gateway.ConnectAsync(new TlsClientOptions { Versions = version });

        WireResponse first = await client.GetAsync("app.test", "/first");
        WireResponse second = await client.GetAsync("app.test", "/second");

        Assert.Equal((200, 200), (first.Status, second.Status));
        Assert.Equal(version, client.Tls.SslProtocol);
        EchoedRequest echoed = EchoedRequest.Of(second);
        Assert.Equal("https", echoed.Headers["x-forwarded-proto"]);
        Assert.Equal(gateway.Certificate.Certificate.SerialNumber, client.ServerCertificate.SerialNumber);
    }

    [Fact]
    public async Task Large_bodies_go_both_ways()
    {
        using TlsClient client = await gateway.ConnectAsync(new TlsClientOptions());
        string body = new('x', 1_000_000);

        WireResponse response = await client.ExchangeAsync($"POST /large HTTP/1.1\r\nHost: mirror.test\r\ncontent-length: {body.Length}\r\n\r\n{body}");

        Assert.Equal((200, body.Length), (response.Status, response.Body.Length));
        Assert.Equal(200, (await client.GetAsync("app.test")).Status);
    }

    [Fact]
    public async Task Curl_and_HttpClient_are_served()
    {
        string authority = Path.Combine(gateway.Gateway.Folder.FullName, "ca.pem.txt");
        await File.WriteAllTextAsync(authority, gateway.Authority.Pem, TestContext.Current.CancellationToken);
        string curl = (await TidegateCommand.RunProgramAsync(
            "curl", "-sS", "--cacert", authority, "--resolve", $"app.test:8443:{gateway.Gateway.Address}", "https://app.test:8443/by-curl", "-w", "%{http_code} %{http_version}")).Succeeded;
        using var client = new HttpClient(new SocketsHttpHandler
        {
            SslOptions =
            {
                TargetHost = "app.test",
                CertificateChainPolicy = new X509ChainPolicy
                {
                    TrustMode = X509ChainTrustMode.CustomRootTrust,
                    CustomTrustStore = { gateway.Authority.Certificate },
                    RevocationMode = X509RevocationMode.NoCheck,
                },
            },
        });
        using var request = new HttpRequestMessage(HttpMethod.Get, $"https://{gateway.Gateway.Address}:8443/by-http-client") { Headers = { Host = "app.test" } };
        using HttpResponseMessage response = await client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.EndsWith("200 2", curl);
        Assert.True(response.IsSuccessStatusCode);
    }

    // edge.md 2b: what was agreed upon is what is spoken.
    [Theory]
    [InlineData("h2", "GET / HTTP/1.1\r\nHost: app.test\r\n\r\n", "")]
    [InlineData("http/1.1", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\u0004\0\0\0\0\0", "HTTP/1.1 505 ")]
    public async Task H2_P4_P5_bytes_of_the_protocol_that_was_not_agreed_upon_end_the_connection(string agreed, string bytes, string begin)
    {
        using TlsClient client = await gateway.ConnectAsync(new TlsClientOptions { ApplicationProtocols = [agreed] });

        await client.Tls.WriteAsync(System.Text.Encoding.Latin1.GetBytes(bytes), TestContext.Current.CancellationToken);
        string answer = System.Text.Encoding.Latin1.GetString(await client.Reader.ReadToEndAsync(TestContext.Current.CancellationToken));

        Assert.StartsWith(begin, answer, StringComparison.Ordinal);
        Assert.DoesNotContain("200", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task T15_HTTP_2_wins_by_ALPN_and_HTTP_1_1_is_spoken_without()
    {
        using TlsClient both = await gateway.ConnectAsync(new TlsClientOptions { ApplicationProtocols = ["http/1.1", "h2"] });
        using TlsClient old = await gateway.ConnectAsync(new TlsClientOptions { ApplicationProtocols = ["http/1.1"] });
        using TlsClient none = await gateway.ConnectAsync(new TlsClientOptions());

        Assert.Equal(("h2", "http/1.1"), (both.Tls.NegotiatedApplicationProtocol.ToString(), old.Tls.NegotiatedApplicationProtocol.ToString()));
        Assert.Equal(200, (await old.GetAsync("app.test")).Status);
        Assert.Equal(200, (await none.GetAsync("app.test")).Status);
        Assert.True(await TlsClient.IsRefusedAsync(gateway.At, new TlsClientOptions { ApplicationProtocols = ["unknown"] }));
    }

    [Theory]
    [InlineData("-tls1")]
    [InlineData("-tls1_1")]
    public async Task T01_Old_versions_are_refused(string version)
    {
        CommandResult result = await TidegateCommand.RunProgramAsync(
            "openssl", "s_client", "-connect", gateway.At.ToString(), version, "-cipher", "ALL:@SECLEVEL=0", "-servername", "app.test");

        Assert.NotEqual(0, result.ExitCode);
    }

    [Fact]
    public async Task The_access_log_knows_the_server_name()
    {
        using TlsClient client = await gateway.ConnectAsync(new TlsClientOptions { ServerName = "Logged.TEST" });

        await client.GetAsync("app.test", "/logged-by-name");

        Assert.Contains(" logged.test ", await gateway.Gateway.LogsAsync("/logged-by-name"));
    }

    [Fact]
    public async Task Handshakes_are_counted()
    {
        using TlsClient client = await gateway.ConnectAsync(new TlsClientOptions());
        string prefix = $"listener.{gateway.Gateway.Address}_8443.ssl";
        await client.GetAsync("app.test");

        string stats = await gateway.Gateway.AdminAsync("stats?filter=ssl");

        Assert.Matches(@"listener\.\S+_8443\.ssl\.handshake: [1-9]", stats);
        Assert.Matches(@"downstream_cx_ssl_active: [1-9]", stats);
        Assert.NotEmpty(prefix);
    }

    [Fact]
    public async Task Plain_text_at_a_TLS_port_is_not_served()
    {
        using RawClient client = await gateway.Gateway.ConnectAsync(8443);

        await client.SendAsync("GET / HTTP/1.1\r\nHost: app.test\r\n\r\n");

        byte[] answer = await client.Reader.ReadToEndAsync(TestContext.Current.CancellationToken);
        Assert.DoesNotContain("HTTP/1.1", System.Text.Encoding.Latin1.GetString(answer));
    }

    [Fact]
    public async Task T16_A_handshake_in_single_bytes_is_made()
    {
        using var proxy = new SlowRelay(gateway.At, pieceBytes: 1);

        using TlsClient client = await TlsClient.ConnectAsync(proxy.EndPoint, new TlsClientOptions());

        Assert.Equal(200, (await client.GetAsync("app.test")).Status);
    }

    [Fact]
    public async Task Keys_are_nowhere_in_dumps_and_logs()
    {
        string dump = await gateway.Gateway.AdminAsync("config_dump");
        string key = string.Concat(gateway.Certificate.KeyPem.Split('\n').Skip(1).Take(1));

        Assert.DoesNotContain(key, dump);
        Assert.DoesNotContain(Convert.ToBase64String(System.Text.Encoding.ASCII.GetBytes(gateway.Certificate.KeyPem))[..40], dump);
        Assert.DoesNotContain(key, gateway.Gateway.Log);
    }

    /// <summary>One gateway for all tests of the class.</summary>
    public sealed class Simple : IAsyncLifetime
    {
        private readonly ScriptedBackend _echo = ScriptedBackend.Start(Loopback.Next());
        private readonly ScriptedBackend _mirror = ScriptedBackend.Start(Loopback.Next());

        public TestAuthority Authority { get; } = new();

        public TestCertificate Certificate { get; private set; } = null!;

        public GatewayProcess Gateway { get; private set; } = null!;

        public System.Net.IPEndPoint At => Gateway.At(8443);

        public Task<TlsClient> ConnectAsync(TlsClientOptions options) => TlsClient.ConnectAsync(At, options);

        public async ValueTask InitializeAsync()
        {
            Certificate = Authority.Issue("app.test", "mirror.test");
            _echo.Answer = request => EchoedRequest.Answer("app", request);
            _mirror.Answer = request => $"HTTP/1.1 200 OK\r\ncontent-length: {request.BodyBytes.Length}\r\n\r\n{request.Body}";
            Gateway = await GatewayProcess.StartAsync(
                TlsManifests.Gateway("{mode: SIMPLE, credentialName: app-cert}")
                + TlsManifests.Secret("app-cert", Certificate)
                + Manifests.Backend("app.test", _echo)
                + Manifests.Backend("mirror.test", _mirror));
        }

        public async ValueTask DisposeAsync()
        {
            await Gateway.DisposeAsync();
            await _echo.DisposeAsync();
            await _mirror.DisposeAsync();
            Authority.Dispose();
        }
    }
}
