namespace Tidegate.Net;

/// <summary>IPv6 addresses as text (RFC 5952), without allocation.</summary>
internal static class IPv6Text
{
    private const int Groups = 8;

    /// <summary>The longest text: eight groups of four digits.</summary>
    private const int MaxLength = 39;

    /// <summary>Writes the address without brackets and zone; false when it does not fit.</summary>
    internal static bool TryFormat(UInt128 address, Span<byte> destination, out int written)
    {
        (int zerosStart, int zerosEnd) = LongestZeros(address);
        Span<byte> text = stackalloc byte[MaxLength];
        int length = 0;
        for (int i = 0; i < Groups; i++)
        {
            if (i == zerosStart)
            {
                text[length++] = (byte)':';
                text[length++] = (byte)':';
                i = zerosEnd - 1;
                continue;
            }

            if (length > 0 && text[length - 1] != ':')
            {
                text[length++] = (byte)':';
            }

            _ = GroupAt(address, i).TryFormat(text[length..], out int digits, "x", null);
            length += digits;
        }

        written = 0;
        if (length > destination.Length)
        {
            return false;
        }

        text[..length].CopyTo(destination);
        written = length;
        return true;
    }

    // Section 4.2: the longest run of zero groups is shortened, the first of equally long ones, but never a single group.
    private static (int Start, int End) LongestZeros(UInt128 address)
    {
        (int Start, int End) best = (-1, 0);
        for (int i = 0; i < Groups; i++)
        {
            int end = i;
            while (end < Groups && GroupAt(address, end) == 0)
            {
                end++;
            }

            if (end - i > Math.Max(1, best.End - best.Start))
            {
                best = (i, end);
            }

            i = end;
        }

        return best;
    }

    private static ushort GroupAt(UInt128 address, int index) => (ushort)(address >> (16 * (Groups - 1 - index)));
}
