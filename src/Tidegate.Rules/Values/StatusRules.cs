namespace Tidegate.Rules.Values;

/// <summary>What status an answer of the gateway's own may have. Each check gives null, or what is wrong.</summary>
public static class StatusRules
{
    /// <summary>The status of a direct response or an abort: one that ends a request, as Envoy has it.</summary>
    public static string? CheckAnswer(long status) => status is >= 200 and <= 599 ? null : $"HTTP status {status} is not in range 200-599";

    /// <summary>The status of a redirect. Istio takes any of 3xx, and makes a route without an action of those that redirect nobody.</summary>
    public static string? CheckRedirect(long status) =>
        status is < 300 or > 399 ? $"{status} is not a valid redirect code, must be 3xx"
        : status is 301 or 302 or 303 or 307 or 308 ? null
        : $"{status} is not a redirect code that there is; 301, 302, 303, 307 and 308 are";
}
