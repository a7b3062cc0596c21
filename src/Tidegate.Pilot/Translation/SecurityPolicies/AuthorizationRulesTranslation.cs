using Envoy.Config.Listener.V3;
using Envoy.Config.Rbac.V3;
using Envoy.Config.Route.V3;
using Envoy.Type.Matcher.V3;
using Tidegate.Pilot.Resources.SecurityPolicies;
using Tidegate.Pilot.Translation.Security;
using AnyMessage = Google.Protobuf.WellKnownTypes.Any;
using HttpRbac = Envoy.Extensions.Filters.Http.Rbac.V3.RBAC;
using NetworkRbac = Envoy.Extensions.Filters.Network.Rbac.V3.RBAC;

namespace Tidegate.Pilot.Translation.SecurityPolicies;

/// <summary>
/// <c>authorization</c> of a SecurityPolicy, whose first rule that fits decides, as Envoy's rules, of which any may fit: one filter keeps out whom a rule of action Deny
/// fits and none of action Allow before it; where nobody is let in by default, a second one lets in whom a rule of action Allow fits.
/// </summary>
internal static class AuthorizationRulesTranslation
{
    private const string HttpFilter = "envoy.filters.http.rbac";
    private const string TcpFilter = "envoy.filters.network.rbac";

    private static readonly string[] ScopeClaims = ["scope", "scp"];

    /// <summary>Adds the filters.</summary>
    public static void Add(AuthorizationSettings authorization, PolicyDraft draft)
    {
        foreach ((RBAC rules, PolicyPlace place) in FiltersOf(authorization, draft.Name, isTcp: false))
        {
            draft.Add(place, HttpFilter, new HttpRbac { Rules = rules }, suffix: place == PolicyPlace.Deny ? "/deny" : "/allow");
        }

        foreach ((RBAC rules, _) in FiltersOf(authorization, draft.Name, isTcp: true))
        {
            draft.AddTcp(Tcp(rules));
        }
    }

    /// <summary>Adds filters that keep everybody out.</summary>
    public static void AddClosed(PolicyDraft draft)
    {
        draft.Add(PolicyPlace.Closed, HttpFilter, new HttpRbac { Rules = ClosedRules(draft.Name) }, suffix: "/closed");
        draft.AddTcp(ClosedTcp(draft.Name));
    }

    /// <summary>What keeps all connections of bytes out.</summary>
    public static Filter ClosedTcp(string name) => Tcp(ClosedRules(name));

    private static RBAC ClosedRules(string name) => new() { Action = RBAC.Types.Action.Deny, Policies = { [$"{name}/closed"] = RuleTranslation.Everything } };

    private static Filter Tcp(RBAC rules) => new() { Name = TcpFilter, TypedConfig = AnyMessage.Pack(new NetworkRbac { Rules = rules, StatPrefix = "tcp." }) };

    private static IEnumerable<(RBAC Rules, PolicyPlace Place)> FiltersOf(AuthorizationSettings authorization, string name, bool isTcp)
    {
        var deny = new RBAC { Action = RBAC.Types.Action.Deny };
        var allow = new RBAC { Action = RBAC.Types.Action.Allow };
        List<Principal> allowedBefore = [];
        for (int i = 0; i < authorization.Rules.Count; i++)
        {
            AuthorizationPolicyRule rule = authorization.Rules[i];
            string id = rule.Name.Length > 0 ? rule.Name : $"{name}/authorization/rule/{i}";
            if (Condition(rule, isTcp) is not { } condition)
            {
                continue;
            }

            if (rule.Allows)
            {
                allowedBefore.Add(condition);
                Put(allow, id, condition);
            }
            else
            {
                Put(deny, id, allowedBefore.Count == 0 ? condition : All([condition, new Principal { NotId = Any([.. allowedBefore]) }]));
            }
        }

        if (deny.Policies.Count > 0)
        {
            yield return (deny, PolicyPlace.Deny);
        }

        if (!authorization.AllowsByDefault)
        {
            yield return (allow, PolicyPlace.Allow);
        }
    }

    // Rules may have the same name.
    private static void Put(RBAC rules, string id, Principal condition)
    {
        string unique = id;
        for (int i = 2; rules.Policies.ContainsKey(unique); i++)
        {
            unique = $"{id}#{i}";
        }

        rules.Policies.Add(unique, new Policy { Permissions = { new Permission { Any = true } }, Principals = { condition } });
    }

    // Of a connection of bytes nothing is known of a request: who is let in by that is not let in, and who is kept out by it is kept out without it (istio-gateway.md 7.3).
    private static Principal? Condition(AuthorizationPolicyRule rule, bool isTcp)
    {
        List<Principal> all = [];
        RulePrincipal principal = rule.Principal!;
        if (principal.ClientCidrs.Count > 0)
        {
            all.Add(Any([.. principal.ClientCidrs.Select(static range => new Principal { RemoteIp = ValueMatchers.Range(range) })]));
        }

        List<Principal> ofRequest = [.. Methods(rule.Operation), .. Path(rule.Operation?.Path), .. Token(principal.Jwt), .. principal.Headers.Select(Header)];
        if (!isTcp)
        {
            all.AddRange(ofRequest);
        }
        else if (ofRequest.Count > 0 && rule.Allows)
        {
            return null;
        }

        return all.Count == 0 ? new Principal { Any = true } : All(all);
    }

    private static IEnumerable<Principal> Methods(RuleOperation? operation)
    {
        if (operation?.Methods.Count > 0)
        {
            yield return Any([.. operation.Methods.Select(static method => Field(":method", method, ignoreCase: true))]);
        }
    }

    private static IEnumerable<Principal> Path(RulePath? path)
    {
        if (path is null)
        {
            yield break;
        }

        string whole = path.Value.TrimEnd('/');
        Principal fits = path.Type switch
        {
            RulePathType.Exact => UrlPath(new StringMatcher { Exact = path.Value }),
            RulePathType.RegularExpression => UrlPath(ValueMatchers.Regex(path.Value)),
            _ when whole.Length == 0 => UrlPath(new StringMatcher { Prefix = "/" }),
            _ => Any([UrlPath(new StringMatcher { Exact = whole }), UrlPath(new StringMatcher { Prefix = $"{whole}/" })]),
        };
        yield return path.Inverts ? new Principal { NotId = fits } : fits;
    }

    private static IEnumerable<Principal> Token(RuleToken? token)
    {
        foreach (string scope in token?.Scopes ?? [])
        {
            yield return Any([.. ScopeClaims.Select(claim => Claim(token!.Provider, claim, scope, isList: true))]);
        }

        foreach (RuleClaim claim in token?.Claims ?? [])
        {
            yield return Any([.. claim.Values.Select(value => Claim(token!.Provider, claim.Name, value, claim.IsList))]);
        }
    }

    private static Principal Claim(string provider, string name, string value, bool isList)
    {
        var text = new ValueMatcher { StringMatch = new StringMatcher { Exact = value } };
        return new Principal
        {
            Metadata = ValueMatchers.Metadata(
                JwtSettingsTranslation.Filter, [provider, .. name.Split('.')], isList ? new ValueMatcher { ListMatch = new ListMatcher { OneOf = text } } : text),
        };
    }

    private static Principal Header(RuleHeader header) => Any([.. header.Values.Select(value => Field(header.Name, value))]);

    private static Principal Field(string name, string value, bool ignoreCase = false) =>
        new() { Header = new HeaderMatcher { Name = name, StringMatch = new StringMatcher { Exact = value, IgnoreCase = ignoreCase } } };

    private static Principal UrlPath(StringMatcher path) => new() { UrlPath = new PathMatcher { Path = path } };

    private static Principal All(List<Principal> conditions) => conditions.Count == 1 ? conditions[0] : ConditionForms.Principals.All(conditions);

    private static Principal Any(IReadOnlyList<Principal> conditions) => conditions.Count == 1 ? conditions[0] : ConditionForms.Principals.Any(conditions);
}
