using Tidegate.Pilot.Translation.DestinationRules;
using Tidegate.Pilot.Translation.Services;
using Tidegate.Pilot.Translation.VirtualServices;

namespace Tidegate.Pilot.Translation.Listeners;

/// <summary>What listeners are translated with, and the server names that passthrough chains have taken so far.</summary>
internal sealed class ListenerContext(
    ProxyNode node, MeshSettings mesh, VirtualServiceIndex virtualServices, ServiceIndex services, DestinationRuleIndex rules)
{
    private readonly Dictionary<(int Port, string ServerName), string> _serverNames = [];

    public ProxyNode Node { get; } = node;

    public MeshSettings Mesh { get; } = mesh;

    public VirtualServiceIndex VirtualServices { get; } = virtualServices;

    public ServiceIndex Services { get; } = services;

    public DestinationRuleIndex Rules { get; } = rules;

    /// <summary>Takes server names on a port and address: all of them, or none and false when one is taken.</summary>
    public bool ClaimServerNames(int port, string bind, IReadOnlyList<string> names)
    {
        if (names.Any(name => _serverNames.TryGetValue((port, name), out var other) && other == bind))
        {
            return false;
        }
        foreach (var name in names)
        {
            _serverNames[(port, name)] = bind;
        }
        return true;
    }
}
