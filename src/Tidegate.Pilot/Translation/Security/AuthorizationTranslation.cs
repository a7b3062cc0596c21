using System.Globalization;
using Envoy.Config.Rbac.V3;
using Tidegate.Pilot.Resources;
using Tidegate.Pilot.Validation;
using Action = Envoy.Config.Rbac.V3.RBAC.Types.Action;

namespace Tidegate.Pilot.Translation.Security;

/// <summary>The policies of one action, for requests or for connections: those that are enforced, and those that are only tried.</summary>
/// <param name="Enforced">Null where there are none.</param>
/// <param name="Tried">Null where there are none.</param>
internal sealed record TranslatedRules(RBAC? Enforced, RBAC? Tried);

/// <summary>AuthorizationPolicies as Envoy's rules, by action (istio-gateway.md 7.3; security-envoy.md 1 and 10).</summary>
internal sealed class AuthorizationTranslation(IReadOnlyList<AuthorizationPolicy> policies, TrustDomains domains, GuardedHosts hosts)
{
    /// <summary>The policies of an action; null where there are none.</summary>
    public TranslatedRules? Translate(AuthorizationAction action, bool isTcp)
    {
        AuthorizationPolicy[] mine = [.. policies.Where(policy => policy.Spec.Action == action && !IsWithoutEffect(policy))];
        if (mine.Length == 0)
        {
            return null;
        }

        Action envoyAction = action switch
        {
            AuthorizationAction.Allow => Action.Allow,
            AuthorizationAction.Audit => Action.Log,
            _ => Action.Deny,
        };
        return new TranslatedRules(
            Rules(mine.Where(static policy => !IsDryRun(policy)), envoyAction, isTcp),
            Rules(mine.Where(IsDryRun), envoyAction, isTcp));
    }

    /// <summary>The providers that policies of action CUSTOM ask, in the order of their names.</summary>
    public IReadOnlyList<string> Providers() => [.. CustomPolicies().Select(ProviderOf).Distinct().Order(StringComparer.Ordinal)];

    /// <summary>The rules of the policies that ask a provider, as ones that keep out what they fit; null where there are none.</summary>
    /// <param name="provider">The provider.</param>
    /// <param name="isTcp">For connections of bytes.</param>
    /// <param name="areRefused">Those of refused policies, of which nobody is asked; else those of the others.</param>
    public RBAC? Custom(string provider, bool isTcp, bool areRefused) => Rules(
        CustomPolicies().Where(policy => ProviderOf(policy) == provider && policy.WrongFields is not null == areRefused),
        Action.Deny,
        isTcp,
        $"istio-ext-authz-{provider}-");

    /// <summary>Whether a policy is one that is only tried.</summary>
    public static bool IsDryRun(AuthorizationPolicy policy) =>
        policy.Metadata.Annotations.TryGetValue(AuthorizationPolicy.DryRunAnnotation, out string? value) && GoBoolean.Parse(value) == true;

    private static string ProviderOf(AuthorizationPolicy policy) => policy.Spec.Provider ?? "";

    // What only wants to be tried is not enforced, whatever is wrong with it.
    private static bool IsWithoutEffect(AuthorizationPolicy policy) => policy.WrongFields is not null && IsDryRun(policy);

    private IEnumerable<AuthorizationPolicy> CustomPolicies() =>
        policies.Where(static policy => policy.Spec.Action == AuthorizationAction.Custom && !IsWithoutEffect(policy));

    private RBAC? Rules(IEnumerable<AuthorizationPolicy> mine, Action action, bool isTcp, string prefix = "")
    {
        RBAC? rules = null;
        foreach (AuthorizationPolicy policy in mine)
        {
            rules ??= new RBAC { Action = action };
            var translation = new RuleTranslation(policy, isTcp, domains, hosts);
            for (int i = 0; i < policy.Spec.Rules.Count; i++)
            {
                if (translation.Translate(i) is { } translated)
                {
                    rules.Policies[NameOf(policy, i, prefix)] = translated;
                }
            }

            if (action == Action.Deny && translation.HasUnreadableRule)
            {
                rules.Policies[NameOf(policy, policy.Spec.Rules.Count, prefix)] = RuleTranslation.Everything;
            }
            else if (policy.Spec.Rules.Count == 0)
            {
                rules.Policies[NameOf(policy, 0, prefix)] = RuleTranslation.Nothing;
            }
        }

        return rules;
    }

    private static string NameOf(AuthorizationPolicy policy, int rule, string prefix) =>
        $"{prefix}ns[{policy.Namespace}]-policy[{policy.Name}]-rule[{rule.ToString(CultureInfo.InvariantCulture)}]";
}
