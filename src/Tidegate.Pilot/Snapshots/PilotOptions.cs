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

    /// <summary>How many bytes a document may have that is fetched from an issuer: a key set, or where its endpoints are.</summary>
    public int MaxKeySetBytes { get; init; } = 256 * 1024;

    /// <summary>How long a change waits for key sets and endpoints of issuers that are asked for the first time; their tokens, and logins there, are refused until they come.</summary>
    public TimeSpan KeySetPatience { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long what an issuer publishes is used before it is fetched again (Istio: 20 minutes).</summary>
    public TimeSpan KeySetRefresh { get; init; } = TimeSpan.FromMinutes(20);

    /// <summary>How long to wait before one that could not be had is asked for again; twice as long after each failure.</summary>
    public TimeSpan KeySetRetry { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>What the proxy acts on.</summary>
    public ProxyFeatures Features { get; init; } = ProxyFeatures.Tidegate;
}
