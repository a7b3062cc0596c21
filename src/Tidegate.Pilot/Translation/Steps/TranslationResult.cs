using Tidegate.Pilot.Translation.Gateways;
using Tidegate.Pilot.Translation.Origins;
using Tidegate.Pilot.Validation;
using Tidegate.Xds;

namespace Tidegate.Pilot.Translation.Steps;

/// <summary>The configuration of a proxy. What did not change since the last pass is the same instance, down to single virtual hosts.</summary>
/// <param name="Resources">All listeners, route configurations, clusters and endpoints; names are unique.</param>
/// <param name="Diagnostics">What does not work as it is written, ordered by file and line.</param>
/// <param name="GatewayServices">The Services by which clients reach the gateway.</param>
public sealed record TranslationResult(
    IReadOnlyList<XdsResource> Resources,
    IReadOnlyList<Diagnostic> Diagnostics,
    IReadOnlyList<GatewayService> GatewayServices)
{
    /// <summary>The keys that have to be fetched for them.</summary>
    public IReadOnlyList<KeySetSource> KeySets { get; init; } = [];

    /// <summary>The providers that have to be asked where their endpoints are.</summary>
    public IReadOnlyList<OpenIdProviderSource> Providers { get; init; } = [];

    /// <summary>Where the resources come from.</summary>
    internal ResourceOrigins? Origins { get; init; }
}
