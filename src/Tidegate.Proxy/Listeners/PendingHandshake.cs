using System.Runtime.CompilerServices;
using Tidegate.Net;
using Tidegate.Proxy.Runtime.FilterChains;
using Tidegate.Proxy.Tls;

namespace Tidegate.Proxy.Listeners;

/// <summary>A client's connection during its TLS handshake: after it, the filter chain serves what is inside.</summary>
internal sealed class PendingHandshake(WorkerFilterChain chain, Connection connection, ConnectionTraits? traits) : AcceptedConnection
{
    /// <inheritdoc/>
    public override WorkerFilterChain Chain => chain;

    /// <inheritdoc/>
    public override void Drain(DrainReason reason)
    {
        if (reason == DrainReason.Removed)
        {
            Cut();
        }
    }

    /// <inheritdoc/>
    public override void Cut() => connection.Abort();

    /// <summary>Makes the handshake, and hands the connection to the filter chain or closes it.</summary>
    [AsyncMethodBuilder(typeof(LoopMethodBuilder))]
    public async ValueTask RunAsync()
    {
        RuntimeFilterChain configured = chain.Chain;
        long timeoutMs = configured.HandshakeTimeoutMs ?? chain.Worker.Options.HandshakeTimeoutMs;
        DownstreamTlsSession? session = null;
        try
        {
            session = await configured.Tls!.HandshakeAsync(connection, chain.Worker, new ListenerTlsStats(Acceptance.Stats, chain.Owner.TlsStats!), configured.Http is not null, timeoutMs, traits);
        }
        catch (Exception exception)
        {
            // A bug: it costs this connection and nothing else (edge.md, L05).
            chain.Worker.ReportUnhandled(exception, "a TLS handshake");
            connection.Abort();
        }

        chain.Owner.Remove(this);
        if (session is null || chain.IsGone)
        {
            session?.Connection.Close();
            chain.Owner.OnServed(Acceptance);
            return;
        }

        ConnectionTraits known = traits ?? new ConnectionTraits
        {
            PeerAddress = connection.RemoteAddress,
            RemoteAddress = connection.RemoteAddress,
            LocalAddress = connection.LocalAddress,
            ServerName = session.ServerName ?? string.Empty,
            IsTls = true,
        };
        known.Tls = session;
        chain.Serve(session.Connection, known, Acceptance);
    }
}
