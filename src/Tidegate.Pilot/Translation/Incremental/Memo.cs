using System.Diagnostics.CodeAnalysis;

namespace Tidegate.Pilot.Translation.Incremental;

/// <summary>
/// Remembers what was computed in the last pass. A pass asks for everything it needs; what it did not ask for is forgotten when the
/// pass ends, so the memory is never larger than one pass. Not safe for several threads: a translator runs one pass at a time.
/// </summary>
/// <typeparam name="TKey">What identifies the computation, compared by reference where it holds resources (<see cref="Identity{T}"/>).</typeparam>
/// <typeparam name="TValue">The result.</typeparam>
internal sealed class Memo<TKey, TValue> : IMemo
    where TKey : notnull
{
    private readonly IEqualityComparer<TKey>? _comparer;
    private Dictionary<TKey, TValue> _used;
    private Dictionary<TKey, TValue> _known;

    public Memo(IEqualityComparer<TKey>? comparer = null)
    {
        _comparer = comparer;
        _used = new Dictionary<TKey, TValue>(comparer);
        _known = new Dictionary<TKey, TValue>(comparer);
    }

    /// <summary>The result that is remembered under the key, if any; asking keeps it for another pass.</summary>
    public bool TryGet(TKey key, [MaybeNullWhen(false)] out TValue value)
    {
        if (_used.TryGetValue(key, out value))
        {
            return true;
        }
        if (_known.TryGetValue(key, out value))
        {
            _used[key] = value;
            return true;
        }
        return false;
    }

    /// <summary>Remembers a result, in place of an older one.</summary>
    public void Set(TKey key, TValue value) => _used[key] = value;

    /// <summary>The remembered result, or the one that <paramref name="make"/> makes now.</summary>
    public TValue GetOrAdd<TArgument>(TKey key, TArgument argument, Func<TKey, TArgument, TValue> make)
    {
        if (!TryGet(key, out var value))
        {
            value = make(key, argument);
            _used[key] = value;
        }
        return value;
    }

    /// <inheritdoc/>
    public void EndPass()
    {
        (_used, _known) = (_known, _used);
        _used = _used.Count > 4 * _known.Count + 64 ? new Dictionary<TKey, TValue>(_comparer) : _used;
        _used.Clear();
    }
}
