namespace Tidegate.Pilot.Translation.Features;

/// <summary>What a proxy does with a field.</summary>
public enum FieldUse
{
    /// <summary>It does nothing, and does not need it for the rest to mean what it says.</summary>
    LeftOut,

    /// <summary>It does nothing, and the rest means something else without it.</summary>
    Essential,

    /// <summary>There is nothing to do.</summary>
    Carried,

    /// <summary>It does what Envoy documents.</summary>
    ActedOn,
}

/// <summary>What a proxy does with one field of a message.</summary>
/// <param name="Use">What it does.</param>
/// <param name="IsUnit">Whether the field, or one member of it where it is a list or a map, can be left out alone.</param>
/// <param name="Slot">The kind of extension that stands in it; null when none does.</param>
/// <param name="Values">The values that it acts on; null for all.</param>
public sealed record FieldSupport(FieldUse Use, bool IsUnit = false, string? Slot = null, IReadOnlySet<string>? Values = null)
{
    /// <summary>A field that the table does not name.</summary>
    public static readonly FieldSupport Unnamed = new(FieldUse.LeftOut);
}
