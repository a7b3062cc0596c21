using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Tidegate.Pilot.Translation.Incremental;

/// <summary>
/// Remembers what was computed in the last pass. A pass asks for everything it needs; what it did not ask for is forgotten when the
/// pass ends, so the memory is never larger than one pass. Not safe for several threads: a translator runs one pass at a time.
/// </summary>
/// <typeparam name="TKey">What identifies the computation, compared by reference where it holds resources (<see cref="Identity{T}"/>).</typeparam>
/// <typeparam name="TValue">The result.</typeparam>
internal sealed class Memo<TKey, TValue>(IEqualityComparer<TKey>? comparer = null) : IMemo
    where TKey : notnull
{
    private readonly Dictionary<TKey, Entry> _entries = new(comparer);

    // Passes differ from the one before only; how many entries this one has asked for tells whether there is anything to forget.
    private bool _pass;
    private int _used;

    /// <summary>The result that is remembered under the key, if any; asking keeps it for another pass.</summary>
    public bool TryGet(TKey key, [MaybeNullWhen(false)] out TValue value)
    {
        ref var entry = ref CollectionsMarshal.GetValueRefOrNullRef(_entries, key);
        if (Unsafe.IsNullRef(ref entry))
        {
            value = default;
            return false;
        }
        Use(ref entry);
        value = entry.Value;
        return true;
    }

    /// <summary>Remembers a result, in place of an older one.</summary>
    public void Set(TKey key, TValue value)
    {
        ref var entry = ref CollectionsMarshal.GetValueRefOrAddDefault(_entries, key, out var exists);
        if (exists)
        {
            Use(ref entry);
        }
        else
        {
            entry.UsedIn = _pass;
            _used++;
        }
        entry.Value = value;
    }

    /// <summary>The remembered result, or the one that <paramref name="make"/> makes now.</summary>
    public TValue GetOrAdd<TArgument>(TKey key, TArgument argument, Func<TKey, TArgument, TValue> make)
    {
        if (!TryGet(key, out var value))
        {
            value = make(key, argument);
            Set(key, value);
        }
        return value;
    }

    /// <inheritdoc/>
    public void EndPass()
    {
        if (_used < _entries.Count)
        {
            // A dictionary may be removed from while it is walked through.
            foreach (var (key, entry) in _entries)
            {
                if (entry.UsedIn != _pass)
                {
                    _entries.Remove(key);
                }
            }
            if (_entries.EnsureCapacity(0) > 4 * _entries.Count + 64)
            {
                _entries.TrimExcess();
            }
        }
        _used = 0;
        _pass = !_pass;
    }

    private void Use(ref Entry entry)
    {
        if (entry.UsedIn != _pass)
        {
            entry.UsedIn = _pass;
            _used++;
        }
    }

    private struct Entry
    {
        public TValue Value;
        public bool UsedIn;
    }
}
