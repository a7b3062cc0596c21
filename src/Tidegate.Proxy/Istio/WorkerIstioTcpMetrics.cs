using Tidegate.Proxy.Clusters;
using Tidegate.Proxy.Requests;

namespace Tidegate.Proxy.Istio;

/// <summary>One worker's table of TCP series. Owned by the worker; bounded as <see cref="WorkerIstioMetrics"/> is.</summary>
public sealed class WorkerIstioTcpMetrics
{
    private readonly WorkerIstioMetrics _owner;
    private readonly Dictionary<IstioTcpSeriesKey, IstioTcpSeries> _byKey = [];
    private IstioTcpSeries[] _series = [];

    internal WorkerIstioTcpMetrics(WorkerIstioMetrics owner) => _owner = owner;

    /// <summary>The series so far. Any thread.</summary>
    internal ReadOnlySpan<IstioTcpSeries> Series => Volatile.Read(ref _series);

    /// <summary>Forgets the series of where nothing goes any more.</summary>
    internal void Forget(IReadOnlySet<int> peers)
    {
        foreach (IstioTcpSeriesKey key in _byKey.Keys.Where(key => peers.Contains(key.Peer)).ToArray())
        {
            _byKey.Remove(key);
        }

        Volatile.Write(ref _series, [.. _series.Where(series => !peers.Contains(series.Key.Peer))]);
    }

    /// <summary>A connection was passed on, or could not be.</summary>
    public void RecordOpened(RuntimeCluster? cluster, RuntimeEndpoint? endpoint, ResponseFlags flags) => Of(cluster, endpoint, flags).Opened++;

    /// <summary>A connection is over.</summary>
    public void RecordClosed(RuntimeCluster? cluster, RuntimeEndpoint? endpoint, ResponseFlags flags) => Of(cluster, endpoint, flags).Closed++;

    /// <summary>Bytes have passed: <paramref name="sent"/> to the client, <paramref name="received"/> from it.</summary>
    public void RecordBytes(RuntimeCluster? cluster, RuntimeEndpoint? endpoint, ResponseFlags flags, long sent, long received)
    {
        if (sent > 0 || received > 0)
        {
            IstioTcpSeries series = Of(cluster, endpoint, flags);
            series.SentBytes += sent;
            series.ReceivedBytes += received;
        }
    }

    private IstioTcpSeries Of(RuntimeCluster? cluster, RuntimeEndpoint? endpoint, ResponseFlags flags)
    {
        bool isFull = _byKey.Count >= _owner.MaxSeries;
        var key = new IstioTcpSeriesKey(cluster is null ? 0 : _owner.PeerOf(cluster, endpoint), flags);
        if (!_byKey.TryGetValue(key, out IstioTcpSeries? series))
        {
            key = isFull ? new IstioTcpSeriesKey(-1, ResponseFlags.None) : key;
            if (!_byKey.TryGetValue(key, out series))
            {
                series = new IstioTcpSeries(key);
                _byKey.Add(key, series);
                Volatile.Write(ref _series, [.. _series, series]);
            }
        }

        return series;
    }
}
