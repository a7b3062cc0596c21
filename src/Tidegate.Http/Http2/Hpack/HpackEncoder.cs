using Tidegate.Http.Headers;

namespace Tidegate.Http.Http2.Hpack;

/// <summary>
/// Encodes field blocks (RFC 7541 section 6) for one connection; blocks must leave in the order in which they were encoded. A value is written with Huffman where that is
/// shorter, put into the table when it comes for the second time, and never when it is sensitive.
/// </summary>
public sealed class HpackEncoder
{
    /// <summary>What a field takes besides its name and value at most, in bytes.</summary>
    public const int MaxFieldOverhead = 2 * HpackInteger.MaxLength + 1;

    /// <summary>What a block takes besides its fields at most, in bytes.</summary>
    public const int MaxBlockOverhead = 2 * HpackInteger.MaxLength;

    private readonly HpackIndex _index;
    private readonly int _tableLimit;
    private int _smallestUpdate = int.MaxValue;

    /// <summary>Makes an encoder.</summary>
    /// <param name="tableLimit">The most that our table takes, in bytes, whatever the peer allows; at most 4096 until the peer says otherwise.</param>
    public HpackEncoder(int tableLimit)
    {
        _tableLimit = Math.Min(tableLimit, DefaultPeerLimit);
        _index = new HpackIndex(_tableLimit);
        if (_tableLimit < DefaultPeerLimit)
        {
            _smallestUpdate = _tableLimit;
        }
    }

    /// <summary>SETTINGS_HEADER_TABLE_SIZE while nothing is said (RFC 9113 section 6.5.2).</summary>
    public const int DefaultPeerLimit = 4096;

    /// <summary>The peer has said how large a table it keeps; the next block begins with what we make of it.</summary>
    public void OnPeerLimit(uint tableSize)
    {
        int size = (int)Math.Min(tableSize, (uint)_tableLimit);
        if (size != _index.MaxSize)
        {
            _smallestUpdate = Math.Min(_smallestUpdate, size);
            _index.Resize(size);
        }
    }

    /// <summary>Begins a block.</summary>
    /// <param name="destination"><see cref="MaxBlockOverhead"/> bytes are always enough.</param>
    /// <returns>The number of bytes.</returns>
    public int Begin(Span<byte> destination)
    {
        if (_smallestUpdate == int.MaxValue)
        {
            return 0;
        }

        // The smallest size that there was in between, and the one that it is now (RFC 7541 section 4.2).
        int length = HpackInteger.Write(_smallestUpdate, 5, 0x20, destination);
        if (_index.MaxSize != _smallestUpdate)
        {
            length += HpackInteger.Write(_index.MaxSize, 5, 0x20, destination[length..]);
        }

        _smallestUpdate = int.MaxValue;
        return length;
    }

    /// <summary>Writes a field that is no pseudo-header field.</summary>
    /// <param name="known">Which known header it is.</param>
    /// <param name="name">The name, in lower case.</param>
    /// <param name="value">The value.</param>
    /// <param name="destination">The lengths of both and <see cref="MaxFieldOverhead"/> bytes are always enough.</param>
    /// <returns>The number of bytes.</returns>
    public int Write(KnownHeader known, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, Span<byte> destination) =>
        SensitiveFields.Contains(known, name)
            ? WriteLiteral(HpackStaticTable.IndexOf(known, name), name, value, Literal.NeverIndexed, destination)
            : Write(known, HpackStaticTable.IndexOf(known, name), name, value, destination);

    /// <summary>Writes an entry of the static table, name and value.</summary>
    internal static int WriteIndexed(int index, Span<byte> destination) => HpackInteger.Write(index, 7, 0x80, destination);

    /// <summary>Writes a field whose name has that index in the static table, or 0.</summary>
    internal int Write(KnownHeader known, int nameIndex, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, Span<byte> destination)
    {
        uint pairHash = HpackIndex.HashOf(name, value, out uint nameHash);
        int age = _index.Find(pairHash, name, value);
        if (age >= 0)
        {
            return WriteIndexed(HpackStaticTable.Count + 1 + age, destination);
        }

        if (nameIndex == 0)
        {
            age = _index.FindName(nameHash, name);
            nameIndex = age < 0 ? 0 : HpackStaticTable.Count + 1 + age;
        }

        Literal kind = _index.WasSeen(pairHash) && _index.Add(known, name, value, pairHash, nameHash) ? Literal.Indexed : Literal.NotIndexed;
        return WriteLiteral(nameIndex, name, value, kind, destination);
    }

    private static int WriteLiteral(int nameIndex, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, Literal kind, Span<byte> destination)
    {
        int length = HpackInteger.Write(nameIndex, kind == Literal.Indexed ? 6 : 4, (byte)kind, destination);
        if (nameIndex == 0)
        {
            length += WriteString(name, destination[length..]);
        }

        return length + WriteString(value, destination[length..]);
    }

    private static int WriteString(ReadOnlySpan<byte> value, Span<byte> destination)
    {
        int encoded = HuffmanCode.EncodedLength(value);
        if (encoded >= value.Length)
        {
            int plain = HpackInteger.Write(value.Length, 7, 0, destination);
            value.CopyTo(destination[plain..]);
            return plain + value.Length;
        }

        int length = HpackInteger.Write(encoded, 7, 0x80, destination);
        return length + HuffmanCode.Encode(value, destination[length..]);
    }

    // The patterns of RFC 7541 section 6.2.
    private enum Literal : byte
    {
        NotIndexed = 0,
        NeverIndexed = 0x10,
        Indexed = 0x40,
    }
}
