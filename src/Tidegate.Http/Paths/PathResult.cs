namespace Tidegate.Http.Paths;

/// <summary>What became of a path.</summary>
public enum PathResult : byte
{
    /// <summary>The path is usable; the same bytes serve authorization, routing and the upstream.</summary>
    Ok,

    /// <summary>The request is to be refused: 400 with an empty body, detail <c>path_normalization_failed</c>.</summary>
    Rejected,

    /// <summary>The path is normalised and the client is to be redirected to it: 307 (<see cref="EscapedSlashesAction.UnescapeAndRedirect"/>).</summary>
    Redirect,
}
