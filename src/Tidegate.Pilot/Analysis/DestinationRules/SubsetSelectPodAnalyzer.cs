using Tidegate.Pilot.Resources;

namespace Tidegate.Pilot.Analysis.DestinationRules;

/// <summary>Whether the host of a DestinationRule is defined, and whether its subsets select anything that runs.</summary>
internal static class SubsetSelectPodAnalyzer
{
    public static void Analyze(AnalysisSnapshot snapshot, AnalysisReport report)
    {
        foreach (DestinationRule rule in snapshot.DestinationRules)
        {
            if (snapshot.Hosts.Find(rule.Spec.Host, rule.Namespace, rule.Spec.ExportTo) is not { } host)
            {
                report.Add(MessageTypes.UnknownRuleHost, rule, string.Empty, $"The host {rule.Spec.Host} defined in the DestinationRule does not match any services in the mesh.");
                continue;
            }

            // A running gateway knows where requests really go: EndpointAnalyzer tells.
            if (rule.Spec.Subsets.Count == 0 || snapshot.EndpointCounts is not null)
            {
                continue;
            }

            IReadOnlyList<IReadOnlyDictionary<string, string>> running = LabelsBehind(snapshot, host);
            foreach (Subset subset in rule.Spec.Subsets.Where(subset => !running.Any(labels => subset.Labels.All(label => labels.GetValueOrDefault(label.Key) == label.Value))))
            {
                Report(rule, subset.Name, report);
            }
        }
    }

    /// <summary>Reports that a subset selects nothing.</summary>
    internal static void Report(DestinationRule rule, string subset, AnalysisReport report) => report.Add(
        MessageTypes.SubsetSelectsNothing,
        rule,
        string.Empty,
        $"The Subset {subset} defined in the DestinationRule does not select any pods. Which may lead to 503 UH (NoHealthyUpstream).");

    // Of a Service, Istio looks at all pods.
    private static IReadOnlyList<IReadOnlyDictionary<string, string>> LabelsBehind(AnalysisSnapshot snapshot, ServiceHost host)
    {
        string nameSpace = host.Source.Namespace;
        return
        [
            .. snapshot.Workloads.Where(workload => host.Source is Service || workload.IsSelectedBy(host.Selector)).Select(workload => workload.Labels),
            .. snapshot.WorkloadEntries.Where(entry => entry.Namespace == nameSpace).Select(entry => entry.Spec.Labels),
            .. host.Source is ServiceEntry { Spec.Endpoints: var endpoints } ? endpoints.Select(endpoint => endpoint.Labels) : [],
            .. snapshot.EndpointSlices.Where(slice => slice.Namespace == nameSpace).Select(slice => slice.Metadata.Labels),
        ];
    }
}
