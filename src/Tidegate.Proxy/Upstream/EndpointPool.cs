using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text;
using Tidegate.Net;
using Tidegate.Proxy.Runtime;
using Tidegate.Proxy.Telemetry;

namespace Tidegate.Proxy.Upstream;

/// <summary>
/// One worker's connections to one endpoint: the idle ones, and the requests that wait for one. Connections are made for
/// requests that wait, and serve whoever waits longest when they are there (Envoy: connection pooling).
/// </summary>
internal sealed class EndpointPool
{
    /// <summary>The size of the buffer that a busy connection receives into.</summary>
    public const int ReceiveBufferBytes = 16 * 1024;

    private const int MaxHostLength = 256;

    private readonly WorkerCluster _cluster;
    private readonly List<UpstreamConnection> _idle = [];
    private readonly IdleTimer _idleTimer;
    private readonly EndpointPool? _owner;
    private readonly ConnectionPurpose _purpose;
    private Dictionary<string, EndpointPool>? _byHost;
    private Dictionary<(NetAddress Client, NetAddress Destination), EndpointPool>? _byClient;
    private ConnectionRequest? _firstWaiting;
    private ConnectionRequest? _lastWaiting;
    private int _waitingCount;
    private int _connectingCount;
    private int _openCount;
    private bool _isRetired;

    public EndpointPool(WorkerCluster cluster, RuntimeEndpoint endpoint)
        : this(cluster, endpoint, owner: null, ConnectionPurpose.Any)
    {
    }

    private EndpointPool(WorkerCluster cluster, RuntimeEndpoint endpoint, EndpointPool? owner, ConnectionPurpose purpose)
    {
        _cluster = cluster;
        _owner = owner;
        _purpose = purpose;
        Endpoint = endpoint;
        _idleTimer = new IdleTimer(this);
    }

    /// <summary>Where its connections lead.</summary>
    public RuntimeEndpoint Endpoint { get; }

    private ClusterStats Stats => _cluster.Stats;

    private EventLoop Loop => _cluster.Worker.Loop;

    /// <summary>
    /// Gives <paramref name="request"/> a connection, at once where one is idle. A connection that comes from here is given
    /// back with <see cref="Release"/>.
    /// </summary>
    public ValueTask<ConnectionFailure> AcquireAsync(ConnectionRequest request)
    {
        request.Begin();
        if (_idle.Count > 0)
        {
            UpstreamConnection connection = _idle[^1];
            _idle.RemoveAt(_idle.Count - 1);
            connection.IsIdle = false;
            connection.Connection.WhenReadable(null);
            connection.Begin();
            request.Connect(connection);
            return new ValueTask<ConnectionFailure>(ConnectionFailure.None);
        }

        if (!_cluster.Resources.TryTakePending(_cluster.Current.CircuitBreakers, out bool isCounted))
        {
            Stats.UpstreamRqPendingOverflow++;
            LeaveIfEmpty();
            return new ValueTask<ConnectionFailure>(ConnectionFailure.Overflow);
        }

        request.IsCounted = isCounted;
        Enqueue(request);
        if (_connectingCount < _waitingCount)
        {
            StartConnecting();
        }

        return request.AsValueTask();
    }

    /// <summary>The connections to the same endpoint whose TLS is for one host alone. The pool goes when it has none left.</summary>
    /// <param name="host">The host in the bytes of a request, without its port.</param>
    public EndpointPool ForHost(ReadOnlySpan<byte> host)
    {
        _byHost ??= new Dictionary<string, EndpointPool>(StringComparer.OrdinalIgnoreCase);
        Span<char> name = host.Length <= MaxHostLength ? stackalloc char[host.Length] : new char[host.Length];
        Encoding.Latin1.GetChars(host, name);
        Dictionary<string, EndpointPool>.AlternateLookup<ReadOnlySpan<char>> pools = _byHost.GetAlternateLookup<ReadOnlySpan<char>>();
        if (!pools.TryGetValue(name, out EndpointPool? pool))
        {
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

    /// <summary>Takes a connection back. <paramref name="isReusable"/>: the answer was whole, nothing follows it, and both sides keep it alive.</summary>
    public void Release(UpstreamConnection connection, bool isReusable)
    {
        uint limit = _cluster.Current.MaxRequestsPerConnection;
        if (limit > 0 && connection.RequestCount >= limit)
        {
            isReusable = false;
            Stats.UpstreamCxMaxRequests++;
        }

        if (connection.EndOfLifeMs <= Loop.NowMs)
        {
            isReusable = false;
            Stats.UpstreamCxMaxDurationReached++;
        }

        if (!isReusable || _isRetired || !connection.IsDrained || !connection.Connection.IsOpen)
        {
            Close(connection);
            if (_connectingCount < _waitingCount)
            {
                StartConnecting();
            }

            return;
        }

        if (_firstWaiting is not null)
        {
            HandTo(Dequeue(_firstWaiting), connection);
            return;
        }

        Rest(connection);
    }

    /// <summary>The endpoint is gone: idle connections are closed now, busy ones when they come back.</summary>
    public void Retire()
    {
        _isRetired = true;
        _idleTimer.Stop();
        while (_idle.Count > 0)
        {
            UpstreamConnection connection = _idle[^1];
            _idle.RemoveAt(_idle.Count - 1);
            Close(connection);
        }

        EndpointPool[] parts = [.. _byHost?.Values ?? Enumerable.Empty<EndpointPool>(), .. _byClient?.Values ?? Enumerable.Empty<EndpointPool>()];
        foreach (EndpointPool part in parts)
        {
            part.Retire();
        }
    }

    /// <summary>A connection has lived as long as it may; a busy one ends with its request.</summary>
    public void OnEndOfLife(UpstreamConnection connection)
    {
        if (connection.IsIdle && _idle.Remove(connection))
        {
            Stats.UpstreamCxMaxDurationReached++;
            Close(connection);
        }
    }

    /// <summary>An idle connection ended, or got bytes that nobody asked for: either way it is of no use any more.</summary>
    public void OnIdleConnectionSpoke(UpstreamConnection connection)
    {
        if (connection.IsIdle && _idle.Remove(connection))
        {
            Close(connection);
        }
    }

    internal void Cancel(ConnectionRequest request)
    {
        Dequeue(request);
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
        Stats.UpstreamCxHttp1Total++;
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
            OnConnectFailed(result, isCounted);
            return;
        }

        Stats.UpstreamCxConnectMs.Record((Loop.NowUs - startedUs) / 1000);
        _openCount++;
        var connection = new UpstreamConnection(this, result.Connection, _cluster.Worker.Options.Http1Limits, isCounted);
        connection.LimitLife(_cluster.Current.MaxConnectionDurationMs);
        if (_firstWaiting is not null)
        {
            HandTo(Dequeue(_firstWaiting), connection);
        }
        else if (_isRetired)
        {
            Close(connection);
        }
        else
        {
            Rest(connection);
        }
    }

    private void OnConnectFailed(TransportResult result, bool isCounted)
    {
        Stats.UpstreamCxActive--;
        Stats.UpstreamCxConnectFail++;
        if (result.IsTimeout)
        {
            Stats.UpstreamCxConnectTimeout++;
        }

        if (isCounted)
        {
            _cluster.Resources.Connections.Return();
        }

        // As Envoy does: a failed connection fails all that wait for this endpoint, so that they can try another.
        int count = _waitingCount;
        while (count-- > 0 && _firstWaiting is not null)
        {
            Stats.UpstreamRqPendingFailureEject++;
            Dequeue(_firstWaiting).Fail(result.IsTimeout ? ConnectionFailure.Timeout : ConnectionFailure.Refused, result.Failure);
        }

        LeaveIfEmpty();
    }

    private static void HandTo(ConnectionRequest request, UpstreamConnection connection)
    {
        connection.Begin();
        request.Complete(connection);
    }

    private void Rest(UpstreamConnection connection)
    {
        connection.ReleaseBuffer();
        connection.IsIdle = true;
        connection.IdleSinceMs = Loop.NowMs;
        _idle.Add(connection);
        connection.Connection.WhenReadable(connection);
        _idleTimer.Start();
    }

    private void Close(UpstreamConnection connection)
    {
        connection.IsIdle = false;
        connection.LimitLife(0);
        connection.ReleaseBuffer();
        connection.Connection.Close();
        _openCount--;
        Stats.UpstreamCxActive--;
        Stats.UpstreamCxDestroy++;
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

    private void Enqueue(ConnectionRequest request)
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
    }

    private ConnectionRequest Dequeue(ConnectionRequest request)
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
        if (request.IsCounted)
        {
            request.IsCounted = false;
            _cluster.Resources.PendingRequests.Return();
        }

        return request;
    }

    // Closes what has rested for too long. The oldest are at the bottom of the stack.
    private void CloseExpired()
    {
        long oldest = Loop.NowMs - _cluster.IdleTimeoutMs;
        int expired = 0;
        while (expired < _idle.Count && _idle[expired].IdleSinceMs <= oldest)
        {
            expired++;
        }

        for (int i = 0; i < expired; i++)
        {
            Stats.UpstreamCxIdleTimeout++;
            Close(_idle[i]);
        }

        _idle.RemoveRange(0, expired);
        if (_idle.Count > 0)
        {
            _idleTimer.Start();
        }
    }

    private sealed class IdleTimer(EndpointPool pool) : LoopTimer
    {
        public void Start()
        {
            if (!IsScheduled && pool._cluster.IdleTimeoutMs > 0)
            {
                long restedMs = pool.Loop.NowMs - pool._idle[0].IdleSinceMs;
                pool.Loop.Timers.Schedule(this, Math.Max(1, pool._cluster.IdleTimeoutMs - restedMs));
            }
        }

        public void Stop() => pool.Loop.Timers.Cancel(this);

        protected override void OnExpired() => pool.CloseExpired();
    }
}
