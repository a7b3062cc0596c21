using Tidegate.Proxy.Telemetry;
using Tidegate.Xds;

namespace Tidegate.Proxy.Configuration;

/// <summary>Counts what came of the versions of each secret (Envoy: <c>sds.NAME.</c>). Called where configuration is applied, one at a time.</summary>
/// <param name="stats">Where they are shown.</param>
/// <param name="time">The clock.</param>
internal sealed class SecretStatistics(StatsStore stats, TimeProvider time)
{
    private readonly Dictionary<string, StatScope<SubscriptionStats>> _scopes = [];

    /// <summary>Counts an update.</summary>
    /// <param name="delta">What came.</param>
    /// <param name="rejections">What of it was refused.</param>
    /// <param name="took">How long it took to apply it.</param>
    public void Count(XdsDelta delta, IReadOnlyList<XdsRejection> rejections, TimeSpan took)
    {
        foreach (XdsResource resource in delta.Changed)
        {
            if (resource.Name.TypeUrl == XdsTypes.Secret)
            {
                bool isRejected = rejections.Any(rejection => rejection.Name == resource.Name);
                ScopeOf(resource.Name.Name).Main.Count(resource.Version, isRejected, time.GetUtcNow(), took);
            }
        }

        foreach (XdsName name in delta.Removed)
        {
            if (name.TypeUrl == XdsTypes.Secret && _scopes.Remove(name.Name, out StatScope<SubscriptionStats>? scope))
            {
                stats.Remove(scope);
            }
        }
    }

    private StatScope<SubscriptionStats> ScopeOf(string name)
    {
        if (!_scopes.TryGetValue(name, out StatScope<SubscriptionStats>? scope))
        {
            scope = stats.AddSecret(name);
            _scopes.Add(name, scope);
        }

        return scope;
    }
}
