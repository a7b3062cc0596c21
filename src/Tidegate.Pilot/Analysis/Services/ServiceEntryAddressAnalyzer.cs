using Tidegate.Pilot.Resources;
using Tidegate.Pilot.Yaml;

namespace Tidegate.Pilot.Analysis.Services;

/// <summary>Whether a ServiceEntry of TCP has addresses: nothing else tells one such service from another.</summary>
internal static class ServiceEntryAddressAnalyzer
{
    private static readonly string[] Allocators = ["ISTIO_META_DNS_AUTO_ALLOCATE", "PILOT_ENABLE_IP_AUTOALLOCATE"];

    public static void Analyze(AnalysisSnapshot snapshot, AnalysisReport report)
    {
        if (AllocatesAddresses(snapshot.Mesh))
        {
            return;
        }

        foreach (ServiceEntry entry in snapshot.ServiceEntries.Where(entry => entry.Spec.Addresses.Count == 0 && !HasAllocatedAddresses(entry)))
        {
            for (int i = 0; i < entry.Spec.Ports.Count; i++)
            {
                if (entry.Spec.Ports[i].Protocol is "" || entry.Spec.Ports[i].Protocol.Equals("TCP", StringComparison.OrdinalIgnoreCase))
                {
                    report.Add(MessageTypes.AddressesRequired, entry, $"spec.ports[{i}].name", "ServiceEntry addresses are required for this protocol.");
                }
            }
        }
    }

    private static bool AllocatesAddresses(YamlMapping? mesh)
    {
        IReadOnlyDictionary<string, string> metadata = YamlPath.Find(mesh, "defaultConfig", "proxyMetadata").Map();
        return metadata.GetValueOrDefault("ISTIO_META_DNS_CAPTURE") == "true" && Allocators.Any(name => metadata.GetValueOrDefault(name) == "true");
    }

    private static bool HasAllocatedAddresses(ServiceEntry entry) => entry.Origin.ExactLineOf("status.addresses[0]") is not null;
}
