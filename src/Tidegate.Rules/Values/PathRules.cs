namespace Tidegate.Rules.Values;

/// <summary>What may stand in the place of a path, or of a part of one. Gives null, or what is wrong.</summary>
public static class PathRules
{
    /// <summary>A text that becomes part of a target or of a location: nothing in it may end the line that it stands in (RFC 9112, section 3.2).</summary>
    public static string? CheckTarget(string text) =>
        text.Any(static c => c is <= ' ' or '\x7F') ? "a control character or a space is not allowed" : null;
}
