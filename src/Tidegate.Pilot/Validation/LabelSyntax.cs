namespace Tidegate.Pilot.Validation;

/// <summary>What Istio takes for labels (<c>pkg/config/labels</c>), selectors and <c>exportTo</c>.</summary>
internal static class LabelSyntax
{
    private const int MaxPrefixLength = 253;
    private const int MaxNameLength = 63;

    /// <summary>Keys and values as Kubernetes has them.</summary>
    public static void CheckLabels(Findings findings, string field, IReadOnlyDictionary<string, string> labels)
    {
        foreach ((string key, string value) in labels)
        {
            findings.Check($"{field}.{key}", CheckKey(key));
            if (value.Length > 0 && !IsQualifiedName(value))
            {
                findings.Error($"{field}.{key}", $"invalid tag value: {GoText.Quote(value)}");
            }
        }
    }

    /// <summary>Labels that select: no wildcards, and better not none.</summary>
    /// <returns>Whether there are none.</returns>
    public static bool CheckSelector(Findings findings, string field, IReadOnlyDictionary<string, string> labels)
    {
        foreach ((string key, string value) in labels)
        {
            if (key.Length == 0)
            {
                findings.Error(field, $"empty key is not supported in selector: {GoText.Quote($"{key}={value}")}");
            }

            if (key.Contains('*') || value.Contains('*'))
            {
                findings.Error($"{field}.{key}", $"wildcard is not supported in selector: {GoText.Quote($"{key}={value}")}");
            }
        }

        return labels.Count == 0;
    }

    private static string? CheckKey(string key)
    {
        int slash = key.IndexOf('/', StringComparison.Ordinal);
        ReadOnlySpan<char> name = key.AsSpan(slash + 1);
        bool isPrefixed = slash >= 0;
        return (isPrefixed && !IsDomain(key[..slash])) || !IsQualifiedName(name) ? $"invalid tag key: {GoText.Quote(key)}"
            : slash > MaxPrefixLength ? $"invalid tag key: {GoText.Quote(key)} (DNS prefix is too long)"
            : name.Length > MaxNameLength ? $"invalid tag key: {GoText.Quote(key)} (name is too long)"
            : null;
    }

    private static bool IsDomain(string text) => text.Split('.').All(label => label.Length > 0 && label[0] != '-' && label[^1] != '-' && label.All(c => char.IsAsciiLetterOrDigit(c) || c == '-'));

    private static bool IsQualifiedName(ReadOnlySpan<char> text)
    {
        if (text.IsEmpty || !char.IsAsciiLetterOrDigit(text[0]) || !char.IsAsciiLetterOrDigit(text[^1]))
        {
            return false;
        }

        foreach (char c in text)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_' or '.'))
            {
                return false;
            }
        }

        return true;
    }
}
