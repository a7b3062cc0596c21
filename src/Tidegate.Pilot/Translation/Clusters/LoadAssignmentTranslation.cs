using Envoy.Config.Core.V3;
using Envoy.Config.Endpoint.V3;
using Google.Protobuf.WellKnownTypes;
using Tidegate.Pilot.Translation.Services;

namespace Tidegate.Pilot.Translation.Clusters;

/// <summary>The endpoints of a cluster (spec 5.7): by locality, with what their place means for their share.</summary>
internal static class LoadAssignmentTranslation
{
    public static ClusterLoadAssignment Translate(string clusterName, IEnumerable<ServiceEndpoint> endpoints, LocalityPolicy policy)
    {
        var assignment = new ClusterLoadAssignment { ClusterName = clusterName };
        foreach (var group in policy.Apply(LocalityGroup.Of(endpoints)))
        {
            assignment.Endpoints.Add(new LocalityLbEndpoints
            {
                Locality = new Locality { Region = group.Locality.Region, Zone = group.Locality.Zone, SubZone = group.Locality.SubZone },
                LbEndpoints = { group.Endpoints.Select(Endpoint) },
                LoadBalancingWeight = group.Weight,
                Priority = group.Priority,
            });
        }
        return assignment;
    }

    private static LbEndpoint Endpoint(ServiceEndpoint endpoint)
    {
        var result = new LbEndpoint
        {
            Endpoint = new Endpoint { Address = Address(endpoint) },
            HealthStatus = endpoint.Health,
            LoadBalancingWeight = endpoint.Weight,
            Metadata = new Metadata
            {
                FilterMetadata = { [ConfigMetadata.Key] = new Struct { Fields = { ["workload"] = Value.ForString(Workload(endpoint)) } } },
            },
        };
        if (endpoint.TakesMutualTls)
        {
            result.Metadata.FilterMetadata["envoy.transport_socket_match"] = new Struct { Fields = { ["tlsMode"] = Value.ForString("istio") } };
        }
        return result;
    }

    /// <summary>
    /// <c>workload;namespace;canonical service;canonical revision;cluster</c>, for telemetry: what is not known is empty, and so is the revision that is meant
    /// where none is said.
    /// </summary>
    private static string Workload(ServiceEndpoint endpoint)
    {
        var labels = endpoint.Labels;
        var name = labels.GetValueOrDefault("service.istio.io/canonical-name")
            ?? labels.GetValueOrDefault("app.kubernetes.io/name")
            ?? labels.GetValueOrDefault("app")
            ?? endpoint.Workload;
        var revision = labels.GetValueOrDefault("service.istio.io/canonical-revision")
            ?? labels.GetValueOrDefault("app.kubernetes.io/version")
            ?? labels.GetValueOrDefault("version")
            ?? "";
        return $"{endpoint.Workload};{endpoint.Namespace};{name};{(revision == "latest" ? "" : revision)};Kubernetes";
    }

    private static Address Address(ServiceEndpoint endpoint) =>
        endpoint.Address.StartsWith("unix://", StringComparison.Ordinal)
            ? new Address { Pipe = new Pipe { Path = endpoint.Address["unix://".Length..] } }
            : new Address { SocketAddress = new SocketAddress { Address = endpoint.Address, PortValue = (uint)endpoint.Port } };
}
