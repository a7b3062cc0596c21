using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Envoy.Config.Bootstrap.V3;
using Envoy.Config.Core.V3;
using Envoy.Config.Listener.V3;
using Envoy.Extensions.TransportSockets.Tls.V3;
using Microsoft.Extensions.Logging.Abstractions;
using Tidegate.Proxy.Tests.Runtime;
using Tidegate.Proxy.Workers;

namespace Tidegate.Proxy.Tests.Telemetry.Statistics;

/// <summary>What is counted of clients' TLS (operator-envoy.md, section 1; operator.md, O10).</summary>
public sealed class TlsTests : IAsyncLifetime
{
    private readonly ProxyServer _proxy =
        ProxyServer.Create(new ProxyOptions { Concurrency = 1, BindAddress = IPAddress.Loopback }, new Bootstrap(), NullLoggerFactory.Instance);

    private readonly int _port = FreePort();
    private readonly DateTimeOffset _end = new(DateTime.UtcNow.Date.AddDays(30), TimeSpan.Zero);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => new(_proxy.StartAsync());

    public ValueTask DisposeAsync() => _proxy.DisposeAsync();

    [Fact]
    public async Task Handshakes_are_counted_by_what_was_agreed_on_and_sessions_that_are_resumed()
    {
        await ApplyAsync();
        string name = $"{Guid.NewGuid():N}.test"; // the platform keeps the client's sessions by server name
        await ConnectAsync(name, SslProtocols.Tls12);
        await ConnectAsync(name, SslProtocols.Tls12);
        await ConnectAsync("other.test", SslProtocols.Tls13, SslApplicationProtocol.Http11);
        await EventuallyAsync("downstream_cx_active", 0);

        Assert.Equal((3, 1, 3, 0), (Ssl("handshake"), Ssl("session_reused"), Ssl("no_certificate"), Ssl("connection_error")));
        Assert.Equal((2, 1), (Ssl("versions.TLSv1.2"), Ssl("versions.TLSv1.3")));
        Assert.Equal(1, Sum("ssl.ciphers.TLS_"));
        Assert.Equal(2, Sum("ssl.ciphers.ECDHE-ECDSA-"));
        Assert.Equal(2, Sum("ssl.curves."));
        Assert.Equal((3, 3, 1, 2), (Inspector("tls_found"), Inspector("sni_found"), Inspector("alpn_found"), Inspector("alpn_not_found")));
        Assert.Equal(3, _proxy.Stats.Sample().Samples.Single(static sample => sample.FullName == "tls_inspector.bytes_processed").Histogram!.Count);
        Assert.Equal(_end.ToUnixTimeSeconds(), Ssl("certificate.kubernetes_//shop.expiration_unix_time_seconds"));
    }

    [Fact]
    public async Task A_client_without_the_certificate_that_is_asked_for_is_counted_as_such()
    {
        await ApplyAsync("\"requireClientCertificate\": true, ", ", \"validationContext\": {\"verifyCertificateHash\": [\"" + new string('0', 64) + "\"]}");
        await Assert.ThrowsAnyAsync<Exception>(() => ConnectAsync("shop.test", SslProtocols.Tls12));
        await EventuallyAsync("downstream_cx_active", 0);

        Assert.Equal((0, 1, 0), (Ssl("handshake"), Ssl("fail_verify_no_cert"), Ssl("fail_verify_error")));
    }

    [Fact]
    public async Task What_is_no_TLS_is_no_connection_of_a_chain_that_wants_it()
    {
        await ApplyAsync();
        using (var client = new TcpClient())
        {
            await client.ConnectAsync(IPAddress.Loopback, _port, Cancellation);
            await client.GetStream().WriteAsync("GET / HTTP/1.1\r\nhost: h\r\n\r\n"u8.ToArray(), Cancellation);
            await client.GetStream().CopyToAsync(Stream.Null, Cancellation).ContinueWith(static _ => { }, Cancellation, TaskContinuationOptions.None, TaskScheduler.Default);
        }

        await EventuallyAsync("no_filter_chain_match", 1);
        Assert.Equal((1, 0, 0), (Inspector("tls_not_found"), Inspector("tls_found"), Listener("downstream_cx_total")));
    }

    private async Task ApplyAsync(string context = "", string common = "")
    {
        var listener = XdsJson.Parse<Listener>($$$$$"""
            {"name": "l", "address": {"socketAddress": {"address": "0.0.0.0", "portValue": {{{{{_port}}}}}}},
             "listenerFilters": [{"name": "envoy.filters.listener.tls_inspector", "typedConfig": {"@type": "type.googleapis.com/envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector"}}],
             "filterChains": [{"filterChainMatch": {"transportProtocol": "tls"},
              "transportSocket": {"name": "envoy.transport_sockets.tls", "typedConfig": {"@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext", {{{{{context}}}}}
                "commonTlsContext": {"alpnProtocols": ["http/1.1"], "tlsCertificateSdsSecretConfigs": [{"name": "kubernetes://shop", "sdsConfig": {"ads": {}}}] {{{{{common}}}}}}}},
              "filters": [{"name": "envoy.filters.network.http_connection_manager",
                "typedConfig": {"@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
                  "statPrefix": "in", "routeConfig": {"name": "r", "virtualHosts": [{"name": "h", "domains": ["*"], "routes": [{"match": {"prefix": "/"}, "directResponse": {"status": 200}}]}]},
                  "httpFilters": [{"name": "envoy.filters.http.router", "typedConfig": {"@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"}}]}}]}]}
            """);
        Assert.Empty(await _proxy.ApplyAsync(XdsJson.Delta("1", Certificate(), listener)));
    }

    private async Task ConnectAsync(string name, SslProtocols version, params SslApplicationProtocol[] protocols)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, _port, Cancellation);
        await using var stream = new SslStream(client.GetStream());
        var options = new SslClientAuthenticationOptions
        {
            TargetHost = name,
            EnabledSslProtocols = version,
            ApplicationProtocols = protocols.Length > 0 ? [.. protocols] : null,
            RemoteCertificateValidationCallback = static (_, shown, _, _) => shown?.Subject == "CN=shop",
        };
        await stream.AuthenticateAsClientAsync(options, Cancellation);
        await stream.WriteAsync("GET / HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n"u8.ToArray(), Cancellation);
        using var reader = new StreamReader(stream);
        Assert.StartsWith("HTTP/1.1 200", await reader.ReadToEndAsync(Cancellation), StringComparison.Ordinal);
    }

    private Secret Certificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using X509Certificate2 certificate = new CertificateRequest("CN=shop", key, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), _end);
        return new Secret
        {
            Name = "kubernetes://shop",
            TlsCertificate = new TlsCertificate
            {
                CertificateChain = new DataSource { InlineString = certificate.ExportCertificatePem() },
                PrivateKey = new DataSource { InlineString = key.ExportPkcs8PrivateKeyPem() },
            },
        };
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private async Task EventuallyAsync(string name, long value)
    {
        while (Listener(name) != value)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(5), Cancellation);
        }
    }

    private long Ssl(string name) => Listener($"ssl.{name}");

    private long Listener(string name) => Stat($"listener.0.0.0.0_{_port}.{name}");

    private long Inspector(string name) => Stat($"tls_inspector.{name}");

    private long Stat(string name) => _proxy.Stats.Sample().Samples.Where(sample => sample.FullName == name).Sum(static sample => sample.Value);

    private long Sum(string start) =>
        _proxy.Stats.Sample().Samples.Where(sample => sample.FullName.StartsWith($"listener.0.0.0.0_{_port}.{start}", StringComparison.Ordinal)).Sum(static sample => sample.Value);
}
