using System.Net.Security;
using System.Security.Authentication;
using Tidegate.Net.Tls;
using SetDetails = Envoy.Extensions.Filters.Network.HttpConnectionManager.V3.HttpConnectionManager.Types.SetCurrentClientCertDetails;

namespace Tidegate.Proxy.Tls;

/// <summary>What is known of a client's TLS after the handshake. Immutable.</summary>
/// <param name="Connection">The connection inside of TLS.</param>
/// <param name="Peer">The client's certificate; null when it showed none.</param>
public sealed record DownstreamTlsSession(TlsConnection Connection, PeerCertificate? Peer)
{
    private SetDetails? _asked;
    private byte[]? _told;

    /// <summary>The subject of the certificate that was shown to the client, in the form of RFC 2253.</summary>
    public string LocalSubject { get; init; } = string.Empty;

    /// <summary>The URIs of the certificate that was shown to the client.</summary>
    public IReadOnlyList<string> LocalUris { get; init; } = [];

    /// <summary><see cref="LocalUris"/> with commas between, for the access log.</summary>
    public string JoinedLocalUris => field ??= string.Join(',', LocalUris);

    /// <summary>The server name that the client asked for, in lower case; null when it named none.</summary>
    public string? ServerName { get; } = Connection.ServerName is { Length: > 0 } name ? name.ToLowerInvariant() : null;

    /// <summary>The version as Envoy writes it: <c>TLSv1.3</c>.</summary>
    public string Version { get; } = VersionName(Connection.Version);

    /// <summary>The cipher suite as OpenSSL names it: <c>ECDHE-RSA-AES128-GCM-SHA256</c>, <c>TLS_AES_128_GCM_SHA256</c>.</summary>
    public string CipherSuite { get; } = CipherSuiteNames.NameOf(Connection.CipherSuite);

    /// <summary>The protocol that was agreed on; empty when none was.</summary>
    public SslApplicationProtocol ApplicationProtocol { get; } = Connection.ApplicationProtocol;

    /// <summary>What upstreams are told of the client's certificate; made once per connection and version of the listener.</summary>
    /// <param name="wanted">What of it they are told.</param>
    internal byte[] ForwardedDetails(SetDetails? wanted)
    {
        if (_told is null || !ReferenceEquals(_asked, wanted))
        {
            _told = ForwardedCertificate.Write(Peer!, LocalUris, wanted);
            _asked = wanted;
        }

        return _told;
    }

    /// <summary>A version as Envoy writes it.</summary>
    public static string VersionName(SslProtocols version) => version switch
    {
        SslProtocols.Tls13 => "TLSv1.3",
        SslProtocols.Tls12 => "TLSv1.2",
#pragma warning disable SYSLIB0039, CA5397 // what was asked for explicitly is named
        SslProtocols.Tls11 => "TLSv1.1",
        SslProtocols.Tls => "TLSv1",
#pragma warning restore SYSLIB0039, CA5397
        _ => version.ToString(),
    };
}
