using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Tidegate.Pilot.Resources;

namespace Tidegate.Pilot.Translation.Gateways;

/// <summary>
/// The Services that select the gateway, oldest first. Without any, the built-in one of the tutorial; a Service of the same name in the
/// directory takes its place.
/// </summary>
public static class GatewayServices
{
    private const int FirstNodePort = 30000;
    private const int NodePortCount = 2768; // 30000 to 32767, the range of Kubernetes

    /// <summary>Where a local load balancer listens, unless the Service says another address.</summary>
    private const string LocalAddress = "127.0.0.1";

    /// <summary>The label with which a Service keeps out of port translation, whatever its value (Istio, for Knative).</summary>
    private const string NoTranslationLabel = "experimental.istio.io/disable-gateway-port-translation";

    private static readonly GatewayServicePort[] BuiltInPorts =
    [
        new("status-port", 15021, 15021, null),
        new("http2", 80, 8080, null),
        new("https", 443, 8443, null),
        new("tcp", 31400, 31400, null),
        new("tls", 15443, 15443, null),
    ];

    /// <summary>Finds the Services among all.</summary>
    public static IReadOnlyList<GatewayService> Find(IEnumerable<Service> services, ProxyNode node)
    {
        var candidates = services.Where(service => service.Namespace == node.Namespace).ToArray();
        var selecting = candidates
            .Where(service => service.Spec.Selector.Count > 0 && node.IsSelectedBy(service.Spec.Selector))
            .OrderBy(service => service, ResourceAge.Comparer)
            .ToArray();
        if (selecting.Length == 0 && !candidates.Any(service => service.Name == node.Workload))
        {
            return [BuiltIn(node)];
        }
        var taken = new HashSet<int>(selecting.SelectMany(service => service.Spec.Ports).Select(port => port.NodePort).Where(port => port > 0));
        return [.. selecting.Select(service => FromManifest(service, taken))];
    }

    private static GatewayService BuiltIn(ProxyNode node)
    {
        var taken = new HashSet<int>();
        return new GatewayService(
            node.Namespace,
            node.Workload,
            ServiceType.LoadBalancer,
            [.. BuiltInPorts.Select(port => port with { NodePort = AssignNodePort(node.Namespace, node.Workload, port.Port, taken) })],
            LocalAddress,
            true,
            null);
    }

    private static GatewayService FromManifest(Service service, HashSet<int> takenNodePorts)
    {
        var type = service.Spec.Type;
        var hasNodePorts = type is ServiceType.LoadBalancer or ServiceType.NodePort;
        var ports = new List<GatewayServicePort>();
        foreach (var port in service.Spec.Ports)
        {
            if (string.Equals(port.Protocol, "UDP", StringComparison.OrdinalIgnoreCase))
            {
                continue;
            }
            int? nodePort = !hasNodePorts ? null
                : port.NodePort > 0 ? port.NodePort
                : AssignNodePort(service.Namespace, service.Name, port.Port, takenNodePorts);
            ports.Add(new GatewayServicePort(port.Name, port.Port, TargetPort(port), nodePort));
        }
        return new GatewayService(
            service.Namespace,
            service.Name,
            type,
            ports,
            type != ServiceType.LoadBalancer ? null : service.Spec.LoadBalancerIngress is [var address, ..] ? address : LocalAddress,
            !service.Metadata.Labels.ContainsKey(NoTranslationLabel),
            service);
    }

    /// <summary>A named target port is a name in the gateway's pod, which has those of the built-in Service; another name is the port itself.</summary>
    private static int TargetPort(KubernetesServicePort port)
    {
        if (port.TargetPort?.Number is { } number and > 0)
        {
            return number;
        }
        var name = port.TargetPort?.Name;
        return BuiltInPorts.FirstOrDefault(builtIn => builtIn.Name == name)?.TargetPort ?? port.Port;
    }

    /// <summary>The same node port for the same Service and port on every start, unless another has it.</summary>
    private static int AssignNodePort(string namespaceName, string name, int port, HashSet<int> taken)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes($"{namespaceName}/{name}:{port}"), hash);
        var start = (int)(BinaryPrimitives.ReadUInt32BigEndian(hash) % NodePortCount);
        for (var i = 0; i < NodePortCount; i++)
        {
            var candidate = FirstNodePort + ((start + i) % NodePortCount);
            if (taken.Add(candidate))
            {
                return candidate;
            }
        }
        return 0; // more ports than Kubernetes has node ports: no node port
    }
}
