using Envoy.Config.Listener.V3;
using Envoy.Extensions.Filters.Network.HttpConnectionManager.V3;
using Tidegate.Pilot.Resources;
using Tidegate.Pilot.Translation.Findings;
using Tidegate.Pilot.Validation;
using Tidegate.Rules.Values;
using Tidegate.Xds;

namespace Tidegate.Pilot.Translation.EnvoyFilters;

/// <summary>Patches that are for this gateway and have found nothing to be applied to, which Istio says nowhere.</summary>
internal static class UnmatchedPatches
{
    private const int MostNames = 8;

    /// <summary>What is to be said of them.</summary>
    /// <param name="patches">The patches that have matched nothing.</param>
    /// <param name="resources">What they could have matched. Where there is nothing of their class, what is missing is something else than a match.</param>
    public static IEnumerable<Finding> Find(IEnumerable<EnvoyPatch> patches, IReadOnlyList<XdsResource> resources)
    {
        foreach (var patch in patches)
        {
            var (type, what) = ClassOf(patch.Patch.ApplyTo);
            // What is added to the gateway itself is always applied.
            if (patch is { Operation: EnvoyPatchOperation.Add, Patch.ApplyTo: EnvoyApplyTo.Listener or EnvoyApplyTo.Cluster } || !resources.Any(resource => resource.Name.TypeUrl == type))
            {
                continue;
            }
            var isGuard = patch.Value is not null && GuardRules.MayProtect(ExtensionOf(patch));
            yield return new Finding(
                isGuard ? Severity.Error : Severity.Warning,
                DiagnosticCodes.PatchMatchesNothing,
                patch.Source,
                $"configPatches[{patch.Index}].{(patch.Patch.Match is null ? "applyTo" : "match")}",
                $"matches nothing that this gateway has; its {what} are {Names(resources, type)}; the patch has no effect{(isGuard ? ", and traffic is not protected by it" : "")}");
        }
    }

    private static (string Type, string What) ClassOf(EnvoyApplyTo applyTo) => applyTo switch
    {
        EnvoyApplyTo.RouteConfiguration or EnvoyApplyTo.VirtualHost or EnvoyApplyTo.HttpRoute => (XdsTypes.Route, "route configurations"),
        EnvoyApplyTo.Cluster => (XdsTypes.Cluster, "clusters"),
        _ => (XdsTypes.Listener, "listeners"),
    };

    private static string ExtensionOf(EnvoyPatch patch) => patch.Value switch
    {
        HttpFilter { TypedConfig: { } config } => TypedStructs.TypeNameOf(config),
        Filter { TypedConfig: { } config } => TypedStructs.TypeNameOf(config),
        ListenerFilter { TypedConfig: { } config } => TypedStructs.TypeNameOf(config),
        HttpFilter filter => filter.Name,
        Filter filter => filter.Name,
        ListenerFilter filter => filter.Name,
        _ => "",
    };

    private static string Names(IReadOnlyList<XdsResource> resources, string type)
    {
        var names = resources.Where(resource => resource.Name.TypeUrl == type).Select(resource => resource.Name.Name).Order(StringComparer.Ordinal).ToArray();
        return names.Length <= MostNames ? string.Join(", ", names) : $"{string.Join(", ", names.Take(MostNames))} and {names.Length - MostNames} more";
    }
}
