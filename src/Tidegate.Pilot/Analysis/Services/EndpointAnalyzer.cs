using Tidegate.Pilot.Analysis.VirtualServices;
using Tidegate.Pilot.Resources;

namespace Tidegate.Pilot.Analysis.Services;

/// <summary>Whether what a running gateway sends requests to has endpoints.</summary>
internal static class EndpointAnalyzer
{
    public static void Analyze(AnalysisSnapshot snapshot, AnalysisReport report)
    {
        if (snapshot.EndpointCounts is not { } counts)
        {
            return;
        }

        ILookup<(string Host, string Subset), int> byHost = counts.ToLookup(pair => (pair.Key.Host, pair.Key.Subset), pair => pair.Value);
        HashSet<Resource> reported = new(ReferenceEqualityComparer.Instance);
        foreach (VirtualService user in snapshot.VirtualServices.Where(service => service.Spec.Gateways.Any(gateway => gateway != GatewayAnalyzer.Mesh)))
        {
            foreach (FoundDestination destination in Destinations.Of(user))
            {
                string host = ServiceHosts.Expand(destination.Value.Host, user.Namespace, snapshot.Node.DomainSuffix);
                if (!IsEmpty(byHost[(host, string.Empty)]) || snapshot.Hosts.Find(destination.Value.Host, user.Namespace, user.Spec.ExportTo) is not { } service)
                {
                    CheckSubset(snapshot, destination.Value, host, byHost, report);
                }
                else if (reported.Add(service.Source))
                {
                    report.Add(
                        MessageTypes.NoEndpoints,
                        service.Source,
                        string.Empty,
                        $"has no endpoint, and VirtualService {ObjectName.Of(user)} sends requests to it ({destination.Field}): they are answered with 503; give it an EndpointSlice, or --endpoint {service.Source.Name}.{service.Source.Namespace}=HOST:PORT");
                }
            }
        }
    }

    private static void CheckSubset(AnalysisSnapshot snapshot, Destination to, string host, ILookup<(string Host, string Subset), int> counts, AnalysisReport report)
    {
        if (to.Subset.Length == 0 || !IsEmpty(counts[(host, to.Subset)]))
        {
            return;
        }

        DestinationRule? rule = snapshot.DestinationRules.FirstOrDefault(rule =>
            ServiceHosts.Expand(rule.Spec.Host, rule.Namespace, snapshot.Node.DomainSuffix) == host && rule.Spec.Subsets.Any(subset => subset.Name == to.Subset));
        if (rule is not null)
        {
            DestinationRules.SubsetSelectPodAnalyzer.Report(rule, to.Subset, report);
        }
    }

    // Clusters without an entry have endpoints of their own (names that the proxy resolves).
    private static bool IsEmpty(IEnumerable<int> counts) => counts.Any() && counts.All(count => count == 0);
}
