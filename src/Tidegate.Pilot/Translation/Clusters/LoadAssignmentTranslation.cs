using Envoy.Config.Core.V3;
using Envoy.Config.Endpoint.V3;
using Google.Protobuf.WellKnownTypes;
using Tidegate.Pilot.Translation.Services;

namespace Tidegate.Pilot.Translation.Clusters;

/// <summary>The endpoints of a cluster (spec 5.7): by locality, localities in order, each as heavy as its endpoints together.</summary>
internal static class LoadAssignmentTranslation
{
    public static ClusterLoadAssignment Translate(string clusterName, IEnumerable<ServiceEndpoint> endpoints)
    {
        var assignment = new ClusterLoadAssignment { ClusterName = clusterName };
        foreach (var locality in endpoints.GroupBy(endpoint => endpoint.Locality).OrderBy(group => group.Key, StringComparer.Ordinal))
        {
            var result = new LocalityLbEndpoints { Locality = Locality(locality.Key), LbEndpoints = { locality.Select(Endpoint) } };
            var weight = locality.Sum(endpoint => (long)endpoint.Weight);
            result.LoadBalancingWeight = (uint)Math.Min(weight, uint.MaxValue);
            assignment.Endpoints.Add(result);
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
        };
        if (endpoint.Workload.Length > 0 || endpoint.TakesMutualTls)
        {
            result.Metadata = new Metadata();
        }
        if (endpoint.TakesMutualTls)
        {
            result.Metadata.FilterMetadata["envoy.transport_socket_match"] = new Struct { Fields = { ["tlsMode"] = Value.ForString("istio") } };
        }
        if (endpoint.Workload.Length > 0)
        {
            result.Metadata.FilterMetadata[ConfigMetadata.Key] = new Struct { Fields = { ["workload"] = Value.ForString(Workload(endpoint)) } };
        }
        return result;
    }

    /// <summary><c>workload;namespace;canonical service;canonical revision;cluster</c>, for telemetry.</summary>
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

    private static Locality Locality(string text)
    {
        var parts = text.Split('/', 3);
        return new Locality
        {
            Region = parts[0],
            Zone = parts.Length > 1 ? parts[1] : "",
            SubZone = parts.Length > 2 ? parts[2] : "",
        };
    }
}
