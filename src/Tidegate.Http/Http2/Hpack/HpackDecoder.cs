using Tidegate.Http.Headers;

namespace Tidegate.Http.Http2.Hpack;

/// <summary>
/// Decodes field blocks (RFC 7541 section 6), one whole block after the other in their order on the wire, also those that nobody wants: the dynamic table is
/// the connection's. Names and values go to the sink as spans; only what is put into the table is copied. After an error it must not be used again.
/// </summary>
public sealed class HpackDecoder
{
    private readonly HpackTable _table;
    private readonly HpackScratch _scratch;
    private readonly int _tableLimit;

    /// <summary>Makes a decoder.</summary>
    /// <param name="tableLimit">What SETTINGS_HEADER_TABLE_SIZE told the peer, in bytes.</param>
    /// <param name="scratch">Shared with other decoders of the same thread.</param>
    public HpackDecoder(int tableLimit, HpackScratch scratch)
    {
        _tableLimit = tableLimit;
        _table = new HpackTable(tableLimit);
        _scratch = scratch;
    }

    /// <summary>The size of the dynamic table in bytes, with 32 for each entry.</summary>
    public int TableSize => _table.Size;

    /// <summary>Decodes a block.</summary>
    /// <param name="block">The whole block, from HEADERS and all CONTINUATION frames.</param>
    /// <param name="sink">Is given every field, also those behind one that it dislikes.</param>
    public HpackError Decode<TSink>(ReadOnlySpan<byte> block, ref TSink sink)
        where TSink : IFieldSink, allows ref struct
    {
        bool mayResize = true;
        while (!block.IsEmpty)
        {
            byte first = block[0];
            HpackError error;
            if ((first & 0x80) != 0)
            {
                error = ReadIndexed(ref block, ref sink);
            }
            else if ((first & 0x40) != 0)
            {
                error = ReadLiteral(ref block, prefixBits: 6, isIndexed: true, ref sink);
            }
            else if ((first & 0x20) != 0)
            {
                error = mayResize ? ReadTableSize(ref block) : HpackError.TableSizeAfterField;
                if (error == HpackError.None)
                {
                    continue;
                }
            }
            else
            {
                // Without indexing, or never to be indexed: what we send on is decided by the name (SensitiveFields), not by this.
                error = ReadLiteral(ref block, prefixBits: 4, isIndexed: false, ref sink);
            }

            if (error != HpackError.None)
            {
                return error;
            }

            mayResize = false;
        }

        return HpackError.None;
    }

    private HpackError ReadIndexed<TSink>(scoped ref ReadOnlySpan<byte> block, ref TSink sink)
        where TSink : IFieldSink, allows ref struct
    {
        HpackError error = HpackInteger.Read(ref block, prefixBits: 7, out int index);
        if (error != HpackError.None)
        {
            return error;
        }

        int age = index - HpackStaticTable.Count - 1;
        if (index == 0 || age >= _table.Count)
        {
            return HpackError.InvalidIndex;
        }

        if (age < 0)
        {
            ReadOnlySpan<byte> name = HpackStaticTable.NameOf(index, out KnownHeader known);
            sink.OnField(known, name, HpackStaticTable.ValueOf(index));
        }
        else
        {
            ReadOnlySpan<byte> name = _table.NameOf(age, out KnownHeader known);
            sink.OnField(known, name, _table.ValueOf(age));
        }

        return HpackError.None;
    }

    private HpackError ReadLiteral<TSink>(scoped ref ReadOnlySpan<byte> block, int prefixBits, bool isIndexed, ref TSink sink)
        where TSink : IFieldSink, allows ref struct
    {
        // 1. The name, of a table or written out.
        HpackError error = HpackInteger.Read(ref block, prefixBits, out int index);
        if (error != HpackError.None)
        {
            return error;
        }

        KnownHeader known;
        ReadOnlySpan<byte> name;
        int age = index - HpackStaticTable.Count - 1;
        if (index == 0)
        {
            error = ReadString(ref block, isName: true, out name);
            if (error != HpackError.None)
            {
                return error;
            }

            known = KnownHeaders.FindLowerCase(name);
        }
        else if (age < 0)
        {
            name = HpackStaticTable.NameOf(index, out known);
        }
        else if (age < _table.Count)
        {
            name = _table.NameOf(age, out known);
            if (isIndexed)
            {
                // Adding may move the table, and evict the entry itself.
                Span<byte> copy = _scratch.Name(name.Length);
                name.CopyTo(copy);
                name = copy[..name.Length];
            }
        }
        else
        {
            return HpackError.InvalidIndex;
        }

        // 2. The value.
        error = ReadString(ref block, isName: false, out ReadOnlySpan<byte> value);
        if (error != HpackError.None)
        {
            return error;
        }

        sink.OnField(known, name, value);
        if (isIndexed)
        {
            _table.Add(known, name, value);
        }

        return HpackError.None;
    }

    private HpackError ReadTableSize(scoped ref ReadOnlySpan<byte> block)
    {
        HpackError error = HpackInteger.Read(ref block, prefixBits: 5, out int size);
        if (error != HpackError.None)
        {
            return error;
        }

        if (size > _tableLimit)
        {
            return HpackError.TableSizeTooLarge;
        }

        _table.Resize(size);
        return HpackError.None;
    }

    private HpackError ReadString(scoped ref ReadOnlySpan<byte> block, bool isName, out ReadOnlySpan<byte> value)
    {
        value = default;
        bool isHuffman = !block.IsEmpty && (block[0] & 0x80) != 0;
        HpackError error = HpackInteger.Read(ref block, prefixBits: 7, out int length);
        if (error != HpackError.None)
        {
            return error;
        }

        if (length > block.Length)
        {
            return HpackError.Truncated;
        }

        ReadOnlySpan<byte> bytes = block[..length];
        block = block[length..];
        if (!isHuffman)
        {
            value = bytes;
            return HpackError.None;
        }

        int room = HuffmanDecoder.MaxDecodedLength(length);
        Span<byte> decoded = isName ? _scratch.Name(room) : _scratch.Value(room);
        int decodedLength = HuffmanDecoder.Decode(bytes, decoded);
        if (decodedLength < 0)
        {
            return HpackError.InvalidHuffman;
        }

        value = decoded[..decodedLength];
        return HpackError.None;
    }
}
