using Envoy.Config.Route.V3;
using Tidegate.Pilot.Translation.SecurityPolicies;
using Tidegate.Pilot.Translation.VirtualServices;

namespace Tidegate.Pilot.Translation.Routes;

/// <summary>The routes of one VirtualService on one gateway and port. Compared by reference: virtual hosts with the same ones are collapsed.</summary>
/// <param name="virtualService">The VirtualService.</param>
/// <param name="routes">The routes in order; empty when none is meant for the gateway and port.</param>
/// <param name="policies">Their SecurityPolicies, by HTTP route of the VirtualService; empty where none has one.</param>
/// <param name="answers">What was looked up to translate them.</param>
internal sealed class BuiltRoutes(
    BoundVirtualService virtualService,
    IReadOnlyList<TranslatedRoute> routes,
    IReadOnlyList<SecurityPolicyFilters?> policies,
    IReadOnlyList<DestinationLookup.Answer> answers)
{
    public BoundVirtualService VirtualService { get; } = virtualService;

    public IReadOnlyList<TranslatedRoute> Routes { get; } = routes;

    public IReadOnlyList<SecurityPolicyFilters?> Policies { get; } = policies;

    public IReadOnlyList<DestinationLookup.Answer> Answers { get; } = answers;
}

/// <summary>A route and where it was written.</summary>
/// <param name="Message">The route.</param>
/// <param name="Index">Its place among the VirtualService's HTTP routes (<see cref="BoundVirtualService.HttpRoutes"/>).</param>
internal readonly record struct TranslatedRoute(Route Message, int Index);
