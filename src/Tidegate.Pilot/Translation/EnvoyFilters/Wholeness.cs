namespace Tidegate.Pilot.Translation.EnvoyFilters;

/// <summary>How much of a message is there.</summary>
internal enum Wholeness
{
    /// <summary>It is merged into another one: what is empty or not there is the other's.</summary>
    Part,

    /// <summary>It is an item of its own. Messages may be missing of it that were left out, because nobody acts on them.</summary>
    Item,

    /// <summary>It is all that is sent.</summary>
    Whole,
}
