using Tidegate.Pilot.Resources;
using Tidegate.Pilot.Validation;

namespace Tidegate.Pilot.Analysis.VirtualServices;

/// <summary>Whether the hosts and ports that VirtualServices send requests to are there, and whether routes for the mesh are taken for routes of a gateway.</summary>
internal static class DestinationHostAnalyzer
{
    public static void Analyze(AnalysisSnapshot snapshot, AnalysisReport report)
    {
        ILookup<string, VirtualService> splitting = snapshot.VirtualServices
            .SelectMany(service => service.Spec.Http.SelectMany(route => route.Route)
                .Where(weighted => weighted.Destination is { Subset.Length: > 0 } to && service.Spec.Hosts.Contains(to.Host))
                .Select(weighted => (weighted.Destination!.Host, Service: service)))
            .ToLookup(pair => pair.Host, pair => pair.Service, StringComparer.Ordinal);
        foreach (VirtualService service in snapshot.VirtualServices)
        {
            foreach (FoundDestination destination in Destinations.Of(service))
            {
                CheckHost(service, destination, snapshot.Hosts, report);
            }

            if (service.Spec.Gateways.Count > 0)
            {
                CheckSubsets(service, splitting, report);
            }
        }
    }

    private static void CheckHost(VirtualService service, FoundDestination destination, ServiceHosts hosts, AnalysisReport report)
    {
        Destination to = destination.Value;
        if (hosts.Find(to.Host, service.Namespace, service.Spec.ExportTo) is not { } found)
        {
            report.AddNotFound(service, destination.Field, destination.IsMirror ? "mirror host" : "host", to.Host);
        }
        else if (to.Port is null && found.Ports.Count > 1)
        {
            report.Add(
                MessageTypes.DestinationPortRequired,
                service,
                destination.Field,
                $"This VirtualService routes to a service {GoText.Quote(to.Host)} that exposes multiple ports [{string.Join(' ', found.Ports)}]. Specifying a port in the destination is required to disambiguate.");
        }
        else if (to.Port is { } port && !found.Ports.Contains((int)port))
        {
            report.AddNotFound(service, destination.Field, "host:port", $"{to.Host}:{port}");
        }
    }

    // A VirtualService for the mesh splits requests of sidecars only: what a gateway sends to the same host goes past it.
    private static void CheckSubsets(VirtualService service, ILookup<string, VirtualService> splitting, AnalysisReport report)
    {
        for (int i = 0; i < service.Spec.Http.Count; i++)
        {
            for (int j = 0; j < service.Spec.Http[i].Route.Count; j++)
            {
                if (service.Spec.Http[i].Route[j].Destination is not { Subset.Length: 0 } to)
                {
                    continue;
                }

                foreach (VirtualService other in splitting[to.Host])
                {
                    report.Add(
                        MessageTypes.IngressRulesNotAffected,
                        service,
                        $"spec.http[{i}].route[{j}].destination.host",
                        $"Subset in virtual service {ObjectName.Of(other)} has no effect on ingress gateway {ObjectName.Of(service)} requests");
                }
            }
        }
    }
}
