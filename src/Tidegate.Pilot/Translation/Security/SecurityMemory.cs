namespace Tidegate.Pilot.Translation.Security;

/// <summary>What policies were made into last, and of what.</summary>
internal sealed class SecurityMemory
{
    private object?[]? _inputs;
    private string[] _hosts = [];

    /// <summary>What was made.</summary>
    public SecurityFilters Filters { get; private set; } = SecurityFilters.None;

    /// <summary>Whether it was made of the very same.</summary>
    public bool IsSame(object?[] inputs, string[] hosts) =>
        _inputs is not null && _inputs.SequenceEqual(inputs, ReferenceEqualityComparer.Instance) && _hosts.SequenceEqual(hosts);

    /// <summary>Notes what was made of what; the same content is the same instance, so that what follows from it is not made again.</summary>
    public void Set(object?[] inputs, string[] hosts, SecurityFilters made)
    {
        (_inputs, _hosts) = (inputs, hosts);
        bool isSame = made.Identification.SequenceEqual(Filters.Identification) && made.Decision.SequenceEqual(Filters.Decision) && made.Tcp.SequenceEqual(Filters.Tcp)
            && made.KeySets.SequenceEqual(Filters.KeySets) && made.Providers.SequenceEqual(Filters.Providers) && made.Secrets.SequenceEqual(Filters.Secrets)
            && made.Findings.SequenceEqual(Filters.Findings);
        Filters = isSame ? Filters : made;
    }
}
