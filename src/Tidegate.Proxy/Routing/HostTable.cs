using System.Text;
using Tidegate.Http.Tokens;

namespace Tidegate.Proxy.Routing;

/// <summary>
/// Domains of a route configuration and what they lead to. A host finds its exact domain, else the longest suffix wildcard
/// (<c>*.foo.com</c>), else the longest prefix wildcard (<c>foo.*</c>), else <c>*</c> (Envoy: <c>VirtualHost.domains</c>; istio-gateway.md 3.3).
/// Hash lookups over the host's bytes: the price depends on the host's length and on how many lengths of wildcards there are, not
/// on how many domains. Immutable after it was built; nothing is allocated by a lookup.
/// </summary>
/// <typeparam name="T">What a domain leads to.</typeparam>
public sealed class HostTable<T>
    where T : class
{
    // Longer than any host that the parser lets through (255) with a port.
    private const int MaxHostBytes = 1024;
    private const uint HashSeed = 2166136261;

    private readonly DomainMap<T> _exact;
    private readonly DomainMap<T> _suffixes;
    private readonly DomainMap<T> _prefixes;
    private int[] _suffixLengths = [];
    private int[] _prefixLengths = [];
    private T? _any;

    /// <summary>A table without domains.</summary>
    public HostTable()
        : this(new(), new(), new())
    {
    }

    private HostTable(DomainMap<T> exact, DomainMap<T> suffixes, DomainMap<T> prefixes)
    {
        _exact = exact;
        _suffixes = suffixes;
        _prefixes = prefixes;
    }

    /// <summary>How many domains there are.</summary>
    public int Count => _exact.Count + _suffixes.Count + _prefixes.Count + (_any is null ? 0 : 1);

    /// <summary>
    /// Adds a domain; only while the table is built, before others see it. False when the domain is there already: it can lead to one thing only.
    /// </summary>
    /// <param name="domain">A name, <c>*</c>, or a name with one star at its begin or end; case is folded.</param>
    /// <param name="value">What it leads to.</param>
    public bool TryAdd(string domain, T value)
    {
        byte[] key = Encoding.UTF8.GetBytes(domain);
        HttpTokens.ToLower(key, key);
        if (key is [(byte)'*'])
        {
            bool isNew = _any is null;
            _any ??= value;
            return isNew;
        }

        if (key is [(byte)'*', .. byte[] suffix])
        {
            return Add(_suffixes, suffix, value, ref _suffixLengths, HashBackwards(suffix));
        }

        if (key is [.. byte[] prefix, (byte)'*'])
        {
            return Add(_prefixes, prefix, value, ref _prefixLengths, HashForwards(prefix));
        }

        return _exact.TryAdd(HashBackwards(key), key, value);
    }

    /// <summary>A table of the same domains, some of which lead to something else.</summary>
    /// <param name="replacements">What takes the place of what; compared by reference if the type's equality is that.</param>
    public HostTable<T> WithReplaced(IReadOnlyDictionary<T, T> replacements) =>
        new(_exact.WithReplaced(replacements), _suffixes.WithReplaced(replacements), _prefixes.WithReplaced(replacements))
        {
            _suffixLengths = _suffixLengths,
            _prefixLengths = _prefixLengths,
            _any = _any is not null && replacements.TryGetValue(_any, out T? other) ? other : _any,
        };

    /// <summary>What a host leads to; null when no domain fits. A wildcard stands for one byte at least.</summary>
    /// <param name="host">The host in any case, as the domains are meant: with or without a port.</param>
    public T? Find(ReadOnlySpan<byte> host)
    {
        if (host.IsEmpty || host.Length > MaxHostBytes)
        {
            return _any;
        }

        // One walk from the end gives the hash of every suffix, that of the whole host at last.
        int[] lengths = _suffixLengths;
        Span<uint> suffixHashes = stackalloc uint[lengths.Length];
        int known = 0;
        uint hash = HashSeed;
        for (int i = host.Length - 1; i >= 0; i--)
        {
            hash = Add(hash, HttpTokens.ToLower(host[i]));
            if (known < lengths.Length && lengths[known] == host.Length - i)
            {
                suffixHashes[known++] = hash;
            }
        }

        T? found = _exact.Find(hash, host);
        while (found is null && known > 0)
        {
            known--;
            if (lengths[known] < host.Length)
            {
                found = _suffixes.Find(suffixHashes[known], host[^lengths[known]..]);
            }
        }

        return found ?? (_prefixes.Count > 0 ? FindByPrefix(host) : null) ?? _any;
    }

    private static uint Add(uint hash, byte lower) => (hash ^ lower) * 16777619;

    private static uint HashForwards(ReadOnlySpan<byte> bytes)
    {
        uint hash = HashSeed;
        foreach (byte value in bytes)
        {
            hash = Add(hash, value);
        }

        return hash;
    }

    private static uint HashBackwards(ReadOnlySpan<byte> bytes)
    {
        uint hash = HashSeed;
        for (int i = bytes.Length - 1; i >= 0; i--)
        {
            hash = Add(hash, bytes[i]);
        }

        return hash;
    }

    private static bool Add(DomainMap<T> map, byte[] key, T value, ref int[] lengths, uint hash)
    {
        // A wildcard longer than any host is never found; it still counts as taken.
        if (key.Length <= MaxHostBytes && Array.BinarySearch(lengths, key.Length) < 0)
        {
            lengths = [.. lengths, key.Length];
            Array.Sort(lengths);
        }

        return map.TryAdd(hash, key, value);
    }

    private T? FindByPrefix(ReadOnlySpan<byte> host)
    {
        int[] lengths = _prefixLengths;
        Span<uint> hashes = stackalloc uint[lengths.Length];
        int known = 0;
        uint hash = HashSeed;
        for (int i = 0; i < host.Length - 1; i++)
        {
            hash = Add(hash, HttpTokens.ToLower(host[i]));
            if (known < lengths.Length && lengths[known] == i + 1)
            {
                hashes[known++] = hash;
            }
        }

        T? found = null;
        while (found is null && known > 0)
        {
            known--;
            found = _prefixes.Find(hashes[known], host[..lengths[known]]);
        }

        return found;
    }
}
