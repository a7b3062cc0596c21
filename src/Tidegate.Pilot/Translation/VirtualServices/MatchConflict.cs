using Tidegate.Pilot.Resources;

namespace Tidegate.Pilot.Translation.VirtualServices;

/// <summary>Whether a delegate's match contradicts the root's (the table of spec 3.8).</summary>
internal static class MatchConflict
{
    public static bool Exists(HttpMatchRequest root, HttpMatchRequest leaf) =>
        InText(root.Uri, leaf.Uri) ||
        InText(root.Scheme, leaf.Scheme) ||
        InText(root.Method, leaf.Method) ||
        InText(root.Authority, leaf.Authority) ||
        InMap(root.Headers, leaf.Headers) ||
        InMap(root.WithoutHeaders, leaf.WithoutHeaders) ||
        InMap(root.QueryParams, leaf.QueryParams) ||
        root.IgnoreUriCase != leaf.IgnoreUriCase ||
        (root.Port > 0 && leaf.Port > 0 && root.Port != leaf.Port) ||
        // Unlike everything else, a namespace that the delegate leaves out contradicts one that the root gives (as in Istio).
        (root.SourceNamespace.Length > 0 && leaf.SourceNamespace != root.SourceNamespace) ||
        leaf.SourceLabels.Any(label => root.SourceLabels.TryGetValue(label.Key, out var value) && value != label.Value) ||
        (root.Gateways.Count > 0 && leaf.Gateways.Any(gateway => !root.Gateways.Contains(gateway)));

    private static bool InMap(IReadOnlyDictionary<string, StringMatch> root, IReadOnlyDictionary<string, StringMatch> leaf) =>
        leaf.Any(pair => root.TryGetValue(pair.Key, out var outer) && InText(outer, pair.Value));

    private static bool InText(StringMatch? root, StringMatch? leaf) => (root?.Kind, leaf?.Kind) switch
    {
        (null, _) or (_, null) => false,
        // Whether one expression is within another is not decided.
        (StringMatchKind.Regex, _) or (_, StringMatchKind.Regex) => true,
        (StringMatchKind.Exact, _) => leaf != root,
        (StringMatchKind.Prefix, StringMatchKind.Prefix or StringMatchKind.Exact) => !leaf!.Value.StartsWith(root!.Value, StringComparison.Ordinal),
        _ => true,
    };
}
