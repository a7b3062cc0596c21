using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Tidegate.EndToEnd.Tests.Harness;

namespace Tidegate.EndToEnd.Tests.Tls;

/// <summary>A client that makes its handshake as it is told to and then speaks HTTP/1.1.</summary>
public sealed class TlsClient : IDisposable
{
    private readonly SslStream _tls;

    private TlsClient(SslStream tls)
    {
        _tls = tls;
        Reader = new WireReader(tls);
    }

    /// <summary>What arrives.</summary>
    public WireReader Reader { get; }

    /// <summary>The TLS.</summary>
    public SslStream Tls => _tls;

    /// <summary>The server's certificate.</summary>
    public X509Certificate2 ServerCertificate => (X509Certificate2)_tls.RemoteCertificate!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Connects and makes the handshake; whoever it is, the server is believed.</summary>
    public static async Task<TlsClient> ConnectAsync(IPEndPoint server, TlsClientOptions options)
    {
        var socket = new Socket(server.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(server, Cancellation);
        return await BeginAsync(socket, options);
    }

    /// <summary>Makes the handshake on a connection, which is the client's from then on.</summary>
    public static async Task<TlsClient> BeginAsync(Socket socket, TlsClientOptions options)
    {
        var tls = new SslStream(new NetworkStream(socket, ownsSocket: true));
        try
        {
            await tls.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions
                {
                    TargetHost = options.ServerName,
                    ClientCertificateContext = options.Certificate is null ? null : SslStreamCertificateContext.Create(options.Certificate.Usable, [.. options.Intermediates], offline: true),
                    EnabledSslProtocols = options.Versions,
                    ApplicationProtocols = [.. options.ApplicationProtocols.Select(static name => new SslApplicationProtocol(name))],
                    RemoteCertificateValidationCallback = static (_, certificate, _, _) => certificate is not null,
                    AllowTlsResume = false,
                },
                Cancellation).WaitAsync(Eventually.Patience, Cancellation);
            return new TlsClient(tls);
        }
        catch
        {
            await tls.DisposeAsync();
            throw;
        }
    }

    /// <summary>Whether a request on a connection of its own is refused in the handshake, or right behind it (TLS 1.3).</summary>
    public static async Task<bool> IsRefusedAsync(IPEndPoint server, TlsClientOptions options)
    {
        try
        {
            using TlsClient client = await ConnectAsync(server, options);
            WireResponse response = await client.ExchangeAsync("GET / HTTP/1.1\r\nHost: refused.test\r\n\r\n");
            Assert.Fail($"it was answered: {response.StatusLine}");
            return false;
        }
        catch (Exception exception) when (exception is IOException or AuthenticationException or WireException)
        {
            return true;
        }
    }

    /// <summary>Sends Latin-1 text.</summary>
    public async Task SendAsync(string text) => await _tls.WriteAsync(Encoding.Latin1.GetBytes(text), Cancellation);

    /// <summary>Sends and reads the answer.</summary>
    public async Task<WireResponse> ExchangeAsync(string request)
    {
        await SendAsync(request);
        return await ReadResponseAsync().WithinPatienceAsync("the response");
    }

    /// <summary>A GET.</summary>
    public Task<WireResponse> GetAsync(string host, string path = "/", string fields = "") =>
        ExchangeAsync($"GET {path} HTTP/1.1\r\nHost: {host}\r\n{fields}\r\n");

    /// <summary>The next response.</summary>
    public async Task<WireResponse> ReadResponseAsync()
    {
        (string StartLine, WireHeaders Headers) head = await Reader.ReadHeadAsync(Cancellation) ?? throw new WireException("closed without an answer");
        byte[] body = head.Headers.BodyLength() switch
        {
            null => await Reader.ReadToEndAsync(Cancellation),
            -1 => await Reader.ReadChunkedAsync(Cancellation),
            { } bytes => await Reader.ReadExactlyAsync(bytes, Cancellation),
        };
        return new WireResponse(head.StartLine, head.Headers, body);
    }

    /// <inheritdoc/>
    public void Dispose() => _tls.Dispose();
}

/// <summary>How a client makes its handshake.</summary>
public sealed record TlsClientOptions
{
    /// <summary>The name that it asks for; empty for none.</summary>
    public string ServerName { get; init; } = "app.test";

    /// <summary>The certificate that it shows; null for none.</summary>
    public TestCertificate? Certificate { get; init; }

    /// <summary>The authorities' certificates that it sends behind its own.</summary>
    public IReadOnlyList<X509Certificate2> Intermediates { get; init; } = [];

    /// <summary>The versions that it speaks.</summary>
    public SslProtocols Versions { get; init; } = SslProtocols.Tls12 | SslProtocols.Tls13;

    /// <summary>The protocols that it offers.</summary>
    public IReadOnlyList<string> ApplicationProtocols { get; init; } = [];
}
