namespace Tidegate.Http.Http2.Hpack;

/// <summary>
/// Decodes Huffman strings: one look at a table of the next 8 bits for the symbols that occur in practice (5 to 8 bits), and for the rare longer
/// codes a search by length, as a canonical code allows.
/// </summary>
public static class HuffmanDecoder
{
    private const int ShortBits = 8;

    // By the next 8 bits: symbol in the low byte, code length above it; 0 for the begin of a longer code.
    private static readonly ushort[] Short = new ushort[1 << ShortBits];

    // By length: the first code, how many there are, and where their symbols begin in LongSymbols.
    private static readonly uint[] FirstCode = new uint[HuffmanCode.MaxBits + 1];
    private static readonly int[] CodeCount = new int[HuffmanCode.MaxBits + 1];
    private static readonly int[] SymbolStart = new int[HuffmanCode.MaxBits + 1];
    private static readonly ushort[] LongSymbols = BuildTables();

    /// <summary>The most bytes that a string of so many encoded bytes can have.</summary>
    public static int MaxDecodedLength(int encodedLength) => checked((int)(encodedLength * 8L / 5));

    /// <summary>Decodes a whole string.</summary>
    /// <param name="input">The encoded bytes.</param>
    /// <param name="output">At least <see cref="MaxDecodedLength"/> bytes.</param>
    /// <returns>The number of bytes, or -1 when the input is not a valid encoding.</returns>
    public static int Decode(ReadOnlySpan<byte> input, Span<byte> output)
    {
        ulong bits = 0; // the next bit is the highest one
        int count = 0;
        int position = 0;
        int length = 0;
        while (true)
        {
            while (count <= 56 && position < input.Length)
            {
                bits |= (ulong)input[position++] << (56 - count);
                count += 8;
            }

            int entry = Short[bits >> (64 - ShortBits)];
            int used = entry >> 8;
            if (used == 0)
            {
                used = FindLong((uint)(bits >> 32), out entry);
            }

            if (used > count)
            {
                return IsPadding(bits, count) ? length : -1;
            }

            if (entry == HuffmanCode.EndOfString && used == HuffmanCode.MaxBits)
            {
                return -1;
            }

            output[length++] = (byte)entry;
            bits <<= used;
            count -= used;
        }
    }

    // What is left is shorter than a byte and the begin of the end-of-string code, which is all ones.
    private static bool IsPadding(ulong bits, int count) => count < 8 && bits >> (64 - ShortBits) == (0xFF00UL >> count & 0xFF);

    private static int FindLong(uint bits, out int symbol)
    {
        for (int length = ShortBits + 1; length <= HuffmanCode.MaxBits; length++)
        {
            uint offset = (bits >> (32 - length)) - FirstCode[length];
            if (offset < (uint)CodeCount[length])
            {
                symbol = LongSymbols[SymbolStart[length] + (int)offset];
                return length;
            }
        }

        // The code is complete: every bit pattern begins with a code, so this is only reached with the zeros behind the end.
        symbol = 0;
        return int.MaxValue;
    }

    private static ushort[] BuildTables()
    {
        List<ushort> symbols = [];
        for (int length = 1; length <= HuffmanCode.MaxBits; length++)
        {
            SymbolStart[length] = symbols.Count;
            for (int symbol = 0; symbol <= HuffmanCode.EndOfString; symbol++)
            {
                (uint code, int bits) = HuffmanCode.Of(symbol);
                if (bits != length)
                {
                    continue;
                }

                if (bits <= ShortBits)
                {
                    int free = ShortBits - bits;
                    Short.AsSpan((int)(code << free), 1 << free).Fill((ushort)(symbol | (bits << 8)));
                    continue;
                }

                FirstCode[length] = CodeCount[length]++ == 0 ? code : FirstCode[length];
                symbols.Add((ushort)symbol);
            }
        }

        return [.. symbols];
    }
}
