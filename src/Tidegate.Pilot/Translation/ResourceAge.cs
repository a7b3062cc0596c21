using Tidegate.Pilot.Resources;

namespace Tidegate.Pilot.Translation;

/// <summary>
/// The order in which Istio takes objects of one kind: oldest first, then by name, then by namespace. Objects from files have no creation
/// time unless they say one; they count as equally old.
/// </summary>
internal static class ResourceAge
{
    public static IComparer<Resource> Comparer { get; } = Comparer<Resource>.Create(Compare);

    public static int Compare(Resource? a, Resource? b)
    {
        var age = (a!.Metadata.CreationTimestamp ?? DateTimeOffset.MinValue).CompareTo(b!.Metadata.CreationTimestamp ?? DateTimeOffset.MinValue);
        if (age != 0)
        {
            return age;
        }
        var name = string.CompareOrdinal(a.Name, b.Name);
        return name != 0 ? name : string.CompareOrdinal(a.Namespace, b.Namespace);
    }
}
