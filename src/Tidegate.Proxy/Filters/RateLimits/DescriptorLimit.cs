using System.Text;

namespace Tidegate.Proxy.Filters.RateLimits;

/// <summary>How many requests with a descriptor are let through (Envoy: <c>LocalRateLimitDescriptor</c>). Immutable.</summary>
internal sealed class DescriptorLimit
{
    private readonly (byte[] Key, byte[] Value)[] _pattern;

    /// <param name="entries">The descriptor's entries; an empty value stands for each value.</param>
    public DescriptorLimit(IReadOnlyList<(string Key, string Value)> entries)
    {
        _pattern = [.. entries.Select(static entry => (Encoding.UTF8.GetBytes(entry.Key), Encoding.UTF8.GetBytes(entry.Value)))];
        Entries = [.. entries.SelectMany(static entry => DescriptorEntries.Of(entry.Key, entry.Value))];
    }

    /// <summary>The descriptor, as <see cref="DescriptorEntries"/> writes it.</summary>
    public byte[] Entries { get; }

    /// <summary>Makes a bucket.</summary>
    public required Func<TokenBucket> MakeBucket { get; init; }

    /// <summary>Whether what goes beyond it is counted and let through.</summary>
    public bool IsShadow { get; init; }

    /// <summary>Whether each value of some entries has a bucket of its own.</summary>
    public bool IsWildcard => Array.Exists(_pattern, static entry => entry.Value.Length == 0);

    /// <summary>Whether it is for this descriptor.</summary>
    public bool Fits(ReadOnlySpan<byte> entries)
    {
        foreach ((byte[] key, byte[] value) in _pattern)
        {
            if (!DescriptorEntries.TryNext(ref entries, out ReadOnlySpan<byte> ofKey, out ReadOnlySpan<byte> ofValue)
                || !ofKey.SequenceEqual(key)
                || (value.Length > 0 && !ofValue.SequenceEqual(value)))
            {
                return false;
            }
        }

        return entries.IsEmpty;
    }
}
