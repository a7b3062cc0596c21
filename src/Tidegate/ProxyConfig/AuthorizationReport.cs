using System.Text.RegularExpressions;
using Envoy.Admin.V3;
using Envoy.Config.Listener.V3;
using Envoy.Config.Rbac.V3;
using Envoy.Extensions.Filters.Network.HttpConnectionManager.V3;
using Google.Protobuf.WellKnownTypes;
using Tidegate.Printing;
using Action = Envoy.Config.Rbac.V3.RBAC.Types.Action;
using HttpRbac = Envoy.Extensions.Filters.Http.Rbac.V3.RBAC;
using NetworkRbac = Envoy.Extensions.Filters.Network.Rbac.V3.RBAC;

namespace Tidegate.ProxyConfig;

/// <summary>
/// <c>x authz check</c>: the policies that the gateway has, of all sources, by action, each with how many rules are in force. The rows of istioctl come first; it does
/// not tell of policies that ask an authorizer, nor of those that are only tried.
/// </summary>
public static partial class AuthorizationReport
{
    private const int Padding = 3;

    // What istioctl calls rules without policies.
    private const string Nothing = "_anonymous_match_nothing_";

    // Of what istiod and Tidegate's control plane name rules by which an authorizer is asked.
    private const string CustomPrefix = "istio-ext-authz-";

    private static readonly string[] Order = ["DENY", "ALLOW", "LOG", "CUSTOM", "DENY (dry run)", "ALLOW (dry run)", "LOG (dry run)"];

    /// <summary>Writes the table.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="dump">What is told of.</param>
    /// <exception cref="Failures.CommandException">The dump has no listeners.</exception>
    public static void WriteTable(TextWriter output, ConfigDumpDocument dump)
    {
        var rules = new SortedDictionary<string, HashSet<string>>[Order.Length];
        foreach ((string action, string policy, string rule) in ListenersOf(dump).SelectMany(ChainsOf).SelectMany(static chain => chain.Filters).SelectMany(RulesOf))
        {
            SortedDictionary<string, HashSet<string>> policies = rules[Array.IndexOf(Order, action)] ??= new(StringComparer.Ordinal);
            if (!policies.TryGetValue(policy, out HashSet<string>? of))
            {
                policies[policy] = of = [];
            }

            of.Add(rule);
        }

        var table = new TabTable(Padding);
        table.Add("ACTION", "AuthorizationPolicy", "RULES");
        for (int i = 0; i < Order.Length; i++)
        {
            foreach ((string policy, HashSet<string> of) in rules[i] ?? [])
            {
                table.Add(Order[i], policy, of.Count.ToString(System.Globalization.CultureInfo.InvariantCulture));
            }
        }

        table.WriteTo(output);
    }

    private static IEnumerable<Listener> ListenersOf(ConfigDumpDocument dump)
    {
        ListenersConfigDump section = dump.Section(ListenersConfigDump.Parser);
        return section.StaticListeners.Select(static one => one.Listener)
            .Concat(section.DynamicListeners.Where(static one => one.ActiveState is not null).Select(static one => one.ActiveState.Listener))
            .Select(ConfigDumpDocument.Unpack<Listener>);
    }

    private static IEnumerable<FilterChain> ChainsOf(Listener listener) =>
        listener.DefaultFilterChain is { } last ? listener.FilterChains.Append(last) : listener.FilterChains;

    private static IEnumerable<(string Action, string Policy, string Rule)> RulesOf(Filter filter)
    {
        if (filter.TypedConfig is not { } config)
        {
            return [];
        }

        if (config.Is(NetworkRbac.Descriptor))
        {
            NetworkRbac rbac = ConfigDumpDocument.Unpack<NetworkRbac>(config);
            return RulesOf(rbac.Rules, rbac.ShadowRules);
        }

        return config.Is(HttpConnectionManager.Descriptor)
            ? ConfigDumpDocument.Unpack<HttpConnectionManager>(config).HttpFilters.SelectMany(static http => RulesOf(http.TypedConfig))
            : [];
    }

    private static IEnumerable<(string Action, string Policy, string Rule)> RulesOf(Any? config)
    {
        if (config?.Is(HttpRbac.Descriptor) != true)
        {
            return [];
        }

        HttpRbac rbac = ConfigDumpDocument.Unpack<HttpRbac>(config);
        return RulesOf(rbac.Rules, rbac.ShadowRules);
    }

    private static IEnumerable<(string Action, string Policy, string Rule)> RulesOf(RBAC? enforced, RBAC? tried)
    {
        IEnumerable<(string, string, string)> rules = enforced is null ? [] : Of(enforced, string.Empty);
        return tried is null ? rules : rules.Concat(Of(tried, " (dry run)"));

        static IEnumerable<(string, string, string)> Of(RBAC rbac, string suffix)
        {
            string action = (rbac.Action == Action.Log ? "LOG" : rbac.Action == Action.Deny ? "DENY" : "ALLOW") + suffix;
            return rbac.Policies.Count == 0
                ? [(action, Nothing, "0")]
                : rbac.Policies.Keys.Select(name => RuleName().Match(name) is { Success: true } match
                    ? (name.StartsWith(CustomPrefix, StringComparison.Ordinal) ? "CUSTOM" : action, $"{match.Groups[2].Value}.{match.Groups[1].Value}", match.Groups[3].Value)
                    : (action, name, "0"));
        }
    }

    [GeneratedRegex(@"ns\[(.+)\]-policy\[(.+)\]-rule\[([0-9]+)\]")]
    private static partial Regex RuleName();
}
