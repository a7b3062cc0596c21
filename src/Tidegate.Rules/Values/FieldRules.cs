using System.Buffers;

namespace Tidegate.Rules.Values;

/// <summary>What the fields of a request or an answer may be (RFC 9110, section 5). Each check gives null, or what is wrong.</summary>
public static class FieldRules
{
    // RFC 9110, section 5.6.2: tchar.
    private static readonly SearchValues<char> NameCharacters =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    /// <summary>Whether it is a token: a field's name, a method, the name of a cookie.</summary>
    public static bool IsToken(string text) => text.Length > 0 && !text.AsSpan().ContainsAnyExcept(NameCharacters);

    /// <summary>Whether it can be changed as a field is: pseudo-headers cannot, nor the host, which a rewrite changes.</summary>
    public static bool IsChangeable(string name) => !name.StartsWith(':') && !name.Equals("host", StringComparison.OrdinalIgnoreCase);

    /// <summary>The name of a field.</summary>
    public static string? CheckName(string name) =>
        name.Length == 0 ? "header name cannot be empty" : IsToken(name) ? null : $"header name {name} is not a valid header name";

    /// <summary>The value of a field: no control character but a tab.</summary>
    public static string? CheckValue(string value) =>
        value.Any(static c => c is (< ' ' and not '\t') or '\x7F') ? "the value has a control character" : null;
}
