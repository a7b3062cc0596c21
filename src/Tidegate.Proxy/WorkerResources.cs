using System.Collections.Concurrent;
using Tidegate.Net.Memory;
using Tidegate.Proxy.Filters;
using Tidegate.Proxy.Listeners;
using Tidegate.Proxy.Telemetry;
using Tidegate.Proxy.Upstream;
using Tidegate.Proxy.Workers;

namespace Tidegate.Proxy;

/// <summary>What all workers share. None of it is locked on the request path.</summary>
internal sealed record WorkerResources(
    ProxyOptions Options,
    StatsStore Stats,
    MemoryBudget Memory,
    ServerHealth Health,
    OwnPages OwnPages,
    OwnListeners OwnListeners,
    SharedClusters Clusters,
    ListenerResources Listeners,
    IReadOnlyList<HttpFilter> FirstFilters)
{
    /// <summary>What filters of all workers share, one object of each type.</summary>
    public ConcurrentDictionary<Type, Lazy<object>> SharedServices { get; } = new();
}
