using System.Collections.Concurrent;
using Tidegate.Proxy.Telemetry;
using Tidegate.Proxy.Telemetry.AccessLogs;
using Tidegate.Proxy.Telemetry.Istio;
using Tidegate.Proxy.Upstream;

namespace Tidegate.Proxy.Listeners;

/// <summary>What all workers share. None of it is locked on the request path.</summary>
internal sealed record WorkerResources(
    ProxyOptions Options,
    StatsStore Stats,
    SharedClusters Clusters,
    ListenerScopeTable ListenerScopes,
    ConnectionLimit ConnectionLimit,
    ConnectionLimit PageConnectionLimit,
    IstioMetrics IstioMetrics,
    ServerHealth Health,
    OwnPages OwnPages,
    AccessLogFiles AccessLogs)
{
    /// <summary>What filters of all workers share, one object of each type.</summary>
    public ConcurrentDictionary<Type, Lazy<object>> SharedServices { get; } = new();
}
