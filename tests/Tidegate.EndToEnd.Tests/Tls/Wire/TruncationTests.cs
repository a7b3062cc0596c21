using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using Tidegate.EndToEnd.Tests.Harness;
using Tidegate.EndToEnd.Tests.Tcp;

namespace Tidegate.EndToEnd.Tests.Tls.Wire;

/// <summary>Answers by TLS that end with the connection: who cuts that cannot make a part look like the whole (RFC 9112, section 9.8; edge.md T20).</summary>
public sealed class TruncationTests(TruncationTests.Cutting cutting) : IClassFixture<TruncationTests.Cutting>
{
    private const string UntilTheEnd = "HTTP/1.1 200 OK\r\n\r\nthe first half";
    private const string Chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n";
    private const string TooShort = "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nthe first half";
    private const string Whole = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nwhole";

    [Theory]
    [InlineData(UntilTheEnd, true, "1.1", true)]
    [InlineData(UntilTheEnd, false, "1.1", false)]
    [InlineData(UntilTheEnd, true, "1.0", true)]
    [InlineData(UntilTheEnd, false, "1.0", false)]
    [InlineData(Chunked, true, "1.1", false)]
    [InlineData(Chunked, false, "1.1", false)]
    [InlineData(Chunked, false, "1.0", false)]
    [InlineData(TooShort, true, "1.1", false)]
    [InlineData(Whole, false, "1.1", true)]
    public async Task T20_an_answer_is_whole_only_if_TLS_or_HTTP_says_so(string answer, bool notifies, string version, bool isWhole)
    {
        cutting.Answer = (answer, notifies);
        using RawClient client = await cutting.Gateway.ConnectAsync();

        Assert.Equal(isWhole, await IsWholeAsync(client, version));
    }

    // What a client is told: a body that ends as HTTP says, and with HTTP/1.0 the end of the connection instead of a reset.
    private static async Task<bool> IsWholeAsync(RawClient client, string version)
    {
        try
        {
            WireResponse response = await client.ExchangeAsync($"GET / HTTP/{version}\r\nHost: app.test\r\n\r\n");
            return response.Status == 200;
        }
        catch (Exception cut) when (cut is WireException or IOException)
        {
            return false;
        }
    }

    /// <summary>A gateway, and a backend behind TLS that ends as it is told to.</summary>
    public sealed class Cutting : IAsyncLifetime
    {
        private readonly TestAuthority _authority = new();
        private StreamBackend? _backend;

        public (string Bytes, bool Notifies) Answer { get; set; }

        public GatewayProcess Gateway { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            TestCertificate certificate = _authority.Issue("app.test");
            _backend = new StreamBackend(async socket =>
            {
                using var tls = new SslStream(new NetworkStream(socket));
                await tls.AuthenticateAsServerAsync(certificate.Usable);
                await tls.ReadAtLeastAsync(new byte[4096], 1);
                await tls.WriteAsync(Encoding.Latin1.GetBytes(Answer.Bytes));
                if (Answer.Notifies)
                {
                    await tls.ShutdownAsync();
                }

                // TCP ends either way, in order, and not with a reset.
                socket.Shutdown(SocketShutdown.Send);
                while (await socket.ReceiveAsync(new byte[4096]) > 0)
                {
                    // Until the gateway ends as well.
                }
            });
            Gateway = await GatewayProcess.StartAsync(
                Manifests.HttpGateway() + Manifests.Service("app.test", _backend.EndPoint) + Manifests.Route("app.test", "app.test") + """
                ---
                apiVersion: networking.istio.io/v1
                kind: DestinationRule
                metadata: {name: app, namespace: default}
                spec:
                  host: app.test
                  trafficPolicy: {tls: {mode: SIMPLE, insecureSkipVerify: true, sni: app.test}}

                """,
                "--accept-http10");
        }

        public async ValueTask DisposeAsync()
        {
            await Gateway.DisposeAsync();
            _backend?.Dispose();
            _authority.Dispose();
        }
    }
}
