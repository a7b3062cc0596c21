using Tidegate.Rules.Values;

namespace Tidegate.Pilot.Validation;

/// <summary>What Istio takes for the names of header fields. Each check gives null, or what is wrong.</summary>
internal static class HeaderSyntax
{
    private const string ClaimPrefix = "@request.auth.claims";

    /// <summary>Whether a header match is about a claim of a token, not about a header.</summary>
    public static bool IsClaim(string name)
    {
        if (!name.StartsWith(ClaimPrefix, StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        ReadOnlySpan<char> rest = name.AsSpan(ClaimPrefix.Length);
        return (rest.Length > 1 && rest[0] == '.') || (rest.Length > 2 && rest[0] == '[' && rest[^1] == ']');
    }

    /// <summary>Whether it names the host that a request is for.</summary>
    public static bool IsAuthority(string name) =>
        name.Equals(":authority", StringComparison.OrdinalIgnoreCase) || name.Equals("host", StringComparison.OrdinalIgnoreCase);

    /// <summary>The name of a header to match, a pseudo header, or a claim.</summary>
    public static string? CheckMatched(string name) =>
        IsClaim(name) || name is ":method" or ":scheme" or ":authority" or ":path" or ":status" ? null : FieldRules.CheckName(name);

    /// <summary>The name of a header in a CORS policy.</summary>
    public static string? CheckCors(string name) => FieldRules.CheckName(name);

    /// <summary>The name of a header to set or add to a request; the authority is one of them.</summary>
    public static string? CheckRequestAddition(string name) => IsAuthority(name) ? null : CheckPrefix(name) ?? FieldRules.CheckName(name);

    /// <summary>The name of any other header that is set, added or removed.</summary>
    public static string? CheckOperation(string name) =>
        name.Equals("host", StringComparison.OrdinalIgnoreCase) ? $"invalid header {GoText.Quote(name)}: cannot set Host header"
        : CheckPrefix(name) ?? FieldRules.CheckName(name);

    private static string? CheckPrefix(string name) => name.StartsWith(':') ? $"invalid header {GoText.Quote(name)}: header cannot have \":\" prefix" : null;
}
