using Microsoft.Extensions.Logging;
using Tidegate.Http.Http2;
using Tidegate.Net;
using Tidegate.Proxy.Downstream.Http1;
using Tidegate.Proxy.Downstream.Http2;
using Tidegate.Proxy.Exchanges;
using Tidegate.Proxy.Exchanges.Forwarding;
using Tidegate.Proxy.Filters;
using Tidegate.Proxy.Listeners.Inspection;
using Tidegate.Proxy.Runtime;
using Tidegate.Proxy.Runtime.FilterChains;
using Tidegate.Proxy.Telemetry;
using Tidegate.Proxy.Telemetry.AccessLogs;
using Tidegate.Proxy.Telemetry.Istio;
using Tidegate.Proxy.Tls;
using Tidegate.Proxy.Upstream;

namespace Tidegate.Proxy.Listeners;

/// <summary>
/// One event loop and all that it owns: listening sockets, client connections, upstream pools, counters. Everything here is
/// touched only on the loop's thread, except through <see cref="EventLoop.Post"/>.
/// </summary>
internal sealed partial class Worker
{
    // Streams kept for reuse; one more is only garbage.
    private const int MaxPooledStreams = 1024;

    private readonly ILogger _logger;
    private readonly ServerHealth _health;
    private readonly SharedClusters _sharedClusters;
    private readonly Stack<Http1Stream> _streams = new();
    private readonly Stack<Http2DownstreamStream> _http2Streams = new();
    private readonly Dictionary<string, WorkerListener> _listeners = [];
    private readonly DetachedCalls _calls;
    private WorkerCluster?[] _clusters = [];
    private byte[]? _peekBuffer;
    private HttpExchange? _connectionLog;
    private TaskCompletionSource? _drained;

    public Worker(int index, WorkerResources resources, ILoggerFactory loggers)
    {
        Options = resources.Options;
        Stats = resources.Stats;
        ConnectionLimit = resources.ConnectionLimit;
        PageConnectionLimit = resources.PageConnectionLimit;
        Handshakes = new HandshakeLimit(resources.Options.MaxHandshakesPerWorker);
        ListenerScopes = resources.ListenerScopes;
        IstioMetrics = resources.IstioMetrics.ForWorker(index);
        _health = resources.Health;
        OwnPages = resources.OwnPages;
        AccessLogs = resources.AccessLogs.ForWorker(index);
        _sharedClusters = resources.Clusters;
        _logger = loggers.CreateLogger("connection");
        Loop = EventLoop.Create(index, new EventLoopOptions { Name = $"worker-{index}", OnUnhandled = ReportUnhandled });
        Random = new Random();
        Mirrors = new MirrorRequests(this);
        FilterServices = new FilterServices(this, resources.SharedServices);
        _calls = new DetachedCalls(exception => ReportUnhandled(exception, "a detached call"));
    }

    /// <summary>The loop.</summary>
    public EventLoop Loop { get; }

    /// <summary>Its number, from 0.</summary>
    public int Index => Loop.Index;

    /// <summary>The data plane's options.</summary>
    public ProxyOptions Options { get; }

    /// <summary>The statistics of all workers.</summary>
    public StatsStore Stats { get; }

    /// <summary>The limit of this worker's TLS handshakes.</summary>
    public HandshakeLimit Handshakes { get; }

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

    /// <summary>The addresses that no cluster of the configuration may lead to.</summary>
    public OwnPages OwnPages { get; }

    /// <summary>This worker's source of chance.</summary>
    public Random Random { get; }

    /// <summary>Copies of requests that are under way.</summary>
    public MirrorRequests Mirrors { get; }

    /// <summary>Whether load balancers in front are to be told that the gateway is not well: by hand, or because it ends.</summary>
    public bool IsHealthCheckFailing => _health.IsDenied;

    /// <summary>Room for bytes that are looked at and not kept: as long as nothing is awaited.</summary>
    public byte[] PeekBuffer => _peekBuffer ??= new byte[ClientHelloReader.MaxBytes];

    /// <summary>What filters share.</summary>
    public FilterServices FilterServices { get; }

    /// <summary>What decoding HTTP/2 needs for the moment.</summary>
    public Http2Scratch Http2Scratch { get; } = new();

    /// <summary>The listeners whose clients are told that connections end: what they ask for is still answered.</summary>
    public DrainScope DrainingListeners { get; private set; }

    /// <summary>The listeners that accept nothing any more.</summary>
    public DrainScope StoppedListeners { get; private set; }

    /// <summary>Whether the worker waits for its last connections to end.</summary>
    public bool IsEnding => _drained is not null;

    /// <summary>Client connections, but for those to the gateway's own pages.</summary>
    public int ConnectionCount { get; private set; }

    /// <summary>The wall clock, as exact as the loop's turn: UTC ticks.</summary>
    public long UtcTicks => WallClock.TicksAt(Loop.NowUs);

    private WallClock WallClock { get; } = new();

    /// <summary>The present date as RFC 9110, section 5.6.7 has it; made once a second.</summary>
    public ReadOnlySpan<byte> Date => WallClock.DateAt(Loop.NowUs);

    /// <summary>Starts an async method that nobody awaits; what it throws is reported.</summary>
    public void Run(ValueTask call) => _calls.Run(call);

    /// <summary>A stream for a connection that has something to do.</summary>
    public Http1Stream RentStream() => _streams.Count > 0 ? _streams.Pop() : new Http1Stream(this);

    /// <summary>Takes a stream back.</summary>
    public void ReturnStream(Http1Stream stream)
    {
        if (_streams.Count < MaxPooledStreams)
        {
            _streams.Push(stream);
        }
    }

    /// <summary>A stream for a request of an HTTP/2 connection.</summary>
    public Http2DownstreamStream RentHttp2Stream() => _http2Streams.Count > 0 ? _http2Streams.Pop() : new Http2DownstreamStream(this);

    /// <summary>Takes a stream back.</summary>
    public void ReturnHttp2Stream(Http2DownstreamStream stream)
    {
        if (_http2Streams.Count < MaxPooledStreams)
        {
            _http2Streams.Push(stream);
        }
    }

    /// <summary>This worker's half of a cluster; null when the cluster does not exist (any more).</summary>
    public WorkerCluster? ClusterOf(ClusterSlot slot)
    {
        RuntimeCluster? current = slot.Current;
        WorkerCluster? known = slot.Id < _clusters.Length ? _clusters[slot.Id] : null;
        if (current is null)
        {
            return null;
        }

        if (known is null)
        {
            if (slot.Id >= _clusters.Length)
            {
                Array.Resize(ref _clusters, Math.Max(slot.Id + 1, _clusters.Length * 2));
            }

            known = new WorkerCluster(this, current, _sharedClusters.Of(slot, current));
            _clusters[slot.Id] = known;
        }
        else if (known.Current != current)
        {
            known.Update(current);
        }

        return known;
    }

    /// <summary>A cluster, or its endpoints, changed: connections to endpoints that are gone are closed when they are free.</summary>
    public void OnClusterChanged(ClusterSlot slot)
    {
        if (slot.Id >= _clusters.Length || _clusters[slot.Id] is not { } known)
        {
            return;
        }

        if (slot.Current is { } current)
        {
            known.Update(current);
        }
        else
        {
            known.Retire();
            _clusters[slot.Id] = null;
        }
    }

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
        exchange.EndUs = Loop.NowUs;
        exchange.StartTicksUtc = UtcTicks - ((Loop.NowUs - startUs) * TimeSpan.TicksPerMicrosecond);
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
            if (listener.IsIn(scope) && listener.Stop() && Index == 0)
            {
                Interlocked.Increment(ref Stats.ListenerManager.ListenerStopped); // every worker stops it, one counts it
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

    /// <summary>An exception that nobody expected: a bug, which costs one connection.</summary>
    public void ReportUnhandled(Exception exception, string context)
    {
        Interlocked.Increment(ref Stats.Server.EnvoyBugFailures);
        LogUnhandled(_logger, exception, context);
    }

    /// <summary>The system refuses an option of a listener's sockets; every worker has the same, one tells it.</summary>
    public void ReportSocketOption(string listener, SocketOption option)
    {
        if (Index == 0)
        {
            LogSocketOption(_logger, listener, option.Level, option.Name);
        }
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

    [LoggerMessage(Level = LogLevel.Error, Message = "unhandled exception while {Context}; the connection is closed")]
    private static partial void LogUnhandled(ILogger logger, Exception exception, string context);
}
