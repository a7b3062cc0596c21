using Envoy.Config.Cluster.V3;
using Tidegate.Pilot.Resources;

namespace Tidegate.Pilot.Translation.EnvoyFilters;

/// <summary>Applies the patches of clusters, as Istio's <c>cluster_patch.go</c>.</summary>
/// <param name="patches">The patches.</param>
/// <param name="outcome">Takes what comes of them.</param>
internal sealed class ClusterPatches(EnvoyPatchSet patches, PatchOutcome outcome)
{
    /// <summary>The cluster with all patches, the very same without any, or null when one takes it away.</summary>
    public Cluster? Apply(Cluster cluster)
    {
        foreach (var patch in patches.Of(EnvoyApplyTo.Cluster).Where(patch => IsMeant(cluster, patch)))
        {
            if (patch.Operation != EnvoyPatchOperation.Add)
            {
                outcome.Matched.Add(patch);
            }
            if (patch.Operation == EnvoyPatchOperation.Remove)
            {
                return null;
            }
            if (patch.Merges)
            {
                cluster = TransportSocketMerge.Apply(cluster, patch);
            }
        }
        return cluster;
    }

    private static bool IsMeant(Cluster cluster, EnvoyPatch patch)
    {
        if (patch.Cluster is not { } match)
        {
            return true;
        }
        if (match.Name.Length > 0)
        {
            return match.Name == cluster.Name;
        }
        var isNamed = ClusterName.TryParse(cluster.Name, out var name);
        return (match.Subset.Length == 0 || (isNamed && name.Subset == match.Subset)) &&
            (match.Service.Length == 0 || (isNamed && name.Host == match.Service)) &&
            (match.PortNumber == 0 || (isNamed && name.Port == match.PortNumber));
    }
}
