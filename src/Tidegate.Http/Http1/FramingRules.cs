using System.Runtime.CompilerServices;
using Tidegate.Http.Headers;
using Tidegate.Http.Tokens;

namespace Tidegate.Http.Http1;

/// <summary>
/// What Content-Length, Transfer-Encoding and Connection of a head mean together (RFC 9112 sections 6 and 9.3), read so strictly that no other
/// reading is left: one or none of them, Content-Length once and in its shortest form, Transfer-Encoding just <c>chunked</c>.
/// A Content-Length that is repeated with the same value could be merged (RFC 9110 section 8.6); it is refused on both sides, because the peer
/// that wrote it twice has been tampered with or does not know its own length.
/// </summary>
internal static class FramingRules
{
    /// <summary>Finds the body's framing; <see cref="MessageFraming.None"/> when neither field is there.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Http1ErrorCode Read(HeaderMap headers, HttpVersion version, out MessageFraming framing, out long contentLength)
    {
        framing = MessageFraming.None;
        contentLength = -1;
        if (headers.TryGet(KnownHeader.ContentLength, out ReadOnlySpan<byte> length))
        {
            framing = MessageFraming.ContentLength;
            return headers.Contains(KnownHeader.TransferEncoding) ? Http1ErrorCode.ContentLengthAndTransferEncoding
                : headers.CountOf(KnownHeader.ContentLength) > 1 ? Http1ErrorCode.DuplicateContentLength
                : ReadContentLength(length, out contentLength);
        }

        if (headers.Contains(KnownHeader.TransferEncoding))
        {
            framing = MessageFraming.Chunked;
            return version == HttpVersion.Http10 ? Http1ErrorCode.TransferEncodingInHttp10 : ReadTransferEncoding(headers);
        }

        return Http1ErrorCode.None;
    }

    /// <summary>Reads 1*DIGIT without a leading zero, below 2^63.</summary>
    public static Http1ErrorCode ReadContentLength(ReadOnlySpan<byte> digits, out long value)
    {
        value = -1;
        if (digits.IsEmpty || digits.ContainsAnyExceptInRange((byte)'0', (byte)'9') || (digits[0] == (byte)'0' && digits.Length > 1))
        {
            return Http1ErrorCode.InvalidContentLength;
        }

        if (digits.Length > 19)
        {
            return Http1ErrorCode.ContentLengthOverflow;
        }

        // 19 digits are below 2^64.
        ulong result = 0;
        foreach (byte digit in digits)
        {
            result = (result * 10) + (ulong)(digit - '0');
        }

        if (result > long.MaxValue)
        {
            return Http1ErrorCode.ContentLengthOverflow;
        }

        value = (long)result;
        return Http1ErrorCode.None;
    }

    /// <summary>The options of the Connection field that matter here; all others are ignored.</summary>
    public static ConnectionOptions ReadConnection(HeaderMap headers)
    {
        ConnectionOptions options = ConnectionOptions.None;
        int position = 0;
        while (headers.TryGetNext(KnownHeader.Connection, ref position, out ReadOnlySpan<byte> rest))
        {
            while (HttpTokens.NextElement(ref rest, out ReadOnlySpan<byte> option))
            {
                options |= option.Length switch
                {
                    5 when HttpTokens.EqualsIgnoreCase(option, "close"u8) => ConnectionOptions.Close,
                    7 when HttpTokens.EqualsIgnoreCase(option, "upgrade"u8) => ConnectionOptions.Upgrade,
                    10 when HttpTokens.EqualsIgnoreCase(option, "keep-alive"u8) => ConnectionOptions.KeepAlive,
                    _ => ConnectionOptions.None,
                };
            }
        }

        return options;
    }

    /// <summary>Whether the connection persists after this message (RFC 9112 section 9.3).</summary>
    public static bool Persists(HttpVersion version, ConnectionOptions options) =>
        (options & ConnectionOptions.Close) == 0 && (version != HttpVersion.Http10 || (options & ConnectionOptions.KeepAlive) != 0);

    private static Http1ErrorCode ReadTransferEncoding(HeaderMap headers)
    {
        headers.TryGet(KnownHeader.TransferEncoding, out ReadOnlySpan<byte> first);
        bool isAlone = headers.CountOf(KnownHeader.TransferEncoding) == 1;
        return isAlone && HttpTokens.EqualsIgnoreCase(first, "chunked"u8) ? Http1ErrorCode.None : RefuseTransferEncoding(headers);
    }

    // A server that meets an unknown coding answers 501; one that cannot find the end answers 400 (RFC 9112 sections 6.1 and 6.3).
    private static Http1ErrorCode RefuseTransferEncoding(HeaderMap headers)
    {
        bool endsWithChunked = false;
        int position = 0;
        while (headers.TryGetNext(KnownHeader.TransferEncoding, ref position, out ReadOnlySpan<byte> rest))
        {
            if (rest.IsEmpty || rest[^1] == (byte)',')
            {
                return Http1ErrorCode.InvalidTransferEncoding;
            }

            while (HttpTokens.NextElement(ref rest, out ReadOnlySpan<byte> coding))
            {
                if (coding.IsEmpty || endsWithChunked)
                {
                    return Http1ErrorCode.InvalidTransferEncoding;
                }

                endsWithChunked = HttpTokens.EqualsIgnoreCase(coding, "chunked"u8);
            }
        }

        return endsWithChunked ? Http1ErrorCode.UnsupportedTransferEncoding : Http1ErrorCode.InvalidTransferEncoding;
    }
}

/// <summary>Options of a Connection field.</summary>
[Flags]
internal enum ConnectionOptions : byte
{
    None = 0,
    Close = 1,
    KeepAlive = 2,
    Upgrade = 4,
}
