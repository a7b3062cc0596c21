using Tidegate.Http.Headers;
using Tidegate.Proxy.Clusters;
using Tidegate.Proxy.Formatting;
using Tidegate.Proxy.Requests;

namespace Tidegate.Proxy.Istio;

/// <summary>One worker's table of series. Owned by the worker; recording into a known series allocates nothing.</summary>
public sealed class WorkerIstioMetrics
{
    private readonly IstioMetrics _metrics;
    private readonly Dictionary<IstioSeriesKey, IstioSeries> _byKey = [];
    private ClusterPeers[] _byCluster = [];
    private IstioSeries[] _series = [];
    private IstioSeries? _overflow;

    internal WorkerIstioMetrics(IstioMetrics metrics)
    {
        _metrics = metrics;
        Tcp = new WorkerIstioTcpMetrics(this);
    }

    /// <summary>The series of connections that are passed on.</summary>
    public WorkerIstioTcpMetrics Tcp { get; }

    /// <summary>Series that are kept; what comes then is counted with the destination <c>overflow</c> (edge.md, S17).</summary>
    internal int MaxSeries => _metrics.MaxSeries;

    /// <summary>The series so far. Any thread.</summary>
    internal ReadOnlySpan<IstioSeries> Series => Volatile.Read(ref _series);

    /// <summary>A cluster is gone: so are the series of where its requests went, unless another cluster's go there as well.</summary>
    public void Forget(int clusterId)
    {
        if (clusterId >= _byCluster.Length || _byCluster[clusterId].Cluster is null)
        {
            return;
        }

        HashSet<int> gone = [.. PeersOf(_byCluster[clusterId])];
        _byCluster[clusterId] = default;
        foreach (ClusterPeers other in _byCluster)
        {
            gone.ExceptWith(PeersOf(other));
        }

        gone.Remove(0); // of what goes nowhere
        foreach (IstioSeriesKey key in _byKey.Keys.Where(key => gone.Contains(key.Peer)).ToArray())
        {
            _byKey.Remove(key);
        }

        Volatile.Write(ref _series, [.. _series.Where(series => !gone.Contains(series.Key.Peer))]);
        Tcp.Forget(gone);
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
        Volatile.Write(ref _series, [.. _series, series]);
        return series;
    }

    private static IEnumerable<int> PeersOf(ClusterPeers peers) =>
        peers.Cluster is null ? [] : peers.ByEndpoint.Where(static peer => peer.State is not null).Select(static peer => peer.Peer).Append(peers.WithoutEndpoint);

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
