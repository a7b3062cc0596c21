using System.Net;
using Tidegate.Pilot.Translation.Gateways;
using Tidegate.Proxy.Listeners;
using Tidegate.Settings;

namespace Tidegate.Running;

/// <summary>The ports by which a cluster would let clients in: what kube-proxy and a load balancer do there, the gateway does itself.</summary>
internal static class ServicePorts
{
    /// <summary>Where a Service's load balancer and node ports are open.</summary>
    public static IPAddress AddressOf(RunOptions options, GatewayService service)
    {
        if (options.Proxy.BindAddress is not null)
        {
            return options.Proxy.BindAddress;
        }

        bool isLocal = IPAddress.TryParse(service.LoadBalancerAddress, out IPAddress? given) && IPAddress.IsLoopback(given);
        return isLocal ? given! : IPAddress.Loopback;
    }

    /// <summary>All ports of some Services, with the listener's port that each leads to.</summary>
    public static IReadOnlyList<ServicePort> Of(RunOptions options, IEnumerable<GatewayService> services)
    {
        List<ServicePort> ports = [];
        foreach (GatewayService service in services)
        {
            IPAddress address = AddressOf(options, service);
            foreach (GatewayServicePort port in service.Ports)
            {
                if (service.LoadBalancerAddress is not null && port.Port != port.TargetPort)
                {
                    Add(port, port.Port, "load balancer port");
                }

                if (port.NodePort is { } nodePort and > 0)
                {
                    Add(port, nodePort, "node port");
                }
            }

            void Add(GatewayServicePort port, int number, string kind) =>
                ports.Add(new ServicePort(port.TargetPort, new IPEndPoint(address, number), $"{kind} {number} ({port.Name}) of Service {service.Namespace}/{service.Name}"));
        }

        return ports;
    }
}
