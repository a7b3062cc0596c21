using Tidegate.Pilot.Translation.Incremental;

namespace Tidegate.Pilot.Translation.Services;

/// <summary>
/// All services that the gateway sees, by host. When several objects define a host: the one in the gateway's own namespace, else a
/// Kubernetes Service before a ServiceEntry, else the oldest (spec 6.4).
/// </summary>
internal sealed class ServiceIndex
{
    private readonly Dictionary<string, MeshService> _byHost;
    private readonly Dictionary<(string Host, string Namespace), MeshService> _byHostAndNamespace;

    private ServiceIndex(IReadOnlyList<MeshService> all, Dictionary<string, MeshService> byHost, Dictionary<(string, string), MeshService> byBoth)
    {
        All = all;
        _byHost = byHost;
        _byHostAndNamespace = byBoth;
    }

    /// <summary>One service per host, ordered by host.</summary>
    public IReadOnlyList<MeshService> All { get; }

    /// <summary>The service of that host, or null.</summary>
    public MeshService? Find(string host) => _byHost.GetValueOrDefault(host);

    /// <summary>What a VirtualService of a namespace means by a host: that namespace's service if there is one, else any.</summary>
    public MeshService? Find(string host, string namespaceName) => _byHostAndNamespace.GetValueOrDefault((host, namespaceName)) ?? Find(host);

    /// <summary>Builds the index.</summary>
    /// <param name="visible">The services that the gateway sees, oldest first.</param>
    /// <param name="gatewayNamespace">The gateway's namespace.</param>
    /// <param name="merged">Keeps what several ServiceEntries make together the same instance as long as they are the same.</param>
    public static ServiceIndex Build(IReadOnlyList<MeshService> visible, string gatewayNamespace, Memo<IdentityList, MeshService> merged)
    {
        var byHost = new Dictionary<string, MeshService>(visible.Count, StringComparer.Ordinal);
        var byBoth = new Dictionary<(string, string), MeshService>(visible.Count);
        Dictionary<string, List<MeshService>>? rivals = null;
        foreach (var service in visible)
        {
            byBoth.TryAdd((service.Hostname, service.Namespace), service);
            if (byHost.TryAdd(service.Hostname, service))
            {
                continue;
            }
            rivals ??= new Dictionary<string, List<MeshService>>(StringComparer.Ordinal);
            if (!rivals.TryGetValue(service.Hostname, out var list))
            {
                rivals[service.Hostname] = list = [byHost[service.Hostname]];
            }
            list.Add(service);
        }
        foreach (var (host, list) in rivals ?? [])
        {
            var winner = list.OrderByDescending(service => service.Namespace == gatewayNamespace).ThenByDescending(service => service.IsKubernetes).First();
            byHost[host] = MergePorts(winner, list, merged);
            byBoth[(host, winner.Namespace)] = byHost[host];
        }
        var all = byHost.Values.ToArray();
        Array.Sort(all, (a, b) => string.CompareOrdinal(a.Hostname, b.Hostname));
        return new ServiceIndex(all, byHost, byBoth);
    }

    /// <summary>ServiceEntries of one namespace with the same host add up their ports.</summary>
    private static MeshService MergePorts(MeshService winner, List<MeshService> rivals, Memo<IdentityList, MeshService> merged)
    {
        if (winner.IsKubernetes)
        {
            return winner;
        }
        var parts = rivals.Where(service => !service.IsKubernetes && service.Namespace == winner.Namespace).ToArray();
        return parts.Length == 1 ? winner : merged.GetOrAdd(new IdentityList(parts), parts, static (_, parts) => parts[0] with
        {
            Sources = [.. parts.SelectMany(part => part.Sources)],
            Ports = [.. parts.SelectMany(part => part.Ports).DistinctBy(port => port.Number)],
        });
    }
}
