using Envoy.Config.Route.V3;

namespace Tidegate.Pilot.Translation.Routes;

/// <summary>The routes of one VirtualService on one gateway and port. Compared by reference: virtual hosts with the same ones are collapsed.</summary>
/// <param name="routes">The routes in order; empty when none is meant for the gateway and port.</param>
/// <param name="answers">What was looked up to translate them.</param>
internal sealed class BuiltRoutes(IReadOnlyList<Route> routes, IReadOnlyList<DestinationLookup.Answer> answers)
{
    public IReadOnlyList<Route> Routes { get; } = routes;

    public IReadOnlyList<DestinationLookup.Answer> Answers { get; } = answers;
}
