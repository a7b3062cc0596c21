using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Tidegate.Http.Tokens;

namespace Tidegate.Http.Headers;

/// <summary>
/// The fields of a message in order, several of one name allowed. Names are folded to lower case on entry; names and values are copied into
/// one growable array, so a map that is cleared and filled again allocates nothing. The name of a known header is not stored.
/// Invariant: every name is a token and no value has a control character but the tab, so what a map holds can be written as it is.
/// Owned by one worker; not safe for concurrent use.
/// </summary>
public sealed class HeaderMap
{
    /// <summary>Memory that <see cref="Clear"/> keeps at most, in bytes; a map that grew past it starts anew.</summary>
    public const int MaxRetainedBytes = 64 * 1024;

    private const int MaxRetainedEntries = 256;

    private byte[] _arena = [];
    private int _used;
    private Entry[] _entries = [];
    private int _count;
    private long _byteSize;
    private KnownHeaderSet _present;
    private KnownHeaderSet _repeated;

    /// <summary>How many fields there are; each line of a repeated name counts.</summary>
    public int Count => _count;

    /// <summary>Length of all names and values together, in bytes (Envoy's <c>HeaderMap::byteSize</c>).</summary>
    public long ByteSize => _byteSize;

    /// <summary>Memory that it holds, in use or not, in bytes.</summary>
    public int MemoryBytes => _arena.Length + (_entries.Length * Unsafe.SizeOf<Entry>());

    /// <summary>The known headers that are here at least once.</summary>
    public KnownHeaderSet Present => _present;

    /// <summary>Whether a known field may be there more than once.</summary>
    public bool HasRepeated => !_repeated.IsEmpty;

    /// <summary>
    /// In which case the names are written in HTTP/1.1. <see cref="NameCase.AsReceived"/> has to be set before the fields are added, for it to be remembered.
    /// </summary>
    public NameCase NameCase { get; set; }

    /// <summary>The field at a position in order of arrival.</summary>
    public HeaderEntry this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)_count, nameof(index));
            ref Entry entry = ref _entries[index];
            return new HeaderEntry(entry.Known, NameOf(ref entry), ValueOf(ref entry));
        }
    }

    /// <summary>Forgets all fields and keeps the memory, unless there is more than <see cref="MaxRetainedBytes"/> of it.</summary>
    public void Clear()
    {
        _used = 0;
        _count = 0;
        _byteSize = 0;
        _present = default;
        _repeated = default;
        NameCase = NameCase.Lower;
        if (_arena.Length > MaxRetainedBytes)
        {
            _arena = [];
        }

        if (_entries.Length > MaxRetainedEntries)
        {
            _entries = [];
        }
    }

    /// <summary>Adds a field at the end.</summary>
    /// <param name="name">The name in any case.</param>
    /// <param name="value">The value; may be a part of this map.</param>
    /// <returns>False, and nothing is added, when the name is not a token or the value has a control character.</returns>
    public bool Add(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        if (!HttpTokens.IsToken(name) || !HttpTokens.IsFieldValue(value))
        {
            return false;
        }

        AddValid(name, value);
        return true;
    }

    /// <summary>Adds a known field at the end.</summary>
    /// <param name="name">Any known header.</param>
    /// <param name="value">The value; may be a part of this map.</param>
    /// <returns>False, and nothing is added, when the value has a control character.</returns>
    public bool Add(KnownHeader name, ReadOnlySpan<byte> value)
    {
        ArgumentOutOfRangeException.ThrowIfEqual((byte)name, (byte)KnownHeader.None, nameof(name));
        if (!HttpTokens.IsFieldValue(value))
        {
            return false;
        }

        AddValid(name, value);
        return true;
    }

    /// <summary>Replaces all fields of that name by one, in the place of the first; adds it at the end when there was none.</summary>
    /// <returns>False, and nothing is changed, when the value has a control character.</returns>
    public bool Set(KnownHeader name, ReadOnlySpan<byte> value)
    {
        if (!_present.Contains(name))
        {
            return Add(name, value);
        }

        if (!HttpTokens.IsFieldValue(value))
        {
            return false;
        }

        int first = IndexOf(name, 0);
        Replace(first, value);
        if (_repeated.Contains(name))
        {
            RemoveFrom(name, first + 1);
            _repeated = _repeated.Without(name);
        }

        return true;
    }

    /// <summary>Replaces all fields of that name by one, in the place of the first; adds it at the end when there was none.</summary>
    /// <returns>False, and nothing is changed, when the name is not a token or the value has a control character.</returns>
    public bool Set(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        KnownHeader known = KnownHeaders.Find(name);
        if (known != KnownHeader.None)
        {
            return Set(known, value);
        }

        int first = IndexOf(name, 0);
        if (first < 0)
        {
            return Add(name, value);
        }

        if (!HttpTokens.IsFieldValue(value))
        {
            return false;
        }

        Replace(first, value);
        RemoveFrom(name, first + 1);
        return true;
    }

    /// <summary>Removes all fields of that name.</summary>
    /// <returns>False when there was none.</returns>
    public bool Remove(KnownHeader name)
    {
        if (!_present.Contains(name))
        {
            return false;
        }

        RemoveFrom(name, 0);
        _present = _present.Without(name);
        _repeated = _repeated.Without(name);
        return true;
    }

    /// <summary>Removes all fields of that name, given in any case.</summary>
    /// <returns>False when there was none.</returns>
    public bool Remove(ReadOnlySpan<byte> name)
    {
        KnownHeader known = KnownHeaders.Find(name);
        return known != KnownHeader.None ? Remove(known) : RemoveFrom(name, 0) > 0;
    }

    /// <summary>Removes all fields of all headers of the set, in one pass.</summary>
    /// <returns>How many were removed.</returns>
    public int RemoveWhere(KnownHeaderSet headers)
    {
        if (!_present.Overlaps(headers))
        {
            return 0;
        }

        int kept = 0;
        for (int i = 0; i < _count; i++)
        {
            if (headers.Contains(_entries[i].Known))
            {
                _byteSize -= SizeOf(ref _entries[i]);
            }
            else
            {
                _entries[kept++] = _entries[i];
            }
        }

        int removed = _count - kept;
        _count = kept;
        _present = _present.Except(headers);
        _repeated = _repeated.Except(headers);
        return removed;
    }

    /// <summary>Removes the field at a position; those behind it move up.</summary>
    public void RemoveAt(int index)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)_count, nameof(index));
        KnownHeader known = _entries[index].Known;
        _byteSize -= SizeOf(ref _entries[index]);
        _entries.AsSpan(index + 1, _count - index - 1).CopyTo(_entries.AsSpan(index));
        _count--;
        if (known != KnownHeader.None)
        {
            int left = _repeated.Contains(known) ? CountLines(known) : 0;
            _present = left == 0 ? _present.Without(known) : _present;
            _repeated = left <= 1 ? _repeated.Without(known) : _repeated;
        }
    }

    /// <summary>Whether there is such a field.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Contains(KnownHeader name) => _present.Contains(name);

    /// <summary>Whether there is such a field; the name in any case.</summary>
    public bool Contains(ReadOnlySpan<byte> name) => TryGet(name, out _);

    /// <summary>How many fields of that name there are.</summary>
    public int CountOf(KnownHeader name) => !_present.Contains(name) ? 0 : _repeated.Contains(name) ? CountLines(name) : 1;

    /// <summary>How many fields of that name there are; the name in any case.</summary>
    public int CountOf(ReadOnlySpan<byte> name)
    {
        int count = 0;
        int position = 0;
        while (TryGetNext(name, ref position, out _))
        {
            count++;
        }

        return count;
    }

    /// <summary>The value of the first field of that name, valid until the map is next changed. A miss costs one bit test.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryGet(KnownHeader name, out ReadOnlySpan<byte> value)
    {
        if (_present.Contains(name))
        {
            value = FirstValue(name);
            return true;
        }

        value = default;
        return false;
    }

    /// <summary>The value of the first field of that name, given in any case; valid until the map is next changed.</summary>
    public bool TryGet(ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        int position = 0;
        return TryGetNext(name, ref position, out value);
    }

    /// <summary>Walks over the values of one name: start with position 0 and call until false.</summary>
    public bool TryGetNext(KnownHeader name, scoped ref int position, out ReadOnlySpan<byte> value)
    {
        int index = _present.Contains(name) ? IndexOf(name, position) : -1;
        return Found(index, ref position, out value);
    }

    /// <summary>Walks over the values of one name, given in any case: start with position 0 and call until false.</summary>
    public bool TryGetNext(ReadOnlySpan<byte> name, scoped ref int position, out ReadOnlySpan<byte> value)
    {
        KnownHeader known = KnownHeaders.Find(name);
        return known != KnownHeader.None ? TryGetNext(known, ref position, out value) : Found(IndexOf(name, position), ref position, out value);
    }

    /// <summary>Replaces all of the other map's content by this one's.</summary>
    public void CopyTo(HeaderMap other)
    {
        ArgumentNullException.ThrowIfNull(other);
        if (ReferenceEquals(this, other))
        {
            return;
        }

        other.Clear();
        other.NameCase = NameCase;
        for (int i = 0; i < _count; i++)
        {
            ref Entry entry = ref _entries[i];
            if (entry.Known != KnownHeader.None)
            {
                other.AddValid(entry.Known, ValueOf(ref entry));
            }
            else
            {
                other.AddValid(NameOf(ref entry), ValueOf(ref entry));
            }

            other._entries[i].Capitals = entry.Capitals;
        }
    }

    /// <summary>The fields in order, for <c>foreach</c>.</summary>
    public Enumerator GetEnumerator() => new(this);

    /// <summary>The capitals in the name of the field at a position, as it came (<see cref="NameCases"/>).</summary>
    internal ulong CapitalsAt(int index) => _entries[index].Capitals;

    /// <summary>The capitals in the name of the first field of that name; none when there is no such field.</summary>
    internal ulong CapitalsOf(KnownHeader name) => _present.Contains(name) ? _entries[IndexOf(name, 0)].Capitals : 0;

    /// <summary>Adds a field whose name and value were already checked.</summary>
    internal KnownHeader AddValid(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        Reserve(name.Length + value.Length);
        Span<byte> lower = _arena.AsSpan(_used, name.Length);
        HttpTokens.ToLower(name, lower);
        KnownHeader known = KnownHeaders.FindLowerCase(lower);
        Append(known, known == KnownHeader.None ? name.Length : 0, value);
        _byteSize += name.Length + value.Length;
        if (NameCase == NameCase.AsReceived)
        {
            _entries[_count - 1].Capitals = NameCases.CapitalsOf(name);
        }

        return known;
    }

    /// <summary>Adds a known field whose value was already checked.</summary>
    internal void AddValid(KnownHeader name, ReadOnlySpan<byte> value)
    {
        Reserve(value.Length);
        Append(name, 0, value);
        _byteSize += KnownHeaders.NameOf(name).Length + value.Length;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Append(KnownHeader known, int nameLength, ReadOnlySpan<byte> value)
    {
        ref Entry entry = ref _entries[_count++];
        entry = new Entry { Offset = _used, NameLength = nameLength, ValueLength = value.Length, Known = known };
        value.CopyTo(_arena.AsSpan(_used + nameLength));
        _used += nameLength + value.Length;
        if (_present.Contains(known))
        {
            _repeated = _repeated.With(known);
        }

        _present = _present.With(known);
    }

    private void Replace(int index, ReadOnlySpan<byte> value)
    {
        if (value.Length > _entries[index].ValueLength)
        {
            // The old bytes stay behind unused until the map is cleared or grows.
            Reserve(_entries[index].NameLength + value.Length);
            ref Entry moved = ref _entries[index];
            _arena.AsSpan(moved.Offset, moved.NameLength).CopyTo(_arena.AsSpan(_used));
            moved.Offset = _used;
            _used += moved.NameLength + value.Length;
        }

        ref Entry entry = ref _entries[index];
        value.CopyTo(_arena.AsSpan(entry.Offset + entry.NameLength));
        _byteSize += value.Length - entry.ValueLength;
        entry.ValueLength = value.Length;
    }

    private int IndexOf(KnownHeader name, int from)
    {
        Entry[] entries = _entries;
        for (int i = from; i < _count; i++)
        {
            if (entries[i].Known == name)
            {
                return i;
            }
        }

        return -1;
    }

    private int IndexOf(ReadOnlySpan<byte> name, int from)
    {
        for (int i = from; i < _count; i++)
        {
            ref Entry entry = ref _entries[i];
            if (entry.NameLength == name.Length && entry.Known == KnownHeader.None && HttpTokens.EqualsIgnoreCase(NameOf(ref entry), name))
            {
                return i;
            }
        }

        return -1;
    }

    private bool Found(int index, scoped ref int position, out ReadOnlySpan<byte> value)
    {
        if (index < 0)
        {
            position = _count;
            value = default;
            return false;
        }

        position = index + 1;
        value = ValueOf(ref _entries[index]);
        return true;
    }

    private ReadOnlySpan<byte> FirstValue(KnownHeader name) => ValueOf(ref _entries[IndexOf(name, 0)]);

    private int CountLines(KnownHeader name)
    {
        int count = 0;
        for (int i = IndexOf(name, 0); i >= 0; i = IndexOf(name, i + 1))
        {
            count++;
        }

        return count;
    }

    private void RemoveFrom(KnownHeader name, int from)
    {
        int kept = from;
        for (int i = from; i < _count; i++)
        {
            if (_entries[i].Known == name)
            {
                _byteSize -= SizeOf(ref _entries[i]);
            }
            else
            {
                _entries[kept++] = _entries[i];
            }
        }

        _count = kept;
    }

    private int RemoveFrom(ReadOnlySpan<byte> name, int from)
    {
        int removed = 0;
        for (int i = IndexOf(name, from); i >= 0; i = IndexOf(name, i))
        {
            RemoveAt(i);
            removed++;
        }

        return removed;
    }

    private static int SizeOf(ref Entry entry) =>
        entry.ValueLength + (entry.Known == KnownHeader.None ? entry.NameLength : KnownHeaders.NameOf(entry.Known).Length);

    private ReadOnlySpan<byte> NameOf(ref Entry entry) =>
        entry.Known == KnownHeader.None ? _arena.AsSpan(entry.Offset, entry.NameLength) : KnownHeaders.NameOf(entry.Known);

    private ReadOnlySpan<byte> ValueOf(ref Entry entry) => _arena.AsSpan(entry.Offset + entry.NameLength, entry.ValueLength);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Reserve(int bytes)
    {
        if (_arena.Length - _used < bytes || _entries.Length == _count)
        {
            Grow(bytes);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Grow(int bytes)
    {
        if (_entries.Length == _count)
        {
            Array.Resize(ref _entries, Math.Max(24, _count * 2));
        }

        if (_arena.Length - _used >= bytes)
        {
            return;
        }

        // Into a new array, without what was replaced or removed: a span of the old one that the caller still holds stays as it is.
        long live = 0;
        for (int i = 0; i < _count; i++)
        {
            live += _entries[i].NameLength + _entries[i].ValueLength;
        }

        byte[] arena = new byte[Math.Max(1024, checked((int)(2 * (live + bytes))))];
        int used = 0;
        for (int i = 0; i < _count; i++)
        {
            ref Entry entry = ref _entries[i];
            int length = entry.NameLength + entry.ValueLength;
            _arena.AsSpan(entry.Offset, length).CopyTo(arena.AsSpan(used));
            entry.Offset = used;
            used += length;
        }

        _arena = arena;
        _used = used;
    }

    private struct Entry
    {
        public int Offset;
        public int NameLength;
        public int ValueLength;
        public KnownHeader Known;
        public ulong Capitals;
    }

    /// <summary>Walks over the fields in order.</summary>
    [SuppressMessage("Design", "CA1034:Nested types should not be visible", Justification = "the usual shape of an enumerator")]
    public ref struct Enumerator
    {
        private readonly HeaderMap _map;
        private int _index;

        internal Enumerator(HeaderMap map)
        {
            _map = map;
            _index = -1;
        }

        /// <summary>The field.</summary>
        public readonly HeaderEntry Current => _map[_index];

        /// <summary>Goes to the next field; false at the end.</summary>
        public bool MoveNext() => ++_index < _map._count;
    }
}
