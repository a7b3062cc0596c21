using Tidegate.Pilot.Resources;
using Tidegate.Pilot.Translation.Findings;

namespace Tidegate.Pilot.Translation.VirtualServices;

/// <summary>Puts the routes of delegates in place of the root's routes that name them (spec 3.8). One level only.</summary>
internal static class DelegateMerge
{
    /// <summary>The root with its delegates' routes.</summary>
    /// <param name="root">A VirtualService with <c>delegate</c> in some route.</param>
    /// <param name="delegates">For each of its routes, the delegate that is visible to it; null where there is none.</param>
    public static BoundVirtualService Merge(BoundVirtualService root, IReadOnlyList<BoundVirtualService?> delegates)
    {
        var routes = new List<HttpRoute>();
        var origins = new List<HttpRouteOrigin>();
        var findings = new List<Finding>(root.Findings);
        for (var i = 0; i < root.HttpRoutes.Count; i++)
        {
            var route = root.HttpRoutes[i];
            if (route.Delegate is null)
            {
                routes.Add(route);
                origins.Add(root.Origins[i]);
            }
            else if (delegates[i] is { } target)
            {
                AddDelegated(route, root.Origins[i], target, routes, origins, findings);
            }
            else
            {
                findings.Add(Finding.Warning(
                    DiagnosticCodes.DelegateMissing,
                    root.Source,
                    $"{root.Origins[i].Path}.delegate",
                    $"there is no VirtualService {NameOf(route.Delegate, root)} without hosts that is exported to namespace {root.Namespace}; the route is left out"));
            }
        }
        return new BoundVirtualService
        {
            Source = root.Source,
            Hosts = root.Hosts,
            Gateways = root.Gateways,
            HttpRoutes = routes,
            TcpRoutes = root.TcpRoutes,
            TlsRoutes = root.TlsRoutes,
            Origins = origins,
            Findings = findings,
        };
    }

    /// <summary><c>namespace/name</c> of the delegate that a route of <paramref name="root"/> names.</summary>
    public static string NameOf(Resources.Delegate reference, BoundVirtualService root) =>
        $"{(reference.Namespace.Length == 0 ? root.Namespace : reference.Namespace)}/{reference.Name}";

    private static void AddDelegated(
        HttpRoute root,
        HttpRouteOrigin origin,
        BoundVirtualService target,
        List<HttpRoute> routes,
        List<HttpRouteOrigin> origins,
        List<Finding> findings)
    {
        for (var i = 0; i < target.HttpRoutes.Count; i++)
        {
            var route = target.HttpRoutes[i];
            if (MergeMatches(root.Match, route.Match) is { } matches)
            {
                routes.Add(Merge(root, route, matches));
                origins.Add(target.Origins[i] with { RootIndex = origin.Index });
            }
            else
            {
                findings.Add(Finding.Warning(
                    DiagnosticCodes.DelegateConflict,
                    target.Source,
                    $"{target.Origins[i].Path}.match",
                    $"goes beyond what VirtualService {origin.Source.Namespace}/{origin.Source.Name} delegates in {origin.Path}; the route is left out"));
            }
        }
    }

    /// <summary>What the delegate says wins, field by field; where it goes is its own affair.</summary>
    private static HttpRoute Merge(HttpRoute root, HttpRoute route, IReadOnlyList<HttpMatchRequest> matches) => route with
    {
        Name = JoinNames(root.Name, route.Name),
        Match = matches,
        Delegate = null,
        Rewrite = route.Rewrite ?? root.Rewrite,
        DirectResponse = route.DirectResponse ?? root.DirectResponse,
        Timeout = route.Timeout ?? root.Timeout,
        Retries = route.Retries ?? root.Retries,
        Fault = route.Fault ?? root.Fault,
        Mirror = route.Mirror ?? root.Mirror,
        MirrorPercent = route.MirrorPercent ?? root.MirrorPercent,
        MirrorPercentage = route.MirrorPercentage ?? root.MirrorPercentage,
        Mirrors = route.Mirrors.Count > 0 ? route.Mirrors : root.Mirrors,
        CorsPolicy = route.CorsPolicy ?? root.CorsPolicy,
        Headers = route.Headers ?? root.Headers,
    };

    /// <summary>Each match of the delegate within each of the root that allows it; null when one of the delegate's is within none.</summary>
    private static IReadOnlyList<HttpMatchRequest>? MergeMatches(IReadOnlyList<HttpMatchRequest> root, IReadOnlyList<HttpMatchRequest> leaf)
    {
        if (root.Count == 0 || leaf.Count == 0)
        {
            return root.Count == 0 ? leaf : root;
        }
        var result = new List<HttpMatchRequest>();
        foreach (var inner in leaf)
        {
            var before = result.Count;
            result.AddRange(root.Where(outer => !MatchConflict.Exists(outer, inner)).Select(outer => Merge(outer, inner)));
            if (result.Count == before)
            {
                return null;
            }
        }
        return result;
    }

    private static HttpMatchRequest Merge(HttpMatchRequest root, HttpMatchRequest leaf) => leaf with
    {
        Name = JoinNames(root.Name, leaf.Name),
        Uri = leaf.Uri ?? root.Uri,
        Scheme = leaf.Scheme ?? root.Scheme,
        Method = leaf.Method ?? root.Method,
        Authority = leaf.Authority ?? root.Authority,
        Headers = Union(root.Headers, leaf.Headers),
        WithoutHeaders = Union(root.WithoutHeaders, leaf.WithoutHeaders),
        QueryParams = Union(root.QueryParams, leaf.QueryParams),
        SourceLabels = Union(root.SourceLabels, leaf.SourceLabels),
        Port = leaf.Port == 0 ? root.Port : leaf.Port,
        SourceNamespace = leaf.SourceNamespace.Length == 0 ? root.SourceNamespace : leaf.SourceNamespace,
        Gateways = leaf.Gateways.Count == 0 ? root.Gateways : leaf.Gateways,
        StatPrefix = leaf.StatPrefix.Length == 0 ? root.StatPrefix : leaf.StatPrefix,
    };

    private static string JoinNames(string root, string leaf) =>
        leaf.Length == 0 ? root : root.Length == 0 ? leaf : $"{root}-{leaf}";

    private static IReadOnlyDictionary<string, TValue> Union<TValue>(
        IReadOnlyDictionary<string, TValue> root, IReadOnlyDictionary<string, TValue> leaf)
    {
        if (root.Count == 0 || leaf.Count == 0)
        {
            return root.Count == 0 ? leaf : root;
        }
        var result = new Dictionary<string, TValue>(root);
        foreach (var (key, value) in leaf)
        {
            result[key] = value;
        }
        return result;
    }
}
