using Microsoft.Extensions.Logging;
using Tidegate.Net;
using Tidegate.Proxy.AccessLogs;
using Tidegate.Proxy.Istio;
using Tidegate.Proxy.Listeners.Inspection;
using Tidegate.Proxy.Requests;
using Tidegate.Proxy.Runtime.FilterChains;
using Tidegate.Proxy.Tls;
using Tidegate.Proxy.Workers;

namespace Tidegate.Proxy.Listeners;

/// <summary>
/// One worker's halves of all listeners, and the client connections that they have let in: how many there are, and how they come to their end. Everything
/// here is touched only on the worker's loop.
/// </summary>
internal sealed partial class WorkerListeners
{
    private readonly ILogger _logger;
    private readonly Dictionary<string, WorkerListener> _listeners = [];
    private byte[]? _peekBuffer;
    private HttpExchange? _connectionLog;
    private TaskCompletionSource? _drained;

    public WorkerListeners(Worker worker, ListenerResources resources, IHttpServer http, ITcpServer tcp, ILogger logger)
    {
        Worker = worker;
        Http = http;
        Tcp = tcp;
        ConnectionLimit = resources.ConnectionLimit;
        PageConnectionLimit = resources.PageConnectionLimit;
        ListenerScopes = resources.Scopes;
        IstioMetrics = resources.IstioMetrics.ForWorker(worker.Index);
        AccessLogs = resources.AccessLogs.ForWorker(worker.Index);
        _logger = logger;
        worker.Memory.Relief.FindLargest = LargestConnection;
    }

    /// <summary>The worker that owns them.</summary>
    public Worker Worker { get; }

    /// <summary>Who serves connections of filter chains for HTTP.</summary>
    public IHttpServer Http { get; }

    /// <summary>Who serves those of filter chains for bytes.</summary>
    public ITcpServer Tcp { get; }

    /// <summary>The limit of client connections over all workers.</summary>
    public ConnectionLimit ConnectionLimit { get; }

    /// <summary>The limit of connections to the gateway's own pages, over all workers.</summary>
    public ConnectionLimit PageConnectionLimit { get; }

    /// <summary>Where the counters of listeners are.</summary>
    public ListenerScopeTable ListenerScopes { get; }

    /// <summary>Istio's metrics.</summary>
    public WorkerIstioMetrics IstioMetrics { get; }

    /// <summary>This worker's way to the access logs.</summary>
    public WorkerAccessLogs AccessLogs { get; }

    /// <summary>Room for bytes that are looked at and not kept: as long as nothing is awaited.</summary>
    public byte[] PeekBuffer => _peekBuffer ??= new byte[ClientHelloReader.MaxBytes];

    /// <summary>The listeners whose clients are told that connections end: what they ask for is still answered.</summary>
    public DrainScope DrainingListeners { get; private set; }

    /// <summary>The listeners that accept nothing any more.</summary>
    public DrainScope StoppedListeners { get; private set; }

    /// <summary>Whether the worker waits for its last connections to end.</summary>
    public bool IsEnding => _drained is not null;

    /// <summary>Client connections, but for those to the gateway's own pages.</summary>
    public int ConnectionCount { get; private set; }

    /// <summary>Opens, changes or closes a listener. Returns why its sockets could not be had; empty when all could.</summary>
    public IReadOnlyList<BindFailure> SetListener(string name, RuntimeListener? listener, IReadOnlyList<ListenAddress> addresses)
    {
        if (listener is null)
        {
            if (_listeners.Remove(name, out WorkerListener? gone))
            {
                gone.Close();
            }

            return [];
        }

        if (!_listeners.TryGetValue(name, out WorkerListener? known))
        {
            known = new WorkerListener(this, listener);
            _listeners.Add(name, known);
        }

        return known.Update(listener, addresses);
    }

    /// <summary>
    /// Something to log a connection with that carried no request: valid until <see cref="EndConnectionLog"/>, and before anything
    /// else is logged so.
    /// </summary>
    public HttpExchange BeginConnectionLog(ConnectionTraits traits, long startUs)
    {
        HttpExchange exchange = _connectionLog ??= new HttpExchange();
        exchange.Reset();
        exchange.IsConnection = true;
        exchange.StartUs = startUs;
        exchange.EndUs = Worker.Loop.NowUs;
        exchange.StartTicksUtc = Worker.UtcTicks - ((Worker.Loop.NowUs - startUs) * TimeSpan.TicksPerMicrosecond);
        exchange.DownstreamDirectAddress = traits.PeerAddress;
        exchange.DownstreamTls = traits.Tls;
        exchange.DownstreamPeerAddress = traits.PeerAddress;
        exchange.DownstreamRemoteAddress = traits.RemoteAddress;
        exchange.DownstreamLocalAddress = traits.LocalAddress;
        exchange.RequestedServerName = traits.ServerName.Length > 0 ? traits.ServerName : null;
        return exchange;
    }

    /// <summary>Writes it.</summary>
    public void EndConnectionLog(RuntimeAccessLog[] logs)
    {
        foreach (RuntimeAccessLog log in logs)
        {
            AccessLogs.Write(log, _connectionLog!);
        }
    }

    /// <summary>Counts a client connection.</summary>
    public void OnConnectionOpened() => ConnectionCount++;

    /// <summary>Counts it no more.</summary>
    public void OnConnectionClosed()
    {
        ConnectionCount--;
        CompleteDrain();
    }

    /// <summary>Clients of these listeners are told from now on that their connections end. New ones are still accepted.</summary>
    public void AnnounceDrain(DrainScope scope)
    {
        DrainingListeners = Wider(DrainingListeners, scope);
        ForEach(scope, static connection => connection.AnnounceDrain());
    }

    /// <summary>These listeners accept nothing any more. Their connections go on.</summary>
    public void StopListeners(DrainScope scope)
    {
        StoppedListeners = Wider(StoppedListeners, scope);
        foreach (WorkerListener listener in _listeners.Values)
        {
            if (listener.IsIn(scope) && listener.Stop() && Worker.Index == 0)
            {
                Interlocked.Increment(ref Worker.Stats.ListenerManager.ListenerStopped); // every worker stops it, one counts it
            }
        }
    }

    /// <summary>
    /// Takes no new connections and no further requests on old ones: idle connections are closed, busy ones with the answer that
    /// is under way. Completes when none is left.
    /// </summary>
    public Task EndAsync()
    {
        _drained ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        StopListeners(DrainScope.Traffic);
        ForEach(DrainScope.Traffic, static connection => connection.Drain(DrainReason.Ending));
        CompleteDrain();
        return _drained.Task;
    }

    /// <summary>Ends the connections that are left as they are; returns how many those were.</summary>
    public int CutConnections()
    {
        int count = ConnectionCount;
        ForEach(DrainScope.Traffic, static connection => connection.Cut());
        return count;
    }

    /// <summary>The system refuses an option of a listener's sockets; every worker has the same, one tells it.</summary>
    public void ReportSocketOption(string listener, SocketOption option)
    {
        if (Worker.Index == 0)
        {
            LogSocketOption(_logger, listener, option.Level, option.Name);
        }
    }

    private AcceptedConnection? LargestConnection()
    {
        AcceptedConnection? largest = null;
        foreach (WorkerListener listener in _listeners.Values)
        {
            AcceptedConnection? ofListener = listener.LargestConnection();
            largest = ofListener?.HeldBytes > (largest?.HeldBytes ?? 0) ? ofListener : largest;
        }

        return largest;
    }

    private void CompleteDrain()
    {
        if (ConnectionCount == 0)
        {
            _drained?.TrySetResult();
        }
    }

    private static DrainScope Wider(DrainScope one, DrainScope other) => one > other ? one : other;

    private void ForEach(DrainScope scope, Action<AcceptedConnection> action)
    {
        foreach (WorkerListener listener in _listeners.Values)
        {
            if (listener.IsIn(scope))
            {
                listener.ForEach(action);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "listener {Name}: the system refuses the socket option with level {Level} and name {Option}; the listener is open without it")]
    private static partial void LogSocketOption(ILogger logger, string name, int level, int option);
}
