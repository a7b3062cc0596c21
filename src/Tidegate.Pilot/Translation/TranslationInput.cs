using Tidegate.Pilot.Sources;
using Tidegate.Pilot.Translation.Features;

namespace Tidegate.Pilot.Translation;

/// <summary>Everything that the configuration of a proxy follows from.</summary>
/// <param name="Objects">The valid objects.</param>
public sealed record TranslationInput(ObjectSet Objects)
{
    /// <summary>The proxy.</summary>
    public ProxyNode Node { get; init; } = ProxyNode.IngressGateway;

    /// <summary>What holds for the whole mesh.</summary>
    public MeshSettings Mesh { get; init; } = MeshSettings.Default;

    /// <summary>Endpoints told on the command line, by address (<see cref="EndpointOverride.ResolveAsync"/>).</summary>
    public IReadOnlyList<EndpointOverride> Endpoints { get; init; } = [];

    /// <summary>The key sets that have been fetched, as JSON.</summary>
    public IReadOnlyDictionary<KeySetSource, string> KeySets { get; init; } = NoKeySets;

    /// <summary>The providers that have said where their endpoints are.</summary>
    public IReadOnlyDictionary<OpenIdProviderSource, OpenIdProvider> Providers { get; init; } = NoProviders;

    /// <summary>No provider.</summary>
    internal static readonly IReadOnlyDictionary<OpenIdProviderSource, OpenIdProvider> NoProviders = new Dictionary<OpenIdProviderSource, OpenIdProvider>();

    /// <summary>No key set.</summary>
    internal static readonly IReadOnlyDictionary<KeySetSource, string> NoKeySets = new Dictionary<KeySetSource, string>();

    /// <summary>What the proxy acts on.</summary>
    public ProxyFeatures Features { get; init; } = ProxyFeatures.Tidegate;
}
