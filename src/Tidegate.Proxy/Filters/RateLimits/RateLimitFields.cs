using Tidegate.Http.Headers;

namespace Tidegate.Proxy.Filters.RateLimits;

/// <summary>Fields that tell clients the state of a limit (draft-polli-ratelimit-headers-03).</summary>
internal static class RateLimitFields
{
    /// <summary>Adds a number.</summary>
    public static void Add(HeaderMap headers, ReadOnlySpan<byte> name, long value)
    {
        Span<byte> text = stackalloc byte[20];
        value.TryFormat(text, out int length, default, null);
        headers.Add(name, text[..length]);
    }
}
