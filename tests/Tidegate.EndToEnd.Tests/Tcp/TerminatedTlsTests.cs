using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using Tidegate.EndToEnd.Tests.Harness;
using Tidegate.EndToEnd.Tests.Tls;

namespace Tidegate.EndToEnd.Tests.Tcp;

/// <summary>TLS that is terminated here for streams of any protocol: what clients other than browsers do with it.</summary>
public sealed class TerminatedTlsTests(TerminatedTlsTests.Echo echo) : IClassFixture<TerminatedTlsTests.Echo>
{
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
    public async Task A_ClientHello_that_cannot_be_read_is_logged()
    {
        using StreamClient client = await StreamClient.ConnectAsync(echo.Gateway, 31401);
        await client.SendAsync("\u0016\u0003\u0001\0\u0005\u0001\0\0\u0001\u00ff");
        await client.AssertClosedAsync();

        Assert.Contains(" NR filter_chain_not_found ", await echo.Gateway.LogsAsync("NR"), StringComparison.Ordinal);
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
            + StreamManifests.Service("echo.test", _echo.EndPoint) + StreamManifests.TcpRoute("echo.test"));

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
