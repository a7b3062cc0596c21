using Tidegate.Http;
using Tidegate.Net;
using Tidegate.Proxy.Listeners;
using Tidegate.Proxy.Runtime.FilterChains;
using Tidegate.Proxy.Telemetry;
using Tidegate.Proxy.Tls;
using Tidegate.Proxy.Workers;

namespace Tidegate.Proxy.Exchanges;

/// <summary>
/// A client's connection as its exchanges see it, whatever its protocol: who is on the other side, and which chain serves it. It carries one
/// stream after the other (HTTP/1.1) or many at once (HTTP/2); when it ends, rests or drains is the protocol's business alone.
/// </summary>
internal abstract class DownstreamConnection : AcceptedConnection
{
    private BufferedBytes _buffered;

    /// <summary>A connection of a chain.</summary>
    /// <param name="listener">The HTTP half of the chain.</param>
    /// <param name="connection">The bytes.</param>
    /// <param name="traits">What the listener filters and the handshake have found out; null when there were none.</param>
    /// <param name="protocol">The protocol.</param>
    protected DownstreamConnection(WorkerHttpChain listener, Connection connection, ConnectionTraits? traits, HttpVersion protocol)
    {
        Listener = listener;
        Stats = listener.HttpStats;
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

    /// <summary>The counters of the connection manager as it was when the connection began: what begins in them ends in them.</summary>
    public HttpConnectionManagerStats Stats { get; }

    /// <summary>Requests so far.</summary>
    public int RequestCount { get; set; }

    /// <summary>Whether the end of what the client sends was received.</summary>
    protected bool HasPeerEnded { get; set; }

    /// <summary>Notes what came of a receive.</summary>
    public void NoteReceived(IoResult result)
    {
        HasPeerEnded |= result.IsEof || (result.IsError && result.Error != IoError.Aborted);
        Stats.DownstreamCxRxBytesTotal += result.Bytes;
    }

    /// <summary>Notes how many bytes that were received wait now.</summary>
    public void NoteBuffered(int bytes) => _buffered.Note(ref Stats.DownstreamCxRxBytesBuffered, bytes);

    /// <summary>It begins to speak its protocol.</summary>
    protected void CountBegin()
    {
        Stats.DownstreamCxTotal++;
        Stats.DownstreamCxActive++;
        Stats.DownstreamCxSslTotal += Tls is null ? 0 : 1;
        Stats.DownstreamCxSslActive += Tls is null ? 0 : 1;
        if (Protocol == HttpVersion.Http2)
        {
            Stats.DownstreamCxHttp2Total++;
            Stats.DownstreamCxHttp2Active++;
        }
        else
        {
            Stats.DownstreamCxHttp1Total++;
            Stats.DownstreamCxHttp1Active++;
        }
    }

    /// <summary>It goes on in another protocol, and counts as if it had begun in that.</summary>
    protected void ForgetBegin()
    {
        Stats.DownstreamCxTotal--;
        Stats.DownstreamCxHttp1Total--;
        Stats.DownstreamCxSslTotal -= Tls is null ? 0 : 1;
        EndActive();
    }

    /// <summary>It is closed.</summary>
    /// <param name="isCut">Whether a request was under way on it.</param>
    protected void CountEnd(bool isCut)
    {
        NoteBuffered(0);
        EndActive();
        Stats.CountDestroyed(HasPeerEnded || Connection.HasPeerClosed, isCut, (Worker.Loop.NowUs - Acceptance.AtUs) / 1000);
        Listener.OnClosed(this);
    }

    private void EndActive()
    {
        Stats.DownstreamCxActive--;
        Stats.DownstreamCxSslActive -= Tls is null ? 0 : 1;
        if (Protocol == HttpVersion.Http2)
        {
            Stats.DownstreamCxHttp2Active--;
        }
        else
        {
            Stats.DownstreamCxHttp1Active--;
        }
    }
}
