using System.Net.Security;
using Tidegate.Net;
using Tidegate.Net.Buffers;
using Tidegate.Proxy.AccessLogs;
using Tidegate.Proxy.Requests;
using Tidegate.Proxy.Runtime;
using Tidegate.Proxy.Telemetry;
using Tidegate.Proxy.Tls;
using Tidegate.Proxy.Workers;
using static Envoy.Extensions.Filters.Network.HttpConnectionManager.V3.HttpConnectionManager.Types;

namespace Tidegate.Proxy.Listeners;

/// <summary>One worker's half of a filter chain that serves HTTP: the connection manager in force, its counters and its logs.</summary>
internal sealed class WorkerHttpChain(WorkerListener owner) : WorkerFilterChain(owner)
{
    private RuntimeAccessLog[] _accessLogs = [];
    private ListenerHttpStats _listenerHttpStats = null!;

    /// <summary>The connection manager in force.</summary>
    public RuntimeHttpConnectionManager HttpConnectionManager { get; private set; } = null!;

    /// <summary>This worker's counters of the connection manager.</summary>
    public HttpConnectionManagerStats HttpStats { get; private set; } = null!;

    /// <summary>The scope of those, which all workers share.</summary>
    public StatScope HttpScope { get; private set; } = null!;

    /// <summary>From a request's first byte to the end of its head.</summary>
    public long RequestHeadersTimeoutMs => HttpConnectionManager.RequestHeadersTimeoutMs ?? Worker.Options.RequestHeadersTimeoutMs;

    /// <summary>How long a connection may be idle.</summary>
    public long IdleTimeoutMs => HttpConnectionManager.IdleTimeoutMs ?? Worker.Options.DownstreamIdleTimeoutMs;

    /// <inheritdoc/>
    public override void Serve(Connection connection, ConnectionTraits? traits, Acceptance acceptance)
    {
        // 1. By ALPN, where the client took part in it; otherwise by the first bytes (RFC 9113, section 3.3).
        SslApplicationProtocol agreed = traits?.Tls?.ApplicationProtocol ?? default;
        if (agreed == SslApplicationProtocol.Http2 || HttpConnectionManager.CodecType == CodecType.Http2)
        {
            ServeHttp2(connection, traits, acceptance, default);
            return;
        }

        // 2. HTTP/1.1, until the first bytes say otherwise.
        bool mayChange = agreed == default && HttpConnectionManager.CodecType == CodecType.Auto;
        Owner.Listeners.Http.ServeHttp1(this, connection, traits, acceptance, mayChange);
    }

    /// <summary>A client began with the preface of HTTP/2: its connection goes on as such (RFC 9113, section 3.3).</summary>
    /// <param name="accepted">The connection as it was until now.</param>
    /// <param name="connection">Its bytes.</param>
    /// <param name="traits">What is known of it; null when nothing was found out.</param>
    /// <param name="received">What it has received, the preface included.</param>
    public void SwitchToHttp2(AcceptedConnection accepted, Connection connection, ConnectionTraits? traits, ReceiveBuffer received)
    {
        Owner.Remove(accepted);
        ServeHttp2(connection, traits, accepted.Acceptance, received);
    }

    /// <summary>A connection is closed.</summary>
    /// <param name="connection">The connection.</param>
    public void OnClosed(AcceptedConnection connection)
    {
        Owner.Remove(connection);
        Owner.OnServed(connection.Acceptance);
    }

    /// <summary>A request is over: it is counted for the listener, and logged.</summary>
    public void OnExchangeEnds(HttpExchange exchange)
    {
        if (exchange.ResponseStatus > 0)
        {
            _listenerHttpStats.CountResponse(exchange.ResponseStatus);
        }

        if (Owner.IsTelemetryOn)
        {
            Owner.Listeners.IstioMetrics.Record(exchange);
        }

        foreach (RuntimeAccessLog log in _accessLogs)
        {
            Owner.Listeners.AccessLogs.Write(log, exchange);
        }
    }

    /// <inheritdoc/>
    protected override void Apply(ChainScopes scopes)
    {
        HttpConnectionManager = Chain.Http!;
        HttpScope = scopes.Http!;
        HttpStats = scopes.Http!.ForWorker(Worker.Index);
        _listenerHttpStats = scopes.ListenerHttp!.ForWorker(Worker.Index);
        _accessLogs = scopes.AccessLogs;
    }

    private void ServeHttp2(Connection connection, ConnectionTraits? traits, Acceptance acceptance, ReceiveBuffer received) =>
        Owner.Listeners.Http.ServeHttp2(this, connection, traits, acceptance, received);
}
