using Envoy.Config.Listener.V3;
using Envoy.Config.Route.V3;
using Envoy.Extensions.Filters.Network.HttpConnectionManager.V3;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Tidegate.Pilot.Resources.SecurityPolicies;
using Tidegate.Pilot.Translation.Findings;
using Tidegate.Pilot.Translation.Security;
using Tidegate.Pilot.Validation;

namespace Tidegate.Pilot.Translation.SecurityPolicies;

/// <summary>A policy's filters in the making.</summary>
/// <param name="policy">The policy.</param>
internal sealed class PolicyDraft(SecurityPolicy policy)
{
    // In the chain, and on by itself: the route says to the filter that it is there, and no more (Envoy: FilterConfig with an empty config).
    private static readonly Any Enabled = Any.Pack(new FilterConfig { Config = new Any() });

    private readonly List<PolicyFilter> _chain = [];
    private readonly Dictionary<string, Any> _routes = new(StringComparer.Ordinal);
    private readonly List<Filter> _tcp = [];
    private readonly List<KeySetSource> _keySets = [];
    private readonly List<OpenIdProviderSource> _providers = [];
    private readonly List<PolicySecret> _secrets = [];
    private readonly List<Finding> _findings = [];
    private readonly List<string> _requestFields = [];

    /// <summary>What names of its own filters end in, as with Envoy Gateway.</summary>
    public string Name { get; } = NameOf(policy);

    /// <summary>Whether the policy cannot be used as it is, so that all that it is attached to is closed.</summary>
    public bool IsClosed { get; private set; }

    /// <summary>What names of a policy's own filters end in.</summary>
    public static string NameOf(SecurityPolicy policy) => $"securitypolicy/{policy.Namespace}/{policy.Name}";

    /// <summary>A filter of the policy's own.</summary>
    /// <param name="place">Where it stands.</param>
    /// <param name="type">The filter's type, which its name begins with.</param>
    /// <param name="config">Its configuration.</param>
    /// <param name="route">What routes say to it; null for no more than that it is on.</param>
    /// <param name="suffix">What tells it from others of the type.</param>
    public void Add(PolicyPlace place, string type, IMessage config, IMessage? route = null, string suffix = "") =>
        AddNamed(place, $"{type}/{Name}{suffix}", config, route is null ? Enabled : Any.Pack(route));

    /// <summary>A field of <c>spec</c> protects requests, and no connections of bytes.</summary>
    public void ProtectsRequestsBy(string field) => _requestFields.Add(field);

    /// <summary>A filter that policies share, as routes tell it all.</summary>
    public void AddShared(PolicyPlace place, string type, IMessage config, IMessage route) => AddNamed(place, $"{type}/securitypolicy", config, Any.Pack(route));

    /// <summary>A filter for connections of bytes.</summary>
    public void AddTcp(Filter filter) => _tcp.Add(filter);

    /// <summary>Keys that have to be fetched.</summary>
    public void Want(KeySetSource source) => _keySets.Add(source);

    /// <summary>A provider that has to be asked where its endpoints are.</summary>
    public void Want(OpenIdProviderSource source) => _providers.Add(source);

    /// <summary>A value of a Secret is used; of the policy's own namespace, or the gateway's.</summary>
    /// <param name="name">The value.</param>
    /// <param name="field">The field within <c>spec</c> that asks for it.</param>
    public void Use(GenericSecretName name, string field) => _secrets.Add(new PolicySecret(name, policy, field));

    /// <summary>The policy cannot be used as it is.</summary>
    /// <param name="field">The field within <c>spec</c>.</param>
    /// <param name="message">What is wrong.</param>
    public void Close(string field, string message)
    {
        IsClosed = true;
        Tell(Severity.Error, DiagnosticCodes.GuardUnusable, field, $"{message}; what the policy is attached to is closed");
    }

    /// <summary>The same where it was told before.</summary>
    public void Close() => IsClosed = true;

    /// <summary>Something does not do what it seems to.</summary>
    public void Tell(Severity severity, string code, string field, string message) => _findings.Add(new Finding(severity, code, policy, field, message));

    /// <summary>The filters.</summary>
    public SecurityPolicyFilters ToFilters()
    {
        if (IsClosed)
        {
            _chain.Clear();
            _routes.Clear();
            _tcp.Clear();
            AuthorizationRulesTranslation.AddClosed(this);
        }

        Finding? onlyForRequests = _requestFields.Count == 0 || IsClosed ? null
            : new Finding(Severity.Error, DiagnosticCodes.GuardUnusable, policy, _requestFields[0], "is about requests, and in connections of bytes there are none");
        return new SecurityPolicyFilters
        {
            Chain = _chain,
            Routes = _routes,
            Tcp = _tcp,
            ClosedTcp = AuthorizationRulesTranslation.ClosedTcp(Name),
            OnlyForRequests = onlyForRequests,
            KeySets = _keySets,
            Providers = _providers,
            Secrets = IsClosed ? [] : _secrets,
            Findings = _findings,
        };
    }

    private void AddNamed(PolicyPlace place, string name, IMessage config, Any route)
    {
        _chain.Add(new PolicyFilter(place, new HttpFilter { Name = name, TypedConfig = Any.Pack(config), Disabled = true }));
        _routes.Add(name, route);
    }
}
