using Tidegate.Proxy.AccessLogs;
using Tidegate.Proxy.Istio;
using Tidegate.Proxy.Workers;

namespace Tidegate.Proxy.Listeners;

/// <summary>What the listeners of all workers share.</summary>
/// <param name="Scopes">Where their counters are.</param>
/// <param name="ConnectionLimit">The limit of client connections.</param>
/// <param name="PageConnectionLimit">The limit of connections to the gateway's own pages.</param>
/// <param name="IstioMetrics">Istio's metrics.</param>
/// <param name="AccessLogs">The files of access logs.</param>
internal sealed record ListenerResources(
    ListenerScopeTable Scopes,
    ConnectionLimit ConnectionLimit,
    ConnectionLimit PageConnectionLimit,
    IstioMetrics IstioMetrics,
    AccessLogFiles AccessLogs);
