using Tidegate.Http.Tokens;

namespace Tidegate.Proxy.Routing;

/// <summary>A hash table from lower-case bytes, with a hash that the caller computes; looked up without regard to case.</summary>
internal sealed class DomainMap<T>
    where T : class
{
    private Slot[] _slots = new Slot[8];

    /// <summary>How many keys there are.</summary>
    public int Count { get; private set; }

    /// <summary>Adds a key; false when it is there already.</summary>
    public bool TryAdd(uint hash, byte[] key, T value)
    {
        if (Find(hash, key) is not null)
        {
            return false;
        }

        if (Count * 2 >= _slots.Length)
        {
            Slot[] old = _slots;
            _slots = new Slot[old.Length * 2];
            foreach (Slot slot in old)
            {
                if (slot.Key is not null)
                {
                    Place(slot);
                }
            }
        }

        Place(new Slot { Hash = hash, Key = key, Value = value });
        Count++;
        return true;
    }

    /// <summary>A map of the same keys, in which other values have taken the place of some.</summary>
    public DomainMap<T> WithReplaced(IReadOnlyDictionary<T, T> replacements)
    {
        var slots = (Slot[])_slots.Clone();
        foreach (ref Slot slot in slots.AsSpan())
        {
            if (slot.Value is not null && replacements.TryGetValue(slot.Value, out T? other))
            {
                slot.Value = other;
            }
        }

        return new DomainMap<T> { _slots = slots, Count = Count };
    }

    /// <summary>The value of a key given in any case; null when it is not there.</summary>
    public T? Find(uint hash, ReadOnlySpan<byte> key)
    {
        Slot[] slots = _slots;
        for (uint at = Start(hash, slots.Length); ; at = (at + 1) & (uint)(slots.Length - 1))
        {
            ref Slot slot = ref slots[at];
            if (slot.Key is null)
            {
                return null;
            }

            if (slot.Hash == hash && HttpTokens.EqualsIgnoreCase(slot.Key, key))
            {
                return slot.Value;
            }
        }
    }

    // The low bits of an FNV hash depend on the low bits of the input only; the multiplication's high bits depend on all.
    private static uint Start(uint hash, int length) => (uint)((hash * 0x9E3779B97F4A7C15UL) >> 32) & (uint)(length - 1);

    private void Place(Slot slot)
    {
        uint at = Start(slot.Hash, _slots.Length);
        while (_slots[at].Key is not null)
        {
            at = (at + 1) & (uint)(_slots.Length - 1);
        }

        _slots[at] = slot;
    }

    private struct Slot
    {
        public uint Hash;
        public byte[]? Key;
        public T? Value;
    }
}
