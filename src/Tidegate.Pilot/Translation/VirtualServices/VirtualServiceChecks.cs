using Tidegate.Pilot.Resources;
using Tidegate.Pilot.Translation.Findings;

namespace Tidegate.Pilot.Translation.VirtualServices;

/// <summary>
/// What translating a VirtualService shows: what came of its delegates, whether the gateway sees it, and what of it a gateway does not look at. Whether what it
/// names is there, its Gateways, hosts and destinations, is for analysis (src/Tidegate.Pilot/Analysis), which no change waits for.
/// </summary>
internal sealed class VirtualServiceChecks(ProxyNode node, MeshSettings mesh)
{
    private const string Mesh = "mesh";

    /// <summary>What is to be said about a VirtualService. One that is only for the mesh is not the gateway's affair.</summary>
    public IReadOnlyList<Finding> Check(BoundVirtualService virtualService)
    {
        if (virtualService.Gateways is [Mesh])
        {
            return [];
        }

        var findings = new List<Finding>(virtualService.Findings);
        CheckVisibility(virtualService, findings);
        CheckAddressMatches(virtualService.Source, findings);
        return findings;
    }

    // Who reads a restriction takes it for one.
    private static void CheckAddressMatches(VirtualService source, List<Finding> findings)
    {
        const string Ignored = "a gateway does not look at it, as in Istio: the match holds whatever the address is";
        for (int i = 0; i < source.Spec.Tcp.Count; i++)
        {
            for (int j = 0; j < source.Spec.Tcp[i].Match.Count; j++)
            {
                L4MatchAttributes match = source.Spec.Tcp[i].Match[j];
                if (match.DestinationSubnets.Count > 0)
                {
                    findings.Add(Finding.Warning(DiagnosticCodes.NotYetActedOn, source, $"tcp[{i}].match[{j}].destinationSubnets", Ignored));
                }

                if (match.SourceSubnet.Length > 0)
                {
                    findings.Add(Finding.Warning(DiagnosticCodes.NotYetActedOn, source, $"tcp[{i}].match[{j}].sourceSubnet", Ignored));
                }
            }
        }

        for (int i = 0; i < source.Spec.Tls.Count; i++)
        {
            for (int j = 0; j < source.Spec.Tls[i].Match.Count; j++)
            {
                if (source.Spec.Tls[i].Match[j].DestinationSubnets.Count > 0)
                {
                    findings.Add(Finding.Warning(DiagnosticCodes.NotYetActedOn, source, $"tls[{i}].match[{j}].destinationSubnets", Ignored));
                }
            }
        }
    }

    private void CheckVisibility(BoundVirtualService virtualService, List<Finding> findings)
    {
        if (!Visibility.IsVisible(virtualService.Source.Spec.ExportTo, mesh.DefaultVirtualServiceExportTo, virtualService.Namespace, node.Namespace))
        {
            findings.Add(Finding.Warning(
                DiagnosticCodes.NotExported,
                virtualService.Source,
                "exportTo",
                $"does not include namespace {node.Namespace}, where the gateway runs; without it the gateway does not use this VirtualService"));
        }
    }
}
