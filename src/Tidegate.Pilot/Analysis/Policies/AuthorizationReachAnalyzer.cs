using System.Globalization;
using Tidegate.Pilot.Resources;
using Tidegate.Pilot.Translation;
using Tidegate.Pilot.Translation.Gateways;
using Tidegate.Pilot.Translation.Security;
using Tidegate.Pilot.Validation;

namespace Tidegate.Pilot.Analysis.Policies;

/// <summary>
/// Policies that apply to the gateway and do not do what they seem to: values that nothing has (security-envoy.md 4), hosts that no Gateway has, rules that change nothing
/// beside others.
/// </summary>
internal static class AuthorizationReachAnalyzer
{
    private const string Claims = "request.auth.";

    public static void Analyze(AnalysisSnapshot snapshot, AnalysisReport report)
    {
        MeshSettings mesh = MeshSettings.Default with { RootNamespace = snapshot.RootNamespace };
        AuthorizationPolicy[] policies =
        [
            .. PolicySelection.For(snapshot.Objects.All<AuthorizationPolicy>().Where(policy => policy.WrongFields is null), policy => policy.Spec.Targets, snapshot.Node, mesh),
        ];
        bool hasTokens = PolicySelection.For(snapshot.Objects.All<RequestAuthentication>(), policy => policy.Spec.Targets, snapshot.Node, mesh).Count > 0;
        var reach = new Reach(HostsOf(snapshot), PortsOf(snapshot), hasTokens);
        foreach (AuthorizationPolicy policy in policies)
        {
            for (int i = 0; i < policy.Spec.Rules.Count; i++)
            {
                CheckValues(policy, policy.Spec.Rules[i], $"spec.rules[{i}]", reach, report);
            }
        }

        CheckShadows(policies, report);
    }

    private static void CheckValues(AuthorizationPolicy policy, AuthorizationRule rule, string path, Reach reach, AnalysisReport report)
    {
        for (int i = 0; i < rule.From.Count; i++)
        {
            Each(rule.From[i]?.Principals, $"{path}.from[{i}].source.principals", value =>
                value.StartsWith("spiffe://", StringComparison.Ordinal) ? "principals are written without spiffe://" : null);
            Each(rule.From[i]?.RequestPrincipals, $"{path}.from[{i}].source.requestPrincipals", _ => reach.TokenProblem);
        }

        for (int i = 0; i < rule.To.Count; i++)
        {
            string at = $"{path}.to[{i}].operation";
            Each(rule.To[i]?.Methods, $"{at}.methods", value => value.Any(char.IsAsciiLetterLower) ? "methods are written in capitals" : null);
            Each(rule.To[i]?.Ports, $"{at}.ports", reach.PortProblem);
            Each(rule.To[i]?.Paths, $"{at}.paths", value =>
                value.Contains('?', StringComparison.Ordinal) || value.Contains('#', StringComparison.Ordinal) ? "paths are compared without what follows a question mark"
                : value.StartsWith('/') || value.StartsWith('*') ? null
                : "paths begin with a slash");
            IReadOnlyList<string> hosts = rule.To[i]?.Hosts.Values ?? [];
            for (int k = 0; k < hosts.Count; k++)
            {
                if (!reach.HasHost(hosts[k]))
                {
                    report.Add(MessageTypes.PolicyHostUnknown, policy, $"{at}.hosts[{k}]", $"no Gateway has the host {GoText.Quote(hosts[k])}, so no request fits; {Consequence(policy)}");
                }
            }
        }

        for (int i = 0; i < rule.When.Count; i++)
        {
            Each(rule.When[i].Values, $"{path}.when[{i}].values", value => rule.When[i].Key switch
            {
                "destination.port" => reach.PortProblem(value),
                "source.principal" when value.StartsWith("spiffe://", StringComparison.Ordinal) => "principals are written without spiffe://",
                var key when key.StartsWith(Claims, StringComparison.Ordinal) => reach.TokenProblem,
                _ => null,
            });
        }

        void Each(AuthorizationValues? values, string field, Func<string, string?> problemOf)
        {
            for (int i = 0; i < (values?.Values.Count ?? 0); i++)
            {
                if (problemOf(values!.Values[i]) is { } problem)
                {
                    report.Add(MessageTypes.PolicyNeverMatches, policy, $"{field}[{i}]", $"{GoText.Quote(values.Values[i])} never fits: {problem}; {Consequence(policy)}");
                }
            }
        }
    }

    private static string Consequence(AuthorizationPolicy policy) => policy.Spec.Action switch
    {
        AuthorizationAction.Allow => "it lets nobody in",
        AuthorizationAction.Deny => "it keeps nobody out",
        AuthorizationAction.Custom => "nobody is asked because of it",
        _ => "it notes nothing",
    };

    // DENY comes before ALLOW; all rules of one action are one set.
    private static void CheckShadows(AuthorizationPolicy[] policies, AnalysisReport report)
    {
        List<(AuthorizationPolicy Policy, int Index, string Text)> rules =
        [
            .. from policy in policies
               where !AuthorizationTranslation.IsDryRun(policy) && policy.Spec.Action is AuthorizationAction.Allow or AuthorizationAction.Deny
               from index in Enumerable.Range(0, policy.Spec.Rules.Count)
               select (policy, index, Text(policy.Spec.Rules[index])),
        ];
        for (int i = 0; i < rules.Count; i++)
        {
            (AuthorizationPolicy policy, int index, string text) = rules[i];
            int cover = rules.FindIndex(other =>
                other.Policy.Spec.Action == AuthorizationAction.Deny && policy.Spec.Action == AuthorizationAction.Allow ? other.Text.Length == 0 || other.Text == text
                : other.Policy.Spec.Action == policy.Spec.Action && (other.Text.Length == 0 ? text.Length > 0 : other.Text == text && rules.IndexOf(other) < i));
            if (cover < 0)
            {
                continue;
            }

            (AuthorizationPolicy by, int byIndex, _) = rules[cover];
            string what = by.Spec.Action == policy.Spec.Action ? "already fits all that it fits" : "keeps out all that it would let in";
            report.Add(
                MessageTypes.PolicyShadowed,
                policy,
                $"spec.rules[{index}]",
                $"the rule changes nothing: rule {byIndex.ToString(CultureInfo.InvariantCulture)} of AuthorizationPolicy {by.Namespace}/{by.Name} ({by.Spec.Action.ToString().ToUpperInvariant()}) {what}");
        }
    }

    // The same for rules that say the same; empty for one that fits everything.
    private static string Text(AuthorizationRule rule) => string.Join(
        '\n',
        rule.From.Select(source => source is null ? "from" : $"from {Text(source.Principals)} {Text(source.RequestPrincipals)} {Text(source.Namespaces)} {Text(source.ServiceAccounts)} {Text(source.TrustDomains)} {Text(source.IpBlocks)} {Text(source.RemoteIpBlocks)}").Order(StringComparer.Ordinal)
            .Concat(rule.To.Select(operation => operation is null ? "to" : $"to {Text(operation.Hosts)} {Text(operation.Ports)} {Text(operation.Methods)} {Text(operation.Paths)}").Order(StringComparer.Ordinal))
            .Concat(rule.When.Select(condition => $"when {condition.Key} {Text(condition.Values)}").Order(StringComparer.Ordinal)));

    private static string Text(AuthorizationValues values) =>
        $"[{string.Join(',', values.Values.Order(StringComparer.Ordinal))}] not [{string.Join(',', values.NotValues.Order(StringComparer.Ordinal))}]";

    private static string[] HostsOf(AnalysisSnapshot snapshot) =>
    [
        .. snapshot.Gateways.Where(gateway => snapshot.Node.IsSelectedBy(gateway.Spec.Selector))
            .SelectMany(gateway => gateway.Spec.Servers)
            .SelectMany(server => server.Hosts)
            .Select(host => host[(host.LastIndexOf('/') + 1)..])
            .Distinct(),
    ];

    private static HashSet<long> PortsOf(AnalysisSnapshot snapshot)
    {
        HashSet<long> ports = [];
        foreach (GatewayPort port in snapshot.Gateways.Where(gateway => snapshot.Node.IsSelectedBy(gateway.Spec.Selector)).SelectMany(gateway => gateway.Spec.Servers).Select(server => server.Port).OfType<GatewayPort>())
        {
            GatewayServicePort? behind = snapshot.OwnServices.SelectMany(service => service.Ports).FirstOrDefault(known => known.Port == port.Number);
            ports.Add(behind is null ? port.Number : behind.TargetPort);
        }

        return ports;
    }

    /// <summary>What requests to the gateway can have.</summary>
    private sealed record Reach(string[] Hosts, HashSet<long> Ports, bool HasTokens)
    {
        public string? TokenProblem => HasTokens ? null : "no RequestAuthentication checks tokens at the gateway";

        public string? PortProblem(string value) =>
            Ports.Count == 0 || !long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out long port) || Ports.Contains(port)
                ? null
                : $"ports are those on which the gateway listens ({string.Join(", ", Ports.Order())})";

        // A pattern fits a host that a Gateway has; where both are patterns, some host may fit both.
        public bool HasHost(string value)
        {
            int colon = value.LastIndexOf(':');
            string host = colon > 0 ? value[..colon] : value;
            return Hosts.Length == 0 || host is "*" || Array.Exists(Hosts, known => Overlap(host, known));
        }

        private static bool Overlap(string value, string known)
        {
            const StringComparison IgnoreCase = StringComparison.OrdinalIgnoreCase;
            string? knownSuffix = known == "*" ? "" : known.StartsWith("*.", StringComparison.Ordinal) ? known[1..] : null;
            return value switch
            {
                ['*', .. var suffix] => knownSuffix is null ? known.EndsWith(suffix, IgnoreCase) : knownSuffix.EndsWith(suffix, IgnoreCase) || suffix.EndsWith(knownSuffix, IgnoreCase),
                [.. var prefix, '*'] => knownSuffix is not null || known.StartsWith(prefix, IgnoreCase),
                _ => knownSuffix is null ? known.Equals(value, IgnoreCase) : value.EndsWith(knownSuffix, IgnoreCase),
            };
        }
    }
}
