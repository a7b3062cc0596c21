using System.Runtime.CompilerServices;
using Tidegate.Http;
using Tidegate.Http.Http2;
using Tidegate.Net;
using Tidegate.Proxy.Clusters;
using Tidegate.Proxy.ProxyProtocol;
using Tidegate.Proxy.Routing;
using Tidegate.Proxy.Telemetry;
using Tidegate.Proxy.Tls;
using Tidegate.Proxy.Upstream.LoadBalancing;
using Tidegate.Proxy.Workers;

namespace Tidegate.Proxy.Upstream;

/// <summary>One worker's half of a cluster: its load balancer, its connection pools, its counters.</summary>
internal sealed class WorkerCluster
{
    private readonly Dictionary<(RuntimeEndpoint Endpoint, UpstreamProtocol Protocol), EndpointPool> _pools = [];
    private readonly SharedCluster _shared;
    private LoadBalancer _loadBalancer;
    private LoadBalancerPolicy _policy;
    private Http2Counters? _http2Counters;
    private TlsStats? _tlsStats;
    private readonly Dictionary<string, RateLimitStats> _rateLimitStats = [];

    public WorkerCluster(Worker worker, RuntimeCluster cluster, SharedCluster shared)
    {
        Worker = worker;
        Current = cluster;
        _shared = shared;
        _policy = cluster.LoadBalancer;
        Resources = shared.Resources;
        Stats = shared.Stats.ForWorker(worker.Index);
        _loadBalancer = NewLoadBalancer();
        ConnectOptions = OptionsOf(cluster);
    }

    /// <summary>The worker that owns this.</summary>
    public Worker Worker { get; }

    /// <summary>The configuration in force.</summary>
    public RuntimeCluster Current { get; private set; }

    /// <summary>The cluster's limits, shared by all workers.</summary>
    public ClusterResources Resources { get; }

    /// <summary>This worker's counters of the cluster.</summary>
    public ClusterStats Stats { get; }

    /// <summary>This worker's counters of questions about requests to the cluster.</summary>
    /// <param name="prefix">What their names have behind <c>ratelimit.</c></param>
    public RateLimitStats RateLimitStatsOf(string prefix)
    {
        if (!_rateLimitStats.TryGetValue(prefix, out RateLimitStats? stats))
        {
            stats = Worker.Stats.AddRateLimit(_shared.Stats, prefix).ForWorker(Worker.Index);
            _rateLimitStats.Add(prefix, stats);
        }

        return stats;
    }

    /// <summary>This worker's counters of the HTTP/2 codec towards the cluster's endpoints.</summary>
    public Http2Counters Http2Counters => _http2Counters ??= _shared.Http2.ForWorker(Worker.Index);

    /// <summary>How connections are made.</summary>
    public ConnectOptions ConnectOptions { get; private set; }

    /// <summary>How long a connection may rest.</summary>
    public long IdleTimeoutMs => Current.IdleTimeoutMs ?? Worker.Options.UpstreamIdleTimeoutMs;

    /// <summary>Chooses an endpoint; null when none is healthy.</summary>
    /// <param name="hash">The request's hash; null when it has none.</param>
    /// <param name="attempt">0, or how many endpoints were passed over for this attempt because they had been tried.</param>
    /// <param name="passedOver">A bit for each priority that this attempt is to pass over, if any other can take it.</param>
    public RuntimeEndpoint? ChooseEndpoint(ulong? hash, int attempt, ulong passedOver = 0)
    {
        RuntimeEndpoint? endpoint = _loadBalancer.Choose(Current.Balancing, hash, attempt, passedOver, out bool isInPanic);
        if (isInPanic)
        {
            Stats.LbHealthyPanic++;
        }

        return endpoint;
    }

    /// <summary>Makes a connection to an endpoint within the cluster's connect timeout, which the TLS handshake is part of.</summary>
    /// <param name="endpoint">The endpoint.</param>
    /// <param name="purpose">What it is for.</param>
    [AsyncMethodBuilder(typeof(LoopMethodBuilder<>))]
    public async ValueTask<TransportResult> ConnectAsync(RuntimeEndpoint endpoint, ConnectionPurpose purpose)
    {
        if (!Current.IsStatic && Worker.OwnPages.Refuses(Current.Name, endpoint.EndPoint))
        {
            return new TransportResult(TransportFailure.Gateway, "the endpoint is a page of the gateway's operator");
        }

        long startedUs = Worker.Loop.NowUs;
        ConnectResult result = await Worker.Loop.ConnectAsync(Current.IsStatic ? Worker.OwnPages.TargetOf(endpoint.EndPoint) : endpoint.EndPoint, ConnectOptions);
        if (result.Connection is null)
        {
            return TransportResult.Of(result.Error);
        }

        Connection connection = result.Connection;
        if (Current.ProxyHeaderVersion > 0)
        {
            // It is shorter than any send buffer: this does not wait.
            byte[] header = new byte[ProxyHeaderWriter.MaxBytes];
            int length = ProxyHeaderWriter.Write(Current.ProxyHeaderVersion, purpose.Client, purpose.Destination, header);
            IoResult sent = await connection.SendAsync(header.AsMemory(0, length));
            if (sent.IsError)
            {
                connection.Abort();
                return TransportResult.Of(sent.Error);
            }
        }

        long tookMs = (Worker.Loop.NowUs - startedUs) / 1000;
        return Current.TlsWith(endpoint) is { } tls
            ? await tls.HandshakeAsync(connection, purpose, _tlsStats ??= _shared.Tls.ForWorker(Worker.Index), Math.Max(1, Current.ConnectTimeoutMs - tookMs))
            : new TransportResult(connection);
    }

    /// <summary>A request to an endpoint begins.</summary>
    public void OnRequestBegins(RuntimeEndpoint endpoint)
    {
        EndpointStats counters = CountersOf(endpoint);
        counters.RqTotal++;
        counters.RqActive++;
        Stats.UpstreamRqTotal++;
        Stats.UpstreamRqActive++;
    }

    /// <summary>A request to an endpoint is over.</summary>
    public void OnRequestEnds(RuntimeEndpoint endpoint)
    {
        CountersOf(endpoint).RqActive--;
        Stats.UpstreamRqActive--;
    }

    /// <summary>There is a connection to an endpoint for a request.</summary>
    public void OnConnected(RuntimeEndpoint endpoint) => _shared.Outliers?.MonitorOf(endpoint)?.OnConnected();

    /// <summary>
    /// What becomes of a request at an endpoint is known of its answer: its status, or what the <c>grpc-status</c> of a gRPC one stands for. Outlier detection goes by it.
    /// </summary>
    public void OnOutcome(RuntimeEndpoint endpoint, int status)
    {
        EndpointStats counters = CountersOf(endpoint);
        counters.RqSuccess += status < 500 ? 1 : 0;
        counters.RqError += status < 500 ? 0 : 1;
        _shared.Outliers?.MonitorOf(endpoint)?.OnAnswer(status);
    }

    /// <summary>An endpoint has not answered: it could not be reached, broke off, or (<paramref name="isTimeout"/>) took too long.</summary>
    public void OnNoAnswer(RuntimeEndpoint endpoint, bool isTimeout)
    {
        EndpointStats counters = CountersOf(endpoint);
        counters.RqError++;
        counters.RqTimeout += isTimeout ? 1 : 0;
        _shared.Outliers?.MonitorOf(endpoint)?.OnLocalFailure(isTimeout);
    }

    /// <summary>The connections to an endpoint that may carry a request; null when none can be made, because TLS depends on the request's host and no handshake can ask for it.</summary>
    /// <param name="endpoint">The endpoint.</param>
    /// <param name="request">The request.</param>
    /// <param name="client">Whose request it is.</param>
    /// <param name="destination">The address that the client connected to.</param>
    /// <param name="isRaw">Whether the request's body goes to the endpoint as it is.</param>
    public EndpointPool? PoolOf(RuntimeEndpoint endpoint, RequestHead request, NetAddress client, NetAddress destination, bool isRaw = false)
    {
        UpstreamProtocol protocol = isRaw ? UpstreamProtocol.Raw
            : Current.Protocol != UpstreamProtocol.Downstream ? Current.Protocol
            : request.Version == HttpVersion.Http2 ? UpstreamProtocol.Http2
            : UpstreamProtocol.Http1;
        if (!_pools.TryGetValue((endpoint, protocol), out EndpointPool? pool))
        {
            pool = new EndpointPool(this, endpoint, protocol);
            _pools.Add((endpoint, protocol), pool);
        }

        if (Current.Tls is { DependsOnHost: true } tls)
        {
            pool = pool.ForHost(ServerNames.WithoutMarks(AuthorityParts.WithoutPort(request.Authority)), tls.UsesHostAsServerName);
        }

        return Current.ProxyHeaderVersion > 0 ? pool?.ForClient(client, destination) : pool;
    }

    /// <summary>The cluster or its endpoints have changed. Pools of endpoints that are still there stay as they are.</summary>
    public void Update(RuntimeCluster cluster)
    {
        // What was made with another transport is not what is asked for now.
        if (!ReferenceEquals(cluster, Current) && !cluster.HasSameTransportAs(Current))
        {
            Retire();
        }

        Current = cluster;
        ConnectOptions = OptionsOf(cluster);
        if (_policy != cluster.LoadBalancer)
        {
            _policy = cluster.LoadBalancer;
            _loadBalancer = NewLoadBalancer();
        }

        HashSet<RuntimeEndpoint> present = [.. cluster.Endpoints.All];
        foreach (((RuntimeEndpoint Endpoint, UpstreamProtocol Protocol) key, EndpointPool pool) in _pools.ToArray())
        {
            if (!present.Contains(key.Endpoint))
            {
                pool.Retire();
                _pools.Remove(key);
            }
        }
    }

    /// <summary>No connection is used again. Requests that hold one keep it until they are done.</summary>
    public void Retire()
    {
        foreach (EndpointPool pool in _pools.Values)
        {
            pool.Retire();
        }

        _pools.Clear();
    }

    private ConnectOptions OptionsOf(RuntimeCluster cluster) => new()
    {
        DescriptorLimit = Worker.Options.DescriptorLimitOf(cluster.IsStatic),
        TimeoutMs = cluster.ConnectTimeoutMs,
        Buffers = Worker.Options.SocketBuffers,
        KeepAlive = cluster.TcpKeepalive is { } keepAlive
            ? new KeepAliveOptions((int)(keepAlive.KeepaliveTime ?? 0), (int)(keepAlive.KeepaliveInterval ?? 0), (int)(keepAlive.KeepaliveProbes ?? 0))
            : null,
    };

    private LoadBalancer NewLoadBalancer() => LoadBalancer.Create(_policy, Worker.Random, ActiveRequestsOf, () => Worker.Loop.NowMs);

    private int ActiveRequestsOf(RuntimeEndpoint endpoint) => (int)CountersOf(endpoint).RqActive;

    private EndpointStats CountersOf(RuntimeEndpoint endpoint) => endpoint.Counters.ForWorker(Worker.Index);
}
