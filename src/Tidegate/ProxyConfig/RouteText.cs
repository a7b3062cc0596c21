using Envoy.Config.Core.V3;
using Envoy.Config.Route.V3;
using Google.Protobuf.WellKnownTypes;
using Tidegate.Printing;

namespace Tidegate.ProxyConfig;

/// <summary>The cells that tell of routes, in the tables of routes, listeners and clusters (cli.md, 2.3 to 2.5).</summary>
internal static class RouteText
{
    private const int ShownDomains = 2;

    /// <summary>What a route matches.</summary>
    public static string Match(RouteMatch? match, TableForm form)
    {
        if (match is null)
        {
            return string.Empty;
        }

        List<string> parts = [];
        switch (match.PathSpecifierCase)
        {
            case RouteMatch.PathSpecifierOneofCase.Prefix when match.Prefix.Length > 0:
                parts.Add($"{match.Prefix}*");
                break;
            case RouteMatch.PathSpecifierOneofCase.PathSeparatedPrefix when form == TableForm.Current:
                parts.Add($"PathPrefix:{match.PathSeparatedPrefix}");
                break;
            case RouteMatch.PathSpecifierOneofCase.Path when match.Path.Length > 0:
                parts.Add(match.Path);
                break;
            case RouteMatch.PathSpecifierOneofCase.SafeRegex:
                parts.Add($"regex {match.SafeRegex.Regex}");
                break;
            default:
                break;
        }

        return string.Join(' ', parts);
    }

    /// <summary>The domains of a virtual host, without the variants that say the same.</summary>
    public static string Domains(IReadOnlyList<string> domains)
    {
        if (domains.Count <= 1)
        {
            return domains.Count == 0 ? string.Empty : domains[0];
        }

        // A domain with a port is a variant of the one without; many colons and a closing bracket are an IPv6 address without a port.
        string[] withoutPort = [.. domains.Where(domain => domain.Count(c => c == ':') is var colons && (colons == 0 || (colons > 2 && domain.EndsWith(']'))))];
        var known = new HashSet<string>(withoutPort, StringComparer.Ordinal);
        string[] shortest = [.. withoutPort.Where(domain => !HasShorterForm(known, domain, ".svc.cluster.local") && !HasShorterForm(known, domain, ".svc"))];
        return shortest.Length > ShownDomains
            ? $"{string.Join(", ", shortest[..ShownDomains])} + {shortest.Length - ShownDomains} more..."
            : string.Join(", ", shortest);
    }

    /// <summary>The object that a route or a cluster was made from: <c>name.namespace</c>.</summary>
    public static string ConfigOf(Metadata? metadata)
    {
        if (metadata is null
            || !metadata.FilterMetadata.TryGetValue("istio", out Struct? istio)
            || !istio.Fields.TryGetValue("config", out Value? config))
        {
            return string.Empty;
        }

        // /apis/networking.istio.io/VERSION/namespaces/NAMESPACE/KIND/NAME. Releases up to 1.23 know only the version v1alpha3 and show
        // "<unknown>" for another; we show the object in both forms.
        string path = config.StringValue;
        if (!path.StartsWith("/apis/networking.istio.io/", StringComparison.Ordinal))
        {
            return "<unknown>";
        }

        string[] pieces = path.Split('/');
        return pieces.Length == 8 ? $"{pieces[7]}.{pieces[5]}" : string.Empty;
    }

    /// <summary>The cluster of a route that sends everything it matches to one; null otherwise.</summary>
    public static string? SingleCluster(Route route) =>
        route.ActionCase == Route.ActionOneofCase.Route_ && route.Route_.ClusterSpecifierCase == RouteAction.ClusterSpecifierOneofCase.Cluster
            ? route.Route_.Cluster
            : null;

    private static bool HasShorterForm(HashSet<string> known, string domain, string suffix) =>
        domain.EndsWith(suffix, StringComparison.Ordinal) && known.Contains(domain[..^suffix.Length]);
}
