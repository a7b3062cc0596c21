using Tidegate.Pilot.Translation.Findings;

namespace Tidegate.Pilot.Translation.EnvoyFilters;

/// <summary>What came of applying patches to a resource, beside the resource.</summary>
internal sealed class PatchOutcome
{
    /// <summary>What is wrong with the patches.</summary>
    public List<Finding> Findings { get; } = [];

    /// <summary>Those that have found what they are about.</summary>
    public HashSet<EnvoyPatch> Matched { get; } = new(ReferenceEqualityComparer.Instance);

    /// <summary>The names of filters that keep traffic out and cannot be used where they were put.</summary>
    public HashSet<string> ClosedGuards { get; } = new(StringComparer.Ordinal);
}
