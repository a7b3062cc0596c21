using Tidegate.Pilot.Resources;
using Tidegate.Pilot.Validation;
using Tidegate.Pilot.Yaml;

namespace Tidegate.Pilot.Analysis.GatewayApi;

/// <summary>Judges CustomResourceDefinitions: those of the Gateway API that are too old, and those of Istio that nobody reads any more.</summary>
internal static class DefinitionAnalyzers
{
    private const string Kind = "CustomResourceDefinition";
    private const string VersionAnnotation = "gateway.networking.k8s.io/bundle-version";
    private const string RemovedGroup = "rbac.istio.io";

    private static readonly string[] RemovedKinds = ["ClusterRbacConfig", "RbacConfig", "ServiceRole", "ServiceRoleBinding"];

    private static readonly Dictionary<string, Version> Minimums = new(StringComparer.Ordinal)
    {
        ["grpcroutes.gateway.networking.k8s.io"] = new(1, 1, 0),
        ["backendtlspolicies.gateway.networking.k8s.io"] = new(1, 4, 0),
        ["tlsroutes.gateway.networking.k8s.io"] = new(1, 5, 0),
        ["tcproutes.gateway.networking.k8s.io"] = new(1, 6, 0),
    };

    /// <summary>Definitions of an older version than Istio reads.</summary>
    public static void AnalyzeVersions(AnalysisSnapshot snapshot, AnalysisReport report)
    {
        foreach (ForeignObject definition in snapshot.Foreign(Kind))
        {
            if (Minimums.TryGetValue(definition.Name, out Version? minimum)
                && definition.Metadata.Annotations.TryGetValue(VersionAnnotation, out string? text)
                && Version.TryParse(text.TrimStart('v').Split('-', '+')[0], out Version? installed)
                && installed < minimum)
            {
                report.Add(
                    MessageTypes.OldDefinition,
                    definition,
                    string.Empty,
                    $"Gateway API CRD {GoText.Quote(definition.Name)} is at version {GoText.Quote(text.TrimStart('v').Split('-', '+')[0])} but Istio requires at least {GoText.Quote(minimum.ToString())}; resources of this kind will not be processed. Upgrade the Gateway API CRDs to satisfy the minimum version.");
            }
        }
    }

    /// <summary>Definitions of kinds that Istio removed.</summary>
    public static void AnalyzeRemoved(AnalysisSnapshot snapshot, AnalysisReport report)
    {
        foreach (ForeignObject definition in snapshot.Foreign(Kind))
        {
            (string group, string kind) = (definition.At("spec", "group").Text(), definition.At("spec", "names", "kind").Text());
            if (group == RemovedGroup && RemovedKinds.Contains(kind))
            {
                report.Add(MessageTypes.Deprecated, definition, string.Empty, $"Deprecated: Custom resource type {group} {kind} is removed");
            }
        }
    }
}
