using Tidegate.Http;
using Tidegate.Net;
using Tidegate.Proxy.Listeners;
using Tidegate.Proxy.Runtime.FilterChains;
using Tidegate.Proxy.Tls;
using Tidegate.Proxy.Workers;

namespace Tidegate.Proxy.Exchanges;

/// <summary>
/// A client's connection as its exchanges see it, whatever its protocol: who is on the other side, and which chain serves it. It carries one
/// stream after the other (HTTP/1.1) or many at once (HTTP/2); when it ends, rests or drains is the protocol's business alone.
/// </summary>
internal abstract class DownstreamConnection : AcceptedConnection
{
    /// <summary>A connection of a chain.</summary>
    /// <param name="listener">The HTTP half of the chain.</param>
    /// <param name="connection">The bytes.</param>
    /// <param name="traits">What the listener filters and the handshake have found out; null when there were none.</param>
    /// <param name="protocol">The protocol.</param>
    protected DownstreamConnection(WorkerHttpChain listener, Connection connection, ConnectionTraits? traits, HttpVersion protocol)
    {
        Listener = listener;
        Worker = listener.Worker;
        Connection = connection;
        Protocol = protocol;
        Traits = traits;
        PeerAddress = traits?.RemoteAddress ?? connection.RemoteAddress;
        LocalAddress = traits?.LocalAddress ?? connection.LocalAddress;
        ServerName = traits is { ServerName.Length: > 0 } ? traits.ServerName : null;
        Tls = traits?.Tls;
        Misdirection = Tls is not null && Worker.Options.RefusesMisdirected ? new Misdirection(traits!) : null;
    }

    /// <summary>The worker that owns it.</summary>
    public Worker Worker { get; }

    /// <summary>What serves it: the HTTP half of a filter chain of the listener that accepted it.</summary>
    public WorkerHttpChain Listener { get; }

    /// <inheritdoc/>
    public sealed override WorkerFilterChain Chain => Listener;

    /// <summary>The bytes; for the protocol alone.</summary>
    public Connection Connection { get; }

    /// <summary>What the listener filters and the handshake have found out; null when there were none.</summary>
    public ConnectionTraits? Traits { get; }

    /// <summary>The protocol that it speaks.</summary>
    public HttpVersion Protocol { get; }

    /// <summary>What is known of its TLS; null for plain TCP.</summary>
    public DownstreamTlsSession? Tls { get; }

    /// <summary>What tells requests that belong on another connection; null when none do.</summary>
    public Misdirection? Misdirection { get; }

    /// <summary>The TCP peer, or whom a PROXY header announces.</summary>
    public NetAddress PeerAddress { get; }

    /// <summary>The server name of the client's TLS; null without.</summary>
    public string? ServerName { get; }

    /// <summary>The address that the client connected to.</summary>
    public NetAddress LocalAddress { get; }

    /// <summary>Requests so far.</summary>
    public int RequestCount { get; set; }
}
