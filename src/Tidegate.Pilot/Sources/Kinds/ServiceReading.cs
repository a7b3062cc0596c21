using Tidegate.Pilot.Resources;
using Tidegate.Pilot.Sources.Reading;

namespace Tidegate.Pilot.Sources.Kinds;

/// <summary>
/// Reads the Kubernetes objects that say where a service's endpoints are. Kubernetes checks them itself, so the fields that
/// mean nothing to a gateway are known here too: they cost no warning.
/// </summary>
internal static class ServiceReading
{
    public static ServiceSpec Read(ObjectReader root)
    {
        ServiceSpec spec = root.Object("spec", ReadSpec) ?? new ServiceSpec();
        IReadOnlyList<string> ingress = root.Object("status", ReadStatus)?.Addresses ?? [];
        return spec with { LoadBalancerIngress = ingress };
    }

    public static EndpointSliceSpec ReadSlice(ObjectReader root) => new()
    {
        AddressType = root.Text("addressType"),
        Endpoints = root.Objects("endpoints", ReadEndpoint),
        Ports = root.Objects("ports", ReadSlicePort),
    };

    public static EndpointsSpec ReadEndpoints(ObjectReader root) => new()
    {
        Subsets = root.Objects("subsets", subset => new EndpointSubset
        {
            Addresses = subset.Objects("addresses", ReadAddress),
            NotReadyAddresses = subset.Objects("notReadyAddresses", ReadAddress),
            Ports = subset.Objects("ports", ReadSlicePort),
        }),
    };

    private static ServiceSpec ReadSpec(ObjectReader spec)
    {
        spec.Ignore(
            "clusterIPs", "ipFamilies", "ipFamilyPolicy", "sessionAffinity", "sessionAffinityConfig", "externalTrafficPolicy",
            "healthCheckNodePort", "loadBalancerIP", "loadBalancerSourceRanges", "loadBalancerClass", "allocateLoadBalancerNodePorts");
        return new ServiceSpec
        {
            Type = spec.Enum(
                "type",
                ("ClusterIP", ServiceType.ClusterIp),
                ("NodePort", ServiceType.NodePort),
                ("LoadBalancer", ServiceType.LoadBalancer),
                ("ExternalName", ServiceType.ExternalName)),
            ClusterIp = spec.Text("clusterIP"),
            ExternalName = spec.Text("externalName"),
            Selector = spec.Map("selector"),
            Ports = spec.Objects("ports", ReadPort),
            ExternalIps = spec.Texts("externalIPs"),
            PublishNotReadyAddresses = spec.Flag("publishNotReadyAddresses"),
            InternalTrafficPolicy = spec.Text("internalTrafficPolicy"),
            TrafficDistribution = spec.Text("trafficDistribution"),
        };
    }

    private static KubernetesServicePort ReadPort(ObjectReader port) => new()
    {
        Name = port.Text("name"),
        Protocol = port.Text("protocol"),
        AppProtocol = port.Text("appProtocol"),
        Port = (int)port.Number("port", 0, 65535),
        TargetPort = port.NumberOrText("targetPort"),
        NodePort = (int)port.Number("nodePort", 0, 65535),
    };

    private static Status ReadStatus(ObjectReader status)
    {
        status.Ignore("conditions");
        return new Status(status.Object("loadBalancer", loadBalancer => new Status(
        [
            .. loadBalancer.Objects("ingress", ingress =>
            {
                ingress.Ignore("ipMode", "ports");
                return new Ingress(ingress.Text("ip"), ingress.Text("hostname"));
            }).Select(ingress => ingress.Ip.Length > 0 ? ingress.Ip : ingress.HostName).Where(address => address.Length > 0),
        ]))?.Addresses ?? []);
    }

    private static SliceEndpoint ReadEndpoint(ObjectReader endpoint)
    {
        endpoint.Ignore("deprecatedTopology", "hints");
        Conditions? conditions = endpoint.Object("conditions", reader => new Conditions(
            reader.OptionalFlag("ready"), reader.OptionalFlag("serving"), reader.OptionalFlag("terminating")));
        return new SliceEndpoint
        {
            Addresses = endpoint.Texts("addresses"),
            Ready = conditions?.Ready,
            Serving = conditions?.Serving,
            Terminating = conditions?.Terminating,
            Hostname = endpoint.Text("hostname"),
            NodeName = endpoint.Text("nodeName"),
            Zone = endpoint.Text("zone"),
            TargetRef = endpoint.Object("targetRef", ReadReference),
        };
    }

    private static EndpointAddress ReadAddress(ObjectReader address) => new()
    {
        Ip = address.Text("ip"),
        Hostname = address.Text("hostname"),
        NodeName = address.Text("nodeName"),
        TargetRef = address.Object("targetRef", ReadReference),
    };

    private static SlicePort ReadSlicePort(ObjectReader port) => new()
    {
        Name = port.Text("name"),
        Protocol = port.Text("protocol"),
        AppProtocol = port.Text("appProtocol"),
        Port = (int?)port.OptionalNumber("port", 0, 65535),
    };

    private static ObjectReference ReadReference(ObjectReader reference)
    {
        reference.Ignore("apiVersion", "fieldPath", "resourceVersion", "uid");
        return new ObjectReference(reference.Text("kind"), reference.Text("namespace"), reference.Text("name"));
    }

    private sealed record Status(IReadOnlyList<string> Addresses);

    private sealed record Ingress(string Ip, string HostName);

    private sealed record Conditions(bool? Ready, bool? Serving, bool? Terminating);

    public static ProxyConfigSpec ReadProxyConfig(ObjectReader spec)
    {
        spec.Ignore("image"); // of the pod, which is not ours
        return new ProxyConfigSpec
        {
            Concurrency = ReadConcurrency(spec),
            Selector = spec.Object("selector", reader => new ObjectSelector(reader.Map("matchLabels")))?.Labels,
            EnvironmentVariables = spec.MapOfPrefixed("environmentVariables", MeshFields.NodeMetadataPrefix, MeshFields.NoEnvironment),
        };
    }

    private static int? ReadConcurrency(ObjectReader spec)
    {
        spec.NotActedOn("concurrency", $"{MeshFields.StartOption} (--concurrency)");
        return (int?)spec.OptionalNumber("concurrency");
    }

    private sealed record ObjectSelector(IReadOnlyDictionary<string, string> Labels);
}
