namespace Tidegate.Proxy.Listeners.Inspection;

/// <summary>What the first message of a TLS client says in the clear (RFC 8446, section 4.1.2).</summary>
/// <param name="ServerName">The server name (RFC 6066, section 3) in lower case; empty when there is none.</param>
/// <param name="ApplicationProtocols">The application protocols that are offered (RFC 7301), in order.</param>
/// <param name="OffersCommonSuite">Whether one of the cipher suites is offered that every server has: those of TLS 1.3, and AES-GCM with ephemeral keys (RFC 9325, section 4.2).</param>
/// <param name="TakesEcdsa">Whether a certificate with a key of elliptic curves is taken (RFC 8446, section 4.2.3).</param>
internal readonly record struct ClientHello(string ServerName, string[] ApplicationProtocols, bool OffersCommonSuite, bool TakesEcdsa);

/// <summary>What came of reading a ClientHello.</summary>
internal enum ClientHelloResult : byte
{
    /// <summary>It is whole.</summary>
    Complete,

    /// <summary>What is there may be the begin of one.</summary>
    NeedMore,

    /// <summary>These bytes are not TLS.</summary>
    NotTls,

    /// <summary>These bytes begin as TLS does, but are no ClientHello, or a broken or too long one.</summary>
    Malformed,
}
