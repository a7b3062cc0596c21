using System.Net.Security;
using System.Security.Authentication;

namespace Tidegate.Proxy.Tls;

/// <summary>What both ends have to agree on (Envoy: <c>TlsParameters</c>, <c>alpn_protocols</c>).</summary>
internal sealed record TlsParameterSet
{
    /// <summary>The versions that are spoken.</summary>
    public SslProtocols Versions { get; init; } = SslProtocols.Tls12 | SslProtocols.Tls13;

    /// <summary>
    /// The cipher suites that were configured; null for the platform's. With a list the platform keeps no context, so such a handshake
    /// costs more and resumes nothing.
    /// </summary>
    public CipherSuitesPolicy? CipherSuites { get; init; }

    /// <summary>The application protocols, the preferred one first; empty for none.</summary>
    public IReadOnlyList<SslApplicationProtocol> ApplicationProtocols { get; init; } = [];
}
