using System.Diagnostics;
using System.Net.Security;
using Tidegate.EndToEnd.Tests.Harness;
using Tidegate.EndToEnd.Tests.Tls;

namespace Tidegate.EndToEnd.Tests.Tcp;

/// <summary>TLS that is passed on by its server name, with other clients than the framework's, and clients that mean no good.</summary>
public sealed class PassthroughTests : IDisposable
{
    private readonly TestAuthority _authority = new();

    public void Dispose() => _authority.Dispose();

    [Theory]
    [InlineData("exact.example.test", "exact")]
    [InlineData("EXACT.example.TEST", "exact")]
    [InlineData("other.example.test", "wildcard")]
    [InlineData("deep.other.example.test", "wildcard")]
    public async Task Openssl_reaches_the_backend_of_the_name_that_it_asks_for(string serverName, string expected)
    {
        TestCertificate certificate = _authority.Issue("*.example.test");
        using StreamBackend exact = StreamBackends.NamedTls("exact", certificate);
        using StreamBackend wildcard = StreamBackends.NamedTls("wildcard", certificate);
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(
            StreamManifests.Gateway(31401, "TLS", "{mode: PASSTHROUGH}")
            + StreamManifests.Service("exact.test", exact.EndPoint) + StreamManifests.Service("wildcard.test", wildcard.EndPoint)
            + StreamManifests.TlsRoute("exact.example.test", "exact.test") + StreamManifests.TlsRoute("*.example.test", "wildcard.test"));

        Assert.Contains($"\n{expected}\n", "\n" + await OpensslAsync(gateway, 31401, "-servername", serverName), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_auto_passthrough_server_goes_to_the_cluster_that_the_client_names()
    {
        TestCertificate certificate = _authority.Issue("mesh.test");
        using StreamBackend backend = StreamBackends.NamedTls("cluster", certificate);
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(
            StreamManifests.Gateway(31401, "TLS", "{mode: AUTO_PASSTHROUGH}") + StreamManifests.Service("first.test", backend.EndPoint));

        string name = "outbound_.9000_._.first.test";
        Assert.Contains("\ncluster\n", "\n" + await OpensslAsync(gateway, 31401, "-servername", name, "-alpn", "istio"), StringComparison.Ordinal);

        // Who does not speak the mesh's TLS, or names another cluster, is not passed on.
        Assert.DoesNotContain("cluster\n", await OpensslAsync(gateway, 31401, "-servername", name, "-alpn", "http/1.1"), StringComparison.Ordinal);
        Assert.DoesNotContain("cluster\n", await OpensslAsync(gateway, 31401, "-servername", "outbound_.80_._.first.test", "-alpn", "istio"), StringComparison.Ordinal);
        Assert.Equal(2, await gateway.StatAsync($"listener.{gateway.At(31401).Address}_31401.no_filter_chain_match") + await gateway.StatAsync("listener.0.0.0.0_31401.no_filter_chain_match"));
    }

    [Fact]
    public async Task A_client_that_does_not_finish_its_ClientHello_is_closed_after_a_while()
    {
        using StreamBackend backend = StreamBackends.Echo();
        await using GatewayProcess gateway = await StartAsync(backend, StreamManifests.Patch("LISTENER", "{listener_filters_timeout: 0.3s}"));
        using StreamClient client = await StreamClient.ConnectAsync(gateway, 31401);
        await client.SendAsync("\x16\x03\x01\x02\x00\x01\x00\x01\xfc");
        await client.AssertClosedAsync();
        Assert.Equal(1, await gateway.StatAsync("listener.0.0.0.0_31401.downstream_pre_cx_timeout"));
        Assert.Equal(0, await gateway.StatAsync("listener.0.0.0.0_31401.downstream_pre_cx_active"));
    }

    [Fact]
    public async Task A_ClientHello_longer_than_any_is_closed_before_it_has_come()
    {
        using StreamBackend backend = StreamBackends.Echo();
        await using GatewayProcess gateway = await StartAsync(backend, "");
        using StreamClient client = await StreamClient.ConnectAsync(gateway, 31401);

        // A message of 16 MiB, as its header says.
        await client.SendAsync("\x16\x03\x01\x40\x00\x01\xff\xff\xff" + new string('a', 5000));
        await client.AssertClosedAsync();
        Assert.Equal(1, await gateway.StatAsync("listener.0.0.0.0_31401.downstream_listener_filter_error"));
    }

    [Fact]
    public async Task Plain_text_has_no_server_name_and_is_not_passed_on()
    {
        using StreamBackend backend = StreamBackends.Echo();
        await using GatewayProcess gateway = await StartAsync(backend, "");
        using StreamClient client = await StreamClient.ConnectAsync(gateway, 31401);
        await client.SendAsync("GET / HTTP/1.1\r\n\r\n");
        await client.AssertClosedAsync();
        Assert.Contains(" NR filter_chain_not_found ", await gateway.LogsAsync("NR"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task TLS_that_is_terminated_here_is_passed_on_in_the_clear()
    {
        TestCertificate certificate = _authority.Issue("echo.example.test");
        using StreamBackend echo = StreamBackends.Named("clear\n");
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(
            StreamManifests.Gateway(31401, "TLS", "{mode: SIMPLE, credentialName: own}") + TlsManifests.Secret("own", certificate)
            + StreamManifests.Service("echo.test", echo.EndPoint) + StreamManifests.TcpRoute("echo.test"));

        Assert.Contains("\nclear\n", "\n" + await OpensslAsync(gateway, 31401, "-servername", "echo.example.test"), StringComparison.Ordinal);
        Assert.Contains("echo.example.test", await gateway.LogsAsync("outbound|9000||echo.test"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Large_transfers_go_through_terminated_and_new_TLS_with_an_end_on_each_side()
    {
        TestCertificate certificate = _authority.Issue("echo.example.test");
        using var backend = new StreamBackend(async socket =>
        {
            using var tls = new SslStream(new System.Net.Sockets.NetworkStream(socket));
            await tls.AuthenticateAsServerAsync(certificate.Usable);
            byte[] buffer = new byte[32 * 1024];
            while (await tls.ReadAsync(buffer) is > 0 and int count)
            {
                await tls.WriteAsync(buffer.AsMemory(0, count));
            }

            await tls.ShutdownAsync();
        });
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(
            StreamManifests.Gateway(31401, "TLS", "{mode: SIMPLE, credentialName: own}") + TlsManifests.Secret("own", certificate)
            + StreamManifests.Service("echo.test", backend.EndPoint) + StreamManifests.TcpRoute("echo.test")
            + StreamManifests.Rule("echo.test", "{tls: {mode: SIMPLE, insecureSkipVerify: true, sni: echo.example.test}}"));
        using TlsClient client = await TlsClient.ConnectAsync(gateway.At(31401), new TlsClientOptions { ServerName = "echo.example.test" });
        byte[] data = new byte[4 * 1024 * 1024];
        new Random(2).NextBytes(data);
        CancellationToken cancellation = TestContext.Current.CancellationToken;
        Task sending = Task.Run(
            async () =>
            {
                await client.Tls.WriteAsync(data, cancellation);
                await client.Tls.ShutdownAsync();
            },
            cancellation);
        var received = new MemoryStream();
        await client.Tls.CopyToAsync(received, cancellation).WaitAsync(Eventually.Patience, cancellation);

        await sending;
        Assert.True(data.AsSpan().SequenceEqual(received.ToArray()), $"{received.Length} bytes came back");
    }

    private static Task<GatewayProcess> StartAsync(StreamBackend backend, string more) => GatewayProcess.StartAsync(
        StreamManifests.Gateway(31401, "TLS", "{mode: PASSTHROUGH}") + StreamManifests.Service("first.test", backend.EndPoint)
        + StreamManifests.TlsRoute("a.example.test", "first.test") + more);

    private static async Task<string> OpensslAsync(GatewayProcess gateway, int port, params string[] arguments)
    {
        var start = new ProcessStartInfo("openssl", ["s_client", "-quiet", "-connect", gateway.At(port).ToString(), .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        string output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken).WithinPatienceAsync("openssl ends");
        await errors;
        return output;
    }
}
