using System.IO.Hashing;
using Tidegate.Net;
using Tidegate.Proxy.AccessLogs;
using Tidegate.Proxy.Requests;
using Tidegate.Proxy.Runtime.FilterChains;
using Tidegate.Proxy.Telemetry;
using Tidegate.Proxy.Tls;
using Tidegate.Proxy.Workers;

namespace Tidegate.Proxy.Listeners;

/// <summary>One worker's half of a filter chain that passes bytes on: the TCP proxy in force, its counters and its logs.</summary>
internal sealed class WorkerTcpChain(WorkerListener owner) : WorkerFilterChain(owner)
{
    /// <summary>The TCP proxy in force; a connection keeps the one that it began with.</summary>
    public RuntimeTcpProxy Proxy { get; private set; } = null!;

    /// <summary>This worker's counters of it.</summary>
    public TcpProxyStats Stats { get; private set; } = null!;

    /// <summary>The scope of those: what filters add beside it goes with it.</summary>
    public StatScope StatScope { get; private set; } = null!;

    /// <summary>What connections are logged to when they are over.</summary>
    public RuntimeAccessLog[] AccessLogs { get; private set; } = [];

    /// <summary>The hash of an address, by which consistent load balancing goes.</summary>
    public static ulong? HashOf(NetAddress address)
    {
        Span<byte> text = stackalloc byte[NetAddress.MaxTextLength];
        return address.IsValid ? XxHash64.HashToUInt64(text[..address.TryFormat(text, withPort: false)]) : null;
    }

    /// <inheritdoc/>
    public override void Serve(Connection connection, ConnectionTraits? traits, Acceptance acceptance)
    {
        Stats.DownstreamCxTotal++;
        Owner.Listeners.Tcp.Serve(this, connection, traits ?? TraitsOf(connection), acceptance);
    }

    /// <summary>A connection is closed.</summary>
    public void OnClosed(AcceptedConnection session)
    {
        Owner.Remove(session);
        Owner.OnServed(session.Acceptance);
    }

    /// <inheritdoc/>
    protected override void OnRefused(Connection connection, ConnectionTraits? traits, string details)
    {
        Stats.DownstreamCxTotal++;
        if (AccessLogs.Length > 0)
        {
            HttpExchange exchange = Owner.Listeners.BeginConnectionLog(traits ?? TraitsOf(connection), Worker.Loop.NowUs);
            exchange.ConnectionTerminationDetails = details;
            Owner.Listeners.EndConnectionLog(AccessLogs);
        }
    }

    private static ConnectionTraits TraitsOf(Connection connection) => new()
    {
        PeerAddress = connection.RemoteAddress,
        RemoteAddress = connection.RemoteAddress,
        LocalAddress = connection.LocalAddress,
    };

    /// <inheritdoc/>
    protected override void Apply(ChainScopes scopes)
    {
        Proxy = Chain.TcpProxy!;
        StatScope = scopes.Tcp!;
        Stats = scopes.Tcp!.ForWorker(Worker.Index);
        AccessLogs = scopes.AccessLogs;
    }
}
