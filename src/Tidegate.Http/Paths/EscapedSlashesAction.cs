namespace Tidegate.Http.Paths;

/// <summary>
/// What is done about <c>%2F</c> and <c>%5C</c> in a path (Envoy <c>HttpConnectionManager.PathWithEscapedSlashesAction</c>,
/// whose IMPLEMENTATION_SPECIFIC_DEFAULT is <see cref="KeepUnchanged"/>).
/// </summary>
public enum EscapedSlashesAction : byte
{
    /// <summary>They stay as they are.</summary>
    KeepUnchanged,

    /// <summary>The request is refused.</summary>
    RejectRequest,

    /// <summary>They become slashes and the client is redirected to the result.</summary>
    UnescapeAndRedirect,

    /// <summary>They become slashes.</summary>
    UnescapeAndForward,
}
