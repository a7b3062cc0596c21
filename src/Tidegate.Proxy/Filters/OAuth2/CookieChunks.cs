using System.Globalization;
using Tidegate.Http.Headers;

namespace Tidegate.Proxy.Filters.OAuth2;

/// <summary>
/// Values that are longer than a cookie: the first piece has the cookie's name and says in front how many there are (<c>~3~</c>), the others <c>NAME-1</c>, <c>NAME-2</c> ... What fits into
/// one is as it is, as with Envoy, unless it begins with a tilde.
/// </summary>
internal static class CookieChunks
{
    /// <summary>More than that are none of ours: names of two digits at most.</summary>
    public const int MaxChunks = 99;

    private const char Mark = '~';

    /// <summary>Cuts a value.</summary>
    /// <param name="value">The value, of characters that cookies can have.</param>
    /// <param name="maxBytes">How long a piece may be; some more than its mark.</param>
    public static IReadOnlyList<string> Cut(string value, int maxBytes)
    {
        if (value.Length <= maxBytes && (value.Length == 0 || value[0] != Mark))
        {
            return [value];
        }

        // The mark of two digits, where one would do, changes nothing but the cut.
        int first = maxBytes - "~99~".Length;
        int count = 1 + ((Math.Max(0, value.Length - first) + maxBytes - 1) / maxBytes);
        string mark = string.Create(CultureInfo.InvariantCulture, $"{Mark}{count}{Mark}");
        List<string> pieces = [mark + value[..Math.Min(first, value.Length)]];
        for (int at = first; at < value.Length; at += maxBytes)
        {
            pieces.Add(value[at..Math.Min(at + maxBytes, value.Length)]);
        }

        return pieces;
    }

    /// <summary>Puts a cookie's value together behind what was written before. False, and nothing is written, when it is not there, not whole, or there is no room.</summary>
    /// <param name="headers">The request's fields.</param>
    /// <param name="cookie">The cookie.</param>
    /// <param name="destination">Where it is written.</param>
    /// <param name="length">How long it is.</param>
    public static bool TryJoin(HeaderMap headers, OAuth2Cookie cookie, Span<byte> destination, out int length)
    {
        length = 0;
        if (!Cookies.TryFind(headers, cookie.NameBytes, out ReadOnlySpan<byte> value))
        {
            return false;
        }

        int count = CountOf(ref value);
        if (count is < 1 or > MaxChunks || !Append(value, destination, ref length))
        {
            return false;
        }

        Span<byte> name = stackalloc byte[cookie.ChunkPrefix.Length + 2];
        cookie.ChunkPrefix.CopyTo(name);
        for (int i = 1; i < count; i++)
        {
            _ = i.TryFormat(name[cookie.ChunkPrefix.Length..], out int digits, provider: CultureInfo.InvariantCulture);
            if (!Cookies.TryFind(headers, name[..(cookie.ChunkPrefix.Length + digits)], out value) || !Append(value, destination, ref length))
            {
                length = 0;
                return false;
            }
        }

        return true;
    }

    /// <summary>Whether a name is that of a second or further piece of a cookie.</summary>
    public static bool IsFurtherPiece(ReadOnlySpan<byte> name, OAuth2Cookie cookie) =>
        name.StartsWith(cookie.ChunkPrefix) && name.Length - cookie.ChunkPrefix.Length is 1 or 2 && name[cookie.ChunkPrefix.Length..].IndexOfAnyExceptInRange((byte)'0', (byte)'9') < 0;

    // How many pieces the first says there are; 0 for what cannot be.
    private static int CountOf(ref ReadOnlySpan<byte> value)
    {
        if (value is not [(byte)Mark, ..])
        {
            return 1;
        }

        int end = value[1..].IndexOf((byte)Mark) + 1;
        bool isNumber = System.Buffers.Text.Utf8Parser.TryParse(value[1..Math.Max(1, end)], out int count, out int read) && read == end - 1;
        value = value[(end + 1)..];
        return isNumber ? count : 0;
    }

    private static bool Append(ReadOnlySpan<byte> piece, Span<byte> destination, ref int length)
    {
        if (!piece.TryCopyTo(destination[length..]))
        {
            length = 0;
            return false;
        }

        length += piece.Length;
        return true;
    }
}
