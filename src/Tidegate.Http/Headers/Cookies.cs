namespace Tidegate.Http.Headers;

/// <summary>The cookies of a request (RFC 6265, section 4.2.1): <c>name=value</c> between <c>; </c>, in one field or (HTTP/2) several.</summary>
public static class Cookies
{
    /// <summary>The first value of a cookie, without quotes around it; false when there is no such cookie.</summary>
    /// <param name="headers">The request's fields.</param>
    /// <param name="name">The cookie's name, whose case counts.</param>
    /// <param name="value">Its value, valid until the fields are next changed.</param>
    public static bool TryFind(HeaderMap headers, ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        ArgumentNullException.ThrowIfNull(headers);
        int position = 0;
        while (headers.TryGetNext(KnownHeader.Cookie, ref position, out ReadOnlySpan<byte> line))
        {
            while (!line.IsEmpty)
            {
                int end = line.IndexOf((byte)';');
                ReadOnlySpan<byte> pair = (end < 0 ? line : line[..end]).Trim((byte)' ');
                line = end < 0 ? default : line[(end + 1)..];
                int equals = pair.IndexOf((byte)'=');
                if (equals < 0 || !pair[..equals].SequenceEqual(name))
                {
                    continue;
                }

                value = pair[(equals + 1)..];
                if (value.Length >= 2 && value[0] == '"' && value[^1] == '"')
                {
                    value = value[1..^1];
                }

                return true;
            }
        }

        value = default;
        return false;
    }
}
