using Tidegate.Proxy.Runtime;
using Tidegate.Proxy.Runtime.FilterChains;
using Tidegate.Proxy.Telemetry;
using Tidegate.Xds;

namespace Tidegate.Proxy.Configuration;

/// <summary>
/// Counts what came of the versions of each route configuration, for every connection manager that has it (Envoy: <c>http.STAT_PREFIX.rds.NAME.</c>).
/// Called where configuration is applied, one at a time.
/// </summary>
/// <param name="stats">Where they are shown.</param>
/// <param name="time">The clock.</param>
internal sealed class RouteStatistics(StatsStore stats, TimeProvider time)
{
    private readonly Dictionary<(string StatPrefix, string Name), StatScope<SubscriptionStats>> _scopes = [];

    /// <summary>Counts an update.</summary>
    /// <param name="delta">What came.</param>
    /// <param name="rejections">What of it was refused, whole or in units.</param>
    /// <param name="listeners">The listeners in force.</param>
    /// <param name="took">How long it took to apply it.</param>
    public void Count(XdsDelta delta, IReadOnlyList<XdsRejection> rejections, IEnumerable<RuntimeListener> listeners, TimeSpan took)
    {
        (string StatPrefix, string Name)[] users =
        [
            .. listeners.SelectMany(static listener => listener.AllFilterChains).Select(static chain => chain.Http).OfType<RuntimeHttpConnectionManager>()
                .Where(static manager => !manager.Routes.IsInline).Select(static manager => (manager.StatPrefix, manager.Routes.Name)).Distinct(),
        ];
        foreach ((string StatPrefix, string Name) gone in _scopes.Keys.Except(users).ToArray())
        {
            stats.Remove(_scopes[gone]);
            _scopes.Remove(gone);
        }

        foreach (XdsResource resource in delta.Changed.Where(static resource => resource.Name.TypeUrl == XdsTypes.Route))
        {
            bool isRejected = rejections.Any(rejection => rejection.Name == resource.Name);
            foreach ((string StatPrefix, string Name) user in users.Where(user => user.Name == resource.Name.Name))
            {
                ScopeOf(user).Main.Count(resource.Version, isRejected, time.GetUtcNow(), took);
            }
        }
    }

    private StatScope<SubscriptionStats> ScopeOf((string StatPrefix, string Name) user)
    {
        if (!_scopes.TryGetValue(user, out StatScope<SubscriptionStats>? scope))
        {
            scope = stats.AddRouteConfiguration(user.StatPrefix, user.Name);
            _scopes.Add(user, scope);
        }

        return scope;
    }
}
