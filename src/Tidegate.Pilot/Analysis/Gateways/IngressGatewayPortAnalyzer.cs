using Tidegate.Pilot.Resources;
using Tidegate.Pilot.Translation.Gateways;

namespace Tidegate.Pilot.Analysis.Gateways;

/// <summary>Whether a Gateway selects something that runs, and whether the ports of its servers are on a Service in front of it.</summary>
internal static class IngressGatewayPortAnalyzer
{
    public static void Analyze(AnalysisSnapshot snapshot, AnalysisReport report)
    {
        foreach (Gateway gateway in snapshot.Gateways)
        {
            IReadOnlyDictionary<string, string> selector = gateway.Spec.Selector;
            string field = Workload.FieldOf("spec.selector", selector);
            Workload[] selected = [.. snapshot.Workloads.Where(workload => workload.IsSelectedBy(selector))];
            if (selected.Length == 0)
            {
                report.AddNotFound(gateway, field, "selector", Workload.Text(selector));
                continue;
            }

            HashSet<long> ports = [.. selected.SelectMany(workload => PortsOf(snapshot, workload))];
            foreach (GatewayPort port in gateway.Spec.Servers.Select(server => server.Port).OfType<GatewayPort>().Where(port => !ports.Contains(port.Number)))
            {
                report.Add(
                    MessageTypes.PortNotOnService,
                    gateway,
                    field,
                    $"The gateway is listening on a target port (port {port.Number}) that is not defined in the Service associated with its workload instances (Pod selector {Workload.Text(selector)}). If you need to access the gateway port through the gateway Service, it will not be available.");
            }
        }
    }

    // The ports and the target ports of the Services that select it.
    private static IEnumerable<long> PortsOf(AnalysisSnapshot snapshot, Workload workload)
    {
        foreach (Service service in snapshot.Services.Where(service => service.Namespace == workload.Namespace && workload.IsSelectedBy(service.Spec.Selector)))
        {
            foreach (KubernetesServicePort port in service.Spec.Ports.Where(port => port.Protocol is "" or "TCP"))
            {
                yield return port.Port;
                yield return port.TargetPort?.Number ?? 0;
            }
        }

        // The built-in Service of this gateway is no object.
        foreach (GatewayServicePort port in snapshot.IsThisGateway(workload) ? snapshot.OwnServices.SelectMany(service => service.Ports) : [])
        {
            yield return port.Port;
            yield return port.TargetPort;
        }
    }
}
