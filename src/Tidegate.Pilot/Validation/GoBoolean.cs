namespace Tidegate.Pilot.Validation;

/// <summary>Truth values as golang's <c>strconv.ParseBool</c> reads them.</summary>
internal static class GoBoolean
{
    /// <summary>The value; null when it is none.</summary>
    public static bool? Parse(string text) => text switch
    {
        "1" or "t" or "T" or "true" or "TRUE" or "True" => true,
        "0" or "f" or "F" or "false" or "FALSE" or "False" => false,
        _ => null,
    };
}
