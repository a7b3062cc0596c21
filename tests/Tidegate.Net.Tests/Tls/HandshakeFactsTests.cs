using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Tidegate.Net.Tls;

namespace Tidegate.Net.Tests.Tls;

/// <summary>What is known of a handshake when it is done, whatever the platform does not tell.</summary>
public sealed class HandshakeFactsTests : IDisposable
{
    private const int X25519 = 0x001D;

    private readonly X509Certificate2 _certificate = SelfSigned();

    public void Dispose() => _certificate.Dispose();

    [Theory]
    [InlineData(SslProtocols.Tls12)]
    [InlineData(SslProtocols.Tls13)]
    public async Task A_session_is_new_the_first_time_and_resumed_the_next(SslProtocols version)
    {
        await using var fixture = new LoopFixture();
        var facts = new System.Collections.Concurrent.ConcurrentQueue<(bool IsResumed, bool HasGroup, SslProtocols Version)>();
        SslStreamCertificateContext context = SslStreamCertificateContext.Create(_certificate, null, offline: true);
        async ValueTask ServeAsync(Connection connection)
        {
            var tls = new TlsConnection(connection);
            string? failure = await tls.AcceptAsync(new SslServerAuthenticationOptions { ServerCertificateContext = context, EnabledSslProtocols = version });
            Assert.Null(failure);
            facts.Enqueue((tls.IsResumed, tls.Group != 0, tls.Version));
            await tls.SendAsync("hello"u8.ToArray());
            tls.Close();
        }

        ListenSocket server = await fixture.RunAsync(() => ValueTask.FromResult(fixture.Loop.Listen(LoopFixture.AnyPort, new ListenOptions(), new Server(ServeAsync), out _)!));

        // The platform keeps the client's sessions by server name.
        string name = $"{Guid.NewGuid():N}.test";
        for (int i = 0; i < 2; i++)
        {
            using var client = new TcpClient();
            await client.ConnectAsync(server.LocalEndPoint, TestContext.Current.CancellationToken);
            await using var stream = new SslStream(client.GetStream());
            await stream.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions
                {
                    TargetHost = name,
                    EnabledSslProtocols = version,
                    CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, VerificationFlags = X509VerificationFlags.AllFlags },
                    RemoteCertificateValidationCallback = (_, shown, _, _) => _certificate.Equals(shown),
                },
                TestContext.Current.CancellationToken);
            byte[] buffer = new byte[16];
            while (await stream.ReadAsync(buffer, TestContext.Current.CancellationToken) > 0)
            {
            }
        }

        // Keys of version 1.3 are agreed on anew also where the session is an old one.
        Assert.Equal([(false, true, version), (true, version == SslProtocols.Tls13, version)], facts);
    }

    [Fact]
    public void What_is_known_does_not_depend_on_how_the_bytes_are_cut()
    {
        byte[] hello = Hello([0x00, 0x2B, 0, 2, 3, 4, 0x00, 0x33, 0, 4, 0, X25519, 0, 0]);
        byte[] flight = [.. Record(22, Message(2, hello)), .. Record(20, [1]), .. Record(23, new byte[40])];
        for (int size = 1; size <= flight.Length; size++)
        {
            ServerFlight read = ReadIn(flight, size);
            Assert.Equal((true, false, X25519), (read.IsOver, read.IsResumed, read.Group));
        }
    }

    [Fact]
    public void A_hello_that_asks_for_another_is_not_the_last()
    {
        byte[] retry = Hello([0x00, 0x2B, 0, 2, 3, 4, 0x00, 0x33, 0, 2, 0, 0x17]);
        Convert.FromHexString("CF21AD74E59A6111BE1D8C021E65B891C2A211167ABB8C5E079E09E2C8A8339C").CopyTo(retry, 2);
        byte[] hello = Hello([0x00, 0x2B, 0, 2, 3, 4, 0x00, 0x29, 0, 2, 0, 0, 0x00, 0x33, 0, 4, 0, X25519, 0, 0]);

        ServerFlight read = ReadIn([.. Record(22, Message(2, retry)), .. Record(20, [1]), .. Record(22, Message(2, hello))], 7);

        Assert.Equal((true, true, X25519), (read.IsOver, read.IsResumed, read.Group));
    }

    [Fact]
    public void A_certificate_that_is_longer_than_what_is_kept_is_passed_over()
    {
        byte[] flight = [.. Record(22, [.. Message(2, Hello([])), .. Message(11, new byte[9000]), .. Message(12, [3, 0, X25519, 1, 2])])];

        Assert.Equal((true, false, X25519), (ReadIn(flight, 100).IsOver, ReadIn(flight, 100).IsResumed, ReadIn(flight, 100).Group));
    }

    [Theory]
    [InlineData("1603030004020000FF")]
    [InlineData("160303000402000000")]
    [InlineData("16030300060200000203")]
    [InlineData("15030300020228")]
    [InlineData("485454502F312E31203430300D0A")]
    public void What_is_no_hello_tells_nothing(string bytes)
    {
        ServerFlight read = ReadIn(Convert.FromHexString(bytes), 3);

        Assert.Equal((false, 0), (read.IsResumed, read.Group));
    }

    private static ServerFlight ReadIn(byte[] bytes, int size)
    {
        var flight = new ServerFlight();
        foreach (byte[] piece in bytes.Chunk(size))
        {
            flight.Read(piece);
        }

        return flight;
    }

    private static byte[] Hello(byte[] extensions) => [3, 3, .. new byte[32], 0, 0x13, 0x01, 0, (byte)(extensions.Length >> 8), (byte)extensions.Length, .. extensions];

    private static byte[] Message(byte type, byte[] body) => [type, 0, (byte)(body.Length >> 8), (byte)body.Length, .. body];

    private static byte[] Record(byte type, byte[] payload) => [type, 3, 3, (byte)(payload.Length >> 8), (byte)payload.Length, .. payload];

    private static X509Certificate2 SelfSigned()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=facts.test", key, HashAlgorithmName.SHA256);
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }
}
