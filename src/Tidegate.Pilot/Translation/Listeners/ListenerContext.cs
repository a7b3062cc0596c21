using Tidegate.Pilot.Translation.DestinationRules;
using Tidegate.Pilot.Translation.Features;
using Tidegate.Pilot.Translation.Findings;
using Tidegate.Pilot.Translation.Gateways;
using Tidegate.Pilot.Translation.Security;
using Tidegate.Pilot.Translation.SecurityPolicies;
using Tidegate.Pilot.Translation.Services;
using Tidegate.Pilot.Translation.VirtualServices;

namespace Tidegate.Pilot.Translation.Listeners;

/// <summary>What listeners are translated with, the server names that chains have taken so far, and what was found on the way.</summary>
internal sealed class ListenerContext(
    ProxyNode node, MeshSettings mesh, ProxyFeatures features, VirtualServiceIndex virtualServices, ServiceIndex services, DestinationRuleIndex rules, SecurityFilters security)
{
    private readonly Dictionary<(int Port, string Address, string ServerName), string> _serverNames = [];

    public ProxyNode Node { get; } = node;

    public MeshSettings Mesh { get; } = mesh;

    public ProxyFeatures Features { get; } = features;

    public VirtualServiceIndex VirtualServices { get; } = virtualServices;

    public ServiceIndex Services { get; } = services;

    public DestinationRuleIndex Rules { get; } = rules;

    public SecurityFilters Security { get; } = security;

    /// <summary>The policies of what route configurations serve.</summary>
    public PolicyChains PolicyChains { get; init; } = PolicyChains.None;

    /// <summary>The policies of connections of bytes.</summary>
    public SecurityPolicyIndex SecurityPolicies { get; init; } = SecurityPolicyIndex.Empty;

    /// <summary>What does not work as it is written.</summary>
    public List<Finding> Findings { get; } = [];

    /// <summary>Takes the server names of a server that terminates TLS: no TLS that is passed on may have them.</summary>
    public void ClaimTermination(int port, BoundServer server)
    {
        foreach (var name in server.ChainNames.Where(name => name.Length > 0))
        {
            _serverNames.TryAdd((port, server.Address, name), $"Gateway {server.GatewayName}, servers[{server.Index}]");
        }
    }

    /// <summary>Takes server names on a port and address: all of them, or none when one is taken.</summary>
    /// <returns>Who has the first that is taken; null when they are taken now.</returns>
    public string? ClaimServerNames(int port, string address, IReadOnlyList<string> names, string owner)
    {
        foreach (var name in names)
        {
            if (_serverNames.TryGetValue((port, address, name), out var other))
            {
                return other;
            }
        }
        foreach (var name in names)
        {
            _serverNames[(port, address, name)] = owner;
        }
        return null;
    }
}
