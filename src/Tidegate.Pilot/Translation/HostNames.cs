using System.Net;

namespace Tidegate.Pilot.Translation;

/// <summary>
/// What Istio means by host names that may be wildcards (its package <c>pkg/config/host</c>). A wildcard is a name that starts with
/// <c>*</c>; what follows is compared as a plain suffix, so <c>*.foo.com</c> covers <c>a.b.foo.com</c> but not <c>foo.com</c>.
/// </summary>
public static class HostNames
{
    private const int FewNames = 16;

    /// <summary>Whether the name is a wildcard.</summary>
    public static bool IsWildcard(string name) => name.Length > 0 && name[0] == '*';

    /// <summary>Whether the two names have a host in common.</summary>
    public static bool Matches(string a, string b) => (IsWildcard(a), IsWildcard(b)) switch
    {
        (true, true) => a.Length < b.Length ? EndsWith(b, a) : EndsWith(a, b),
        (true, false) => EndsWith(b, a),
        (false, true) => EndsWith(a, b),
        _ => a == b,
    };

    /// <summary>Whether every host that <paramref name="a"/> names is named by <paramref name="b"/> too.</summary>
    public static bool IsSubsetOf(string a, string b) => (IsWildcard(a), IsWildcard(b)) switch
    {
        (true, true) => a.Length >= b.Length && EndsWith(a, b),
        (true, false) => false,
        (false, true) => EndsWith(a, b),
        _ => a == b,
    };

    /// <summary>The narrower name of each overlapping pair, without duplicates, in the order of <paramref name="outer"/>, then <paramref name="inner"/>.</summary>
    public static IReadOnlyList<string> Intersect(IReadOnlyList<string> outer, IReadOnlyList<string> inner)
    {
        List<string>? result = null;
        HashSet<string>? seen = null;

        // As a rule there are a few of each, and comparing each with each is the least.
        HostNameSet? set = inner.Count > FewNames && outer.Count > FewNames ? new HostNameSet(inner) : null;
        foreach (string a in outer)
        {
            if (set is not null && !IsWildcard(a))
            {
                Take(set.Covers(a) ? a : null);
                continue;
            }

            foreach (string b in inner)
            {
                Take(IsSubsetOf(a, b) ? a : IsSubsetOf(b, a) ? b : null);
            }
        }

        return result ?? (IReadOnlyList<string>)[];

        void Take(string? name)
        {
            if (name is null || (seen is not null ? !seen.Add(name) : result?.Contains(name) == true))
            {
                return;
            }

            (result ??= []).Add(name);
            if (seen is null && result.Count > FewNames)
            {
                seen = new HashSet<string>(result, StringComparer.Ordinal);
            }
        }
    }

    /// <summary>Orders the more specific name first: names before wildcards, longer ones first, then by code point.</summary>
    public static int CompareSpecificity(string a, string b)
    {
        var wildcard = IsWildcard(a).CompareTo(IsWildcard(b));
        if (wildcard != 0)
        {
            return wildcard;
        }
        var length = b.Length.CompareTo(a.Length);
        return length != 0 ? length : string.CompareOrdinal(a, b);
    }

    /// <summary>
    /// The full name of a host as written in an object: a name without a dot is a Service of <paramref name="namespaceName"/>;
    /// <c>*</c>, an address, or anything with a dot is left as it is.
    /// </summary>
    public static string Expand(string host, string namespaceName, string domainSuffix)
    {
        if (host.Length == 0 || host == "*" || host.Contains('.') || IPAddress.TryParse(host, out _))
        {
            return host;
        }
        return $"{host}.{namespaceName}.svc.{domainSuffix}";
    }

    /// <summary>
    /// The hosts of a Gateway server (<c>[namespace/]name</c>) that admit an object of <paramref name="namespaceName"/>, without the
    /// namespace.
    /// </summary>
    public static IReadOnlyList<string> ForNamespace(IReadOnlyList<string> hosts, string namespaceName)
    {
        var result = new List<string>(hosts.Count);
        foreach (var host in hosts)
        {
            var slash = host.IndexOf('/', StringComparison.Ordinal);
            if (slash < 0)
            {
                result.Add(host);
            }
            else if (host.AsSpan(0, slash) is var prefix && (prefix.SequenceEqual(namespaceName) || prefix.SequenceEqual("*")))
            {
                result.Add(host[(slash + 1)..]);
            }
        }
        return result;
    }

    /// <summary>The name of a virtual host: <c>host:port</c>, an IPv6 address in brackets.</summary>
    public static string WithPort(string host, int port) => host.Contains(':') ? $"[{host}]:{port}" : $"{host}:{port}";

    /// <summary>Whether <paramref name="name"/> ends with <paramref name="wildcard"/> without its <c>*</c>; the <c>*</c> of <paramref name="name"/> does not count.</summary>
    private static bool EndsWith(string name, string wildcard)
    {
        var start = IsWildcard(name) ? 1 : 0;
        return name.AsSpan(start).EndsWith(wildcard.AsSpan(1), StringComparison.Ordinal);
    }
}
