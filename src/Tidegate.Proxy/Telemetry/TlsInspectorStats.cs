namespace Tidegate.Proxy.Telemetry;

/// <summary>What Envoy counts of connections whose ClientHello is looked at, under <c>tls_inspector.</c>. Owned by one worker.</summary>
public sealed class TlsInspectorStats
{
    /// <summary><c>tls_found</c>: Connections that begin with a ClientHello.</summary>
    public long TlsFound;

    /// <summary><c>tls_not_found</c>: Connections that do not.</summary>
    public long TlsNotFound;

    /// <summary><c>alpn_found</c>: Clients that offer application protocols.</summary>
    public long AlpnFound;

    /// <summary><c>alpn_not_found</c>: Clients that offer none.</summary>
    public long AlpnNotFound;

    /// <summary><c>sni_found</c>: Clients that name the server.</summary>
    public long SniFound;

    /// <summary><c>sni_not_found</c>: Clients that do not.</summary>
    public long SniNotFound;

    /// <summary><c>client_hello_too_large</c>: Connections closed because their ClientHello does not end.</summary>
    public long ClientHelloTooLarge;

    /// <summary><c>bytes_processed</c>: Bytes that were looked at, for each connection.</summary>
    public readonly Histogram BytesProcessed = new();
}
