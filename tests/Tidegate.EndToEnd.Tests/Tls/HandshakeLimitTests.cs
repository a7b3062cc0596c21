using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Tidegate.EndToEnd.Tests.Harness;

namespace Tidegate.EndToEnd.Tests.Tls;

/// <summary>How many handshakes may be under way at once (edge.md T19).</summary>
public sealed class HandshakeLimitTests
{
    [Fact]
    public async Task T19_a_handshake_too_many_is_refused_and_connections_that_are_made_go_on()
    {
        using var authority = new TestAuthority();
        await using ScriptedBackend backend = ScriptedBackend.Start(Loopback.Next());
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(
            TlsManifests.Gateway("{mode: SIMPLE, credentialName: app}") + TlsManifests.Secret("app", authority.Issue("app.test")) + Manifests.Backend("app.test", backend),
            "--max-tls-handshakes",
            "1",
            "--concurrency",
            "1");
        using TlsClient kept = await TlsClient.ConnectAsync(gateway.At(8443), new TlsClientOptions());

        // A client that says its first word and then nothing: the server has answered, and waits.
        using var stalled = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await stalled.ConnectAsync(gateway.At(8443), TestContext.Current.CancellationToken);
        await stalled.SendAsync(await ClientHelloAsync(), TestContext.Current.CancellationToken);
        Assert.NotEqual(0, await stalled.ReceiveAsync(new byte[1], TestContext.Current.CancellationToken).AsTask().WithinPatienceAsync("the ServerHello"));

        Assert.True(await TlsClient.IsRefusedAsync(gateway.At(8443), new TlsClientOptions()));
        Assert.Equal(200, (await kept.GetAsync("app.test")).Status);
        stalled.Close();
        await Eventually.HoldsAsync(
            async () =>
            {
                try
                {
                    using TlsClient next = await TlsClient.ConnectAsync(gateway.At(8443), new TlsClientOptions());
                    return (await next.GetAsync("app.test")).Status == 200;
                }
                catch (Exception exception) when (exception is IOException or AuthenticationException)
                {
                    return false; // the end of the other one has not been seen yet
                }
            },
            () => "the next handshake is made");
    }

    // What a client begins with.
    private static async Task<byte[]> ClientHelloAsync()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var client = new TcpClient();
        await client.ConnectAsync((IPEndPoint)listener.LocalEndpoint, TestContext.Current.CancellationToken);
        using Socket server = await listener.AcceptSocketAsync(TestContext.Current.CancellationToken);
        await using var tls = new SslStream(client.GetStream());
        Task handshake = tls.AuthenticateAsClientAsync("app.test");
        byte[] buffer = new byte[16 * 1024];
        int count = await server.ReceiveAsync(buffer, TestContext.Current.CancellationToken);
        server.Close();
        await Assert.ThrowsAnyAsync<IOException>(() => handshake);
        return buffer[..count];
    }
}
