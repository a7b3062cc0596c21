namespace Tidegate.Printing;

/// <summary>Truth values as Go's flag package writes them.</summary>
internal static class BooleanText
{
    /// <summary>Reads one; false when the text is none.</summary>
    public static bool TryParse(string text, out bool value)
    {
        value = text is "true" or "True" or "TRUE" or "t" or "T" or "1";
        return value || text is "false" or "False" or "FALSE" or "f" or "F" or "0";
    }
}
