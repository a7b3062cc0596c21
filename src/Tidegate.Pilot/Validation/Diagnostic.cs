using Tidegate.Pilot.Resources;

namespace Tidegate.Pilot.Validation;

/// <summary>How bad a <see cref="Diagnostic"/> is.</summary>
public enum Severity
{
    /// <summary>Worth knowing.</summary>
    Info,

    /// <summary>The object is taken, but something in it does not do what it seems to.</summary>
    Warning,

    /// <summary>The object is not taken; its last good version stays in force.</summary>
    Error,
}

/// <summary>Something about the user's configuration that the user has to know. Never an exception.</summary>
/// <param name="Severity">How bad it is.</param>
/// <param name="Code">A stable short name of the kind of finding, for filters and tests.</param>
/// <param name="Resource">The object; null when no object could be made of the text.</param>
/// <param name="Field">The path of the field; empty for the whole object or file.</param>
/// <param name="File">Where it was read.</param>
/// <param name="Line">The line, from 1; 0 when there is none.</param>
/// <param name="Message">What is wrong, and what would be right.</param>
public sealed record Diagnostic(Severity Severity, string Code, ResourceKey? Resource, string Field, string File, int Line, string Message)
{
    /// <summary>A finding about a field of an object.</summary>
    public static Diagnostic About(Severity severity, string code, Resource resource, string field, string message) =>
        new(severity, code, resource.Key, field, resource.Origin.File, resource.Origin.LineOf(field), message);

    /// <summary>
    /// <c>file:line: kind namespace/name: field: message</c>, without the parts that are not known. Always one line: what a user's
    /// text brings in of control characters is escaped.
    /// </summary>
    public override string ToString()
    {
        string place = Line > 0 ? $"{File}:{Line}: " : $"{File}: ";
        string resource = Resource is { } key ? $"{key}: " : string.Empty;
        string field = Field.Length > 0 ? $"{Field}: " : string.Empty;
        return GoText.Escape(place + resource + field + Message);
    }
}
