using Tidegate.Pilot.Translation.Services;

namespace Tidegate.Pilot.Translation.Clusters;

/// <summary>
/// <c>failoverPriority</c> (spec 5.5): the more of the labels, from the first, an endpoint shares with the gateway, the sooner it is used.
/// A label may be given with the value to compare with, <c>key=value</c>.
/// </summary>
internal static class FailoverPriorities
{
    /// <summary>Splits localities by priority. The priorities may have gaps.</summary>
    public static List<LocalityGroup> Apply(List<LocalityGroup> groups, IReadOnlyList<string> labels, ProxyNode node)
    {
        var wanted = labels.Select(label => label.Split('=', 2) is [var key, var value] ? (key, value) : (label, node.LabelOf(label))).ToArray();
        return
        [
            .. groups.SelectMany(group => group.Endpoints
                .GroupBy(endpoint => PriorityOf(endpoint, wanted))
                .OrderBy(sharing => sharing.Key)
                .Select(sharing => LocalityGroup.Of(group.Locality, [.. sharing], sharing.Key))),
        ];
    }

    /// <summary>The number of labels from the first that differs on. Another network alone only puts it behind all that are in the same.</summary>
    private static uint PriorityOf(ServiceEndpoint endpoint, (string Key, string Value)[] wanted)
    {
        var behind = 0u;
        for (var i = 0; i < wanted.Length; i++)
        {
            if (endpoint.LabelOf(wanted[i].Key) == wanted[i].Value)
            {
                continue;
            }
            if (i == 0 && wanted[i].Key == TopologyLabels.Network)
            {
                behind = (uint)wanted.Length;
                continue;
            }
            return (uint)(wanted.Length - i) + behind;
        }
        return behind;
    }
}
