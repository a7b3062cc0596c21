namespace Tidegate.Proxy.Telemetry;

/// <summary>
/// What an HTTP connection manager counts for its listener, under <c>listener.ADDRESS.http.STAT_PREFIX.</c>; names and meaning are Envoy's.
/// Owned by one worker: only it writes, with plain increments; whoever samples reads racily and sums the workers.
/// </summary>
public sealed class ListenerHttpStats
{
    /// <summary><c>downstream_rq_1xx</c>: Answers 100 to 199.</summary>
    public long DownstreamRq1xx;

    /// <summary><c>downstream_rq_2xx</c>: Answers 200 to 299.</summary>
    public long DownstreamRq2xx;

    /// <summary><c>downstream_rq_3xx</c>: Answers 300 to 399.</summary>
    public long DownstreamRq3xx;

    /// <summary><c>downstream_rq_4xx</c>: Answers 400 to 499.</summary>
    public long DownstreamRq4xx;

    /// <summary><c>downstream_rq_5xx</c>: Answers 500 to 599.</summary>
    public long DownstreamRq5xx;

    /// <summary><c>downstream_rq_completed</c>: Answers sent.</summary>
    public long DownstreamRqCompleted;

    /// <summary>Counts an answer with this status: by class, and as completed.</summary>
    public void CountResponse(int status)
    {
        DownstreamRqCompleted++;
        switch (status / 100)
        {
            case 1: DownstreamRq1xx++; break;
            case 2: DownstreamRq2xx++; break;
            case 3: DownstreamRq3xx++; break;
            case 4: DownstreamRq4xx++; break;
            case 5: DownstreamRq5xx++; break;
        }
    }
}
