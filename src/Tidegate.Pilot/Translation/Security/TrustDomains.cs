namespace Tidegate.Pilot.Translation.Security;

/// <summary>The trust domain of the mesh and its aliases: who is written with one of them may come with any (Istio: <c>trustDomainAliases</c>).</summary>
internal sealed class TrustDomains(MeshSettings mesh)
{
    // What stands for the mesh's own, whatever that is.
    private const string Local = "cluster.local";

    private readonly string[] _all = [.. mesh.TrustDomainAliases.Prepend(mesh.TrustDomain).Distinct()];

    /// <summary>The names that a principal of a policy stands for.</summary>
    public IEnumerable<string> Expand(string principal)
    {
        int slash = principal.IndexOf('/', StringComparison.Ordinal);
        string domain = slash < 0 ? "" : principal[..slash];
        if (slash < 0 || domain == "*" || !(domain == Local || _all.Any(known => Fits(domain, known))))
        {
            return [principal];
        }

        bool isPattern = domain.StartsWith('*');
        IEnumerable<string> names = _all.Select(known => isPattern && Fits(domain, known) ? principal : known + principal[slash..]);
        return (isPattern || domain != Local ? names.Prepend(principal) : names).Distinct();
    }

    private static bool Fits(string pattern, string domain) =>
        pattern == domain || (pattern.StartsWith('*') && domain.EndsWith(pattern[1..], StringComparison.Ordinal));
}
