using Tidegate.Pilot.Resources;

namespace Tidegate.Pilot.Validation;

/// <summary>
/// Finds rules of a VirtualService that no request can reach, because an earlier one takes all that they would (Istio's analysis
/// IST0130 and IST0131).
/// </summary>
internal static class UnreachableRules
{
    /// <summary>The code of a rule that is never used.</summary>
    public const string Unreachable = "unreachable-rule";

    /// <summary>The code of a match that is never used.</summary>
    public const string Ineffective = "ineffective-match";

    public static void Check(VirtualServiceSpec spec, Findings findings)
    {
        CheckRules(
            [.. spec.Http.Select(route => new Rule(route.Name, [.. route.Match.Select(match => new Condition(match.Name, MatchIdentity.Of(match)))]))],
            findings,
            "spec.http");
        CheckRules([.. spec.Tcp.Select(route => new Rule(string.Empty, [.. route.Match.Select(match => new Condition(string.Empty, MatchIdentity.Of(match)))]))], findings, "spec.tcp");
        CheckRules([.. spec.Tls.Select(route => new Rule(string.Empty, [.. route.Match.Select(match => new Condition(string.Empty, MatchIdentity.Of(match)))]))], findings, "spec.tls");
        CoveredPrefixes.Check(spec.Http, findings);
    }

    /// <summary>What a message calls a rule or a match.</summary>
    internal static string NameOf(string name, int index) => name.Length > 0 ? GoText.Quote(name) : $"#{index}";

    private static void CheckRules(IReadOnlyList<Rule> rules, Findings findings, string field)
    {
        Dictionary<string, int> seen = [];
        bool isCatchAllSeen = false;
        for (int i = 0; i < rules.Count; i++)
        {
            Rule rule = rules[i];
            string name = NameOf(rule.Name, i);
            if (rule.Matches.Count == 0)
            {
                if (isCatchAllSeen)
                {
                    Report("only the last rule can have no matches");
                }

                isCatchAllSeen = true;
                continue;
            }

            if (isCatchAllSeen)
            {
                Report("route without matches defined before");
                continue;
            }

            int duplicates = 0;
            for (int j = 0; j < rule.Matches.Count; j++)
            {
                if (!seen.TryAdd(rule.Matches[j].Identity, i))
                {
                    int first = seen[rule.Matches[j].Identity];
                    duplicates++;
                    findings.Warn(
                        $"{field}[{i}].match[{j}]",
                        $"virtualService rule {name} match {NameOf(rule.Matches[j].Name, j)} is not used (duplicate/overlapping match in rule {NameOf(rules[first].Name, first)})",
                        Ineffective);
                }
            }

            if (duplicates == rule.Matches.Count)
            {
                Report("all matches used by prior rules");
            }

            void Report(string reason) => findings.Warn($"{field}[{i}]", $"virtualService rule {name} not used ({reason})", Unreachable);
        }
    }

    private sealed record Rule(string Name, IReadOnlyList<Condition> Matches);

    private readonly record struct Condition(string Name, string Identity);
}
