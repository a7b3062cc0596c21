using Tidegate.Pilot.Resources;

namespace Tidegate.Pilot.Translation.Gateways;

/// <summary>One port of a gateway's Service.</summary>
/// <param name="Name">Its name, such as <c>http2</c>.</param>
/// <param name="Port">What clients of the load balancer use, such as 80.</param>
/// <param name="TargetPort">What the proxy listens on, such as 8080.</param>
/// <param name="NodePort">What clients of a node use; null for a Service without node ports.</param>
public sealed record GatewayServicePort(string Name, int Port, int TargetPort, int? NodePort);

/// <summary>A Service that selects the gateway: how clients get in (design.md, "Ports and how a client gets in").</summary>
/// <param name="Namespace">The Service's namespace.</param>
/// <param name="Name">The Service's name.</param>
/// <param name="Type">Which of the following it has: node ports, a load balancer.</param>
/// <param name="Ports">Its ports in order.</param>
/// <param name="LoadBalancerAddress">The load balancer's address; null for a Service that has none.</param>
/// <param name="TranslatesPorts">Whether a Gateway's port number is looked up among its ports.</param>
/// <param name="Source">The manifest; null for the built-in Service.</param>
public sealed record GatewayService(
    string Namespace,
    string Name,
    ServiceType Type,
    IReadOnlyList<GatewayServicePort> Ports,
    string? LoadBalancerAddress,
    bool TranslatesPorts,
    Service? Source);
