namespace Tidegate.Http.Http2.Hpack;

/// <summary>
/// The Huffman code of RFC 7541 appendix B. It is canonical, so the lengths of the codes say all: among codes of one length the numbers follow the symbols,
/// and a longer code goes on where the shorter ones ended.
/// </summary>
public static class HuffmanCode
{
    /// <summary>The end-of-string symbol; its first bits are the padding of the last byte.</summary>
    internal const int EndOfString = 256;

    /// <summary>The bits of the longest code.</summary>
    internal const int MaxBits = 30;

    // Bits per symbol 0 to 255, and of the end of the string.
    private static readonly byte[] Lengths =
    [
        13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28,
        28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,
        6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6,
        5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
        13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,
        7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6,
        15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5,
        6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28,
        20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23,
        24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,
        22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23,
        21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
        26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25,
        19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,
        20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23,
        26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,
        30,
    ];

    private static readonly uint[] Codes = Derive();

    /// <summary>The code of a symbol and how many bits it has.</summary>
    internal static (uint Code, int Bits) Of(int symbol) => (Codes[symbol], Lengths[symbol]);

    /// <summary>How many bytes the encoded form takes.</summary>
    public static int EncodedLength(ReadOnlySpan<byte> value)
    {
        long bits = 0;
        foreach (byte symbol in value)
        {
            bits += Lengths[symbol];
        }

        return checked((int)((bits + 7) / 8));
    }

    /// <summary>Writes the encoded form.</summary>
    /// <param name="value">Any bytes.</param>
    /// <param name="destination">At least <see cref="EncodedLength"/> bytes.</param>
    /// <returns>The number of bytes.</returns>
    public static int Encode(ReadOnlySpan<byte> value, Span<byte> destination)
    {
        ulong bits = 0;
        int count = 0;
        int length = 0;
        foreach (byte symbol in value)
        {
            int codeBits = Lengths[symbol];
            bits = (bits << codeBits) | Codes[symbol];
            count += codeBits;
            while (count >= 8)
            {
                count -= 8;
                destination[length++] = (byte)(bits >> count);
            }
        }

        if (count > 0)
        {
            destination[length++] = (byte)((bits << (8 - count)) | (0xFFu >> count));
        }

        return length;
    }

    private static uint[] Derive()
    {
        uint[] codes = new uint[Lengths.Length];
        uint code = 0;
        for (int bits = 1; bits <= MaxBits; bits++)
        {
            code <<= 1;
            for (int symbol = 0; symbol < Lengths.Length; symbol++)
            {
                if (Lengths[symbol] == bits)
                {
                    codes[symbol] = code++;
                }
            }
        }

        return codes;
    }
}
