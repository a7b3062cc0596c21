using Envoy.Config.Listener.V3;
using Envoy.Config.Rbac.V3;
using Envoy.Extensions.Filters.Network.HttpConnectionManager.V3;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Tidegate.Pilot.Resources;
using Tidegate.Pilot.Translation.Findings;
using Tidegate.Pilot.Translation.Services;
using HttpRbac = Envoy.Extensions.Filters.Http.Rbac.V3.RBAC;
using NetworkRbac = Envoy.Extensions.Filters.Network.Rbac.V3.RBAC;

namespace Tidegate.Pilot.Translation.Security;

/// <summary>Puts the filters of policies together, in Istio's order: CUSTOM, tokens, AUDIT, DENY, ALLOW (security-envoy.md 1).</summary>
internal sealed class SecurityTranslation(ProxyNode node, MeshSettings mesh, ServiceIndex services)
{
    private const string HttpRbacName = "envoy.filters.http.rbac";
    private const string NetworkRbacName = "envoy.filters.network.rbac";
    private const string TcpStatPrefix = "tcp.";
    private const string AllowShadowPrefix = "istio_dry_run_allow_";
    private const string DenyShadowPrefix = "istio_dry_run_deny_";
    private const string ExtAuthzShadowPrefix = "istio_ext_authz_";

    private static readonly AuthorizationAction[] Actions = [AuthorizationAction.Audit, AuthorizationAction.Deny, AuthorizationAction.Allow];

    private readonly List<HttpFilter> _identification = [];
    private readonly List<HttpFilter> _decision = [];
    private readonly List<Filter> _tcp = [];
    private readonly List<Finding> _findings = [];

    /// <summary>Translates the policies of a gateway.</summary>
    /// <param name="policies">Those that apply.</param>
    /// <param name="authentications">Those that apply.</param>
    /// <param name="hosts">The hosts that routes name.</param>
    /// <param name="keySets">The key sets that have been fetched.</param>
    public SecurityFilters Translate(
        IReadOnlyList<AuthorizationPolicy> policies,
        IReadOnlyList<RequestAuthentication> authentications,
        GuardedHosts hosts,
        IReadOnlyDictionary<KeySetSource, string> keySets)
    {
        var authorization = new AuthorizationTranslation(policies, new TrustDomains(mesh), hosts);
        var tokens = new RequestAuthenticationTranslation(authentications, services, node);
        AddCustom(authorization, policies);
        if (tokens.Translate(keySets) is { } check)
        {
            _identification.Add(Http("envoy.filters.http.jwt_authn", check));
        }

        foreach (AuthorizationAction action in Actions)
        {
            string shadowPrefix = action == AuthorizationAction.Allow ? AllowShadowPrefix : DenyShadowPrefix;
            if (authorization.Translate(action, isTcp: false) is var (rules, tried))
            {
                _decision.Add(Http(HttpRbacName, new HttpRbac { Rules = rules, ShadowRules = tried, ShadowRulesStatPrefix = tried is null ? "" : shadowPrefix }));
            }

            if (authorization.Translate(action, isTcp: true) is var (tcpRules, tcpTried))
            {
                AddTcp(NetworkRbacName, new NetworkRbac
                {
                    Rules = tcpRules,
                    ShadowRules = tcpTried,
                    ShadowRulesStatPrefix = tcpTried is null ? "" : shadowPrefix,
                    StatPrefix = TcpStatPrefix,
                });
            }
        }

        return new SecurityFilters { Identification = _identification, Decision = _decision, Tcp = _tcp, KeySets = tokens.KeySets, Findings = _findings };
    }

    private void AddCustom(AuthorizationTranslation authorization, IReadOnlyList<AuthorizationPolicy> policies)
    {
        IReadOnlyList<string> names = authorization.Providers();
        bool isOneTooMany = names.Count > 1 && !mesh.AllowsSeveralAuthorizers;
        foreach (string name in names)
        {
            ExtensionProvider[] found = [.. mesh.ExtensionProviders.Where(provider => provider.Name == name)];
            ExtensionProviderTranslation? provider = found.Length == 1 ? new ExtensionProviderTranslation(found[0], services, node) : null;
            string? problem = isOneTooMany ? $"more than one provider is asked at this gateway ({string.Join(", ", names)})"
                : found.Length > 1 ? $"there are several providers \"{name}\" in the mesh's extensionProviders"
                : provider is null ? $"there is no provider \"{name}\" in the mesh's extensionProviders"
                : provider.Problem is { } wrong ? $"the provider \"{name}\" cannot be asked: {wrong}"
                : null;
            if (problem is not null)
            {
                Report(policies, name, $"{problem}; what the policy fits is refused");
                provider = null;
            }
            else if (provider!.Tcp() is null)
            {
                Report(policies, name, "of connections of TCP nobody is asked: the provider speaks HTTP", isError: false);
            }

            AddProvider(authorization, name, provider);
        }
    }

    private void AddProvider(AuthorizationTranslation authorization, string name, ExtensionProviderTranslation? provider)
    {
        // 1. Where nobody can be asked, the answer is no.
        foreach (bool areRefused in provider is null ? [false, true] : new[] { true })
        {
            if (authorization.Custom(name, isTcp: false, areRefused) is { } http)
            {
                _identification.Add(Http(HttpRbacName, new HttpRbac { Rules = Denying(http) }));
            }

            if (authorization.Custom(name, isTcp: true, areRefused) is { } tcp)
            {
                AddTcp(NetworkRbacName, new NetworkRbac { Rules = Denying(tcp), StatPrefix = TcpStatPrefix });
            }
        }

        // 2. Of whom the rules fit, the provider is asked.
        if (provider is null)
        {
            return;
        }

        if (authorization.Custom(name, isTcp: false, areRefused: false) is { } asked)
        {
            _identification.Add(Http(HttpRbacName, new HttpRbac { ShadowRules = asked, ShadowRulesStatPrefix = ExtAuthzShadowPrefix }));
            _identification.Add(Http("envoy.filters.http.ext_authz", provider.Http()));
        }

        if (provider.Tcp() is { } filter && authorization.Custom(name, isTcp: true, areRefused: false) is { } askedOfTcp)
        {
            AddTcp(NetworkRbacName, new NetworkRbac { ShadowRules = askedOfTcp, ShadowRulesStatPrefix = ExtAuthzShadowPrefix, StatPrefix = TcpStatPrefix });
            AddTcp("envoy.filters.network.ext_authz", filter);
        }
    }

    // The names tell what has happened.
    private static RBAC Denying(RBAC rules)
    {
        var result = new RBAC { Action = RBAC.Types.Action.Deny };
        foreach ((string name, Policy policy) in rules.Policies)
        {
            result.Policies[$"{name}-deny-due-to-bad-CUSTOM-action"] = policy;
        }

        return result;
    }

    private void Report(IReadOnlyList<AuthorizationPolicy> policies, string provider, string message, bool isError = true)
    {
        foreach (AuthorizationPolicy policy in policies.Where(policy => policy.Spec.Action == AuthorizationAction.Custom && (policy.Spec.Provider ?? "") == provider))
        {
            _findings.Add(isError
                ? new Finding(Validation.Severity.Error, DiagnosticCodes.AuthorizerUnusable, policy, "provider", message)
                : Finding.Info(DiagnosticCodes.AuthorizerUnusable, policy, "provider", message));
        }
    }

    private static HttpFilter Http(string name, IMessage config) => new() { Name = name, TypedConfig = Any.Pack(config) };

    private void AddTcp(string name, IMessage config) => _tcp.Add(new Filter { Name = name, TypedConfig = Any.Pack(config) });
}
