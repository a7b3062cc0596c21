using Tidegate.Pilot.Translation.Findings;
using Tidegate.Xds;

namespace Tidegate.Pilot.Translation.Listeners;

/// <summary>The listeners, and what was found while they were made.</summary>
internal sealed record MadeListeners(IReadOnlyList<XdsResource> Resources, IReadOnlyList<Finding> Findings);
