using Tidegate.Pilot.Translation.Findings;
using Tidegate.Xds;

namespace Tidegate.Pilot.Translation.EnvoyFilters;

/// <summary>What patches made of a resource.</summary>
/// <param name="Resource">The resource; null when a patch takes it away.</param>
/// <param name="Findings">What is wrong with patches that are applied to it.</param>
/// <param name="Matched">The patches that have found in it what they are about.</param>
internal sealed record PatchedPart(XdsResource? Resource, IReadOnlyList<Finding> Findings, IReadOnlyList<EnvoyPatch> Matched);
