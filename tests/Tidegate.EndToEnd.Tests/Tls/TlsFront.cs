using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Tidegate.EndToEnd.Tests.Harness;

namespace Tidegate.EndToEnd.Tests.Tls;

/// <summary>Terminates TLS in front of a backend and passes the plain bytes on; remembers what each client asked for and showed.</summary>
public sealed class TlsFront : IDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentQueue<TlsFrontHandshake> _handshakes = [];
    private readonly IPEndPoint _backend;
    private readonly TestCertificate _certificate;

    /// <summary>A front that shows this certificate.</summary>
    /// <param name="backend">Where the bytes go.</param>
    /// <param name="certificate">What it shows.</param>
    public TlsFront(IPEndPoint backend, TestCertificate certificate)
    {
        _backend = backend;
        _certificate = certificate;
        _listener.Bind(new IPEndPoint(Loopback.Next(), 0));
        _listener.Listen();
        EndPoint = (IPEndPoint)_listener.LocalEndPoint!;
        _ = AcceptAsync();
    }

    /// <summary>Where it listens.</summary>
    public IPEndPoint EndPoint { get; }

    /// <summary>The handshakes that were made.</summary>
    public IReadOnlyList<TlsFrontHandshake> Handshakes => [.. _handshakes];

    /// <inheritdoc/>
    public void Dispose()
    {
        _stopping.Cancel();
        _listener.Dispose();
        _stopping.Dispose();
    }

    private async Task AcceptAsync()
    {
        CancellationToken stopping = _stopping.Token;
        try
        {
            while (true)
            {
                _ = ServeAsync(await _listener.AcceptAsync(stopping), stopping);
            }
        }
        catch (Exception over) when (over is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            return; // the test is over
        }
    }

    private async Task ServeAsync(Socket client, CancellationToken stopping)
    {
        try
        {
            await using var tls = new SslStream(new NetworkStream(client, ownsSocket: true));
            await tls.AuthenticateAsServerAsync(
                new SslServerAuthenticationOptions
                {
                    ServerCertificate = _certificate.Usable,
                    ClientCertificateRequired = true,
                    RemoteCertificateValidationCallback = static (_, certificate, _, errors) => certificate is not null || errors != SslPolicyErrors.None,
                },
                stopping);
            _handshakes.Enqueue(new TlsFrontHandshake(tls.TargetHostName, tls.RemoteCertificate is X509Certificate2 shown ? shown.SerialNumber : null, tls.SslProtocol));
            using var server = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await server.ConnectAsync(_backend, stopping);
            await using var plain = new NetworkStream(server);
            await Task.WhenAny(tls.CopyToAsync(plain, stopping), plain.CopyToAsync(tls, stopping));
        }
        catch (Exception over) when (over is IOException or SocketException or AuthenticationException or OperationCanceledException or ObjectDisposedException)
        {
            return; // one side closed or refused
        }
    }
}

/// <summary>What was known after a handshake.</summary>
/// <param name="ServerName">The name that was asked for; empty for none.</param>
/// <param name="ClientSerial">The serial number of the client's certificate; null when it showed none.</param>
/// <param name="Version">The version that was agreed on.</param>
public sealed record TlsFrontHandshake(string ServerName, string? ClientSerial, SslProtocols Version);
