using Tidegate.Pilot.Resources;

namespace Tidegate.Pilot.Validation;

/// <summary>
/// Finds prefix matches behind a shorter prefix that takes the same requests (Istio: <c>coveredValidation</c>): same port, and
/// method, authority, headers and parameters of the earlier one no narrower.
/// </summary>
internal static class CoveredPrefixes
{
    // Every pair is looked at; beyond this many the warning is not worth the time it takes.
    private const int MaxMatches = 500;

    public static void Check(IReadOnlyList<HttpRoute> routes, Findings findings)
    {
        List<Entry> entries = [];
        HashSet<string> identities = [];
        for (int i = 0; i < routes.Count && routes[i].Match.Count > 0; i++)
        {
            for (int j = 0; j < routes[i].Match.Count; j++)
            {
                HttpMatchRequest match = routes[i].Match[j];
                if (match.Uri is { Kind: StringMatchKind.Prefix, Value.Length: > 0 } && identities.Add(MatchIdentity.Of(match)))
                {
                    entries.Add(new Entry(i, j, UnreachableRules.NameOf(routes[i].Name, i), UnreachableRules.NameOf(match.Name, j), match));
                }
            }
        }

        for (int i = 0; i < entries.Count && entries.Count <= MaxMatches; i++)
        {
            for (int j = i + 1; j < entries.Count; j++)
            {
                (Entry first, Entry later) = (entries[i], entries[j]);
                if (Prefix(first) != Prefix(later) && Covers(first.Match, later.Match))
                {
                    findings.Warn(
                        $"spec.http[{later.Route}].match[{later.Index}]",
                        $"virtualService rule {later.RouteName} match {later.MatchName} of prefix {Prefix(later)} is not used (duplicate/overlapping match in rule {first.MatchName} of prefix {Prefix(first)} on {first.RouteName})",
                        UnreachableRules.Ineffective);
                }
            }
        }
    }

    private static string Prefix(Entry entry) => entry.Match.Uri!.Value;

    private static bool Covers(HttpMatchRequest first, HttpMatchRequest later) =>
        later.Uri!.Value.StartsWith(first.Uri!.Value, StringComparison.Ordinal)
        && first.Port == later.Port
        && Method(first).StartsWith(Method(later), StringComparison.Ordinal)
        && Text(first.Authority).StartsWith(Text(later.Authority), StringComparison.Ordinal)
        && Covers(first.Headers, later.Headers)
        && Covers(first.QueryParams, later.QueryParams)
        && Covers(first.WithoutHeaders, later.WithoutHeaders);

    private static bool Covers(IReadOnlyDictionary<string, StringMatch> first, IReadOnlyDictionary<string, StringMatch> later) =>
        first.Count == later.Count
        && first.All(entry => later.TryGetValue(entry.Key, out StringMatch? other) && Text(entry.Value).StartsWith(Text(other), StringComparison.Ordinal));

    private static string Method(HttpMatchRequest match) => Text(match.Method) is { Length: > 0 } method ? method : "exact:GET";

    private static string Text(StringMatch? match) => match switch
    {
        { Kind: StringMatchKind.Exact, Value.Length: > 0 } => $"exact:{match.Value}",
        { Kind: StringMatchKind.Prefix, Value.Length: > 0 } => $"prefix:{match.Value}",
        _ => string.Empty,
    };

    private sealed record Entry(int Route, int Index, string RouteName, string MatchName, HttpMatchRequest Match);
}
