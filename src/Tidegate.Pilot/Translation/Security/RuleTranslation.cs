using System.Globalization;
using Envoy.Config.Core.V3;
using Envoy.Config.Rbac.V3;
using Envoy.Config.Route.V3;
using Envoy.Extensions.Path.Match.UriTemplate.V3;
using Google.Protobuf.WellKnownTypes;
using Tidegate.Pilot.Resources;
using Tidegate.Pilot.Validation;
using Tidegate.Rules.Values;

namespace Tidegate.Pilot.Translation.Security;

/// <summary>
/// A rule of an AuthorizationPolicy as a policy of Envoy (istio-gateway.md 7.3). What of a rule cannot be said for the filter chain, or of a refused policy
/// cannot be read, never opens anything: a rule that keeps requests out keeps out more without it, and one that lets them in is left out.
/// </summary>
/// <param name="policy">Whose rules they are.</param>
/// <param name="isTcp">Whether it is for connections of bytes: nothing is known of requests there.</param>
/// <param name="domains">The mesh's trust domains.</param>
/// <param name="hosts">The hosts that routes name.</param>
internal sealed class RuleTranslation(AuthorizationPolicy policy, bool isTcp, TrustDomains domains, GuardedHosts hosts)
{
    private readonly bool _letsIn = policy.Spec.Action == AuthorizationAction.Allow;

    /// <summary>A policy that fits nothing.</summary>
    public static Policy Nothing => new()
    {
        Permissions = { new Permission { NotRule = new Permission { Any = true } } },
        Principals = { new Principal { NotId = new Principal { Any = true } } },
    };

    /// <summary>A policy that fits everything.</summary>
    public static Policy Everything => new() { Permissions = { new Permission { Any = true } }, Principals = { new Principal { Any = true } } };

    /// <summary>Whether it is not known which rules there are, so that a policy that keeps requests out keeps out all of them.</summary>
    public bool HasUnreadableRule => IsWrong("spec") || IsWrong("spec.rules") || policy.WrongFields?.Any(IsRule) == true;

    /// <summary>Translates a rule; null when it lets nobody in, as it is.</summary>
    public Policy? Translate(int index)
    {
        AuthorizationRule rule = policy.Spec.Rules[index];
        string field = $"spec.rules[{index.ToString(CultureInfo.InvariantCulture)}]";
        if (_letsIn && !IsReadable(field))
        {
            return null;
        }

        // 1. What is asked of every source, and of every operation.
        var ofAll = (Permissions: new List<Permission>(), Principals: new List<Principal>());
        foreach (AuthorizationCondition condition in rule.When)
        {
            if (!TryAddCondition(condition, ofAll.Permissions, ofAll.Principals))
            {
                return null;
            }
        }

        // 2. The alternatives. Of one that is missing nobody knows what it would have been.
        var result = new Policy();
        bool isAnySource = rule.From.Count == 0 || IsWrong($"{field}.from") || AnyWrong(rule.From.Count, i => $"{field}.from[{i}]", ".source");
        bool isAnyOperation = rule.To.Count == 0 || IsWrong($"{field}.to") || AnyWrong(rule.To.Count, i => $"{field}.to[{i}]", ".operation");
        foreach (AuthorizationSource? source in isAnySource ? [null] : rule.From)
        {
            List<Principal> all = [];
            if (source is not null && !TryAddSource(source, all))
            {
                return null;
            }

            result.Principals.Add(ConditionForms.Principals.All([.. all, .. ofAll.Principals]));
        }

        foreach (AuthorizationOperation? operation in isAnyOperation ? [null] : rule.To)
        {
            List<Permission> all = [];
            if (operation is not null && !TryAddOperation(operation, all))
            {
                return null;
            }

            result.Permissions.Add(ConditionForms.Permissions.All([.. all, .. ofAll.Permissions]));
        }

        return result;
    }

    private static bool IsRule(string field) => field.StartsWith("spec.rules[", StringComparison.Ordinal) && field.LastIndexOf('.') < "spec.rules".Length;

    private bool IsWrong(string field) => policy.WrongFields?.Contains(field) == true;

    private bool AnyWrong(int count, Func<int, string> entry, string part)
    {
        // An entry that could not be read is not among those that were, so that there may be more of them.
        for (int i = 0; policy.WrongFields is not null && i <= count + policy.WrongFields.Count; i++)
        {
            if (IsWrong(entry(i)) || IsWrong(entry(i) + part))
            {
                return true;
            }
        }

        return false;
    }

    // What is wrong with the policy as a whole is wrong with each of its rules; a broken annotation has no effect.
    private bool IsReadable(string rule) => policy.WrongFields?.Any(field =>
        !field.StartsWith("metadata", StringComparison.Ordinal)
        && (!field.StartsWith("spec.rules[", StringComparison.Ordinal) || field == rule || field.StartsWith($"{rule}.", StringComparison.Ordinal))) != true;

    private bool TryAddSource(AuthorizationSource source, List<Principal> all)
    {
        ConditionForm<Principal> form = ConditionForms.Principals;
        return TryAdd(form, all, source.Principals, (value, _) => PeerName(value))
            && TryAdd(form, all, source.RequestPrincipals, (value, _) => Http(RequestPrincipals.Translate(value)))
            && TryAdd(form, all, source.Namespaces, (value, isWide) => Authenticated(ValueMatchers.Namespace(value, isWide)))
            && TryAdd(form, all, source.ServiceAccounts, (value, _) => ServiceAccount(value))
            && TryAdd(form, all, source.TrustDomains, (value, _) => Authenticated(ValueMatchers.TrustDomain(value)))
            && TryAdd(form, all, source.RemoteIpBlocks, (value, _) => RemoteAddress(value))
            && TryAdd(form, all, source.IpBlocks, (value, _) => PeerAddress(value));
    }

    private bool TryAddOperation(AuthorizationOperation operation, List<Permission> all)
    {
        ConditionForm<Permission> form = ConditionForms.Permissions;
        return TryAdd(form, all, operation.Hosts, (value, isWide) => Http(Host(value, isWide)))
            && TryAdd(form, all, operation.Methods, (value, _) => Http(new Permission { Header = ValueMatchers.Header(":method", value) }))
            && TryAdd(form, all, operation.Paths, (value, isWide) => Http(PathOf(value, isWide)))
            && TryAdd(form, all, operation.Ports, (value, _) => Port(value));
    }

    private bool TryAddCondition(AuthorizationCondition condition, List<Permission> permissions, List<Principal> principals)
    {
        ConditionForm<Permission> what = ConditionForms.Permissions;
        ConditionForm<Principal> who = ConditionForms.Principals;
        AuthorizationValues values = condition.Values;
        switch (condition.Key)
        {
            case "destination.ip":
                return TryAdd(what, permissions, values, static (value, _) => ValueMatchers.Range(value) is { } range ? new Permission { DestinationIp = range } : null);
            case "destination.port":
                return TryAdd(what, permissions, values, static (value, _) => Port(value));
            case "connection.sni":
                return TryAdd(what, permissions, values, static (value, _) => new Permission { RequestedServerName = ValueMatchers.Text(value) });
            case "source.ip":
                return TryAdd(who, principals, values, static (value, _) => PeerAddress(value));
            case "remote.ip":
                return TryAdd(who, principals, values, static (value, _) => RemoteAddress(value));
            case "source.namespace":
                return TryAdd(who, principals, values, static (value, isWide) => Authenticated(ValueMatchers.Namespace(value, isWide)));
            case "source.principal":
                return TryAdd(who, principals, values, (value, _) => PeerName(value));
            case "source.serviceAccount":
                return TryAdd(who, principals, values, (value, _) => ServiceAccount(value));
            case "source.trustDomain":
                return TryAdd(who, principals, values, static (value, _) => Authenticated(ValueMatchers.TrustDomain(value)));
            case "request.auth.principal":
                return TryAdd(who, principals, values, (value, _) => Http(RequestPrincipals.Translate(value)));
            case "request.auth.audiences":
                return TryAddClaim(["aud"], values, principals);
            case "request.auth.presenter":
                return TryAddClaim(["azp"], values, principals);
            case var key when key.StartsWith(AuthorizationKeys.Headers, StringComparison.Ordinal) && AuthorizationKeys.BracketsOf(key, AuthorizationKeys.Headers) is [var name]:
                return TryAdd(who, principals, values, (value, _) => Http(new Principal { Header = ValueMatchers.Header(name, value) }));
            case var key when key.StartsWith(AuthorizationKeys.Claims, StringComparison.Ordinal) && AuthorizationKeys.BracketsOf(key, AuthorizationKeys.Claims) is { Count: > 0 } path:
                return TryAddClaim(path, values, principals);
            case var key when key.StartsWith(AuthorizationKeys.EnvoyFilters, StringComparison.Ordinal) && AuthorizationKeys.EnvoyFilterOf(key) is var (filter, name):
                return TryAdd(what, permissions, values, (value, _) => new Permission { Metadata = ValueMatchers.Noted(filter, name, value) });
            default:
                return !_letsIn; // nobody knows what it would ask
        }
    }

    // All values of a claim are one condition, as in Istio.
    private bool TryAddClaim(IReadOnlyList<string> path, AuthorizationValues values, List<Principal> principals)
    {
        if (isTcp)
        {
            return !_letsIn;
        }

        if (values.Values.Count > 0 && !values.Values.Contains(""))
        {
            principals.Add(ConditionForms.Principals.Any([Claim(values.Values)]));
        }

        if (values.NotValues.Any(static value => value.Length > 0))
        {
            principals.Add(ConditionForms.Principals.None([Claim(values.NotValues.Where(static value => value.Length > 0))]));
        }

        return true;

        Principal Claim(IEnumerable<string> texts) => new() { Metadata = ValueMatchers.ClaimOrList(path, texts.Select(text => ValueMatchers.Text(text))) };
    }

    /// <summary>Adds a field's conditions. False: the rule lets nobody in.</summary>
    /// <param name="form">The form of conditions.</param>
    /// <param name="conditions">Where to.</param>
    /// <param name="values">The field's values.</param>
    /// <param name="translate">Makes a condition of a value, wide where more has to fit rather than less; null when it cannot be made.</param>
    private bool TryAdd<T>(ConditionForm<T> form, List<T> conditions, AuthorizationValues values, Func<string, bool, T?> translate)
        where T : class
    {
        T?[] positive = [.. values.Values.Select(value => value.Length == 0 ? null : translate(value, !_letsIn))];
        T?[] negative = [.. values.NotValues.Select(value => value.Length == 0 ? null : translate(value, _letsIn))];
        if (_letsIn && (positive.Contains(null) || negative.Contains(null)))
        {
            return false;
        }

        if (positive.Length > 0 && !positive.Contains(null))
        {
            conditions.Add(form.Any(positive!));
        }

        T[] known = [.. negative.OfType<T>()];
        if (known.Length > 0)
        {
            conditions.Add(form.None(known));
        }

        return true;
    }

    private T? Http<T>(T? condition)
        where T : class => isTcp ? null : condition;

    private Principal PeerName(string value)
    {
        Principal[] names = [.. domains.Expand(value).Select(name => Authenticated(ValueMatchers.Principal(name)))];
        return names.Length == 1 ? names[0] : ConditionForms.Principals.Any(names);
    }

    private Principal? ServiceAccount(string value) =>
        AuthorizationValueSyntax.CheckServiceAccount(value) is null ? Authenticated(ValueMatchers.ServiceAccount(value, policy.Namespace)) : null;

    // A host without a port stands for the host with any port where routes go by its name: the routes do not look at the port.
    private Permission Host(string value, bool isWide)
    {
        var host = new Permission { Header = ValueMatchers.Header(":authority", value, ignoreCase: true) };
        return isWide && policy.Spec.Action == AuthorizationAction.Deny && hosts.WithPort(value) is { } withPort
            ? ConditionForms.Permissions.Any([host, new Permission { Header = new HeaderMatcher { Name = ":authority", StringMatch = withPort } }])
            : host;
    }

    // Of a template that is none, what it begins with is what a rule that keeps requests out keeps out.
    private static Permission? PathOf(string value, bool isWide)
    {
        bool isBroken = PathTemplateRules.Check(value) is not null;
        if (isBroken)
        {
            return isWide ? new Permission { UrlPath = ValueMatchers.Path($"{PathTemplateRules.LiteralStartOf(value)}*") } : null;
        }

        return !PathTemplateRules.IsTemplate(value) ? new Permission { UrlPath = ValueMatchers.Path(value) } : new Permission
        {
            UriTemplate = new TypedExtensionConfig
            {
                Name = "uri-template",
                TypedConfig = Any.Pack(new UriTemplateMatchConfig { PathTemplate = PathTemplateRules.ToUriTemplate(value) }),
            },
        };
    }

    private static Permission? Port(string value) =>
        AuthorizationValueSyntax.CheckPort(value) is null ? new Permission { DestinationPort = uint.Parse(value, CultureInfo.InvariantCulture) } : null;

    private static Principal? PeerAddress(string value) => ValueMatchers.Range(value) is { } range ? new Principal { DirectRemoteIp = range } : null;

    private static Principal? RemoteAddress(string value) => ValueMatchers.Range(value) is { } range ? new Principal { RemoteIp = range } : null;

    private static Principal Authenticated(Envoy.Type.Matcher.V3.StringMatcher name) =>
        new() { Authenticated = new Principal.Types.Authenticated { PrincipalName = name } };
}
