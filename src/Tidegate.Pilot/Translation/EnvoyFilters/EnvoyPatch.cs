using Google.Protobuf;
using Tidegate.Pilot.Resources;

namespace Tidegate.Pilot.Translation.EnvoyFilters;

/// <summary>One patch that is for this gateway.</summary>
/// <param name="Source">The EnvoyFilter.</param>
/// <param name="Index">Its place in <c>configPatches</c>.</param>
/// <param name="Patch">What it says.</param>
/// <param name="Value">Its value as Envoy's message; null for REMOVE.</param>
internal sealed record EnvoyPatch(EnvoyFilter Source, int Index, EnvoyConfigPatch Patch, IMessage? Value)
{
    /// <summary>The names of filters in the value that keep traffic out and cannot be used as they are written.</summary>
    public IReadOnlyList<string> ClosedGuards { get; init; } = [];

    /// <summary>The name of the filter that is meant; empty where none is named.</summary>
    public string FilterName => Listener?.FilterChain?.SubFilter ?? Listener?.FilterChain?.Filter ?? Listener?.ListenerFilter ?? "";

    /// <summary>The path of the patch's value.</summary>
    public string ValuePath => $"configPatches[{Index}].patch.value";

    /// <summary>What is done. Inserting has no meaning where order has none, and adds.</summary>
    public EnvoyPatchOperation Operation => Patch.Operation switch
    {
        EnvoyPatchOperation.InsertBefore or EnvoyPatchOperation.InsertAfter or EnvoyPatchOperation.InsertFirst
            when Patch.ApplyTo is not (EnvoyApplyTo.HttpFilter or EnvoyApplyTo.NetworkFilter or EnvoyApplyTo.HttpRoute or EnvoyApplyTo.ListenerFilter) =>
            EnvoyPatchOperation.Add,
        var operation => operation,
    };

    public bool Merges => Operation is EnvoyPatchOperation.Merge or EnvoyPatchOperation.MergeAndReplaceList;

    public EnvoyListenerMatch? Listener => Patch.Match?.Listener;

    public EnvoyRouteMatch? Route => Patch.Match?.RouteConfiguration;

    public EnvoyClusterMatch? Cluster => Patch.Match?.Cluster;

    /// <summary>A message with the value merged in.</summary>
    public T MergeInto<T>(T target)
        where T : IMessage => MessageMerge.Merge(target, Value!, Operation == EnvoyPatchOperation.MergeAndReplaceList);

    /// <summary>
    /// Adds to a list, takes out of it or replaces in it; merging is another matter. Without something to look for, what goes before it goes
    /// first and what goes after it goes last, and nothing is replaced or taken out. Only the first that is found counts, but for REMOVE.
    /// </summary>
    /// <returns>Whether there was what the patch is about.</returns>
    public bool Edit<T>(IList<T> list, bool looksForOne, Func<T, bool> isMeant)
        where T : class
    {
        switch (Operation)
        {
            case EnvoyPatchOperation.Add:
            case EnvoyPatchOperation.InsertAfter when !looksForOne:
                list.Add((T)Value!);
                return true;
            case EnvoyPatchOperation.InsertFirst:
            case EnvoyPatchOperation.InsertBefore when !looksForOne:
                list.Insert(0, (T)Value!);
                return true;
            case EnvoyPatchOperation.InsertBefore when IndexOf(list, isMeant) is >= 0 and var index:
                list.Insert(index, (T)Value!);
                return true;
            case EnvoyPatchOperation.InsertAfter when IndexOf(list, isMeant) is >= 0 and var index:
                list.Insert(index + 1, (T)Value!);
                return true;
            case EnvoyPatchOperation.Replace when looksForOne && IndexOf(list, isMeant) is >= 0 and var index:
                list[index] = (T)Value!;
                return true;
            case EnvoyPatchOperation.Remove when looksForOne:
                var count = list.Count;
                for (var i = list.Count - 1; i >= 0; i--)
                {
                    if (isMeant(list[i]))
                    {
                        list.RemoveAt(i);
                    }
                }
                return list.Count < count;
            default:
                return false;
        }
    }

    private static int IndexOf<T>(IList<T> list, Func<T, bool> isMeant)
    {
        for (var i = 0; i < list.Count; i++)
        {
            if (isMeant(list[i]))
            {
                return i;
            }
        }
        return -1;
    }
}
