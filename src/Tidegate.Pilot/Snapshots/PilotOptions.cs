using Tidegate.Pilot.Translation;
using Tidegate.Pilot.Translation.Features;

namespace Tidegate.Pilot.Snapshots;

/// <summary>What a control plane for one proxy is told at its start.</summary>
public sealed record PilotOptions
{
    /// <summary>The proxy.</summary>
    public ProxyNode Node { get; init; } = ProxyNode.IngressGateway;

    /// <summary>What holds for the whole mesh.</summary>
    public MeshSettings Mesh { get; init; } = MeshSettings.Default;

    /// <summary>Endpoints told on the command line; names are resolved when the control plane starts.</summary>
    public IReadOnlyList<EndpointOverride> Endpoints { get; init; } = [];

    /// <summary>What the proxy acts on.</summary>
    public ProxyFeatures Features { get; init; } = ProxyFeatures.Tidegate;
}
