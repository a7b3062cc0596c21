using System.Runtime.CompilerServices;
using Envoy.Config.Accesslog.V3;
using Tidegate.Proxy.Runtime;
using Tidegate.Proxy.Telemetry;
using Tidegate.Proxy.Telemetry.AccessLogs;

namespace Tidegate.Proxy.Listeners;

/// <summary>Where the counters of one listener are, and what its requests are logged to.</summary>
internal sealed record ListenerScopes(
    StatScope<ListenerStats> Listener,
    StatScope<HttpConnectionManagerStats> Http,
    StatScope<ListenerHttpStats> ListenerHttp,
    RuntimeAccessLog[] AccessLogs);

/// <summary>
/// The counters of every listener, shared by the workers: asked for once per listener, version and worker. Counters go on
/// when a listener changes, because their names do not.
/// </summary>
internal sealed class ListenerScopeTable(StatsStore stats)
{
    private readonly ConditionalWeakTable<RuntimeListener, ListenerScopes> _byListener = [];

    /// <summary>The scopes of a listener.</summary>
    public ListenerScopes Of(RuntimeListener listener) => _byListener.GetValue(listener, Make);

    private ListenerScopes Make(RuntimeListener listener)
    {
        RuntimeHttpConnectionManager manager = listener.FilterChains[0].Http;
        string name = listener.StatPrefix.Length > 0 ? listener.StatPrefix : listener.Addresses[0].ToString();
        return new ListenerScopes(
            stats.AddListener(name),
            stats.AddHttpConnectionManager(manager.StatPrefix),
            stats.AddListenerHttp(name, manager.StatPrefix),
            [.. manager.AccessLogs.Select(Compile)]);
    }

    // The listener's compiler has tried it before: what it cannot compile, it refuses.
    private static RuntimeAccessLog Compile(AccessLog log) =>
        RuntimeAccessLog.Compile(log, out string error) ?? throw new InvalidOperationException(error);
}
