namespace Tidegate.Pilot.Translation.Services;

/// <summary>What a port carries, as far as Istio tells protocols apart (its <c>pkg/config/protocol</c>).</summary>
public enum PortProtocol
{
    /// <summary>Not told; on a gateway such a port serves HTTP/1.1 routes and TCP routes alike.</summary>
    Unsupported,

    /// <summary>Opaque bytes.</summary>
    Tcp,

    /// <summary>Never proxied.</summary>
    Udp,

    /// <summary>gRPC, over HTTP/2.</summary>
    Grpc,

    /// <summary>gRPC-Web.</summary>
    GrpcWeb,

    /// <summary>HTTP/1.1.</summary>
    Http,

    /// <summary>An HTTP proxy port.</summary>
    HttpProxy,

    /// <summary>HTTP/2 without TLS.</summary>
    Http2,

    /// <summary>HTTP over TLS.</summary>
    Https,

    /// <summary>TLS with a server name.</summary>
    Tls,

    /// <summary>MongoDB.</summary>
    Mongo,

    /// <summary>Redis.</summary>
    Redis,

    /// <summary>MySQL.</summary>
    MySql,
}
