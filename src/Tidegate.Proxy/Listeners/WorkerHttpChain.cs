using Tidegate.Net;
using Tidegate.Proxy.Downstream.Http1;
using Tidegate.Proxy.Exchanges;
using Tidegate.Proxy.Runtime;
using Tidegate.Proxy.Runtime.FilterChains;
using Tidegate.Proxy.Telemetry;
using Tidegate.Proxy.Telemetry.AccessLogs;

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

    /// <summary>From a request's first byte to the end of its head.</summary>
    public long RequestHeadersTimeoutMs => HttpConnectionManager.RequestHeadersTimeoutMs ?? Worker.Options.RequestHeadersTimeoutMs;

    /// <summary>How long a connection may be idle.</summary>
    public long IdleTimeoutMs => HttpConnectionManager.IdleTimeoutMs ?? Worker.Options.DownstreamIdleTimeoutMs;

    /// <inheritdoc/>
    public override void Serve(Connection connection, ConnectionTraits? traits, bool isCounted)
    {
        HttpStats.DownstreamCxTotal++;
        HttpStats.DownstreamCxActive++;
        HttpStats.DownstreamCxHttp1Total++;
        HttpStats.DownstreamCxHttp1Active++;
        if (traits?.Tls is not null)
        {
            HttpStats.DownstreamCxSslTotal++;
            HttpStats.DownstreamCxSslActive++;
        }

        var downstream = new Http1Downstream(this, connection, traits) { IsCounted = isCounted };
        Owner.Add(downstream);
        downstream.Start();
    }

    /// <summary>A connection is closed.</summary>
    public void OnClosed(DownstreamConnection connection)
    {
        HttpStats.DownstreamCxActive--;
        HttpStats.DownstreamCxHttp1Active--;
        if (connection.Tls is not null)
        {
            HttpStats.DownstreamCxSslActive--;
        }

        HttpStats.DownstreamCxDestroy++;
        Owner.Remove(connection);
        Owner.OnServed(connection.IsCounted);
    }

    /// <summary>A request begins.</summary>
    public void OnExchangeBegins()
    {
        HttpStats.DownstreamRqTotal++;
        HttpStats.DownstreamRqActive++;
        HttpStats.DownstreamRqHttp1Total++;
        HttpStats.RqTotal++;
    }

    /// <summary>A request is over: it is counted and logged.</summary>
    public void OnExchangeEnds(HttpExchange exchange)
    {
        HttpStats.DownstreamRqActive--;
        long durationMs = (exchange.EndUs - exchange.StartUs) / 1000;
        HttpStats.DownstreamRqTime.Record(durationMs);
        if (exchange.ResponseStatus > 0)
        {
            HttpStats.CountResponse(exchange.ResponseStatus);
            _listenerHttpStats.CountResponse(exchange.ResponseStatus);
        }
        else
        {
            HttpStats.DownstreamRqRxReset++;
        }

        if (Owner.IsTelemetryOn)
        {
            Worker.IstioMetrics.Record(exchange);
        }

        foreach (RuntimeAccessLog log in _accessLogs)
        {
            Worker.AccessLogs.Write(log, exchange);
        }
    }

    /// <inheritdoc/>
    protected override void Apply(ChainScopes scopes)
    {
        HttpConnectionManager = Chain.Http!;
        HttpStats = scopes.Http!.ForWorker(Worker.Index);
        _listenerHttpStats = scopes.ListenerHttp!.ForWorker(Worker.Index);
        _accessLogs = scopes.AccessLogs;
    }
}
