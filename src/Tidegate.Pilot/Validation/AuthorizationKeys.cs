namespace Tidegate.Pilot.Validation;

/// <summary>The keys of <c>when</c> (Istio: <c>security.ValidateAttribute</c>).</summary>
internal static class AuthorizationKeys
{
    public const string Headers = "request.headers";
    public const string Claims = "request.auth.claims";
    public const string EnvoyFilters = "experimental.envoy.filters.";

    private static readonly string[] Plain =
    [
        "source.namespace", "source.principal", "source.serviceAccount", "source.trustDomain", "request.auth.principal", "request.auth.audiences", "request.auth.presenter",
        "connection.sni",
    ];

    private static readonly string[] Addresses = ["source.ip", "remote.ip", "destination.ip"];

    /// <summary>Null, or why it is no key.</summary>
    public static string? CheckKey(string key)
    {
        if (Plain.Contains(key) || Addresses.Contains(key) || key == "destination.port")
        {
            return null;
        }

        if (key.StartsWith(Headers, StringComparison.Ordinal))
        {
            return BracketsOf(key, Headers) is { Count: 1 } ? null : $"bad key ({key}): should have format a[b]";
        }

        if (key.StartsWith(Claims, StringComparison.Ordinal))
        {
            return BracketsOf(key, Claims) is { Count: > 0 } ? null : $"bad key ({key}): should have format a[b]";
        }

        if (key.StartsWith(EnvoyFilters, StringComparison.Ordinal))
        {
            return EnvoyFilterOf(key) is null ? $"bad key ({key}): should have format a[b]" : null;
        }

        return $"unknown attribute: {key}";
    }

    /// <summary>Null, or why a value cannot be one of a key.</summary>
    public static string? CheckValue(string key, string value) =>
        Addresses.Contains(key) ? AddressSyntax.CheckSubnet(value)
        : key == "destination.port" ? AuthorizationValueSyntax.CheckPort(value)
        : key == "source.serviceAccount" ? AuthorizationValueSyntax.CheckServiceAccount(value)
        : value.Length == 0 ? "empty value not allowed"
        : null;

    /// <summary>Whether it is about requests, so that it is nothing to a connection of bytes.</summary>
    public static bool IsHttpOnly(string key) => key.StartsWith("request.", StringComparison.Ordinal);

    /// <summary>The names in brackets behind a prefix, which is all that follows it: <c>[a][b]</c>; null when it is something else.</summary>
    public static IReadOnlyList<string>? BracketsOf(string key, string prefix)
    {
        string rest = key[prefix.Length..];
        if (rest is not ['[', .., ']'])
        {
            return null;
        }

        string[] names = rest[1..^1].Split("][");
        return Array.Exists(names, static name => name.Length == 0 || name.Contains('[') || name.Contains(']')) ? null : names;
    }

    /// <summary>The filter and the name of <c>experimental.envoy.filters.a.b[name]</c>; null when it is something else.</summary>
    public static (string Filter, string Name)? EnvoyFilterOf(string key)
    {
        string text = key["experimental.".Length..];
        int bracket = text.IndexOf('[', StringComparison.Ordinal);
        return bracket > 0 && text[^1] == ']' && bracket < text.Length - 2 ? (text[..bracket], text[(bracket + 1)..^1]) : null;
    }
}
