using Tidegate.Pilot.Resources;
using Tidegate.Pilot.Translation.Findings;
using Tidegate.Xds;

namespace Tidegate.Pilot.Translation.Secrets;

/// <summary>What translation makes of secrets.</summary>
/// <param name="Resources">The secrets.</param>
/// <param name="Findings">What is asked for and not there.</param>
/// <param name="Sources">What each is made of.</param>
internal sealed record MadeSecrets(IReadOnlyList<XdsResource> Resources, IReadOnlyList<Finding> Findings, IReadOnlyDictionary<string, Secret> Sources);
