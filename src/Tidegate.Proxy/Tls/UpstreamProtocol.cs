namespace Tidegate.Proxy.Tls;

/// <summary>The protocol that a cluster's endpoints are spoken to in (Envoy: <c>HttpProtocolOptions</c>).</summary>
public enum UpstreamProtocol : byte
{
    /// <summary>HTTP/1.1.</summary>
    Http1,

    /// <summary>HTTP/2; an endpoint that expects it can't be spoken to in HTTP/1.1.</summary>
    Http2,

    /// <summary>That of the client (Envoy: <c>use_downstream_protocol_config</c>).</summary>
    Downstream,

    /// <summary>What is agreed upon in the TLS handshake; HTTP/1.1 without (Envoy: <c>auto_config</c>).</summary>
    Negotiated,

    /// <summary>None: bytes as they are, for CONNECT that ends at the gateway (Envoy: <c>connect_config</c>).</summary>
    Raw,
}
