using System.Diagnostics;
using System.Net.Security;
using System.Runtime.CompilerServices;
using System.Text;
using Tidegate.Http.Http2;
using Tidegate.Net;
using Tidegate.Net.Timers;
using Tidegate.Net.Tls;
using Tidegate.Proxy.Clusters;
using Tidegate.Proxy.Telemetry;
using Tidegate.Proxy.Tls;
using Tidegate.Proxy.Upstream.Http1;
using Tidegate.Proxy.Upstream.Http2;
using Tidegate.Proxy.Upstream.Raw;

namespace Tidegate.Proxy.Upstream;

/// <summary>
/// Where one worker's requests to one endpoint can go now: an idle HTTP/1.1 connection, or a place on an HTTP/2 one. Connections are made for
/// requests that wait, and serve whoever waits longest when they are there (Envoy: connection pooling). Limits, age, draining and failure of
/// connections are here, whatever their protocol.
/// </summary>
internal sealed class EndpointPool
{
    private const int MaxHostLength = 256;

    private readonly WorkerCluster _cluster;
    private readonly List<UpstreamConnection> _ready = [];
    private readonly IdleTimer _idleTimer;
    private readonly EndpointPool? _owner;
    private readonly ConnectionPurpose _purpose;
    private Dictionary<string, EndpointPool>? _byHost;
    private Dictionary<(NetAddress Client, NetAddress Destination), EndpointPool>? _byClient;
    private StreamRequest? _firstWaiting;
    private StreamRequest? _lastWaiting;
    private int _waitingCount;
    private int _connectingCount;
    private int _openCount;
    private bool _isRetired;

    /// <param name="cluster">The cluster.</param>
    /// <param name="endpoint">The endpoint.</param>
    /// <param name="protocol">What is spoken with it.</param>
    public EndpointPool(WorkerCluster cluster, RuntimeEndpoint endpoint, UpstreamProtocol protocol)
        : this(cluster, endpoint, owner: null, ConnectionPurpose.Any with { Protocol = protocol })
    {
    }

    private EndpointPool(WorkerCluster cluster, RuntimeEndpoint endpoint, EndpointPool? owner, ConnectionPurpose purpose)
    {
        _cluster = cluster;
        _owner = owner;
        _purpose = purpose;
        Endpoint = endpoint;
        EndpointStats = endpoint.Counters.ForWorker(cluster.Worker.Index);
        _idleTimer = new IdleTimer(this);
    }

    /// <summary>Where its connections lead.</summary>
    public RuntimeEndpoint Endpoint { get; }

    /// <summary>Whether it is remembered in which case the names of an answer's fields came.</summary>
    public bool KeepsNameCase => _cluster.Current.KeepsNameCase;

    /// <summary>Whether trailers pass in HTTP/1.1, either way.</summary>
    public bool PassesHttp1Trailers => _cluster.Current.PassesHttp1Trailers;

    /// <summary>This worker's counters of the cluster.</summary>
    public ClusterStats Stats => _cluster.Stats;

    /// <summary>The same of the HTTP/2 codec.</summary>
    public Http2Counters Http2Counters => _cluster.Http2Counters;

    private EndpointStats EndpointStats { get; }

    private EventLoop Loop => _cluster.Worker.Loop;

    /// <summary>
    /// Gives <paramref name="request"/> a stream, at once where there is a place. It goes back by <see cref="UpstreamStream.Release"/>.
    /// </summary>
    public ValueTask<ConnectionFailure> AcquireAsync(StreamRequest request)
    {
        request.Begin();
        if (_ready.Count > 0)
        {
            request.Give(Open(_ready[^1]));
            return new ValueTask<ConnectionFailure>(ConnectionFailure.None);
        }

        if (!_cluster.Current.IsStatic && _cluster.Worker.Memory.RefusesRequests)
        {
            LeaveIfEmpty();
            return new ValueTask<ConnectionFailure>(ConnectionFailure.OutOfMemory);
        }

        if (!_cluster.Resources.TryTakePending(_cluster.Current.CircuitBreakers, out bool isCounted))
        {
            Stats.UpstreamRqPendingOverflow++;
            LeaveIfEmpty();
            return new ValueTask<ConnectionFailure>(ConnectionFailure.Overflow);
        }

        request.IsCounted = isCounted;
        Enqueue(request);
        ConnectForWaiting();
        return request.AsValueTask();
    }

    /// <summary>
    /// The connections to the same endpoint whose TLS is for one host alone. The pool goes when it has none left. Null: no handshake can ask for such a host.
    /// </summary>
    /// <param name="host">The host in the bytes of a request, without its port and without marks.</param>
    /// <param name="isAskedFor">Whether it is the server name of handshakes.</param>
    public EndpointPool? ForHost(ReadOnlySpan<byte> host, bool isAskedFor)
    {
        _byHost ??= new Dictionary<string, EndpointPool>(StringComparer.OrdinalIgnoreCase);
        Span<char> name = host.Length <= MaxHostLength ? stackalloc char[host.Length] : new char[host.Length];
        Encoding.Latin1.GetChars(host, name);
        Dictionary<string, EndpointPool>.AlternateLookup<ReadOnlySpan<char>> pools = _byHost.GetAlternateLookup<ReadOnlySpan<char>>();
        if (!pools.TryGetValue(name, out EndpointPool? pool))
        {
            if (isAskedFor && !host.IsEmpty && !ServerNames.CanAskFor(host))
            {
                LeaveIfEmpty();
                return null;
            }

            pool = new EndpointPool(_cluster, Endpoint, this, _purpose with { Host = new string(name).ToLowerInvariant() });
            pools[name] = pool;
        }

        return pool;
    }

    /// <summary>The connections that were announced as one client's. The pool goes when it has none left.</summary>
    public EndpointPool ForClient(NetAddress client, NetAddress destination)
    {
        _byClient ??= [];
        if (!_byClient.TryGetValue((client, destination), out EndpointPool? pool))
        {
            pool = new EndpointPool(_cluster, Endpoint, this, _purpose with { Client = client, Destination = destination });
            _byClient.Add((client, destination), pool);
        }

        return pool;
    }

    /// <summary>Whether what an endpoint sends has to be given up, because there is no memory to receive it. It is counted then.</summary>
    public bool TryShed()
    {
        if (_cluster.Current.IsStatic || !_cluster.Worker.Memory.IsExhausted)
        {
            return false;
        }

        Interlocked.Increment(ref _cluster.Worker.Stats.Overload.ResetHighMemoryStreamCount);
        return true;
    }

    /// <summary>A stream of a connection is over.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="isReusable">Whether it can carry another one.</param>
    public void OnStreamEnded(UpstreamConnection connection, bool isReusable)
    {
        if (!isReusable || _isRetired)
        {
            Unlist(connection);
            connection.Drain();
        }

        if (connection.IsDraining)
        {
            if (connection.ActiveStreams == 0)
            {
                Close(connection);
            }

            ConnectForWaiting();
            return;
        }

        Offer(connection);
    }

    /// <summary>A connection has places again, or more of them than before: whoever waits gets them.</summary>
    public void Offer(UpstreamConnection connection)
    {
        DrainIfUsedUp(connection);
        while (_firstWaiting is not null && !connection.IsDraining && connection.HasPlace)
        {
            Dequeue(_firstWaiting).Complete(Open(connection));
        }

        if (connection.IsDraining)
        {
            if (connection.ActiveStreams == 0)
            {
                Close(connection);
            }

            ConnectForWaiting();
            return;
        }

        if (connection.HasPlace && !connection.IsListed)
        {
            connection.IsListed = true;
            _ready.Add(connection);
        }

        if (connection.ActiveStreams == 0)
        {
            connection.IdleSinceMs = Loop.NowMs;
            connection.Rest();
            _idleTimer.Start();
        }
    }

    /// <summary>The endpoint is gone: idle connections are closed now, busy ones when they come back.</summary>
    public void Retire()
    {
        _isRetired = true;
        _idleTimer.Stop();
        while (_ready.Count > 0)
        {
            EndUse(_ready[^1]);
        }

        EndpointPool[] parts = [.. _byHost?.Values ?? Enumerable.Empty<EndpointPool>(), .. _byClient?.Values ?? Enumerable.Empty<EndpointPool>()];
        foreach (EndpointPool part in parts)
        {
            part.Retire();
        }
    }

    /// <summary>A connection has lived as long as it may; a busy one ends with what is under way.</summary>
    public void OnEndOfLife(UpstreamConnection connection)
    {
        if (connection.IsListed)
        {
            Stats.UpstreamCxMaxDurationReached++;
            EndUse(connection);
        }
    }

    /// <summary>
    /// A connection takes no further stream: it ended, got bytes that nobody asked for, or the endpoint announced its end (GOAWAY).
    /// </summary>
    public void OnConnectionLost(UpstreamConnection connection)
    {
        if (!connection.IsDraining)
        {
            EndUse(connection);
            ConnectForWaiting();
        }
    }

    internal void Cancel(StreamRequest request)
    {
        Dequeue(request);
        Stats.UpstreamRqCancelled++;
        request.Fail(ConnectionFailure.Cancelled, string.Empty);
    }

    private void StartConnecting()
    {
        bool isAllowed = _cluster.Resources.Connections.TryTake(_cluster.Current.CircuitBreakers.MaxConnections, out bool isCounted);
        if (!isAllowed)
        {
            Stats.UpstreamCxOverflow++;
            if (_openCount + _connectingCount > 0)
            {
                return; // it waits for one of those
            }

            // Envoy lets every pool have one connection: otherwise this request could wait forever.
            _cluster.Resources.Connections.Take();
            isCounted = true;
        }

        _connectingCount++;
        Stats.UpstreamCxTotal++;
        Stats.UpstreamCxActive++;
        EndpointStats.CxTotal++;
        EndpointStats.CxActive++;
        _cluster.Worker.Run(ConnectAsync(isCounted));
    }

    [AsyncMethodBuilder(typeof(LoopMethodBuilder))]
    private async ValueTask ConnectAsync(bool isCounted)
    {
        long startedUs = Loop.NowUs;
        TransportResult result = await _cluster.ConnectAsync(Endpoint, _purpose);
        _connectingCount--;
        if (result.Connection is null)
        {
            OnConnectFailed(result, isCounted, startedUs);
            return;
        }

        Stats.UpstreamCxConnectMs.Record((Loop.NowUs - startedUs) / 1000);
        _openCount++;
        UpstreamConnection connection = MakeConnection(result.Connection, isCounted, startedUs);
        connection.LimitLife(_cluster.Current.MaxConnectionDurationMs);
        if (_isRetired && _firstWaiting is null)
        {
            connection.Drain();
        }

        Offer(connection);
    }

    private void OnConnectFailed(TransportResult result, bool isCounted, long startedUs)
    {
        Stats.UpstreamCxActive--;
        EndpointStats.CxActive--;
        Stats.UpstreamCxConnectFail += result.Failure == TransportFailure.Host ? 0 : 1;
        EndpointStats.CxConnectFail += result.IsOfEndpoint ? 1 : 0;
        Stats.UpstreamCxConnectTimeout += result.Failure == TransportFailure.Timeout ? 1 : 0;
        Stats.CountDestroyed(isByPeer: result.Failure == TransportFailure.Endpoint, isCut: false, (Loop.NowUs - startedUs) / 1000);

        if (isCounted)
        {
            _cluster.Resources.Connections.Return();
        }

        ConnectionFailure failure = result.Failure switch
        {
            TransportFailure.Timeout => ConnectionFailure.Timeout,
            TransportFailure.Gateway => ConnectionFailure.OfGateway,
            TransportFailure.Host => ConnectionFailure.OfHost,
            _ => ConnectionFailure.Refused,
        };

        // As Envoy does: a failed connection fails all that wait for this endpoint, so that they can try another.
        int count = _waitingCount;
        while (count-- > 0 && _firstWaiting is not null)
        {
            Stats.UpstreamRqPendingFailureEject++;
            Dequeue(_firstWaiting).Fail(failure, result.Reason);
        }

        LeaveIfEmpty();
    }

    private void ConnectForWaiting()
    {
        // One that is being made takes as many as it will have places for.
        if ((long)_connectingCount * PlacesPerConnection < _waitingCount)
        {
            StartConnecting();
        }
    }

    private int PlacesPerConnection => _purpose.Protocol == UpstreamProtocol.Http2 ? _cluster.Current.Http2.Limits.MaxConcurrentStreams : 1;

    private UpstreamConnection MakeConnection(Connection connection, bool isCounted, long startedUs)
    {
        bool leadsBack = _cluster.Worker.OwnListeners.Serve(connection);
        if (_purpose.Protocol == UpstreamProtocol.Raw)
        {
            return new RawUpstreamConnection(this, connection, isCounted) { StartUs = startedUs, LeadsBack = leadsBack };
        }

        bool isHttp2 = _purpose.Protocol == UpstreamProtocol.Http2
            || (_purpose.Protocol == UpstreamProtocol.Negotiated && connection is TlsConnection tls && tls.ApplicationProtocol == SslApplicationProtocol.Http2);
        if (!isHttp2)
        {
            Stats.UpstreamCxHttp1Total++;
            return new Http1UpstreamConnection(this, connection, _cluster.Worker.Options.Http1Limits, isCounted) { StartUs = startedUs, LeadsBack = leadsBack };
        }

        Stats.UpstreamCxHttp2Total++;
        UpstreamHttp2 options = _cluster.Current.Http2;
        return new Http2UpstreamConnection(this, connection, _cluster.Worker, options.Limits, options.KeepAlive, isCounted) { StartUs = startedUs, LeadsBack = leadsBack };
    }

    private UpstreamStream Open(UpstreamConnection connection)
    {
        UpstreamStream stream = connection.Open();
        if (!connection.HasPlace)
        {
            Unlist(connection);
        }
        else
        {
            DrainIfUsedUp(connection);
        }

        return stream;
    }

    // Requests that it may carry, and its time.
    private void DrainIfUsedUp(UpstreamConnection connection)
    {
        if (connection.IsDraining)
        {
            return;
        }

        uint limit = _cluster.Current.MaxRequestsPerConnection;
        if (limit > 0 && connection.RequestCount >= limit)
        {
            Stats.UpstreamCxMaxRequests++;
            Unlist(connection);
            connection.Drain();
        }

        if (connection.EndOfLifeMs <= Loop.NowMs)
        {
            Stats.UpstreamCxMaxDurationReached++;
            Unlist(connection);
            connection.Drain();
        }
    }

    private void EndUse(UpstreamConnection connection)
    {
        Unlist(connection);
        connection.Drain();
        if (connection.ActiveStreams == 0)
        {
            Close(connection);
        }
    }

    private void Unlist(UpstreamConnection connection)
    {
        if (!connection.IsListed)
        {
            return;
        }

        connection.IsListed = false;
        if (_ready[^1] == connection)
        {
            _ready.RemoveAt(_ready.Count - 1);
        }
        else
        {
            _ready.Remove(connection);
        }
    }

    private void Close(UpstreamConnection connection)
    {
        Unlist(connection);
        connection.LimitLife(0);
        connection.Close();
        _openCount--;
        Stats.UpstreamCxActive--;
        EndpointStats.CxActive--;
        Stats.CountDestroyed(connection.IsEndedByPeer, connection.IsCut, (Loop.NowUs - connection.StartUs) / 1000);
        Stats.UpstreamRqPerCx.Record(connection.RequestCount);
        if (connection.IsCounted)
        {
            _cluster.Resources.Connections.Return();
        }

        LeaveIfEmpty();
    }

    // Hosts and addresses come from clients: a pool for each that ever came would be theirs to fill.
    private void LeaveIfEmpty()
    {
        bool isEmpty = _openCount + _connectingCount + _waitingCount == 0 && _byHost is not { Count: > 0 } && _byClient is not { Count: > 0 };
        if (_owner is not null && isEmpty)
        {
            _idleTimer.Stop();
            _owner.Remove(this);
        }
    }

    private void Remove(EndpointPool part)
    {
        if (_byHost?.GetValueOrDefault(part._purpose.Host) == part)
        {
            _byHost.Remove(part._purpose.Host);
        }
        else if (_byClient?.GetValueOrDefault((part._purpose.Client, part._purpose.Destination)) == part)
        {
            _byClient.Remove((part._purpose.Client, part._purpose.Destination));
        }

        LeaveIfEmpty();
    }

    private void Enqueue(StreamRequest request)
    {
        request.WaitsIn = this;
        request.Next = null;
        request.Previous = _lastWaiting;
        if (_lastWaiting is null)
        {
            _firstWaiting = request;
        }
        else
        {
            _lastWaiting.Next = request;
        }

        _lastWaiting = request;
        _waitingCount++;
        Stats.UpstreamRqPendingTotal++;
        Stats.UpstreamRqPendingActive++;
        EndpointStats.RqPendingActive++;
    }

    private StreamRequest Dequeue(StreamRequest request)
    {
        Debug.Assert(request.WaitsIn == this, "a request waits in one pool");
        if (request.Previous is null)
        {
            _firstWaiting = request.Next;
        }
        else
        {
            request.Previous.Next = request.Next;
        }

        if (request.Next is null)
        {
            _lastWaiting = request.Previous;
        }
        else
        {
            request.Next.Previous = request.Previous;
        }

        request.Next = null;
        request.Previous = null;
        request.WaitsIn = null;
        _waitingCount--;
        Stats.UpstreamRqPendingActive--;
        EndpointStats.RqPendingActive--;
        if (request.IsCounted)
        {
            request.IsCounted = false;
            _cluster.Resources.PendingRequests.Return();
        }

        return request;
    }

    // Closes what has rested for too long, and looks again when the next will have.
    private void CloseExpired()
    {
        long oldest = Loop.NowMs - _cluster.IdleTimeoutMs;
        for (int i = _ready.Count - 1; i >= 0; i--)
        {
            if (_ready[i] is { ActiveStreams: 0 } connection && connection.IdleSinceMs <= oldest)
            {
                Stats.UpstreamCxIdleTimeout++;
                EndUse(connection);
            }
        }

        _idleTimer.Start();
    }

    private long IdleSince()
    {
        long since = long.MaxValue;
        foreach (UpstreamConnection connection in _ready)
        {
            since = connection.ActiveStreams == 0 ? Math.Min(since, connection.IdleSinceMs) : since;
        }

        return since;
    }

    private sealed class IdleTimer(EndpointPool pool) : LoopTimer
    {
        public void Start()
        {
            if (IsScheduled || pool._cluster.IdleTimeoutMs == 0)
            {
                return;
            }

            long sinceMs = pool.IdleSince();
            if (sinceMs != long.MaxValue)
            {
                pool.Loop.Timers.Schedule(this, Math.Max(1, pool._cluster.IdleTimeoutMs - (pool.Loop.NowMs - sinceMs)));
            }
        }

        public void Stop() => pool.Loop.Timers.Cancel(this);

        protected override void OnExpired() => pool.CloseExpired();
    }
}
