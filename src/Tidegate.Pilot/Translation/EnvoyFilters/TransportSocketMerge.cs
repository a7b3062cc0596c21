using Envoy.Config.Cluster.V3;
using Envoy.Config.Core.V3;
using Envoy.Config.Listener.V3;

namespace Tidegate.Pilot.Translation.EnvoyFilters;

/// <summary>
/// Merges patches with a transport socket: into the configuration of one with the same name, in place of another. The rest of such a patch is
/// merged as always (Istio drops it).
/// </summary>
internal static class TransportSocketMerge
{
    public static Cluster Apply(Cluster cluster, EnvoyPatch patch)
    {
        var value = (Cluster)patch.Value!;
        if (value.TransportSocket is null)
        {
            return patch.MergeInto(cluster);
        }
        var rest = MessageMerge.Copy(value);
        rest.TransportSocket = null;
        var result = (patch with { Value = rest }).MergeInto(cluster);
        if (result.TransportSocketMatches.Count > 0)
        {
            // Both forms at once would not be valid: it goes to the one of its name, if any.
            for (var i = 0; i < result.TransportSocketMatches.Count; i++)
            {
                var own = result.TransportSocketMatches[i];
                if (own.TransportSocket?.Name == value.TransportSocket.Name)
                {
                    result.TransportSocketMatches[i] = new Cluster.Types.TransportSocketMatch(own) { TransportSocket = Merge(own.TransportSocket, value.TransportSocket) };
                    break;
                }
            }
            return result;
        }
        result.TransportSocket = Merge(result.TransportSocket, value.TransportSocket);
        return result;
    }

    public static FilterChain Apply(FilterChain chain, EnvoyPatch patch)
    {
        var value = (FilterChain)patch.Value!;
        if (value.TransportSocket is null || chain.TransportSocket?.Name != value.TransportSocket.Name)
        {
            return patch.MergeInto(chain);
        }
        var rest = MessageMerge.Copy(value);
        rest.TransportSocket = null;
        var result = (patch with { Value = rest }).MergeInto(chain);
        result.TransportSocket = Merge(result.TransportSocket, value.TransportSocket);
        return result;
    }

    private static TransportSocket Merge(TransportSocket? own, TransportSocket value)
    {
        if (own is null || own.Name != value.Name)
        {
            return value;
        }
        return own.TypedConfig is not null && value.TypedConfig is not null && MessageMerge.Merge(own.TypedConfig, value.TypedConfig) is { } merged
            ? new TransportSocket(own) { TypedConfig = merged }
            : own;
    }
}
