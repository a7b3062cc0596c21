using Tidegate.Pilot.Resources;
using Tidegate.Pilot.Sources;

namespace Tidegate.Pilot.Translation.Incremental;

/// <summary>The objects of one kind, oldest first. Keeps the order of the last pass, so that a change costs what changed and one walk.</summary>
internal sealed class OrderedObjects<T>
    where T : Resource
{
    private ObjectSet? _from;

    /// <summary>The objects in order: the same instance as long as they are the same.</summary>
    public IReadOnlyList<T> Items { get; private set; } = [];

    /// <summary>Takes over the objects of a set.</summary>
    public void Update(ObjectSet objects)
    {
        if (_from is not null && objects.HasSame<T>(_from))
        {
            _from = objects;
            return;
        }
        if (_from is not null && objects.TouchedSince(_from) is { } touched && Changed(objects, _from, touched) is { } changed)
        {
            (Items, _from) = (changed, objects);
            return;
        }
        var left = new HashSet<T>(objects.All<T>(), ReferenceEqualityComparer.Instance);
        var kept = new List<T>(left.Count);
        foreach (var item in Items)
        {
            if (left.Remove(item))
            {
                kept.Add(item);
            }
        }
        var added = left.ToArray();
        Array.Sort(added, ResourceAge.Compare);
        Items = Merge(kept, added);
        _from = objects;
    }

    /// <summary>The order with a few objects changed. Null when it is not as it was left.</summary>
    private List<T>? Changed(ObjectSet objects, ObjectSet from, IReadOnlyList<Resource> touched)
    {
        var items = new List<T>(Items.Count + touched.Count);
        items.AddRange(Items);
        foreach (var (was, now) in touched.OfType<T>().DistinctBy(resource => resource.Key).Select(resource => (from.Find(resource), objects.Find(resource))))
        {
            // Of one kind no two objects are equal in age, name and namespace.
            if (was is T old)
            {
                var at = items.BinarySearch(old, ResourceAge.Comparer);
                if (at < 0)
                {
                    return null;
                }
                items.RemoveAt(at);
            }
            if (now is T added)
            {
                items.Insert(~items.BinarySearch(added, ResourceAge.Comparer), added);
            }
        }
        return items;
    }

    private static T[] Merge(List<T> kept, T[] added)
    {
        var result = new T[kept.Count + added.Length];
        int k = 0, a = 0;
        for (var i = 0; i < result.Length; i++)
        {
            var takesKept = a == added.Length || (k < kept.Count && ResourceAge.Compare(kept[k], added[a]) <= 0);
            result[i] = takesKept ? kept[k++] : added[a++];
        }
        return result;
    }
}
