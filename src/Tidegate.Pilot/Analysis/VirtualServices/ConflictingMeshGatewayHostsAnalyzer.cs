using Tidegate.Pilot.Resources;
using Tidegate.Pilot.Translation;

namespace Tidegate.Pilot.Analysis.VirtualServices;

/// <summary>Whether several VirtualServices for the mesh have the same host where both are seen.</summary>
internal static class ConflictingMeshGatewayHostsAnalyzer
{
    private const string Everywhere = "*";

    public static void Analyze(AnalysisSnapshot snapshot, AnalysisReport report)
    {
        ILookup<(string Scope, string Host), VirtualService> byHost = (
            from service in snapshot.VirtualServices
            where service.Spec.Gateways.Count == 0 || service.Spec.Gateways.Contains(GatewayAnalyzer.Mesh)
            from scope in ServiceHosts.Scopes(service.Spec.ExportTo, service.Namespace)
            from host in service.Spec.Hosts
            select (Key: (scope, ServiceHosts.Expand(host, service.Namespace, snapshot.Node.DomainSuffix)), Service: service))
            .ToLookup(pair => pair.Key, pair => pair.Service);
        (string Host, IEnumerable<VirtualService> Services)[] everywhere = [.. byHost.Where(group => group.Key.Scope == Everywhere).Select(group => (group.Key.Host, (IEnumerable<VirtualService>)group))];
        HashSet<VirtualService> reported = new(ReferenceEqualityComparer.Instance);
        foreach (IGrouping<(string Scope, string Host), VirtualService> group in byHost.OrderBy(group => group.Key.Scope, StringComparer.Ordinal).ThenBy(group => group.Key.Host, StringComparer.Ordinal))
        {
            List<VirtualService> sharing = [.. group];
            if (group.Key.Scope != Everywhere)
            {
                sharing.AddRange(everywhere.Where(other => HostNames.Matches(group.Key.Host, other.Host)).SelectMany(other => other.Services));
            }

            if (sharing.Count < 2)
            {
                continue;
            }

            string names = string.Join(',', sharing.Select(ObjectName.Of).Order(StringComparer.Ordinal));
            foreach (VirtualService service in sharing.Where(reported.Add))
            {
                report.Add(
                    MessageTypes.ConflictingMeshHosts,
                    service,
                    "metadata.name",
                    $"The VirtualServices {names} associated with mesh gateway define the same host {group.Key.Scope}/{group.Key.Host} which can lead to undefined behavior. This can be fixed by merging the conflicting VirtualServices into a single resource.");
            }
        }
    }
}
