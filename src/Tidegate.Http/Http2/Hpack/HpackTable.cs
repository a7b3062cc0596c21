using System.Numerics;
using Tidegate.Http.Headers;

namespace Tidegate.Http.Http2.Hpack;

/// <summary>
/// A dynamic table (RFC 7541 section 2.3.2): the newest entry has age 0, the oldest ones are evicted. Names and values lie one behind the other in one array that
/// grows with what is put in and is never larger than twice the table, so that a connection that uses no table holds none.
/// </summary>
internal sealed class HpackTable
{
    /// <summary>What each entry counts besides its name and value, in bytes (RFC 7541 section 4.1).</summary>
    public const int EntryOverhead = 32;

    private byte[] _bytes = [];
    private int _end;
    private Entry[] _entries = [];
    private int _newest;

    public HpackTable(int maxSize) => MaxSize = maxSize;

    /// <summary>The size that may be used, in bytes with overhead.</summary>
    public int MaxSize { get; private set; }

    /// <summary>The size in use.</summary>
    public int Size { get; private set; }

    /// <summary>How many entries there are.</summary>
    public int Count { get; private set; }

    /// <summary>Changes the size that may be used, and evicts what is too much.</summary>
    public void Resize(int maxSize)
    {
        MaxSize = maxSize;
        EvictTo(maxSize);
    }

    /// <summary>The name of an entry, valid until the next <see cref="Add"/>, and which known header it is.</summary>
    public ReadOnlySpan<byte> NameOf(int age, out KnownHeader known)
    {
        ref Entry entry = ref EntryOf(age);
        known = entry.Known;
        return _bytes.AsSpan(entry.Offset, entry.NameLength);
    }

    /// <summary>The value of an entry, valid until the next <see cref="Add"/>.</summary>
    public ReadOnlySpan<byte> ValueOf(int age)
    {
        ref Entry entry = ref EntryOf(age);
        return _bytes.AsSpan(entry.Offset + entry.NameLength, entry.ValueLength);
    }

    /// <summary>Puts an entry in front; one that is larger than the table empties it instead (RFC 7541 section 4.4).</summary>
    /// <param name="known">Which known header the name is.</param>
    /// <param name="name">Not a part of this table.</param>
    /// <param name="value">Not a part of this table.</param>
    /// <returns>Whether it is in the table now.</returns>
    public bool Add(KnownHeader known, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        int length = name.Length + value.Length;
        if (length > MaxSize - EntryOverhead)
        {
            EvictTo(0);
            return false;
        }

        EvictTo(MaxSize - length - EntryOverhead);
        Reserve(length);
        if (Count == _entries.Length)
        {
            GrowEntries();
        }

        _newest = (_newest + 1) & (_entries.Length - 1);
        _entries[_newest] = new Entry { Offset = _end, NameLength = name.Length, ValueLength = value.Length, Known = known };
        name.CopyTo(_bytes.AsSpan(_end));
        value.CopyTo(_bytes.AsSpan(_end + name.Length));
        _end += length;
        Size += length + EntryOverhead;
        Count++;
        return true;
    }

    private ref Entry EntryOf(int age) => ref _entries[(_newest - age) & (_entries.Length - 1)];

    private void EvictTo(int size)
    {
        while (Size > size)
        {
            ref Entry oldest = ref EntryOf(--Count);
            Size -= oldest.NameLength + oldest.ValueLength + EntryOverhead;
        }

        if (Count == 0)
        {
            _end = 0;
        }
    }

    // The live bytes are in one piece, from the oldest entry to the end.
    private void Reserve(int length)
    {
        if (_bytes.Length - _end >= length)
        {
            return;
        }

        int start = Count == 0 ? 0 : EntryOf(Count - 1).Offset;
        int live = _end - start;
        byte[] target = _bytes;
        if (live + length > _bytes.Length / 2)
        {
            target = new byte[Math.Max(256, (int)BitOperations.RoundUpToPowerOf2((uint)(2 * (live + length))))];
        }

        _bytes.AsSpan(start, live).CopyTo(target);
        _bytes = target;
        _end = live;
        for (int age = 0; age < Count; age++)
        {
            EntryOf(age).Offset -= start;
        }
    }

    private void GrowEntries()
    {
        Entry[] grown = new Entry[Math.Max(8, _entries.Length * 2)];
        for (int age = 0; age < Count; age++)
        {
            grown[Count - 1 - age] = EntryOf(age);
        }

        _entries = grown;
        _newest = Count == 0 ? grown.Length - 1 : Count - 1;
    }

    private struct Entry
    {
        public int Offset;
        public int NameLength;
        public int ValueLength;
        public KnownHeader Known;
    }
}
