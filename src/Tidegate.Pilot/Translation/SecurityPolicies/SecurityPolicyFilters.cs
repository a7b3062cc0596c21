using Envoy.Config.Listener.V3;
using Envoy.Extensions.Filters.Network.HttpConnectionManager.V3;
using Google.Protobuf.WellKnownTypes;
using Tidegate.Pilot.Translation.Findings;
using Tidegate.Pilot.Translation.Security;

namespace Tidegate.Pilot.Translation.SecurityPolicies;

/// <summary>Where a policy's filter stands in the chain, in order (Envoy Gateway's, with Istio's filters between).</summary>
internal enum PolicyPlace
{
    /// <summary>Answers browsers' questions, before anybody asks who is there.</summary>
    Cors,

    /// <summary>Keeps everybody out: the policy cannot be used.</summary>
    Closed,

    /// <summary>Asks an authorizer.</summary>
    Authorizer,

    /// <summary>Looks for a key.</summary>
    ApiKey,

    /// <summary>Looks for a name and a password.</summary>
    BasicAuth,

    /// <summary>Has browsers log in.</summary>
    Login,

    /// <summary>Looks for a token.</summary>
    Token,

    /// <summary>Keeps out whom a rule names.</summary>
    Deny,

    /// <summary>Lets in whom a rule names.</summary>
    Allow,
}

/// <summary>A filter of a policy: in the chain it is off, and the policy's routes switch it on.</summary>
/// <param name="Place">Where it stands.</param>
/// <param name="Filter">The filter.</param>
internal sealed record PolicyFilter(PolicyPlace Place, HttpFilter Filter);

/// <summary>What a SecurityPolicy was made into. Compared by reference: as long as the policy and what it names are the same, so is this.</summary>
internal sealed class SecurityPolicyFilters
{
    /// <summary>The filters, which connection managers have that serve one of the policy's routes.</summary>
    public required IReadOnlyList<PolicyFilter> Chain { get; init; }

    /// <summary>What the policy's routes say to filters, by their names.</summary>
    public required IReadOnlyDictionary<string, Any> Routes { get; init; }

    /// <summary>The filters for connections of bytes.</summary>
    public IReadOnlyList<Filter> Tcp { get; init; } = [];

    /// <summary>What takes their place where the policy cannot protect them.</summary>
    public required Filter ClosedTcp { get; init; }

    /// <summary>That it says what nothing is known of for connections of bytes; null where it does not.</summary>
    public Finding? OnlyForRequests { get; init; }

    /// <summary>The keys that have to be fetched for it.</summary>
    public IReadOnlyList<KeySetSource> KeySets { get; init; } = [];

    /// <summary>The providers that have to be asked where their endpoints are.</summary>
    public IReadOnlyList<OpenIdProviderSource> Providers { get; init; } = [];

    /// <summary>The values of Secrets that the filters use.</summary>
    public IReadOnlyList<PolicySecret> Secrets { get; init; } = [];

    /// <summary>What does not work as it is written.</summary>
    public IReadOnlyList<Finding> Findings { get; init; } = [];
}
