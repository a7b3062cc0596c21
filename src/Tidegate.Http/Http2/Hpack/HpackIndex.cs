using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Tidegate.Http.Headers;

namespace Tidegate.Http.Http2.Hpack;

/// <summary>
/// The encoder's dynamic table with a way to find entries by what they hold: the hashes of all entries lie side by side and are searched at once. A field is put
/// into the table when it is seen for the second time, so that values which never come again (ids, dates) don't drive the others out.
/// </summary>
internal sealed class HpackIndex
{
    private const int SeenSlots = 128;

    private readonly HpackTable _table;
    private readonly int _mask;
    private uint[] _pairs = [];
    private uint[] _names = [];
    private uint[] _seen = [];
    private int _inserted;

    public HpackIndex(int maxSize)
    {
        _table = new HpackTable(maxSize);
        _mask = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(1, maxSize / HpackTable.EntryOverhead)) - 1;
    }

    /// <summary>The size that may be used, in bytes with overhead.</summary>
    public int MaxSize => _table.MaxSize;

    /// <summary>Changes the size that may be used; not above what it was made with.</summary>
    public void Resize(int maxSize) => _table.Resize(maxSize);

    /// <summary>The hash of a field; <paramref name="nameHash"/> is that of its name alone.</summary>
    public static uint HashOf(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, out uint nameHash)
    {
        nameHash = Hash(name, 0x9E3779B9);
        return Hash(value, nameHash);
    }

    /// <summary>The age of the entry with that name and value; -1 when there is none.</summary>
    public int Find(uint pairHash, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        for (int slot = Next(_pairs, pairHash, 0); slot >= 0; slot = Next(_pairs, pairHash, slot + 1))
        {
            int age = AgeOf(slot);
            if (age < _table.Count && _table.ValueOf(age).SequenceEqual(value) && _table.NameOf(age, out _).SequenceEqual(name))
            {
                return age;
            }
        }

        return -1;
    }

    /// <summary>The age of an entry with that name; -1 when there is none.</summary>
    public int FindName(uint nameHash, ReadOnlySpan<byte> name)
    {
        for (int slot = Next(_names, nameHash, 0); slot >= 0; slot = Next(_names, nameHash, slot + 1))
        {
            int age = AgeOf(slot);
            if (age < _table.Count && _table.NameOf(age, out _).SequenceEqual(name))
            {
                return age;
            }
        }

        return -1;
    }

    /// <summary>Whether the field was seen before, as far as is remembered; from now on it was.</summary>
    public bool WasSeen(uint pairHash)
    {
        if (_seen.Length == 0)
        {
            _seen = new uint[SeenSlots];
        }

        ref uint slot = ref _seen[pairHash % SeenSlots];
        bool wasSeen = slot == pairHash;
        slot = pairHash;
        return wasSeen;
    }

    /// <summary>Puts a field into the table, if it fits there without emptying it.</summary>
    /// <returns>False when it was not put in.</returns>
    public bool Add(KnownHeader known, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, uint pairHash, uint nameHash)
    {
        if (name.Length + value.Length + HpackTable.EntryOverhead > _table.MaxSize / 4)
        {
            return false;
        }

        if (_pairs.Length == 0)
        {
            _pairs = new uint[_mask + 1];
            _names = new uint[_mask + 1];
        }

        _table.Add(known, name, value);
        _pairs[_inserted & _mask] = pairHash;
        _names[_inserted & _mask] = nameHash;
        _inserted++;
        return true;
    }

    // Every entry takes 32 bytes at least, so a slot is not used again while its entry lives.
    private int AgeOf(int slot) => (_inserted - 1 - slot) & _mask;

    private static int Next(uint[] hashes, uint hash, int from)
    {
        int offset = hashes.AsSpan(from).IndexOf(hash);
        return offset < 0 ? -1 : from + offset;
    }

    private static uint Hash(ReadOnlySpan<byte> bytes, uint seed)
    {
        const ulong Prime = 0x9E3779B97F4A7C15;
        ulong hash = (seed ^ (ulong)bytes.Length) * Prime;
        ref byte start = ref MemoryMarshal.GetReference(bytes);
        int i = 0;
        for (; i <= bytes.Length - 8; i += 8)
        {
            hash = BitOperations.RotateLeft((hash ^ Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref start, i))) * Prime, 29);
        }

        for (; i < bytes.Length; i++)
        {
            hash = (hash ^ bytes[i]) * Prime;
        }

        return (uint)(hash >> 32);
    }
}
