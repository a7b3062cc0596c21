using Tidegate.Net;

namespace Tidegate.Proxy.Tls;

/// <summary>What a connection to an endpoint is made for, as far as its beginning tells the endpoint: two purposes share no connection.</summary>
/// <param name="Host">The request's host without its port, for TLS that depends on it; empty otherwise.</param>
/// <param name="Client">The client, for a PROXY header; not valid otherwise.</param>
/// <param name="Destination">The address that the client connected to, for a PROXY header; not valid otherwise.</param>
/// <param name="Protocol">The protocol that is spoken on it; of no meaning for bytes that are passed on.</param>
internal readonly record struct ConnectionPurpose(string Host, NetAddress Client, NetAddress Destination, UpstreamProtocol Protocol = UpstreamProtocol.Http1)
{
    /// <summary>Connections that may carry anybody's requests.</summary>
    public static ConnectionPurpose Any { get; } = new(string.Empty, default, default);
}
