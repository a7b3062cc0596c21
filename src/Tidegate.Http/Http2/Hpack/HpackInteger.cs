namespace Tidegate.Http.Http2.Hpack;

/// <summary>Integers with a prefix of 1 to 8 bits (RFC 7541 section 5.1).</summary>
internal static class HpackInteger
{
    /// <summary>The most bytes that an integer takes here, its prefix included.</summary>
    public const int MaxLength = 6;

    // Nothing in a field block can be larger; four bytes behind the prefix hold it.
    private const int MaxValue = 1 << 28;

    /// <summary>Takes an integer off the front of the input.</summary>
    public static HpackError Read(scoped ref ReadOnlySpan<byte> input, int prefixBits, out int value)
    {
        if (input.IsEmpty)
        {
            value = 0;
            return HpackError.Truncated;
        }

        int mask = (1 << prefixBits) - 1;
        value = input[0] & mask;
        if (value < mask)
        {
            input = input[1..];
            return HpackError.None;
        }

        return ReadRest(ref input, ref value);
    }

    /// <summary>Writes an integer behind the pattern of its first byte.</summary>
    /// <param name="value">Not negative, at most 2^28.</param>
    /// <param name="prefixBits">How many bits of the first byte belong to it.</param>
    /// <param name="pattern">The other bits of the first byte.</param>
    /// <param name="destination"><see cref="MaxLength"/> bytes are always enough.</param>
    /// <returns>The number of bytes.</returns>
    public static int Write(int value, int prefixBits, byte pattern, Span<byte> destination)
    {
        int mask = (1 << prefixBits) - 1;
        if (value < mask)
        {
            destination[0] = (byte)(pattern | value);
            return 1;
        }

        destination[0] = (byte)(pattern | mask);
        value -= mask;
        int length = 1;
        for (; value >= 128; value >>= 7)
        {
            destination[length++] = (byte)(value | 128);
        }

        destination[length++] = (byte)value;
        return length;
    }

    private static HpackError ReadRest(scoped ref ReadOnlySpan<byte> input, ref int value)
    {
        long sum = value;
        for (int i = 1; i < MaxLength; i++)
        {
            if (i == input.Length)
            {
                return HpackError.Truncated;
            }

            byte next = input[i];
            sum += (long)(next & 127) << (7 * (i - 1));
            if (next < 128)
            {
                value = (int)Math.Min(sum, MaxValue);
                input = input[(i + 1)..];
                return sum > MaxValue ? HpackError.IntegerOverflow : HpackError.None;
            }
        }

        return HpackError.IntegerOverflow;
    }
}
