using Tidegate.Pilot.Resources;
using Tidegate.Pilot.Translation.Gateways;
using Tidegate.Pilot.Translation.Services;
using Tidegate.Xds;

namespace Tidegate.Pilot.Translation;

/// <summary>From an emitted resource back to the objects it was made of, for messages.</summary>
internal sealed class ResourceOrigins(MergedGateway gateway, ServiceIndex services, IReadOnlyDictionary<string, Secret> secrets)
{
    /// <summary>The objects; none for what is always there.</summary>
    public IReadOnlyList<Resource> Of(XdsName name)
    {
        if (name.TypeUrl == XdsTypes.Route)
        {
            return gateway.ServersByRouteName.TryGetValue(name.Name, out var servers) ? Distinct(servers) : [];
        }
        if (name.TypeUrl == XdsTypes.Listener)
        {
            return Distinct(gateway.Ports.Where(port => name.Name.EndsWith($"_{port.Port.Number}", StringComparison.Ordinal)).SelectMany(port => port.Servers));
        }
        if (name.TypeUrl == XdsTypes.Secret)
        {
            return secrets.TryGetValue(name.Name, out var secret) ? [secret] : [];
        }
        return ClusterName.TryParse(name.Name, out var cluster) ? services.Find(cluster.Host)?.Sources ?? [] : [];
    }

    private static Resource[] Distinct(IEnumerable<BoundServer> servers) => [.. servers.Select(server => server.Gateway).Distinct(ReferenceEqualityComparer.Instance).Cast<Resource>()];
}
