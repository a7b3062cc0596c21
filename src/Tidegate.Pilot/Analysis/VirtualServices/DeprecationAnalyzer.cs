using Tidegate.Pilot.Resources;

namespace Tidegate.Pilot.Analysis.VirtualServices;

/// <summary>Fields that Istio will drop.</summary>
internal static class DeprecationAnalyzer
{
    public static void Analyze(AnalysisSnapshot snapshot, AnalysisReport report)
    {
        foreach (VirtualService service in snapshot.VirtualServices.Where(service => service.Spec.Http.Any(route => route.Fault?.Delay is { Percent: > 0 })))
        {
            report.Add(
                MessageTypes.Deprecated,
                service,
                string.Empty,
                "Deprecated: HTTPRoute.fault.delay.percent is deprecated; use HTTPRoute.fault.delay.percentage");
        }

        foreach (ForeignObject sidecar in snapshot.Foreign("Sidecar").Where(sidecar => sidecar.At("spec", "outboundTrafficPolicy", "egressProxy") is not null))
        {
            report.Add(MessageTypes.Deprecated, sidecar, string.Empty, "Deprecated: OutboundTrafficPolicy.EgressProxy ignored");
        }
    }
}
