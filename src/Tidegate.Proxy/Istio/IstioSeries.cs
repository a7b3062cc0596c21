using Tidegate.Proxy.Requests;
using Tidegate.Proxy.Telemetry;

namespace Tidegate.Proxy.Istio;

/// <summary>What tells one time series of Istio's HTTP metrics from another, but for what all of a gateway share.</summary>
/// <param name="Peer">The number of the <see cref="IstioPeer"/> in <see cref="IstioMetrics"/>.</param>
/// <param name="Status">The status; 0 for none.</param>
/// <param name="GrpcStatus">The gRPC status; -1 for none.</param>
/// <param name="IsGrpc">Whether it is gRPC.</param>
/// <param name="Flags">The response flags.</param>
internal readonly record struct IstioSeriesKey(int Peer, short Status, short GrpcStatus, bool IsGrpc, ResponseFlags Flags)
{
    /// <summary>The series for what came when a worker's table was full.</summary>
    public static readonly IstioSeriesKey Overflow = new(-1, 0, -1, false, ResponseFlags.None);
}

/// <summary>One worker's counts of one series. The worker writes, samplers read racily.</summary>
internal sealed class IstioSeries(IstioSeriesKey key)
{
    private long _requests;

    public IstioSeriesKey Key { get; } = key;

    public long Requests => Volatile.Read(ref _requests);

    public Histogram DurationMs { get; } = new();

    public Histogram RequestBytes { get; } = new();

    public Histogram ResponseBytes { get; } = new();

    public void Record(HttpExchange exchange)
    {
        _requests++;
        if (exchange.EndUs > 0)
        {
            DurationMs.Record((exchange.EndUs - exchange.StartUs) / 1000);
        }

        RequestBytes.Record(exchange.RequestHeaderBytes + exchange.RequestBodyBytes);
        ResponseBytes.Record(exchange.ResponseHeaderBytes + exchange.ResponseBodyBytes);
    }
}

/// <summary>A series summed over the workers, with its labels: what the admin pages see.</summary>
internal sealed class IstioSeriesScope : StatScope
{
    public static readonly StatName RequestsTotal = new("istio_requests_total");
    public static readonly StatName RequestDuration = new("istio_request_duration_milliseconds");
    public static readonly StatName RequestBytes = new("istio_request_bytes");
    public static readonly StatName ResponseBytes = new("istio_response_bytes");
    public static readonly StatName Build = new("istio_build");

    private readonly HistogramSnapshot _durationMs = new();
    private readonly HistogramSnapshot _requestBytes = new();
    private readonly HistogramSnapshot _responseBytes = new();
    private long _requests;

    // As Envoy has them in /stats: istiocustom.NAME.label.value.label.value
    public IstioSeriesScope(IReadOnlyList<StatTag> labels)
        : base("istiocustom.", "", labels) => Suffix = string.Concat(labels.Select(static label => $".{label.Name}.{label.Value}"));

    public void Add(IstioSeries series)
    {
        _requests += series.Requests;
        _durationMs.Add(series.DurationMs);
        _requestBytes.Add(series.RequestBytes);
        _responseBytes.Add(series.ResponseBytes);
    }

    internal override void Sample(List<StatSample> samples)
    {
        samples.Add(new StatSample(this, RequestsTotal, StatKind.Counter, _requests, true));
        samples.Add(new StatSample(this, RequestDuration, StatKind.Histogram, 0, true) { Histogram = _durationMs });
        samples.Add(new StatSample(this, RequestBytes, StatKind.Histogram, 0, true) { Histogram = _requestBytes });
        samples.Add(new StatSample(this, ResponseBytes, StatKind.Histogram, 0, true) { Histogram = _responseBytes });
    }
}
