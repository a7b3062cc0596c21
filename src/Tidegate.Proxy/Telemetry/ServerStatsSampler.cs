namespace Tidegate.Proxy.Telemetry;

/// <summary>Sets what <c>server.</c> says of the process itself, each time a sample is taken: uptime, memory, concurrency.</summary>
public static class ServerStatsSampler
{
    /// <summary>Registers it; the uptime counts from now.</summary>
    public static void Register(StatsStore stats, TimeProvider time)
    {
        long start = time.GetTimestamp();
        stats.Server.Concurrency = stats.Concurrency;
        stats.AddSampler(() =>
        {
            stats.Server.Uptime = (long)time.GetElapsedTime(start).TotalSeconds;
            stats.Server.MemoryAllocated = GC.GetTotalMemory(forceFullCollection: false);
            stats.Server.MemoryHeapSize = GC.GetGCMemoryInfo().TotalCommittedBytes;
            stats.Server.MemoryPhysicalSize = Environment.WorkingSet;
        });
    }
}
