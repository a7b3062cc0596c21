using System.Globalization;
using Tidegate.Pilot.Resources;
using Tidegate.Pilot.Translation.Services;

namespace Tidegate.Pilot.Analysis.Services;

/// <summary>Whether the ports of Services say what they carry.</summary>
internal static class PortNameAnalyzer
{
    private const string ManagedLabel = "gateway.istio.io/managed";

    private static readonly string[] Managers = ["istio.io-gateway-controller", "istio.io-mesh-controller", "istio.io-eastwest-controller"];

    public static void Analyze(AnalysisSnapshot snapshot, AnalysisReport report)
    {
        foreach (Service service in snapshot.Services.Where(service => !IsIstios(service)))
        {
            bool isAlias = service.Spec.Type == ServiceType.ExternalName;
            for (int i = 0; i < service.Spec.Ports.Count; i++)
            {
                KubernetesServicePort port = service.Spec.Ports[i];
                string? appProtocol = port.AppProtocol.Length == 0 ? null : port.AppProtocol;
                if (PortProtocols.OfServicePort(port.Port, port.Name, port.Protocol, appProtocol) != PortProtocol.Unsupported && !(isAlias && port.Name == "tcp"))
                {
                    continue;
                }

                string field = $"spec.ports[{i}].port";
                if (isAlias)
                {
                    report.Add(
                        MessageTypes.ExternalNamePortName,
                        service,
                        field,
                        "Port name for ExternalName service is invalid. Proxy may prevent tcp named ports and unmatched traffic for ports serving TCP protocol from being forwarded correctly");
                }
                else
                {
                    string target = port.TargetPort switch
                    {
                        { Name: { Length: > 0 } name } => name,
                        { Number: var number } => number.ToString(CultureInfo.InvariantCulture),
                        null => "0",
                    };
                    report.Add(
                        MessageTypes.PortNameConvention,
                        service,
                        field,
                        $"Port name {port.Name} (port: {port.Port}, targetPort: {target}) doesn't follow the naming convention of Istio port.");
                }
            }
        }
    }

    // Its own Services, and those that it makes for Gateways: nobody wrote their names.
    private static bool IsIstios(Service service)
    {
        IReadOnlyDictionary<string, string> labels = service.Metadata.Labels;
        return labels.ContainsKey("istio")
            || labels.GetValueOrDefault("release") == "istio"
            || (labels.TryGetValue(ManagedLabel, out string? manager) && Managers.Contains(manager));
    }
}
