using Tidegate.Xds;

namespace Tidegate.Pilot.Translation.EnvoyFilters;

/// <summary>What patches made of a resource.</summary>
/// <param name="Resource">The resource; null when a patch takes it away.</param>
/// <param name="Outcome">What else came of it.</param>
internal sealed record PatchedPart(XdsResource? Resource, PatchOutcome Outcome);
