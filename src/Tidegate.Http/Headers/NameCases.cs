namespace Tidegate.Http.Headers;

/// <summary>
/// The case in which a name came, as a set of bits: bit <c>i</c> is set where byte <c>i</c> was a capital. Of a name longer than 64 bytes
/// the rest is taken for lower case.
/// </summary>
internal static class NameCases
{
    private const int MaxLength = 64;

    /// <summary>The capitals of a name.</summary>
    public static ulong CapitalsOf(ReadOnlySpan<byte> name)
    {
        ulong capitals = 0;
        int length = Math.Min(name.Length, MaxLength);
        for (int i = 0; i < length; i++)
        {
            if ((uint)(name[i] - 'A') <= 'Z' - 'A')
            {
                capitals |= 1UL << i;
            }
        }

        return capitals;
    }

    /// <summary>Gives a name in lower case its capitals.</summary>
    public static void Apply(Span<byte> name, ulong capitals)
    {
        for (int i = 0; capitals != 0 && i < name.Length; i++, capitals >>= 1)
        {
            if ((capitals & 1) != 0)
            {
                name[i] = (byte)(name[i] & ~0x20);
            }
        }
    }

    /// <summary>Gives every word of a name in lower case a capital; words end at what is neither letter nor digit.</summary>
    public static void ToProperWords(Span<byte> name)
    {
        bool isFirst = true;
        foreach (ref byte value in name)
        {
            bool isLetter = (uint)(value - 'a') <= 'z' - 'a';
            if (isLetter && isFirst)
            {
                value = (byte)(value & ~0x20);
            }

            isFirst = !isLetter && (uint)(value - '0') > 9;
        }
    }
}
