using Tidegate.Net;

namespace Tidegate.Proxy.Tls;

/// <summary>
/// What is known of a client's connection before anything is done with it: what filter chains are chosen by, and what the
/// listener filters have found out.
/// </summary>
public sealed class ConnectionTraits
{
    /// <summary>The TCP peer (Envoy: the direct remote address).</summary>
    public NetAddress PeerAddress { get; init; }

    /// <summary>The client: the peer, or whom a PROXY header announces.</summary>
    public NetAddress RemoteAddress { get; set; }

    /// <summary>The address that the client connected to: ours, or the one that a PROXY header announces.</summary>
    public NetAddress LocalAddress { get; set; }

    /// <summary>Whether the connection begins with a ClientHello (Envoy: transport protocol <c>tls</c>, else <c>raw_buffer</c>).</summary>
    public bool IsTls { get; set; }

    /// <summary>The server name of the ClientHello in lower case; empty when there is none.</summary>
    public string ServerName { get; set; } = string.Empty;

    /// <summary>The application protocols that the ClientHello offers (ALPN), in its order.</summary>
    public IReadOnlyList<string> ApplicationProtocols { get; set; } = [];

    /// <summary>Whether the ClientHello offers a cipher suite that every server has; true where none was read.</summary>
    public bool OffersCommonSuite { get; set; } = true;

    /// <summary>Whether the ClientHello takes certificates with keys of elliptic curves.</summary>
    public bool TakesEcdsa { get; set; }

    /// <summary>The TLS that was terminated here; null when there is none, or it is passed through.</summary>
    public DownstreamTlsSession? Tls { get; set; }
}
