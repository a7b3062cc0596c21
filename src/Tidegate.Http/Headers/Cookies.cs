namespace Tidegate.Http.Headers;

/// <summary>The cookies of a request (RFC 6265, section 4.2.1): <c>name=value</c> between <c>; </c>, in one field or (HTTP/2) several.</summary>
public static class Cookies
{
    /// <summary>The first value of a cookie, without quotes around it; false when there is no such cookie.</summary>
    /// <param name="headers">The request's fields.</param>
    /// <param name="name">The cookie's name, whose case counts.</param>
    /// <param name="value">Its value, valid until the fields are next changed.</param>
    public static bool TryFind(HeaderMap headers, scoped ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        ArgumentNullException.ThrowIfNull(headers);
        int position = 0;
        while (headers.TryGetNext(KnownHeader.Cookie, ref position, out ReadOnlySpan<byte> line))
        {
            while (!line.IsEmpty)
            {
                ReadOnlySpan<byte> pair = Next(ref line, out ReadOnlySpan<byte> found);
                if (found.SequenceEqual(name) && found.Length < pair.Length)
                {
                    value = ValueOf(pair, found);
                    return true;
                }
            }
        }

        value = default;
        return false;
    }

    /// <summary>Takes the next cookie off a field that is not empty.</summary>
    /// <param name="line">The field's value, or what is left of it.</param>
    /// <param name="name">The cookie's name; all of it where there is no equals sign.</param>
    /// <returns>The cookie as it was written, without the spaces around it.</returns>
    public static ReadOnlySpan<byte> Next(scoped ref ReadOnlySpan<byte> line, out ReadOnlySpan<byte> name)
    {
        int end = line.IndexOf((byte)';');
        ReadOnlySpan<byte> pair = (end < 0 ? line : line[..end]).Trim((byte)' ');
        line = end < 0 ? default : line[(end + 1)..];
        int equals = pair.IndexOf((byte)'=');
        name = equals < 0 ? pair : pair[..equals];
        return pair;
    }

    private static ReadOnlySpan<byte> ValueOf(ReadOnlySpan<byte> pair, scoped ReadOnlySpan<byte> name)
    {
        ReadOnlySpan<byte> value = pair[(name.Length + 1)..];
        return value.Length >= 2 && value[0] == '"' && value[^1] == '"' ? value[1..^1] : value;
    }
}
