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
        using var echo = new StreamBackend(EchoAsync);
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(TcpGateway() + Service("echo.test", echo) + TcpRoute("echo.test"));
        using Socket client = await ConnectAsync(gateway, 31400);
        await client.SendAsync("hello"u8.ToArray());
        Assert.Equal("hello", await ReceiveAsync(client, 5));

        // The client ends its side; what it sent before still comes back, and then the end.
        await client.SendAsync("bye"u8.ToArray());
        client.Shutdown(SocketShutdown.Send);
        Assert.Equal("bye", await ReceiveToEndAsync(client));

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
        using var echo = new StreamBackend(EchoAsync);
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(TcpGateway() + Service("echo.test", echo) + TcpRoute("echo.test"));
        using Socket client = await ConnectAsync(gateway, 31400);
        byte[] data = new byte[16 * 1024 * 1024];
        new Random(1).NextBytes(data);
        Task sending = Task.Run(async () =>
        {
            for (int sent = 0; sent < data.Length;)
            {
                sent += await client.SendAsync(data.AsMemory(sent), Cancellation);
            }

            client.Shutdown(SocketShutdown.Send);
        }, Cancellation);
        var received = new MemoryStream();
        byte[] buffer = new byte[64 * 1024];
        while (await client.ReceiveAsync(buffer, Cancellation) is > 0 and int count)
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
            whole.SetResult(await ReceiveToEndAsync(socket));
        });
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(TcpGateway() + Service("echo.test", backend) + TcpRoute("echo.test"));
        using Socket client = await ConnectAsync(gateway, 31400);
        Assert.Equal("greeting", await ReceiveToEndAsync(client));
        await client.SendAsync("late"u8.ToArray());
        client.Shutdown(SocketShutdown.Send);
        Assert.Equal("late", await whole.Task.WithinPatienceAsync("the backend gets what comes after its end"));
    }

    [Fact]
    public async Task A_reset_of_the_backend_is_passed_on_as_one()
    {
        using var backend = new StreamBackend(async socket =>
        {
            await ReceiveAsync(socket, 1);
            socket.LingerState = new LingerOption(true, 0);
            socket.Close();
        });
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(TcpGateway() + Service("echo.test", backend) + TcpRoute("echo.test"));
        using Socket client = await ConnectAsync(gateway, 31400);
        await client.SendAsync("x"u8.ToArray());
        await Assert.ThrowsAsync<SocketException>(() => ReceiveToEndAsync(client));
        Assert.Contains(" UC ", await gateway.LogsAsync("outbound|9000||echo.test"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_backend_that_refuses_closes_the_client_with_the_flag_UF()
    {
        using var backend = new StreamBackend(EchoAsync);
        string manifests = TcpGateway() + Service("echo.test", backend) + TcpRoute("echo.test");
        backend.Dispose();
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(manifests);
        using Socket client = await ConnectAsync(gateway, 31400);
        Assert.Equal("", await ReceiveToEndAsync(client));
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
            PassthroughGateway() + Service("first.test", first) + Service("second.test", second)
            + TlsRoute("first.test", "simple-sni-1.istioinaction.io") + TlsRoute("second.test", "*.sni.istioinaction.io"));

        Assert.Equal("first", await AskTlsAsync(gateway, "simple-sni-1.istioinaction.io", one));
        Assert.Equal("second", await AskTlsAsync(gateway, "a.sni.istioinaction.io", two));
        Assert.Contains("simple-sni-1.istioinaction.io", await gateway.LogsAsync("outbound|9000||first.test"), StringComparison.Ordinal);

        // Another name: nobody is asked.
        using Socket client = await ConnectAsync(gateway, 31401);
        using var tls = new SslStream(new NetworkStream(client));
        await Assert.ThrowsAnyAsync<IOException>(() => tls.AuthenticateAsClientAsync("other.istioinaction.io"));
        Assert.Contains("no_filter_chain_match: 1", await gateway.AdminAsync("stats"), StringComparison.Ordinal);
        Assert.Contains("filter_chain_not_found", await gateway.LogsAsync("other.istioinaction.io"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_ClientHello_may_come_in_single_bytes()
    {
        using X509Certificate2 certificate = Certificate("a.test");
        using var backend = new StreamBackend(socket => ServeTlsAsync(socket, certificate, "whole"));
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(PassthroughGateway() + Service("first.test", backend) + TlsRoute("first.test", "a.test"));
        using Socket client = await ConnectAsync(gateway, 31401);
        using var tls = new SslStream(new SingleByteStream(client), leaveInnerStreamOpen: false, Trusting(certificate));
        await tls.AuthenticateAsClientAsync("a.test");
        Assert.Equal("whole", await new StreamReader(tls).ReadToEndAsync(Cancellation));
    }

    [Fact]
    public async Task A_broken_ClientHello_is_closed_and_counted()
    {
        using var backend = new StreamBackend(EchoAsync);
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(PassthroughGateway() + Service("first.test", backend) + TlsRoute("first.test", "a.test"));
        using Socket client = await ConnectAsync(gateway, 31401);
        await client.SendAsync(new byte[] { 22, 3, 1, 0, 4, 2, 0, 0, 1 });
        await AssertClosedAsync(client);
        Assert.Contains("downstream_listener_filter_error: 1", await gateway.AdminAsync("stats"), StringComparison.Ordinal);
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static string TcpGateway() => """
        ---
        apiVersion: networking.istio.io/v1
        kind: Gateway
        metadata: {name: tcp, namespace: default}
        spec:
          selector: {istio: ingressgateway}
          servers:
          - port: {number: 31400, name: tcp-echo, protocol: TCP}
            hosts: ["*"]

        """;

    private static string PassthroughGateway() => """
        ---
        apiVersion: networking.istio.io/v1
        kind: Gateway
        metadata: {name: tcp, namespace: default}
        spec:
          selector: {istio: ingressgateway}
          servers:
          - port: {number: 31401, name: tls-sni, protocol: TLS}
            hosts: ["*"]
            tls: {mode: PASSTHROUGH}

        """;

    private static string Service(string host, StreamBackend backend) => $$"""
        ---
        apiVersion: networking.istio.io/v1
        kind: ServiceEntry
        metadata: {name: {{host.Replace('.', '-')}}, namespace: default}
        spec:
          hosts: [{{host}}]
          location: MESH_INTERNAL
          resolution: STATIC
          ports: [{number: 9000, name: tcp, protocol: TCP}]
          endpoints:
          - {address: {{backend.EndPoint.Address}}, ports: {tcp: {{backend.EndPoint.Port}} } }

        """;

    private static string TcpRoute(string host) => $$"""
        ---
        apiVersion: networking.istio.io/v1
        kind: VirtualService
        metadata: {name: tcp-{{host.Replace('.', '-')}}, namespace: default}
        spec:
          hosts: ["*"]
          gateways: [tcp]
          tcp:
          - match: [{port: 31400}]
            route: [{destination: {host: {{host}}, port: {number: 9000} } }]

        """;

    private static string TlsRoute(string host, string serverName) => $$"""
        ---
        apiVersion: networking.istio.io/v1
        kind: VirtualService
        metadata: {name: tls-{{host.Replace('.', '-')}}, namespace: default}
        spec:
          hosts: ["{{serverName}}"]
          gateways: [tcp]
          tls:
          - match: [{port: 31401, sniHosts: ["{{serverName}}"]}]
            route: [{destination: {host: {{host}}, port: {number: 9000} } }]

        """;

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
        using Socket client = await ConnectAsync(gateway, 31401);
        using var tls = new SslStream(new NetworkStream(client), leaveInnerStreamOpen: false, Trusting(expected));
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

    private static async Task EchoAsync(Socket socket)
    {
        byte[] buffer = new byte[32 * 1024];
        while (await socket.ReceiveAsync(buffer) is > 0 and int count)
        {
            for (int sent = 0; sent < count;)
            {
                sent += await socket.SendAsync(buffer.AsMemory(sent, count - sent));
            }
        }

        socket.Shutdown(SocketShutdown.Send);
    }

    private static async Task<Socket> ConnectAsync(GatewayProcess gateway, int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(gateway.At(port), Cancellation);
        return socket;
    }

    private static async Task<string> ReceiveAsync(Socket socket, int length)
    {
        byte[] bytes = new byte[length];
        for (int received = 0; received < length;)
        {
            int count = await socket.ReceiveAsync(bytes.AsMemory(received)).AsTask().WithinPatienceAsync("bytes come");
            Assert.NotEqual(0, count);
            received += count;
        }

        return Encoding.ASCII.GetString(bytes);
    }

    private static async Task<string> ReceiveToEndAsync(Socket socket)
    {
        var text = new StringBuilder();
        byte[] buffer = new byte[1000];
        while (await socket.ReceiveAsync(buffer.AsMemory()).AsTask().WithinPatienceAsync("the end comes") is > 0 and int count)
        {
            text.Append(Encoding.ASCII.GetString(buffer, 0, count));
        }

        return text.ToString();
    }

    // With bytes unread the gateway's system resets: either end will do.
    private static async Task AssertClosedAsync(Socket socket)
    {
        try
        {
            Assert.Equal("", await ReceiveToEndAsync(socket));
        }
        catch (SocketException exception)
        {
            Assert.Equal(SocketError.ConnectionReset, exception.SocketErrorCode);
        }
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
