using Tidegate.Pilot.Translation.Features;
using Tidegate.Pilot.Translation.SecurityPolicies;

namespace Tidegate.Pilot.Translation.Routes;

/// <summary>For what the routes of a VirtualService are translated: the same VirtualService gives other routes on another gateway or port.</summary>
/// <param name="Node">The gateway proxy.</param>
/// <param name="Mesh">Mesh settings.</param>
/// <param name="Gateway">The Gateway it is bound to, <c>namespace/name</c>.</param>
/// <param name="Port">The port that the Gateway's server declares (80, not 8080).</param>
/// <param name="IsTls">Whether the server has <c>tls</c> (Istio: also when that only says <c>httpsRedirect</c>).</param>
/// <param name="Features">What the proxy has.</param>
/// <param name="Policies">The SecurityPolicies of its HTTP routes, by route; empty where none has one.</param>
/// <param name="Destinations">Finds Services and DestinationRules, and remembers what was asked for.</param>
internal sealed record RouteContext(
    ProxyNode Node, MeshSettings Mesh, string Gateway, int Port, bool IsTls, ProxyFeatures Features,
    IReadOnlyList<SecurityPolicyFilters?> Policies, DestinationLookup Destinations);
