namespace Tidegate.Pilot.Translation;

/// <summary>Names of hosts, wildcards among them, that are asked one by one: the cost of a question does not grow with their number.</summary>
internal sealed class HostNameSet
{
    private readonly IReadOnlyList<string> _names;
    private readonly HashSet<string> _exact = new(StringComparer.Ordinal);
    private readonly HashSet<string>.AlternateLookup<ReadOnlySpan<char>> _suffixes;

    /// <summary>A set of these names.</summary>
    public HostNameSet(IReadOnlyList<string> names)
    {
        _names = names;
        var suffixes = new HashSet<string>(StringComparer.Ordinal);
        foreach (string name in names)
        {
            _exact.Add(name);
            if (HostNames.IsWildcard(name))
            {
                suffixes.Add(name[1..]);
            }
        }

        _suffixes = suffixes.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    /// <summary>Whether one of the names names every host that <paramref name="name"/> names.</summary>
    public bool Covers(string name)
    {
        if (_exact.Contains(name))
        {
            return true;
        }

        for (int start = HostNames.IsWildcard(name) ? 1 : 0; _suffixes.Set.Count > 0 && start <= name.Length; start++)
        {
            if (_suffixes.Contains(name.AsSpan(start)))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether one of the names and <paramref name="name"/> have a host in common.</summary>
    public bool Meets(string name) => Covers(name) || (HostNames.IsWildcard(name) && _names.Any(own => HostNames.IsSubsetOf(own, name)));
}
