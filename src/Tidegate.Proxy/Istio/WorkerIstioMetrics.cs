using Tidegate.Http.Headers;
using Tidegate.Proxy.Clusters;
using Tidegate.Proxy.Formatting;
using Tidegate.Proxy.Requests;

namespace Tidegate.Proxy.Istio;

/// <summary>One worker's table of series. Owned by the worker; recording into a known series allocates nothing.</summary>
public sealed class WorkerIstioMetrics
{
    /// <summary>Series that a worker keeps; what comes then is counted with the destination <c>overflow</c> (edge.md, S17).</summary>
    public const int MaxSeries = 2048;

    private readonly IstioMetrics _metrics;
    private readonly Dictionary<IstioSeriesKey, IstioSeries> _byKey = [];
    private ClusterPeers[] _byCluster = [];
    private IstioSeries[] _series = [];
    private IstioSeries? _overflow;
    private int _count;

    internal WorkerIstioMetrics(IstioMetrics metrics)
    {
        _metrics = metrics;
        Tcp = new WorkerIstioTcpMetrics(this);
    }

    /// <summary>The series of connections that are passed on.</summary>
    public WorkerIstioTcpMetrics Tcp { get; }

    /// <summary>The series so far. Any thread.</summary>
    internal ReadOnlySpan<IstioSeries> Series
    {
        get
        {
            // The count first: the array that is read then has at least as many.
            int count = Volatile.Read(ref _count);
            return Volatile.Read(ref _series).AsSpan(0, count);
        }
    }

    /// <summary>Counts a request that is over, on a connection manager that has the filter <c>istio.stats</c>.</summary>
    public void Record(HttpExchange exchange)
    {
        bool isGrpc = exchange.Request.Headers.TryGet(KnownHeader.ContentType, out ReadOnlySpan<byte> type) && type.StartsWith("application/grpc"u8);
        var key = new IstioSeriesKey(
            exchange.Cluster is null ? 0 : PeerOf(exchange.Cluster, exchange.Endpoint),
            (short)exchange.ResponseStatus,
            (short)(isGrpc ? GrpcStatusNames.StatusOf(exchange) : -1),
            isGrpc,
            exchange.Flags);
        if (!_byKey.TryGetValue(key, out IstioSeries? series))
        {
            series = Add(key);
        }

        series.Record(exchange);
    }

    private IstioSeries Add(IstioSeriesKey key)
    {
        if (_byKey.Count >= MaxSeries)
        {
            return _overflow ??= Publish(new IstioSeries(IstioSeriesKey.Overflow));
        }

        var series = new IstioSeries(key);
        _byKey.Add(key, series);
        return Publish(series);
    }

    private IstioSeries Publish(IstioSeries series)
    {
        if (_count == _series.Length)
        {
            var larger = new IstioSeries[Math.Max(16, _count * 2)];
            _series.CopyTo(larger, 0);
            Volatile.Write(ref _series, larger);
        }

        _series[_count] = series;
        Volatile.Write(ref _count, _count + 1);
        return series;
    }

    /// <summary>The number of where a cluster's requests or connections go.</summary>
    internal int PeerOf(RuntimeCluster cluster, RuntimeEndpoint? endpoint)
    {
        int id = cluster.Slot.Id;
        if (id >= _byCluster.Length)
        {
            Array.Resize(ref _byCluster, Math.Max(id + 1, _byCluster.Length * 2));
        }

        ref ClusterPeers known = ref _byCluster[id];
        if (!ReferenceEquals(known.Cluster, cluster))
        {
            if (cluster.Slot.Current is null)
            {
                // Gone, with a request that is still under way: nothing is kept for it.
                return _metrics.NumberOf(cluster, endpoint?.State);
            }

            known = new ClusterPeers { Cluster = cluster, WithoutEndpoint = _metrics.NumberOf(cluster, null), ByEndpoint = [] };
        }

        return endpoint is null ? known.WithoutEndpoint : PeerOf(ref known, endpoint);
    }

    /// <summary>The cluster of that number is gone.</summary>
    internal void Forget(int clusterId)
    {
        if (clusterId < _byCluster.Length)
        {
            _byCluster[clusterId] = default;
        }
    }

    private int PeerOf(ref ClusterPeers known, RuntimeEndpoint endpoint)
    {
        if (endpoint.Index >= known.ByEndpoint.Length)
        {
            Array.Resize(ref known.ByEndpoint, Math.Max(endpoint.Index + 1, known.ByEndpoint.Length * 2));
        }

        EndpointState state = endpoint.State;
        ref (EndpointState? State, int Peer) peer = ref known.ByEndpoint[endpoint.Index];
        if (!ReferenceEquals(peer.State, state))
        {
            peer = (state, _metrics.NumberOf(known.Cluster!, state));
        }

        return peer.Peer;
    }

    // What was looked up for a cluster: valid as long as the cluster, and an endpoint's state, is the same object.
    private struct ClusterPeers
    {
        public RuntimeCluster? Cluster;
        public int WithoutEndpoint;
        public (EndpointState? State, int Peer)[] ByEndpoint;
    }
}
