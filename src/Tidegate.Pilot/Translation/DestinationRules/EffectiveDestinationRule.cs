using Tidegate.Pilot.Resources;

namespace Tidegate.Pilot.Translation.DestinationRules;

/// <summary>One DestinationRule, or several of one namespace and host taken together (spec 5.3). Compared by reference.</summary>
internal sealed class EffectiveDestinationRule
{
    public required string Host { get; init; }

    /// <summary>The rules it is made of, the one that gives it its name first.</summary>
    public required IReadOnlyList<DestinationRule> Sources { get; init; }

    public required IReadOnlyList<string> ExportTo { get; init; }

    /// <summary>The labels that a proxy must have; null for every proxy.</summary>
    public required IReadOnlyDictionary<string, string>? Selector { get; init; }

    /// <summary>That of the first source that has one.</summary>
    public required TrafficPolicy? TrafficPolicy { get; init; }

    /// <summary>Those of all sources; of several with one name, the first.</summary>
    public required IReadOnlyList<Subset> Subsets { get; init; }

    public DestinationRule First => Sources[0];

    public Subset? FindSubset(string? name) => Subsets.FirstOrDefault(subset => subset.Name == name);
}
