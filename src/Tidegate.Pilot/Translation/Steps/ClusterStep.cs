using Google.Protobuf;
using Tidegate.Pilot.Translation.Clusters;
using Tidegate.Pilot.Translation.DestinationRules;
using Tidegate.Pilot.Translation.Incremental;
using Tidegate.Pilot.Translation.Passes;
using Tidegate.Pilot.Translation.Services;
using Tidegate.Xds;

namespace Tidegate.Pilot.Translation.Steps;

/// <summary>The step that makes clusters, and the endpoints of those that the proxy does not resolve itself.</summary>
internal static class ClusterStep
{
    // Stands in keys for the clusters that are named by server names.
    private static readonly object ByServerName = new();

    public static void Translate(TranslationPass pass)
    {
        object? byServerName = pass.Gateway.HasAutoPassthrough ? ByServerName : null;
        pass.ClusterResources = pass.Memory.Clusters.Get([pass.Services, pass.Rules, pass.Endpoints, byServerName], () => TranslateAll(pass));
        pass.Resources.AddRange(pass.ClusterResources);
    }

    private static List<XdsResource> TranslateAll(TranslationPass pass)
    {
        var resources = new List<XdsResource> { Resource(XdsTypes.Cluster, ClusterName.BlackHole, ClusterTranslation.BlackHole(pass.Mesh)) };
        foreach (var service in pass.Services.All)
        {
            var parts = new Parts(service, pass.Rules.Find(service), pass.Endpoints.Of(service), pass.Node, pass.Mesh, IsByServerName: false);
            Add(resources, parts, pass.Memory);
            // What lies outside the mesh has no mutual TLS of its own that could be passed on.
            if (pass.Gateway.HasAutoPassthrough && !service.IsMeshExternal)
            {
                Add(resources, parts with { IsByServerName = true }, pass.Memory);
            }
        }
        return resources;
    }

    private static void Add(List<XdsResource> resources, Parts parts, TranslationMemory memory)
    {
        object? names = parts.IsByServerName ? ByServerName : null;
        // Endpoints are part of the cluster when the proxy resolves them, and when it is to know the names of their accounts.
        var isResolvedByProxy = parts.Service.IsResolvedByProxy;
        var hasEndpoints = isResolvedByProxy || parts.Endpoints.Accounts.Count > 0;
        resources.AddRange(memory.ClusterParts.GetOrAdd(
            new IdentityList([parts.Service, parts.Rule, hasEndpoints ? parts.Endpoints : null, names]), parts, static (_, parts) => ClustersOf(parts)));
        if (!isResolvedByProxy)
        {
            resources.AddRange(memory.AssignmentParts.GetOrAdd(
                new IdentityList([parts.Service, parts.Rule, parts.Endpoints, names]), parts, static (_, parts) => AssignmentsOf(parts)));
        }
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

    private static ClusterTranslation Translation(Parts parts) =>
        new(parts.Service, parts.Rule, parts.Endpoints, parts.Node, parts.Mesh) { IsByServerName = parts.IsByServerName };

    private static XdsResource Resource(string type, string name, IMessage message) =>
        new(new XdsName(type, name), ContentHash.Of(message).ToString(), message);

    private sealed record Parts(
        MeshService Service, EffectiveDestinationRule? Rule, ServiceEndpoints Endpoints, ProxyNode Node, MeshSettings Mesh, bool IsByServerName);
}
