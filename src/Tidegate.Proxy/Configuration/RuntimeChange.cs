using Tidegate.Proxy.Clusters;
using Tidegate.Proxy.Runtime.FilterChains;
using Tidegate.Xds;

namespace Tidegate.Proxy.Configuration;

/// <summary>What came of applying a delta: what the workers have to follow, and what was refused.</summary>
public sealed record RuntimeChange
{
    /// <summary>Clusters that are new, changed, gone (<see cref="ClusterSlot.Current"/> is null), or have other endpoints.</summary>
    public IReadOnlyList<ClusterSlot> Clusters { get; init; } = [];

    /// <summary>Listeners that are new or changed, and have all they need.</summary>
    public IReadOnlyList<RuntimeListener> Listeners { get; init; } = [];

    /// <summary>Names of listeners that are gone.</summary>
    public IReadOnlyList<string> RemovedListeners { get; init; } = [];

    /// <summary>Names of route configurations that are new or changed; requests see them already.</summary>
    public IReadOnlyList<string> Routes { get; init; } = [];

    /// <summary>Resources that were refused, each with all reasons.</summary>
    public IReadOnlyList<XdsRejection> Rejections { get; init; } = [];
}
