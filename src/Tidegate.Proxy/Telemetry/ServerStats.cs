namespace Tidegate.Proxy.Telemetry;

/// <summary>
/// What Envoy says of the whole server, under <c>server.</c>; names and meaning are Envoy's.
/// Written by control threads under the caller's own order; gauges are set when sampled (see <see cref="StatsStore.AddSampler"/>).
/// </summary>
public sealed class ServerStats
{
    /// <summary><c>concurrency</c>: Number of workers.</summary>
    public long Concurrency;

    /// <summary><c>live</c>: 1 when the server is live, 0 when it starts or drains.</summary>
    public long Live;

    /// <summary><c>state</c>: 0 live, 1 draining, 2 before initialization, 3 initializing (Envoy.Admin.V3.ServerInfo.State).</summary>
    public long State;

    /// <summary><c>uptime</c>: Seconds since the start.</summary>
    public long Uptime;

    /// <summary><c>total_connections</c>: Open connections, downstream, over all workers.</summary>
    public long TotalConnections;

    /// <summary><c>memory_allocated</c>: Bytes of live objects on the managed heap.</summary>
    public long MemoryAllocated;

    /// <summary><c>memory_heap_size</c>: Bytes that the managed heap has committed.</summary>
    public long MemoryHeapSize;

    /// <summary><c>memory_physical_size</c>: Resident bytes of the process.</summary>
    public long MemoryPhysicalSize;

    /// <summary><c>days_until_first_cert_expiring</c>: Days until the first certificate ends; 0 when one has ended. Without certificates it is not told: 0 would be an alarm.</summary>
    public long DaysUntilFirstCertExpiring;

    /// <summary>Whether there are any.</summary>
    internal bool HasCertificates { get; set; }

    /// <summary><c>version</c>: The first six digits of the commit as a number; not told where the build did not know it.</summary>
    public long Version;

    /// <summary><c>envoy_bug_failures</c>: Bugs that were caught: a request or connection that ended by an unexpected exception.</summary>
    public long EnvoyBugFailures;

    /// <summary><c>background_failures</c>: Turns of work beside the traffic that failed unexpectedly, and were tried again. Not Envoy's.</summary>
    public long BackgroundFailures;

    /// <summary><c>initialization_time_ms</c>: Time from the start to live, milliseconds.</summary>
    public readonly Histogram InitializationTimeMs = new();
}
