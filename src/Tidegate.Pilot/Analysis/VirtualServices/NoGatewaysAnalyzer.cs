using Tidegate.Pilot.Resources;

namespace Tidegate.Pilot.Analysis.VirtualServices;

/// <summary>
/// Whether a VirtualService names any Gateway: without one it is for the sidecars of a mesh alone, which is mostly a line that was forgotten. One that
/// others delegate to has neither hosts nor Gateways.
/// </summary>
internal static class NoGatewaysAnalyzer
{
    public static void Analyze(AnalysisSnapshot snapshot, AnalysisReport report)
    {
        foreach (VirtualService service in snapshot.VirtualServices.Where(service => service.Spec.Gateways.Count == 0 && service.Spec.Hosts.Count > 0))
        {
            report.Add(
                MessageTypes.NoGateways,
                service,
                string.Empty,
                "names no Gateway in spec.gateways, so it is for the sidecars of a mesh and has no effect on a gateway; name its Gateway, or write \"mesh\" if that is meant");
        }
    }
}
