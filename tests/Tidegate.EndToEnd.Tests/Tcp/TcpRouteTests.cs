using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Tidegate.EndToEnd.Tests.Harness;

namespace Tidegate.EndToEnd.Tests.Tcp;

/// <summary>TCP and TLS routes on real sockets, as chapter 4 of the book has them: an echo service, and passthrough by server name.</summary>
public sealed class TcpRouteTests
{
    [Fact]
    public async Task A_tcp_route_passes_bytes_both_ways_and_each_end_by_itself()
    {
        using StreamBackend echo = StreamBackends.Echo();
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(StreamManifests.Gateway() + StreamManifests.Service("echo.test", echo.EndPoint) + StreamManifests.TcpRoute("echo.test"));
        using StreamClient client = await StreamClient.ConnectAsync(gateway, 31400);
        await client.SendAsync("hello");
        Assert.Equal("hello", await client.ReceiveAsync(5));

        // The client ends its side; what it sent before still comes back, and then the end.
        await client.SendAsync("bye");
        client.Socket.Shutdown(SocketShutdown.Send);
        Assert.Equal("bye", await client.ReceiveToEndAsync());

        string line = await gateway.LogsAsync("outbound|9000||echo.test");
        Assert.Contains(" 0 - ", line, StringComparison.Ordinal);
        Assert.Contains(" 8 8 ", line, StringComparison.Ordinal);
        string stats = await gateway.AdminAsync("stats");
        Assert.Contains("tcp.outbound|9000||echo.test.downstream_cx_total: 1", stats, StringComparison.Ordinal);
        Assert.Contains("tcp.outbound|9000||echo.test.downstream_cx_rx_bytes_total: 8", stats, StringComparison.Ordinal);
        string metrics = await gateway.AdminAsync("stats/prometheus");
        Assert.Contains("istio_tcp_connections_opened_total{", metrics, StringComparison.Ordinal);
        Assert.Contains("request_protocol=\"tcp\"", metrics, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Large_transfers_arrive_whole_both_ways_at_the_pace_of_the_reader()
    {
        using StreamBackend echo = StreamBackends.Echo();
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(StreamManifests.Gateway() + StreamManifests.Service("echo.test", echo.EndPoint) + StreamManifests.TcpRoute("echo.test"));
        using StreamClient client = await StreamClient.ConnectAsync(gateway, 31400);
        byte[] data = new byte[16 * 1024 * 1024];
        new Random(1).NextBytes(data);
        Task sending = Task.Run(async () =>
        {
            for (int sent = 0; sent < data.Length;)
            {
                sent += await client.Socket.SendAsync(data.AsMemory(sent), Cancellation);
            }

            client.Socket.Shutdown(SocketShutdown.Send);
        }, Cancellation);
        var received = new MemoryStream();
        byte[] buffer = new byte[64 * 1024];
        while (await client.Socket.ReceiveAsync(buffer, Cancellation) is > 0 and int count)
        {
            received.Write(buffer, 0, count);
        }

        await sending;
        Assert.True(data.AsSpan().SequenceEqual(received.ToArray()));
    }

    [Fact]
    public async Task A_backend_that_ends_first_is_still_sent_to()
    {
        var whole = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var backend = new StreamBackend(async socket =>
        {
            await socket.SendAsync("greeting"u8.ToArray());
            socket.Shutdown(SocketShutdown.Send);
            whole.SetResult(await StreamClient.ReceiveToEndAsync(socket));
        });
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(StreamManifests.Gateway() + StreamManifests.Service("echo.test", backend.EndPoint) + StreamManifests.TcpRoute("echo.test"));
        using StreamClient client = await StreamClient.ConnectAsync(gateway, 31400);
        Assert.Equal("greeting", await client.ReceiveToEndAsync());
        await client.SendAsync("late");
        client.Socket.Shutdown(SocketShutdown.Send);
        Assert.Equal("late", await whole.Task.WithinPatienceAsync("the backend gets what comes after its end"));
    }

    [Fact]
    public async Task A_reset_of_the_backend_is_passed_on_as_one()
    {
        using var backend = new StreamBackend(async socket =>
        {
            await socket.ReceiveAsync(new byte[1]);
            socket.LingerState = new LingerOption(true, 0);
            socket.Close();
        });
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(StreamManifests.Gateway() + StreamManifests.Service("echo.test", backend.EndPoint) + StreamManifests.TcpRoute("echo.test"));
        using StreamClient client = await StreamClient.ConnectAsync(gateway, 31400);
        await client.SendAsync("x");
        await Assert.ThrowsAsync<SocketException>(() => client.ReceiveToEndAsync());
        Assert.Contains(" UR - - ", await gateway.LogsAsync("outbound|9000||echo.test"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_backend_that_refuses_closes_the_client_with_the_flag_UF()
    {
        using StreamBackend backend = StreamBackends.Echo();
        string manifests = StreamManifests.Gateway() + StreamManifests.Service("echo.test", backend.EndPoint) + StreamManifests.TcpRoute("echo.test");
        backend.Dispose();
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(manifests);
        using StreamClient client = await StreamClient.ConnectAsync(gateway, 31400);
        Assert.Equal("", await client.ReceiveToEndAsync());
        string line = await gateway.LogsAsync("outbound|9000||echo.test");
        Assert.Contains("UF", line, StringComparison.Ordinal);
        Assert.Contains("Connection refused", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tls_routes_choose_the_backend_by_server_name_and_leave_TLS_to_it()
    {
        using X509Certificate2 one = Certificate("simple-sni-1.istioinaction.io");
        using X509Certificate2 two = Certificate("*.sni.istioinaction.io");
        using var first = new StreamBackend(socket => ServeTlsAsync(socket, one, "first"));
        using var second = new StreamBackend(socket => ServeTlsAsync(socket, two, "second"));
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(
            StreamManifests.Gateway(31401, "TLS", "{mode: PASSTHROUGH}") + StreamManifests.Service("first.test", first.EndPoint) + StreamManifests.Service("second.test", second.EndPoint)
            + StreamManifests.TlsRoute("simple-sni-1.istioinaction.io", "first.test") + StreamManifests.TlsRoute("*.sni.istioinaction.io", "second.test"));

        Assert.Equal("first", await AskTlsAsync(gateway, "simple-sni-1.istioinaction.io", one));
        Assert.Equal("second", await AskTlsAsync(gateway, "a.sni.istioinaction.io", two));
        Assert.Contains("simple-sni-1.istioinaction.io", await gateway.LogsAsync("outbound|9000||first.test"), StringComparison.Ordinal);

        // Another name: nobody is asked.
        using StreamClient client = await StreamClient.ConnectAsync(gateway, 31401);
        using var tls = new SslStream(new NetworkStream(client.Socket));
        await Assert.ThrowsAnyAsync<IOException>(() => tls.AuthenticateAsClientAsync("other.istioinaction.io"));
        Assert.Contains("no_filter_chain_match: 1", await gateway.AdminAsync("stats"), StringComparison.Ordinal);
        Assert.Contains("filter_chain_not_found", await gateway.LogsAsync("other.istioinaction.io"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_ClientHello_may_come_in_single_bytes()
    {
        using X509Certificate2 certificate = Certificate("a.test");
        using var backend = new StreamBackend(socket => ServeTlsAsync(socket, certificate, "whole"));
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(StreamManifests.Gateway(31401, "TLS", "{mode: PASSTHROUGH}") + StreamManifests.Service("first.test", backend.EndPoint) + StreamManifests.TlsRoute("a.test", "first.test"));
        using StreamClient client = await StreamClient.ConnectAsync(gateway, 31401);
        using var tls = new SslStream(new SingleByteStream(client.Socket), leaveInnerStreamOpen: false, Trusting(certificate));
        await tls.AuthenticateAsClientAsync("a.test");
        Assert.Equal("whole", await new StreamReader(tls).ReadToEndAsync(Cancellation));
    }

    [Fact]
    public async Task A_broken_ClientHello_is_closed_and_counted()
    {
        using StreamBackend backend = StreamBackends.Echo();
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(StreamManifests.Gateway(31401, "TLS", "{mode: PASSTHROUGH}") + StreamManifests.Service("first.test", backend.EndPoint) + StreamManifests.TlsRoute("a.test", "first.test"));
        using StreamClient client = await StreamClient.ConnectAsync(gateway, 31401);
        await client.Socket.SendAsync(new byte[] { 22, 3, 1, 0, 4, 2, 0, 0, 1 });
        await client.AssertClosedAsync();
        Assert.Contains("downstream_listener_filter_error: 1", await gateway.AdminAsync("stats"), StringComparison.Ordinal);
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static X509Certificate2 Certificate(string name)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddHours(1));
    }

    private static RemoteCertificateValidationCallback Trusting(X509Certificate2 expected) =>
        (_, found, _, _) => found?.GetCertHashString() == expected.GetCertHashString();

    private static async Task<string> AskTlsAsync(GatewayProcess gateway, string serverName, X509Certificate2 expected)
    {
        using StreamClient client = await StreamClient.ConnectAsync(gateway, 31401);
        using var tls = new SslStream(new NetworkStream(client.Socket), leaveInnerStreamOpen: false, Trusting(expected));
        await tls.AuthenticateAsClientAsync(serverName);
        return await new StreamReader(tls).ReadToEndAsync(Cancellation);
    }

    private static async Task ServeTlsAsync(Socket socket, X509Certificate2 certificate, string answer)
    {
        using var tls = new SslStream(new NetworkStream(socket));
        await tls.AuthenticateAsServerAsync(certificate);
        await tls.WriteAsync(Encoding.ASCII.GetBytes(answer));
        await tls.ShutdownAsync();
    }

    /// <summary>Sends each byte by itself.</summary>
    private sealed class SingleByteStream(Socket socket) : NetworkStream(socket, ownsSocket: false)
    {
        private readonly Socket _socket = socket;

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            for (int i = 0; i < buffer.Length; i++)
            {
                await _socket.SendAsync(buffer.Slice(i, 1), cancellationToken);
            }
        }
    }
}
