using System.Text;

namespace Tidegate.Pilot.Validation;

/// <summary>
/// What Istio takes for a domain name (its <c>pkg/config/validation/agent</c> and <c>pkg/config/labels</c>). Each check gives null,
/// or what is wrong.
/// </summary>
internal static class DomainSyntax
{
    private const int MaxLabelLength = 63;
    private const int MaxNameBytes = 255;
    private const string OutboundFormat = "outbound_.<PORT>_._.<HOSTNAME>";

    /// <summary>Whether it is a DNS label (RFC 1123), upper case allowed.</summary>
    public static bool IsLabel(ReadOnlySpan<char> text) =>
        text.Length is > 0 and <= MaxLabelLength
        && char.IsAsciiLetterOrDigit(text[0])
        && char.IsAsciiLetterOrDigit(text[^1])
        && IsLabelInside(text);

    /// <summary>A full name such as <c>web.example.com</c>, perhaps with a dot at the end.</summary>
    public static string? CheckName(string name) => CheckLength(name) ?? CheckLabels(name, start: 0);

    /// <summary>A full name whose first label may be <c>*</c>, or begin with <c>*</c> or <c>*-</c>.</summary>
    public static string? CheckWildcardName(string name)
    {
        if (CheckLength(name) is { } problem)
        {
            return problem;
        }

        int dot = name.IndexOf('.', StringComparison.Ordinal);
        string first = dot < 0 ? name : name[..dot];
        return !IsWildcardLabel(first) || (first == "*" && dot == name.Length - 1) ? $"domain name {GoText.Quote(name)} invalid (label {GoText.Quote(first)} invalid)"
            : dot < 0 ? null
            : CheckLabels(name, start: dot + 1);
    }

    /// <summary>
    /// A host of a VirtualService at a gateway: a wildcard name, or in one that routes by SNI also the generated name
    /// <c>outbound_.PORT_.SUBSET_.HOST</c>.
    /// </summary>
    public static string? CheckGatewayBoundName(string name, bool isSni)
    {
        if (CheckLength(name) is { } problem)
        {
            return problem;
        }

        if (!isSni || !name.StartsWith("outbound_", StringComparison.Ordinal))
        {
            return CheckWildcardName(name);
        }

        string[] parts = name.Split('_');
        if (parts.Length < 4)
        {
            return $"domain name {name} invalid, should follow '{OutboundFormat}' format";
        }

        string port = parts[1].Trim('.');
        string host = parts[3].Trim('.');
        return !port.Any(char.IsAsciiDigit) ? OffFormat(name, port)
            : !host.Any(char.IsAsciiLetter) ? OffFormat(name, host)
            : null;
    }

    /// <summary>That a name with a <c>*</c> in it is <c>*</c> or begins with <c>*.</c>.</summary>
    public static string? CheckNoPartialWildcard(string name) =>
        name.Contains('*') && name.Length != 1 && !name.StartsWith("*.", StringComparison.Ordinal)
            ? $"partial wildcard {GoText.Quote(name)} not allowed"
            : null;

    private static string OffFormat(string name, string label) =>
        $"domain name {GoText.Quote(name)} invalid (label {GoText.Quote(label)} invalid). should follow {OutboundFormat} format";

    private static string? CheckLength(string name) =>
        name.Length == 0 ? "empty domain name not allowed"
        : Encoding.UTF8.GetByteCount(name) > MaxNameBytes ? $"domain name {GoText.Quote(name)} too long (max {MaxNameBytes})"
        : null;

    // The labels from a place on; the message has the whole name, as it was written.
    private static string? CheckLabels(string domain, int start)
    {
        string[] labels = domain[start..].Split('.');
        string top = labels[^1];
        if (long.TryParse(top, out _))
        {
            return $"domain name {GoText.Quote(domain)} invalid (top level domain {GoText.Quote(top)} cannot be all-numeric)";
        }

        for (int i = 0; i < labels.Length; i++)
        {
            bool isRoot = i == labels.Length - 1 && labels[i].Length == 0;
            if (!isRoot && !IsLabel(labels[i]))
            {
                return $"domain name {GoText.Quote(domain)} invalid (label {GoText.Quote(labels[i])} invalid)";
            }
        }

        return null;
    }

    private static bool IsWildcardLabel(string label)
    {
        if (label.Length is 0 or > MaxLabelLength)
        {
            return false;
        }

        ReadOnlySpan<char> rest = label;
        if (rest[0] == '*')
        {
            rest = rest.StartsWith("*-") ? rest[2..] : rest[1..];
            if (rest.IsEmpty)
            {
                return label == "*";
            }
        }

        return IsLabel(rest);
    }

    private static bool IsLabelInside(ReadOnlySpan<char> text)
    {
        foreach (char c in text)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c != '-')
            {
                return false;
            }
        }

        return true;
    }
}
