namespace Tidegate.Proxy.Filters.Jwt;

/// <summary>
/// Base64url as Envoy's library reads it: white space counts for nothing, padding may be there or not, and bits that are left over are not looked at.
/// </summary>
internal static class JwtBase64
{
    /// <summary>Reads a part of a token; null when it is none.</summary>
    public static byte[]? Decode(ReadOnlySpan<byte> text)
    {
        byte[] result = new byte[(text.Length * 3 / 4) + 3];
        int length = 0;
        uint bits = 0;
        int count = 0;
        int padding = 0;
        foreach (byte c in text)
        {
            if (c is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n' or 0x0B or 0x0C)
            {
                continue;
            }

            if (c == (byte)'=')
            {
                padding++;
                continue;
            }

            int value = ValueOf(c);
            if (value < 0 || padding > 0)
            {
                return null;
            }

            bits = (bits << 6) | (uint)value;
            if (++count == 4)
            {
                result[length++] = (byte)(bits >> 16);
                result[length++] = (byte)(bits >> 8);
                result[length++] = (byte)bits;
                (bits, count) = (0, 0);
            }
        }

        if (count == 1 || (padding > 0 && padding != (4 - count) % 4))
        {
            return null;
        }

        if (count > 1)
        {
            bits <<= 6 * (4 - count);
            result[length++] = (byte)(bits >> 16);
            if (count == 3)
            {
                result[length++] = (byte)(bits >> 8);
            }
        }

        return result[..length];
    }

    private static int ValueOf(byte c) => c switch
    {
        >= (byte)'A' and <= (byte)'Z' => c - 'A',
        >= (byte)'a' and <= (byte)'z' => c - 'a' + 26,
        >= (byte)'0' and <= (byte)'9' => c - '0' + 52,
        (byte)'-' => 62,
        (byte)'_' => 63,
        _ => -1,
    };
}
