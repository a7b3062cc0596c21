using Tidegate.Net;
using Tidegate.Proxy.Exchanges;
using Tidegate.Proxy.Runtime;
using Tidegate.Proxy.Telemetry;
using Tidegate.Proxy.Telemetry.AccessLogs;

namespace Tidegate.Proxy.Listeners;

/// <summary>
/// One worker's half of a listener: its sockets, its connections, and the configuration in force. A change of configuration
/// keeps sockets whose address stays, and connections see it with their next request.
/// </summary>
internal sealed class WorkerListener : IAcceptHandler
{
    private readonly Dictionary<ListenAddress, ListenSocket> _sockets = [];
    private RuntimeListener _listener;
    private RuntimeAccessLog[] _accessLogs = [];
    private ListenerHttpStats _listenerHttpStats = null!;
    private Http1Downstream? _firstConnection;
    private bool _isClosed;

    public WorkerListener(Worker worker, RuntimeListener listener)
    {
        Worker = worker;
        _listener = listener;
        Apply(listener);
    }

    /// <summary>The worker that owns it.</summary>
    public Worker Worker { get; }

    /// <summary>The connection manager in force.</summary>
    public RuntimeHttpConnectionManager HttpConnectionManager { get; private set; } = null!;

    /// <summary>This worker's counters of the listener.</summary>
    public ListenerStats Stats { get; private set; } = null!;

    /// <summary>This worker's counters of the connection manager.</summary>
    public HttpConnectionManagerStats HttpStats { get; private set; } = null!;

    /// <summary>Whether requests count as the mesh's: those for the gateway's own pages do not.</summary>
    private bool IsTelemetryOn => !_listener.IsStatic;

    /// <summary>From a request's first byte to the end of its head.</summary>
    public long RequestHeadersTimeoutMs => HttpConnectionManager.RequestHeadersTimeoutMs ?? Worker.Options.RequestHeadersTimeoutMs;

    /// <summary>How long a connection may be idle.</summary>
    public long IdleTimeoutMs => HttpConnectionManager.IdleTimeoutMs ?? Worker.Options.DownstreamIdleTimeoutMs;

    /// <summary>Takes another configuration; opens and closes sockets where the addresses differ.</summary>
    public IReadOnlyList<BindFailure> Update(RuntimeListener listener, IReadOnlyList<ListenAddress> addresses)
    {
        if (listener != _listener)
        {
            Apply(listener);
        }

        List<BindFailure> failures = [];
        foreach ((ListenAddress address, ListenSocket socket) in _sockets.ToArray())
        {
            if (!addresses.Contains(address))
            {
                socket.Close();
                _sockets.Remove(address);
            }
        }

        foreach (ListenAddress address in addresses)
        {
            if (_sockets.ContainsKey(address))
            {
                continue;
            }

            ListenSocket? socket = Worker.Loop.Listen(address.EndPoint, new ListenOptions { Backlog = Worker.Options.ListenBacklog }, this, out IoError error);
            if (socket is null)
            {
                failures.Add(new BindFailure(address, error));
            }
            else
            {
                _sockets.Add(address, socket);
            }
        }

        return failures;
    }

    /// <summary>The listener is gone: nothing new is accepted, connections end with the answer that is under way.</summary>
    public void Close()
    {
        _isClosed = true;
        Drain();
    }

    /// <summary>Accepts nothing any more and closes idle connections.</summary>
    public void Drain()
    {
        foreach (ListenSocket socket in _sockets.Values)
        {
            socket.Close();
        }

        _sockets.Clear();
        _isClosed = true;
        Http1Downstream? connection = _firstConnection;
        while (connection is not null)
        {
            Http1Downstream? next = connection.Next;
            if (connection.IsIdle)
            {
                connection.Close();
            }

            connection = next;
        }
    }

    /// <summary>Whether connections are to end after the answer that is under way.</summary>
    public bool IsDraining => _isClosed || Worker.IsDraining;

    /// <inheritdoc/>
    public void OnAccepted(Connection connection)
    {
        Stats.DownstreamCxTotal++;
        bool isCounted = !_listener.IgnoresGlobalConnectionLimit;
        if (isCounted && !Worker.ConnectionLimit.TryTake())
        {
            Stats.DownstreamGlobalCxOverflow++;
            connection.Close();
            return;
        }

        Stats.DownstreamCxActive++;
        HttpStats.DownstreamCxTotal++;
        HttpStats.DownstreamCxActive++;
        HttpStats.DownstreamCxHttp1Total++;
        HttpStats.DownstreamCxHttp1Active++;
        Worker.OnConnectionOpened();
        var downstream = new Http1Downstream(Worker, this, connection) { Next = _firstConnection, IsCounted = isCounted };
        if (_firstConnection is not null)
        {
            _firstConnection.Previous = downstream;
        }

        _firstConnection = downstream;
        downstream.Start();
    }

    /// <inheritdoc/>
    public void OnAcceptFailed(IoError error) => Stats.DownstreamCxOverflow++;

    /// <summary>A connection is closed.</summary>
    public void OnClosed(Http1Downstream connection)
    {
        if (connection.Previous is null)
        {
            _firstConnection = connection.Next;
        }
        else
        {
            connection.Previous.Next = connection.Next;
        }

        if (connection.Next is not null)
        {
            connection.Next.Previous = connection.Previous;
        }

        Stats.DownstreamCxActive--;
        Stats.DownstreamCxDestroy++;
        HttpStats.DownstreamCxActive--;
        HttpStats.DownstreamCxHttp1Active--;
        HttpStats.DownstreamCxDestroy++;
        if (connection.IsCounted)
        {
            Worker.ConnectionLimit.Return();
        }

        Worker.OnConnectionClosed();
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

        if (IsTelemetryOn)
        {
            Worker.IstioMetrics.Record(exchange);
        }

        foreach (RuntimeAccessLog log in _accessLogs)
        {
            Worker.AccessLogs.Write(log, exchange);
        }
    }

    private void Apply(RuntimeListener listener)
    {
        _listener = listener;
        HttpConnectionManager = listener.FilterChains[0].Http;
        ListenerScopes scopes = Worker.ListenerScopes.Of(listener);
        Stats = scopes.Listener.ForWorker(Worker.Index);
        HttpStats = scopes.Http.ForWorker(Worker.Index);
        _listenerHttpStats = scopes.ListenerHttp.ForWorker(Worker.Index);
        _accessLogs = scopes.AccessLogs;
    }
}
