namespace Tidegate.Pilot.Validation;

/// <summary>Compares host names that may begin with <c>*</c>; what follows the star is a plain suffix (Istio: <c>pkg/config/host</c>).</summary>
internal static class WildcardHosts
{
    /// <summary>Whether there is a host that both name.</summary>
    public static bool Overlap(string one, string other) =>
        IsWildcard(one) || IsWildcard(other) ? IsSubset(one, other) || IsSubset(other, one) : one == other;

    /// <summary>Whether every host that <paramref name="inner"/> names is one that <paramref name="outer"/> names.</summary>
    public static bool IsSubset(string inner, string outer) =>
        IsWildcard(outer) ? Suffix(inner).EndsWith(Suffix(outer), StringComparison.Ordinal) && (!IsWildcard(inner) || inner.Length >= outer.Length)
        : inner == outer;

    private static bool IsWildcard(string host) => host.StartsWith('*');

    private static ReadOnlySpan<char> Suffix(string host) => host.AsSpan(IsWildcard(host) ? 1 : 0);
}
