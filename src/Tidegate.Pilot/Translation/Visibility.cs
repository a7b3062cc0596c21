namespace Tidegate.Pilot.Translation;

/// <summary><c>exportTo</c>: which namespaces an object is visible in (spec 3.2, 6.4).</summary>
public static class Visibility
{
    /// <summary>Whether an object is visible in a namespace.</summary>
    /// <param name="exportTo">What the object says; empty for the default.</param>
    /// <param name="defaultExportTo">The mesh's default for its kind.</param>
    /// <param name="ownNamespace">The object's own namespace, which <c>.</c> stands for.</param>
    /// <param name="viewer">The namespace that looks.</param>
    public static bool IsVisible(IReadOnlyList<string> exportTo, IReadOnlyList<string> defaultExportTo, string ownNamespace, string viewer)
    {
        var list = exportTo.Count == 0 ? defaultExportTo : exportTo;
        foreach (var entry in list)
        {
            if (entry == "*" || entry == viewer || (entry == "." && ownNamespace == viewer))
            {
                return true;
            }
        }
        return false;
    }

    /// <summary>Whether everyone sees it.</summary>
    public static bool IsPublic(IReadOnlyList<string> exportTo, IReadOnlyList<string> defaultExportTo) =>
        (exportTo.Count == 0 ? defaultExportTo : exportTo).Contains("*");
}
