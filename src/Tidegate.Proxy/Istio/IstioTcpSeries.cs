using Tidegate.Proxy.Requests;
using Tidegate.Proxy.Telemetry;

namespace Tidegate.Proxy.Istio;

/// <summary>What tells one time series of Istio's TCP metrics from another.</summary>
/// <param name="Peer">The number of the <see cref="IstioPeer"/> in <see cref="IstioMetrics"/>.</param>
/// <param name="Flags">The response flags.</param>
internal readonly record struct IstioTcpSeriesKey(int Peer, ResponseFlags Flags);

/// <summary>One worker's counts of one series. The worker writes, samplers read racily.</summary>
internal sealed class IstioTcpSeries(IstioTcpSeriesKey key)
{
    public long Opened;
    public long Closed;
    public long SentBytes;
    public long ReceivedBytes;

    public IstioTcpSeriesKey Key { get; } = key;
}

/// <summary>A series summed over the workers, with its labels: what the admin pages see.</summary>
internal sealed class IstioTcpSeriesScope : StatScope
{
    private static readonly StatName OpenedTotal = new("istio_tcp_connections_opened_total");
    private static readonly StatName ClosedTotal = new("istio_tcp_connections_closed_total");
    private static readonly StatName SentBytesTotal = new("istio_tcp_sent_bytes_total");
    private static readonly StatName ReceivedBytesTotal = new("istio_tcp_received_bytes_total");

    private long _opened;
    private long _closed;
    private long _sentBytes;
    private long _receivedBytes;

    public IstioTcpSeriesScope(IReadOnlyList<StatTag> labels)
        : base("istiocustom.", "", labels) => Suffix = string.Concat(labels.Select(static label => $".{label.Name}.{label.Value}"));

    public void Add(IstioTcpSeries series)
    {
        _opened += Volatile.Read(ref series.Opened);
        _closed += Volatile.Read(ref series.Closed);
        _sentBytes += Volatile.Read(ref series.SentBytes);
        _receivedBytes += Volatile.Read(ref series.ReceivedBytes);
    }

    internal override void Sample(List<StatSample> samples)
    {
        samples.Add(new StatSample(this, OpenedTotal, StatKind.Counter, _opened, true));
        samples.Add(new StatSample(this, ClosedTotal, StatKind.Counter, _closed, true));
        samples.Add(new StatSample(this, SentBytesTotal, StatKind.Counter, _sentBytes, true));
        samples.Add(new StatSample(this, ReceivedBytesTotal, StatKind.Counter, _receivedBytes, true));
    }
}
