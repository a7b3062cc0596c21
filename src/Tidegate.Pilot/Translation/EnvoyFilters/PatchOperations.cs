using Tidegate.Pilot.Resources;

namespace Tidegate.Pilot.Translation.EnvoyFilters;

/// <summary>Operations that do nothing where they are asked for, as in Istio, which says so nowhere.</summary>
internal static class PatchOperations
{
    /// <summary>Why a patch can never be applied; null when it can.</summary>
    public static string? NeverApplies(EnvoyPatch patch)
    {
        var operation = patch.Operation;
        switch (patch.Patch.ApplyTo)
        {
            case EnvoyApplyTo.RouteConfiguration when !patch.Merges:
                return "does nothing to a route configuration: MERGE does";
            case EnvoyApplyTo.ListenerFilter or EnvoyApplyTo.NetworkFilter or EnvoyApplyTo.HttpFilter when operation == EnvoyPatchOperation.MergeAndReplaceList:
                return "does nothing to a filter: MERGE does";
            case EnvoyApplyTo.Listener or EnvoyApplyTo.FilterChain or EnvoyApplyTo.HttpRoute or EnvoyApplyTo.Cluster when operation == EnvoyPatchOperation.Replace:
                return "does nothing here: filters and virtual hosts can be replaced";
            case EnvoyApplyTo.ListenerFilter when (operation is EnvoyPatchOperation.Replace or EnvoyPatchOperation.Remove || patch.Merges) && string.IsNullOrEmpty(patch.Listener?.ListenerFilter):
                return "does nothing without match.listener.listenerFilter, the name of the filter that is meant";
            case EnvoyApplyTo.NetworkFilter when operation is EnvoyPatchOperation.Replace or EnvoyPatchOperation.Remove && patch.Listener?.FilterChain?.Filter is null:
                return "does nothing without match.listener.filterChain.filter, the filter that is meant";
            case EnvoyApplyTo.HttpFilter when operation is EnvoyPatchOperation.Replace or EnvoyPatchOperation.Remove && patch.Listener?.FilterChain is not { Filter: not null, SubFilter: not null }:
                return "does nothing without match.listener.filterChain.filter.subFilter, the HTTP filter that is meant";
            default:
                return null;
        }
    }
}
