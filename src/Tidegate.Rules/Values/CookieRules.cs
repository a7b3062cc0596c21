namespace Tidegate.Rules.Values;

/// <summary>What a cookie that the gateway makes may be (RFC 6265, section 4.1.1). Each check gives null, or what is wrong.</summary>
public static class CookieRules
{
    /// <summary>Its name.</summary>
    public static string? CheckName(string name) =>
        name.Length == 0 ? "name required for HttpCookie" : FieldRules.IsToken(name) ? null : $"\"{name}\" is no name of a cookie";

    /// <summary>Its path, or the name or the value of another attribute.</summary>
    public static string? CheckAttribute(string text) =>
        text.Any(static c => c is < ' ' or ';' or '\x7F') ? "a control character or a semicolon is not allowed in an attribute of a cookie" : null;
}
