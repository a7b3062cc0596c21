using System.Text.Json;
using Tidegate.Pilot.Resources;

namespace Tidegate.Pilot.Analysis.EnvoyFilters;

/// <summary>Whether the operations of EnvoyFilters do anything, and do it wherever other EnvoyFilters put what they are relative to.</summary>
internal static class EnvoyPatchAnalyzer
{
    public static void Analyze(AnalysisSnapshot snapshot, AnalysisReport report)
    {
        // Names of what patches for one version of the proxy were about, in the order of the filters.
        HashSet<string> versioned = [];
        foreach (EnvoyFilter filter in snapshot.EnvoyFilters)
        {
            for (int i = 0; i < filter.Spec.ConfigPatches.Count; i++)
            {
                EnvoyConfigPatch patch = filter.Spec.ConfigPatches[i];
                if (patch is { Operation: EnvoyPatchOperation.Invalid, Value: null })
                {
                    break; // as Istio does
                }

                string name = NameOf(patch);
                if (Judge(patch, filter.Spec.Priority, versioned.Contains(name)) is var (type, message))
                {
                    report.Add(type, filter, $"spec.configPatches[{i}].patch.value", message);
                }

                if (patch.Match is { ProxyVersion.Length: > 0 })
                {
                    versioned.Add(name);
                }
            }
        }
    }

    private static (MessageType Type, string Message)? Judge(EnvoyConfigPatch patch, int priority, bool isVersioned)
    {
        bool isRoute = patch.ApplyTo is EnvoyApplyTo.RouteConfiguration or EnvoyApplyTo.HttpRoute;
        bool isReplaceable = patch.ApplyTo is EnvoyApplyTo.NetworkFilter or EnvoyApplyTo.HttpFilter or EnvoyApplyTo.VirtualHost;
        return patch.Operation switch
        {
            EnvoyPatchOperation.Add when isRoute =>
                (MessageTypes.AddIncorrectly, "The ADD operation will be ignored when applyTo is set to ROUTE_CONFIGURATION, or HTTP_ROUTE."),
            EnvoyPatchOperation.Remove when isRoute =>
                (MessageTypes.RemoveIncorrectly, "The REMOVE operation will be ignored when applyTo is set to ROUTE_CONFIGURATION, or HTTP_ROUTE."),
            EnvoyPatchOperation.Replace when !isReplaceable =>
                (MessageTypes.ReplaceIncorrectly, "The REPLACE operation is only valid for HTTP_FILTER and NETWORK_FILTER."),
            EnvoyPatchOperation.Remove or EnvoyPatchOperation.Replace or EnvoyPatchOperation.InsertBefore or EnvoyPatchOperation.InsertAfter when priority == 0 => isVersioned
                ? (MessageTypes.RelativeOperationWithVersion, "This EnvoyFilter does not have a priority and has a relative patch operation (NSTERT_BEFORE/AFTER, REPLACE, MERGE, DELETE) and proxyVersion set which can cause the EnvoyFilter not to be applied during an upgrade. Using the INSERT_FIRST or ADD option or setting the priority may help in ensuring the EnvoyFilter is applied correctly.")
                : (MessageTypes.RelativeOperation, "This EnvoyFilter does not have a priority and has a relative patch operation set which can cause the EnvoyFilter not to be applied. Using the INSERT_FIRST of ADD option or setting the priority may help in ensuring the EnvoyFilter is applied correctly."),
            _ => null,
        };
    }

    // What a patch puts in, or the filter that it is about where its value has no name. A value's name and a match's are never the same to Istio.
    private static string NameOf(EnvoyConfigPatch patch)
    {
        if (patch.Value is null)
        {
            return string.Empty;
        }

        using JsonDocument value = JsonDocument.Parse(patch.Value);
        return value.RootElement.ValueKind == JsonValueKind.Object && value.RootElement.TryGetProperty("name", out JsonElement name)
            ? $"value {name}"
            : patch.Match?.Listener?.FilterChain?.Filter ?? string.Empty;
    }
}
