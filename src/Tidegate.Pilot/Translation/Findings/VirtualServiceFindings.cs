using Tidegate.Pilot.Translation.Routes;

namespace Tidegate.Pilot.Translation.Findings;

/// <summary>What was found about a VirtualService, and what that followed from.</summary>
/// <param name="Gateways">All Gateways there were.</param>
/// <param name="Answers">The services and rules that were looked up.</param>
/// <param name="Items">The findings.</param>
internal sealed record VirtualServiceFindings(object Gateways, IReadOnlyList<DestinationLookup.Answer> Answers, IReadOnlyList<Finding> Items);
