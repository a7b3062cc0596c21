using System.Globalization;
using Tidegate.Pilot.Resources;

namespace Tidegate.Pilot.Analysis.Gateways;

/// <summary>Whether several Gateways have the same host on the same port and address of the same workload, of which only one can have it.</summary>
internal static class ConflictingGatewayAnalyzer
{
    public static void Analyze(AnalysisSnapshot snapshot, AnalysisReport report)
    {
        // Who has a host, on a port and at an address: there are thousands of Gateways, and few that share one.
        ILookup<(uint Port, string Bind, string Host), Gateway> owners = snapshot.Gateways
            .SelectMany(gateway => gateway.Spec.Servers.SelectMany(server => server.Hosts.Select(host => (Key: KeyOf(server, host), Gateway: gateway))))
            .ToLookup(pair => pair.Key, pair => pair.Gateway);
        foreach (Gateway gateway in snapshot.Gateways)
        {
            foreach (GatewayServer server in gateway.Spec.Servers)
            {
                string[] others =
                [
                    .. server.Hosts
                        .SelectMany(host => owners[KeyOf(server, host)])
                        .Where(other => !ReferenceEquals(other, gateway) && ShareWorkload(snapshot, gateway.Spec.Selector, other.Spec.Selector))
                        .Select(ObjectName.Of)
                        .Distinct()
                        .Order(StringComparer.Ordinal),
                ];
                if (others.Length > 0)
                {
                    string port = (server.Port?.Number ?? 0).ToString(CultureInfo.InvariantCulture);
                    report.Add(
                        MessageTypes.ConflictingGateways,
                        gateway,
                        string.Empty,
                        $"Conflict with gateways {string.Join(',', others)} (workload selector {Workload.Text(gateway.Spec.Selector)}, port {port}, hosts {string.Join(',', server.Hosts)}).");
                }
            }
        }
    }

    private static (uint Port, string Bind, string Host) KeyOf(GatewayServer server, string host) => (server.Port?.Number ?? 0, server.Bind, host);

    // The same selector, or one that is a part of the other in Kubernetes' text of it, where a pod fits both.
    private static bool ShareWorkload(AnalysisSnapshot snapshot, IReadOnlyDictionary<string, string> a, IReadOnlyDictionary<string, string> b)
    {
        (string first, string second) = (Workload.Text(a), Workload.Text(b));
        return first == second
            || ((first.Contains(second, StringComparison.Ordinal) || second.Contains(first, StringComparison.Ordinal))
                && snapshot.Workloads.Any(workload => workload.IsSelectedBy(a) && workload.IsSelectedBy(b)));
    }
}
