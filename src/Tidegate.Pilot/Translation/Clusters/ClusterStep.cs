using Google.Protobuf;
using Tidegate.Pilot.Translation.DestinationRules;
using Tidegate.Pilot.Translation.Incremental;
using Tidegate.Pilot.Translation.Services;
using Tidegate.Xds;

namespace Tidegate.Pilot.Translation.Clusters;

/// <summary>The step that makes clusters, and the endpoints of those that the proxy does not resolve itself.</summary>
internal static class ClusterStep
{
    public static void Translate(TranslationPass pass)
    {
        pass.ClusterResources = pass.Memory.Clusters.Get([pass.Services, pass.Rules, pass.Endpoints], () => TranslateAll(pass));
        pass.Resources.AddRange(pass.ClusterResources);
    }

    private static List<XdsResource> TranslateAll(TranslationPass pass)
    {
        var resources = new List<XdsResource> { Resource(XdsTypes.Cluster, ClusterName.BlackHole, ClusterTranslation.BlackHole(pass.Mesh)) };
        foreach (var service in pass.Services.All)
        {
            var rule = pass.Rules.Find(service);
            var endpoints = pass.Endpoints.Of(service);
            // Endpoints are part of the cluster only when the proxy resolves them.
            var parts = new Parts(service, rule, endpoints, pass.Node, pass.Mesh);
            resources.AddRange(pass.Memory.ClusterParts.GetOrAdd(
                new IdentityList([service, rule, service.IsResolvedByProxy ? endpoints : null]), parts, static (_, parts) => ClustersOf(parts)));
            if (!service.IsResolvedByProxy)
            {
                resources.AddRange(pass.Memory.AssignmentParts.GetOrAdd(
                    new IdentityList([service, rule, endpoints]), parts, static (_, parts) => AssignmentsOf(parts)));
            }
        }
        return resources;
    }

    private static IReadOnlyList<XdsResource> ClustersOf(Parts parts) =>
    [
        .. Translation(parts)
            .Translate()
            .DistinctBy(cluster => cluster.Name) // of ports with one number, or subsets with one name, the first counts
            .Select(cluster => Resource(XdsTypes.Cluster, cluster.Name, cluster)),
    ];

    private static IReadOnlyList<XdsResource> AssignmentsOf(Parts parts) =>
    [
        .. Translation(parts)
            .TranslateEndpoints()
            .DistinctBy(assignment => assignment.ClusterName)
            .Select(assignment => Resource(XdsTypes.Endpoint, assignment.ClusterName, assignment)),
    ];

    private static ClusterTranslation Translation(Parts parts) => new(parts.Service, parts.Rule, parts.Endpoints, parts.Node, parts.Mesh);

    private static XdsResource Resource(string type, string name, IMessage message) =>
        new(new XdsName(type, name), ContentHash.Of(message).ToString(), message);

    private sealed record Parts(MeshService Service, EffectiveDestinationRule? Rule, ServiceEndpoints Endpoints, ProxyNode Node, MeshSettings Mesh);
}
