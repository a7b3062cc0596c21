using Tidegate.Proxy.Telemetry;
using Tidegate.Xds;

namespace Tidegate.Proxy.Runtime.Secrets;

/// <summary>Counts what came of the versions of each secret (Envoy: <c>sds.NAME.</c>). Called where configuration is applied, one at a time.</summary>
/// <param name="stats">Where they are shown.</param>
internal sealed class SecretStatistics(StatsStore stats)
{
    private readonly Dictionary<string, StatScope<SubscriptionStats>> _scopes = [];

    /// <summary>Counts an update.</summary>
    /// <param name="delta">What came.</param>
    /// <param name="rejections">What of it was refused.</param>
    public void Count(XdsDelta delta, IReadOnlyList<XdsRejection> rejections)
    {
        foreach (XdsResource resource in delta.Changed)
        {
            if (resource.Name.TypeUrl == XdsTypes.Secret)
            {
                Count(resource, rejections.Any(rejection => rejection.Name == resource.Name));
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

    private void Count(XdsResource resource, bool isRejected)
    {
        if (!_scopes.TryGetValue(resource.Name.Name, out StatScope<SubscriptionStats>? scope))
        {
            scope = stats.AddSecret(resource.Name.Name);
            _scopes.Add(resource.Name.Name, scope);
        }

        scope.Main.UpdateAttempt++;
        if (isRejected)
        {
            scope.Main.UpdateRejected++;
            return;
        }

        scope.Main.UpdateSuccess++;
        scope.Main.VersionText = resource.Version;
    }
}
