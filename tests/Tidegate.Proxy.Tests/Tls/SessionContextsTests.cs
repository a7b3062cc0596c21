using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Time.Testing;
using Tidegate.Proxy.Tls.Secrets;

namespace Tidegate.Proxy.Tests.Tls;

/// <summary>Which handshakes with a certificate resume a session: told by whether the client was sent the certificate.</summary>
public sealed class SessionContextsTests
{
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UnixEpoch.AddYears(50));

    [Fact]
    public async Task T07_a_session_is_resumed_until_the_keys_of_its_ticket_are_replaced_the_next_day()
    {
        CertificateSecret secret = Issue("day.test");
        Assert.False(await IsResumedAsync(secret, "day.test"));
        Assert.True(await IsResumedAsync(secret, "day.test"));

        _time.Advance(TimeSpan.FromDays(1));

        Assert.False(await IsResumedAsync(secret, "day.test"));
        Assert.True(await IsResumedAsync(secret, "day.test"));
    }

    [Fact]
    public async Task A_session_is_resumed_after_handshakes_with_a_hundred_other_certificates()
    {
        // The platform drops what clients keep, too, while no connection has it.
        CertificateSecret first = Issue("first.test");
        await using Handshake held = await Handshake.MakeAsync(first, "first.test");

        CertificateSecret secret = Issue("one.test");
        Assert.False(await IsResumedAsync(secret, "one.test"));
        for (int i = 0; i < 100; i++)
        {
            Assert.False(await IsResumedAsync(Issue("other.test"), "other.test"));
        }

        Assert.True(await IsResumedAsync(secret, "one.test"));
    }

    private static async Task<bool> IsResumedAsync(CertificateSecret secret, string host)
    {
        await using Handshake handshake = await Handshake.MakeAsync(secret, host);
        return handshake.Received.IndexOf(secret.Certificate.RawData) < 0;
    }

    private CertificateSecret Issue(string host)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        X509Certificate2 certificate = new CertificateRequest($"CN={host}", key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(100));
        return new CertificateSecret(certificate, [], _time);
    }

    private sealed class Handshake(RecordingStream transport, SslStream client, SslStream server) : IAsyncDisposable
    {
        public ReadOnlySpan<byte> Received => transport.Received;

        // By TLS 1.2, which does not encrypt the certificate.
        public static async Task<Handshake> MakeAsync(CertificateSecret secret, string host)
        {
            using var listener = new TcpListener(IPAddress.Loopback, 0);
            listener.Start();
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(listener.LocalEndpoint);
            var transport = new RecordingStream(socket);
            var client = new SslStream(transport);
            var server = new SslStream(new NetworkStream(await listener.AcceptSocketAsync(), ownsSocket: true));
            var options = new SslServerAuthenticationOptions
            {
                ServerCertificateContext = secret.Context,
                EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            };
            secret.Sessions.Join(options);
            await Task.WhenAll(
                server.AuthenticateAsServerAsync(options),
                client.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
                {
                    TargetHost = host,
                    EnabledSslProtocols = SslProtocols.Tls12,
                    RemoteCertificateValidationCallback = (_, shown, _, _) => secret.Certificate.Equals(shown),
                }));
            return new Handshake(transport, client, server);
        }

        public async ValueTask DisposeAsync()
        {
            await client.DisposeAsync();
            await server.DisposeAsync();
        }
    }

    private sealed class RecordingStream(Socket socket) : NetworkStream(socket, ownsSocket: true)
    {
        private readonly List<byte> _received = [];

        public ReadOnlySpan<byte> Received => _received.ToArray();

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            int count = await base.ReadAsync(buffer, cancellationToken);
            _received.AddRange(buffer.Span[..count]);
            return count;
        }
    }
}
