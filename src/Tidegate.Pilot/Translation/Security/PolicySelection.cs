using Tidegate.Pilot.Resources;

namespace Tidegate.Pilot.Translation.Security;

/// <summary>Which policies apply to a gateway (istio-gateway.md 7.1, security-envoy.md 3).</summary>
internal static class PolicySelection
{
    private const string GatewayNameLabel = "gateway.networking.k8s.io/gateway-name";

    /// <summary>The policies of the root namespace and the gateway's own that select it, in the order of their names.</summary>
    public static IReadOnlyList<T> For<T>(IEnumerable<T> policies, Func<T, PolicyTargets> targetsOf, ProxyNode node, MeshSettings mesh)
        where T : Resource =>
    [
        .. policies
            .Where(policy => policy.Namespace == mesh.RootNamespace || policy.Namespace == node.Namespace)
            .Where(policy => Applies(policy, targetsOf(policy), node))
            .OrderBy(policy => policy.Namespace, StringComparer.Ordinal)
            .ThenBy(policy => policy.Name, StringComparer.Ordinal),
    ];

    // A policy with references is for proxies made from objects of the Gateway API alone; those heed selectors as well.
    private static bool Applies(Resource policy, PolicyTargets targets, ProxyNode node)
    {
        if (targets.References.Count == 0)
        {
            return node.IsSelectedBy(targets.Selector);
        }

        return node.Labels.TryGetValue(GatewayNameLabel, out string? gateway)
            && policy.Namespace == node.Namespace
            && targets.References.Any(reference => reference.Group == ApiGroups.GatewayApi && reference.Kind == "Gateway" && reference.Name == gateway);
    }
}
