namespace Tidegate.Pilot.Validation;

/// <summary>Compares host names that may begin with <c>*</c>; what follows the star is a plain suffix (Istio: <c>pkg/config/host</c>).</summary>
internal static class WildcardHosts
{
    /// <summary>
    /// The pairs of names in a list that both name some host, by their places, the lesser first; of a name that is there again, those with its first place. The cost
    /// grows with the names' characters and not with the pairs of them.
    /// </summary>
    public static IReadOnlyList<(int First, int Second)> Overlaps(IReadOnlyList<string> hosts)
    {
        // 1. What is there twice, and where each suffix of a wildcard is first.
        List<(int First, int Second)> pairs = [];
        Dictionary<string, int> places = [];
        Dictionary<string, int> wildcards = [];
        for (int i = 0; i < hosts.Count; i++)
        {
            if (!places.TryAdd(hosts[i], i))
            {
                pairs.Add((places[hosts[i]], i));
            }
            else if (IsWildcard(hosts[i]))
            {
                wildcards.Add(hosts[i][1..], i);
            }
        }

        // 2. Every name within a wildcard ends with its suffix.
        Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> bySuffix = wildcards.GetAlternateLookup<ReadOnlySpan<char>>();
        foreach ((string host, int place) in wildcards.Count > 0 ? places : [])
        {
            ReadOnlySpan<char> own = Suffix(host);
            for (int start = 0; start <= own.Length; start++)
            {
                if (bySuffix.TryGetValue(own[start..], out int wildcard) && wildcard != place)
                {
                    pairs.Add((Math.Min(place, wildcard), Math.Max(place, wildcard)));
                }
            }
        }

        pairs.Sort();
        return pairs;
    }

    /// <summary>Whether every host that <paramref name="inner"/> names is one that <paramref name="outer"/> names.</summary>
    public static bool IsSubset(string inner, string outer) =>
        IsWildcard(outer) ? Suffix(inner).EndsWith(Suffix(outer), StringComparison.Ordinal) && (!IsWildcard(inner) || inner.Length >= outer.Length)
        : inner == outer;

    private static bool IsWildcard(string host) => host.StartsWith('*');

    private static ReadOnlySpan<char> Suffix(string host) => host.AsSpan(IsWildcard(host) ? 1 : 0);
}
