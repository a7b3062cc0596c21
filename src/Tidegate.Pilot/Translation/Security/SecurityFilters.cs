using Envoy.Config.Listener.V3;
using Envoy.Extensions.Filters.Network.HttpConnectionManager.V3;
using Tidegate.Pilot.Translation.Findings;

namespace Tidegate.Pilot.Translation.Security;

/// <summary>What decides at a gateway who is let in: the same on all of its ports.</summary>
internal sealed record SecurityFilters
{
    /// <summary>A gateway without policies.</summary>
    public static readonly SecurityFilters None = new();

    /// <summary>The filters that find out who sends a request, in order: authorizers are asked, tokens checked.</summary>
    public IReadOnlyList<HttpFilter> Identification { get; init; } = [];

    /// <summary>The filters that decide by that, in order, which come after all of those.</summary>
    public IReadOnlyList<HttpFilter> Decision { get; init; } = [];

    /// <summary>The filters for connections of bytes, in order.</summary>
    public IReadOnlyList<Filter> Tcp { get; init; } = [];

    /// <summary>The keys that have to be fetched for them.</summary>
    public IReadOnlyList<KeySetSource> KeySets { get; init; } = [];

    /// <summary>The providers that have to be asked where their endpoints are; the answers are in <see cref="TranslationInput.Providers"/> of a later pass.</summary>
    public IReadOnlyList<OpenIdProviderSource> Providers { get; init; } = [];

    /// <summary>The values of Secrets that the filters use.</summary>
    public IReadOnlyList<PolicySecret> Secrets { get; init; } = [];

    /// <summary>What does not work as it is written.</summary>
    public IReadOnlyList<Finding> Findings { get; init; } = [];
}
