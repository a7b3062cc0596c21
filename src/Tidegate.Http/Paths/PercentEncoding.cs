using Tidegate.Http.Tokens;

namespace Tidegate.Http.Paths;

/// <summary>Percent-encoded text (RFC 3986, section 2.1). A percent sign without two digits stands for itself, as with Envoy.</summary>
public static class PercentEncoding
{
    /// <summary>Writes what a text stands for; it is never longer. Gives its length.</summary>
    public static int Decode(ReadOnlySpan<byte> text, Span<byte> destination)
    {
        int length = 0;
        while (!text.IsEmpty)
        {
            destination[length++] = Next(ref text);
        }

        return length;
    }

    /// <summary>Whether a text stands for another.</summary>
    public static bool DecodedEquals(ReadOnlySpan<byte> text, ReadOnlySpan<byte> decoded)
    {
        if (text.Length < decoded.Length)
        {
            return false;
        }

        foreach (byte expected in decoded)
        {
            if (text.IsEmpty || Next(ref text) != expected)
            {
                return false;
            }
        }

        return text.IsEmpty;
    }

    private static byte Next(ref ReadOnlySpan<byte> text)
    {
        byte value = text[0];
        if (value == (byte)'%' && text.Length > 2 && HexDigits.ValueOf(text[1]) is >= 0 and int high && HexDigits.ValueOf(text[2]) is >= 0 and int low)
        {
            text = text[3..];
            return (byte)((high << 4) | low);
        }

        text = text[1..];
        return value;
    }
}
