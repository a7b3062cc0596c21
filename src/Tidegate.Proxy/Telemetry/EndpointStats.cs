namespace Tidegate.Proxy.Telemetry;

/// <summary>
/// What Envoy counts of an endpoint, as <c>/clusters</c> shows it. Owned by one worker: only it writes, with plain increments; whoever looks reads racily and sums
/// the workers.
/// </summary>
public sealed class EndpointStats
{
    /// <summary><c>cx_active</c>: Connections open or being made.</summary>
    public long CxActive;

    /// <summary><c>cx_connect_fail</c>: Connections that could not be made.</summary>
    public long CxConnectFail;

    /// <summary><c>cx_total</c>: Connections begun.</summary>
    public long CxTotal;

    /// <summary><c>rq_active</c>: Requests under way.</summary>
    public long RqActive;

    /// <summary><c>rq_error</c>: Requests that failed: an answer from 500 on, or none.</summary>
    public long RqError;

    /// <summary><c>rq_pending_active</c>: Requests that wait for a connection.</summary>
    public long RqPendingActive;

    /// <summary><c>rq_success</c>: Requests answered below 500; of gRPC, those whose status stands for that.</summary>
    public long RqSuccess;

    /// <summary><c>rq_timeout</c>: Requests not answered in time; among the errors, too.</summary>
    public long RqTimeout;

    /// <summary><c>rq_total</c>: Requests begun.</summary>
    public long RqTotal;
}

/// <summary>The counters of one endpoint, an instance for each worker that has had to do with it.</summary>
public sealed class EndpointCounters
{
    private EndpointStats?[] _workers = [];

    /// <summary>The share of good answers in the last interval of outlier detection, percent; -1 when it was not asked for or there were too few. Set by control threads.</summary>
    public double SuccessRate { get; set; } = -1;

    /// <summary>The same of requests that were not answered at all.</summary>
    public double LocalOriginSuccessRate { get; set; } = -1;

    /// <summary>What the worker with this index, and no one else, writes.</summary>
    public EndpointStats ForWorker(int worker)
    {
        EndpointStats?[] workers = Volatile.Read(ref _workers);
        return worker < workers.Length && workers[worker] is { } own ? own : Add(worker);
    }

    /// <summary>The present value of one of them, summed over the workers. Any thread.</summary>
    public long Sum(StatField<EndpointStats> field)
    {
        ArgumentNullException.ThrowIfNull(field);
        return Volatile.Read(ref _workers).Sum(worker => worker is null ? 0 : field.Read!(worker));
    }

    private EndpointStats Add(int worker)
    {
        var own = new EndpointStats();
        EndpointStats?[] before;
        EndpointStats?[] after;
        do
        {
            before = Volatile.Read(ref _workers);
            after = new EndpointStats?[Math.Max(before.Length, worker + 1)];
            before.CopyTo(after, 0);
            after[worker] = own;
        }
        while (Interlocked.CompareExchange(ref _workers, after, before) != before);
        return own;
    }
}
