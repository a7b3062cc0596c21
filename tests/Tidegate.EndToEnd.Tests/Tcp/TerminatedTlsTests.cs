using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using Tidegate.EndToEnd.Tests.Harness;
using Tidegate.EndToEnd.Tests.Tls;
using Tidegate.EndToEnd.Tests.Tls.Wire;

namespace Tidegate.EndToEnd.Tests.Tcp;

/// <summary>TLS that is terminated here for streams of any protocol: what clients other than browsers do with it.</summary>
public sealed class TerminatedTlsTests(TerminatedTlsTests.Echo echo) : IClassFixture<TerminatedTlsTests.Echo>
{
    private const int NamedPort = 31403;
    private const string Unreadable = "the_ClientHello_cannot_be_read";
    private const string Absent = "no_ClientHello";

    [Fact]
    public async Task A_client_with_a_protocol_of_its_own_is_served_without_one()
    {
        using TlsClient client = await TlsClient.ConnectAsync(
            echo.At, new TlsClientOptions { ServerName = "echo.example.test", ApplicationProtocols = ["postgresql"] });
        await client.SendAsync("hello");

        Assert.Equal("hello", await ReadAsync(client.Tls, 5));
        Assert.True(client.Tls.NegotiatedApplicationProtocol.Protocol.IsEmpty);
    }

    [Fact]
    public async Task A_client_may_end_its_side_without_TLS_knowing()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(echo.At, TestContext.Current.CancellationToken);
        using TlsClient client = await TlsClient.BeginAsync(socket, new TlsClientOptions { ServerName = "echo.example.test" });
        await client.SendAsync("hello");
        Assert.Equal("hello", await ReadAsync(client.Tls, 5));

        socket.Shutdown(SocketShutdown.Send);

        Assert.Equal(0, await client.Tls.ReadAsync(new byte[1], TestContext.Current.CancellationToken).AsTask().WithinPatienceAsync("the echo ends in order"));
    }

    [Fact]
    public async Task What_is_no_ClientHello_is_closed_and_logged_with_the_reason()
    {
        byte[] name = HelloBytes.ServerNames("echo.example.test");
        foreach ((string what, string reason, byte[] bytes) in new (string, string, byte[])[]
        {
            ("a message that is cut", Unreadable, [22, 3, 1, 0, 5, 1, 0, 0, 1, 255]),
            ("two server names", Unreadable, HelloBytes.With(HelloBytes.ServerNames("echo.example.test", "b.test"))),
            ("the extension twice", Unreadable, HelloBytes.With(name, name)),
            ("an empty name", Unreadable, HelloBytes.With(HelloBytes.ServerNames(""))),
            ("a NUL in the name", Unreadable, HelloBytes.With(HelloBytes.ServerNames("a\0b.test"))),
            ("an extension that is cut", Unreadable, HelloBytes.Records(HelloBytes.Message([0, 0, 0, 64, 0, 1]))),
            ("a record longer than allowed", Unreadable, [22, 3, 1, 255, 255, 1, 1, 1]),
            ("another message", Unreadable, [22, 3, 1, 0, 5, 2, 0, 0, 1, 0]),
            ("plain text", Absent, "GET / HTTP/1.1\r\nHost: echo.example.test\r\n\r\n"u8.ToArray()),
            ("anything", Absent, [255, 254, 1, 2, 3, 4, 5, 6]),
            ("an alert", Absent, [21, 3, 1, 0, 2, 2, 40]),
        })
        {
            using StreamClient client = await StreamClient.ConnectAsync(echo.Gateway, NamedPort);
            string from = client.Socket.LocalEndPoint!.ToString()!;
            await client.Socket.SendAsync(bytes, TestContext.Current.CancellationToken);
            await client.AssertClosedAsync();

            Assert.Equal((what, $"stream 0 NR filter_chain_not_found {from} - {reason} - - -"), (what, await echo.Gateway.LogsAsync($" {from} ")));
        }
    }

    [Fact]
    public async Task The_log_tells_of_the_TLS_and_of_the_certificate_that_was_shown()
    {
        using TlsClient client = await TlsClient.ConnectAsync(
            echo.At, new TlsClientOptions { ServerName = "echo.example.test", Versions = System.Security.Authentication.SslProtocols.Tls12 });
        await client.SendAsync("hello");
        await ReadAsync(client.Tls, 5);
        await client.Tls.ShutdownAsync();

        Assert.Contains(" echo.example.test - TLSv1.2 ECDHE-ECDSA-AES256-GCM-SHA384 CN=echo.example.test,O=Tidegate", await echo.Gateway.LogsAsync(" TLSv1.2 "), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_for_any_name_that_passes_TLS_on_knows_the_name()
    {
        using StreamClient client = await StreamClient.ConnectAsync(echo.Gateway, 31402);
        await client.Socket.SendAsync(HelloBytes.With(HelloBytes.ServerNames("whatever.test")), TestContext.Current.CancellationToken);
        Assert.Equal("\u0016", await client.ReceiveAsync(1));
        client.Socket.Shutdown(SocketShutdown.Send);

        Assert.StartsWith("stream 0 - - ", await echo.Gateway.LogsAsync(" whatever.test "), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_that_renegotiates_is_refused_without_a_stack_in_the_log()
    {
        await echo.RenegotiateAsync();

        Assert.DoesNotContain("   at ", echo.Gateway.Errors, StringComparison.Ordinal);
    }

    private static async Task<string> ReadAsync(SslStream tls, int length)
    {
        byte[] buffer = new byte[length];
        await tls.ReadAtLeastAsync(buffer, length, cancellationToken: TestContext.Current.CancellationToken).AsTask().WithinPatienceAsync("the echo answers");
        return Encoding.Latin1.GetString(buffer);
    }

    /// <summary>A gateway that terminates TLS on port 31401 in front of an echo.</summary>
    public sealed class Echo : IAsyncLifetime
    {
        private readonly TestAuthority _authority = new();
        private readonly StreamBackend _echo = StreamBackends.Echo();

        public GatewayProcess Gateway { get; private set; } = null!;

        public System.Net.IPEndPoint At => Gateway.At(31401);

        public async ValueTask InitializeAsync() => Gateway = await GatewayProcess.StartAsync(
            StreamManifests.Gateway(31401, "TLS", "{mode: SIMPLE, credentialName: own}") + TlsManifests.Secret("own", _authority.Issue("echo.example.test"))
            + StreamManifests.Service("echo.test", _echo.EndPoint) + StreamManifests.TcpRoute("echo.test")
            + StreamManifests.Gateway(NamedPort, "TLS", "{mode: SIMPLE, credentialName: own}", "named", "echo.example.test") + StreamManifests.TcpRoute("echo.test", "named")
            + StreamManifests.Gateway(31402, "TLS", "{mode: PASSTHROUGH}", "any") + StreamManifests.TlsRoute("*", "echo.test", "any")
            + Manifests.AccessLogFormat(
                "stream %RESPONSE_CODE% %RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS% %DOWNSTREAM_DIRECT_REMOTE_ADDRESS% %REQUESTED_SERVER_NAME% "
                + "%DOWNSTREAM_TRANSPORT_FAILURE_REASON% %DOWNSTREAM_TLS_VERSION% %DOWNSTREAM_TLS_CIPHER% %DOWNSTREAM_LOCAL_SUBJECT%"));

        /// <summary>Lets openssl ask for another handshake on a connection of TLS 1.2, and waits until it is over.</summary>
        public async Task RenegotiateAsync()
        {
            var start = new System.Diagnostics.ProcessStartInfo("openssl", ["s_client", "-tls1_2", "-connect", At.ToString(), "-servername", "echo.example.test"])
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            };
            using System.Diagnostics.Process process = System.Diagnostics.Process.Start(start)!;
            Task<string> errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            await process.StandardInput.WriteLineAsync("R");
            await process.StandardInput.FlushAsync(TestContext.Current.CancellationToken);
            Assert.Contains("RENEGOTIATING", await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken).WithinPatienceAsync("openssl ends") + await errors);
        }

        public async ValueTask DisposeAsync()
        {
            await Gateway.DisposeAsync();
            _echo.Dispose();
            _authority.Dispose();
        }
    }
}
