using Tidegate.Pilot.Resources;

namespace Tidegate.Pilot.Analysis.VirtualServices;

/// <summary>Whether the subsets that VirtualServices send requests to are defined by a DestinationRule.</summary>
internal static class DestinationRuleAnalyzer
{
    public static void Analyze(AnalysisSnapshot snapshot, AnalysisReport report)
    {
        HashSet<((string, string) Host, string Subset)> defined =
        [
            .. snapshot.DestinationRules.SelectMany(rule => rule.Spec.Subsets.Select(subset => (ServiceHosts.NameOf(rule.Spec.Host, rule.Namespace), subset.Name))),
        ];
        foreach (VirtualService service in snapshot.VirtualServices)
        {
            foreach ((Destination to, string field, bool isMirror) in Destinations.Of(service))
            {
                if (to.Subset.Length > 0 && !defined.Contains((ServiceHosts.NameOf(to.Host, service.Namespace), to.Subset)))
                {
                    report.AddNotFound(service, field, isMirror ? "mirror+subset in destinationrule" : "host+subset in destinationrule", $"{to.Host}+{to.Subset}");
                }
            }
        }
    }
}
