using Envoy.Extensions.Common.Ratelimit.V3;

namespace Tidegate.RateLimit.Limits;

/// <summary>
/// A level of nested descriptors. An entry finds the node of its key and value, else the first whose pattern fits it (<c>*</c> stands for any text), else the node of
/// its key alone. Built once, then immutable.
/// </summary>
public sealed class LimitNode
{
    private readonly Dictionary<(string Key, string Value), LimitNode> _exact = [];
    private readonly List<(string Key, string[] Parts, string Pattern, LimitNode Node)> _patterns = [];

    /// <summary>The limit of descriptors that end here; null when they have none.</summary>
    public LimitRule? Rule { get; init; }

    /// <summary>Whether all values that fit its pattern count together.</summary>
    public bool SharesThreshold { get; init; }

    /// <summary>Whether nothing is below it.</summary>
    public bool IsLeaf => _exact.Count + _patterns.Count == 0;

    /// <summary>All limits at and below it.</summary>
    public IEnumerable<LimitRule> Rules =>
        (Rule is null ? [] : Enumerable.Repeat(Rule, 1)).Concat(_exact.Values.Concat(_patterns.Select(static pattern => pattern.Node)).SelectMany(static node => node.Rules));

    /// <summary>Adds a node below. False: there is one for the same.</summary>
    /// <param name="key">The entry's key.</param>
    /// <param name="value">Its value, a pattern with <c>*</c>; empty for any.</param>
    /// <param name="node">The node.</param>
    public bool TryAdd(string key, string value, LimitNode node)
    {
        if (!value.Contains('*', StringComparison.Ordinal))
        {
            return _exact.TryAdd((key, value), node);
        }

        if (_patterns.Exists(known => known.Key == key && known.Pattern == value))
        {
            return false;
        }

        _patterns.Add((key, value.Split('*'), value, node));
        return true;
    }

    /// <summary>Finds the limit of a descriptor; it has to have as many entries as there are levels to it.</summary>
    public FoundLimit? Find(RateLimitDescriptor descriptor)
    {
        LimitNode node = this;
        string[]? shared = null;
        for (int i = 0; i < descriptor.Entries.Count; i++)
        {
            if (node.Next(descriptor.Entries[i], out string? pattern) is not { } next)
            {
                return null;
            }

            if (pattern is not null && next.SharesThreshold)
            {
                (shared ??= new string[descriptor.Entries.Count])[i] = pattern;
            }

            node = next;
        }

        return node.Rule is null ? null : new FoundLimit(node.Rule, shared);
    }

    private LimitNode? Next(RateLimitDescriptor.Types.Entry entry, out string? pattern)
    {
        pattern = null;
        if (entry.Value.Length > 0 && _exact.TryGetValue((entry.Key, entry.Value), out LimitNode? found))
        {
            return found;
        }

        foreach ((string key, string[] parts, string text, LimitNode node) in _patterns)
        {
            if (key == entry.Key && Fits(parts, entry.Value))
            {
                pattern = text;
                return node;
            }
        }

        return _exact.GetValueOrDefault((entry.Key, string.Empty));
    }

    private static bool Fits(string[] parts, ReadOnlySpan<char> value)
    {
        string last = parts[^1];
        if (!value.StartsWith(parts[0], StringComparison.Ordinal) || value.Length < parts[0].Length + last.Length || !value.EndsWith(last, StringComparison.Ordinal))
        {
            return false;
        }

        value = value[parts[0].Length..^last.Length];
        for (int i = 1; i < parts.Length - 1; i++)
        {
            int at = value.IndexOf(parts[i], StringComparison.Ordinal);
            if (at < 0)
            {
                return false;
            }

            value = value[(at + parts[i].Length)..];
        }

        return true;
    }
}

/// <summary>The limit of a descriptor.</summary>
/// <param name="Rule">The limit.</param>
/// <param name="SharedValues">By entry, the pattern that stands for its value where all that fit it count together; null for none.</param>
public sealed record FoundLimit(LimitRule Rule, string[]? SharedValues);
