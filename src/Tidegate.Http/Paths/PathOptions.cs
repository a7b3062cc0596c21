namespace Tidegate.Http.Paths;

/// <summary>How a path is normalised. The ready-made values are Istio's <c>meshConfig.pathNormalization</c>.</summary>
public readonly record struct PathOptions
{
    /// <summary>Istio's NONE: nothing is changed; a fragment and <c>%00</c> are still refused.</summary>
    public static PathOptions None => default;

    /// <summary>Istio's BASE, the default: RFC 3986 normalisation, backslash to slash.</summary>
    public static PathOptions Base => new() { Normalize = true };

    /// <summary>Istio's MERGE_SLASHES: BASE, then runs of slashes become one.</summary>
    public static PathOptions MergeSlashes => new() { Normalize = true, MergeAdjacentSlashes = true };

    /// <summary>Istio's DECODE_AND_MERGE_SLASHES: <c>%2F</c> and <c>%5C</c> become slashes first, then MERGE_SLASHES.</summary>
    public static PathOptions DecodeAndMergeSlashes =>
        new() { Normalize = true, MergeAdjacentSlashes = true, EscapedSlashes = EscapedSlashesAction.UnescapeAndForward };

    /// <summary>Removes dot segments, decodes unreserved characters, turns backslashes (Envoy <c>normalize_path</c>).</summary>
    public bool Normalize { get; init; }

    /// <summary>Makes one slash of several (Envoy <c>merge_slashes</c>).</summary>
    public bool MergeAdjacentSlashes { get; init; }

    /// <summary>What is done about escaped slashes (Envoy <c>path_with_escaped_slashes_action</c>).</summary>
    public EscapedSlashesAction EscapedSlashes { get; init; }
}
