using System.Buffers;
using Tidegate.Http.Tokens;

namespace Tidegate.Http.Paths;

/// <summary>
/// Makes of a path the one string that authorization, routing and the upstream see (spec edge 2e). In the order that Istio documents: escaped slashes, RFC 3986
/// normalisation with backslash to slash, then merging of slashes. One pass: nothing is decoded twice, and nothing that is decoded can form a new escape
/// with what stands before it, so that normalising again changes nothing. The query is never touched.
/// </summary>
public static class PathNormalizer
{
    private static readonly SearchValues<byte> Unreserved =
        SearchValues.Create("-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8);

    /// <summary>Normalises in place.</summary>
    /// <param name="pathWithQuery">A target in origin-form.</param>
    /// <param name="options">What to do.</param>
    /// <param name="length">How many bytes of it are the result; it never grows.</param>
    /// <returns>
    /// <see cref="PathResult.Rejected"/>, and the bytes are undefined, when it does not start with a slash, has a byte that is not visible ASCII, a fragment, an escaped NUL in its path,
    /// or what the options refuse. <see cref="PathResult.Redirect"/> when they ask for it and there was an escaped slash.
    /// </returns>
    public static PathResult Normalize(Span<byte> pathWithQuery, in PathOptions options, out int length)
    {
        length = pathWithQuery.Length;
        if (pathWithQuery.IsEmpty || pathWithQuery[0] != (byte)'/' || pathWithQuery.ContainsAnyExceptInRange((byte)0x21, (byte)0x7E))
        {
            return PathResult.Rejected;
        }

        // A target has no fragment (RFC 9112, section 3.2): cut off, rules would see another one than the client wrote.
        if (pathWithQuery.Contains((byte)'#'))
        {
            return PathResult.Rejected;
        }

        int query = pathWithQuery.IndexOf((byte)'?');
        int pathLength = query >= 0 ? query : length;
        ReadOnlySpan<byte> path = pathWithQuery[..pathLength];
        bool isPlain = !path.ContainsAny((byte)'%', (byte)'\\')
            && (!options.Normalize || path.IndexOf("/."u8) < 0)
            && (!options.MergeAdjacentSlashes || path.IndexOf("//"u8) < 0);
        return isPlain ? PathResult.Ok : Rewrite(pathWithQuery, pathLength, options, ref length);
    }

    private static PathResult Rewrite(Span<byte> target, int pathLength, in PathOptions options, ref int length)
    {
        bool sawEscapedSlash = false;
        int written = 0;
        int segmentStart = 0;
        int read = 0;
        while (read < pathLength)
        {
            // 1. The next character, decoded if it is to be.
            byte value = target[read];
            int width = 1;
            if (value == (byte)'%' && read + 2 < pathLength && TryReadEscape(target[(read + 1)..], out byte decoded))
            {
                width = 3;
                if (decoded == 0)
                {
                    return PathResult.Rejected;
                }

                if (decoded is (byte)'/' or (byte)'\\' && options.EscapedSlashes != EscapedSlashesAction.KeepUnchanged)
                {
                    if (options.EscapedSlashes == EscapedSlashesAction.RejectRequest)
                    {
                        return PathResult.Rejected;
                    }

                    sawEscapedSlash = true;
                    value = decoded;
                }
                else if (options.Normalize && Unreserved.Contains(decoded) && !WouldCompleteEscape(target[..written], decoded))
                {
                    value = decoded;
                }
                else
                {
                    target.Slice(read, 3).CopyTo(target[written..]);
                    read += 3;
                    written += 3;
                    continue;
                }
            }

            read += width;
            if (value == (byte)'\\' && options.Normalize)
            {
                value = (byte)'/';
            }

            // 2. A slash ends a segment; one that was a dot segment disappears together with it.
            if (value == (byte)'/')
            {
                bool isDot = options.Normalize && RemoveDotSegment(target, ref written, segmentStart);
                if (!isDot)
                {
                    target[written++] = value;
                }

                segmentStart = written;
            }
            else
            {
                target[written++] = value;
            }
        }

        if (options.Normalize)
        {
            RemoveDotSegment(target, ref written, segmentStart);
        }

        if (options.MergeAdjacentSlashes)
        {
            written = MergeSlashes(target[..written]);
        }

        // 3. The query moves up.
        target[pathLength..length].CopyTo(target[written..]);
        length = written + length - pathLength;
        return sawEscapedSlash && options.EscapedSlashes == EscapedSlashesAction.UnescapeAndRedirect ? PathResult.Redirect : PathResult.Ok;
    }

    // When the last segment is "." or "..", takes it away, and with ".." the one before it, up to and not including the slash before; the root has none.
    private static bool RemoveDotSegment(Span<byte> path, ref int written, int segmentStart)
    {
        ReadOnlySpan<byte> segment = path[segmentStart..written];

        // As with Envoy, what stands behind a semicolon is no part of it: servers that cut such parameters off would go up.
        int parameters = segment.IndexOf((byte)';');
        segment = parameters < 0 ? segment : segment[..parameters];
        if (segment.Length is 0 or > 2 || segment[0] != (byte)'.' || segment[^1] != (byte)'.')
        {
            return false;
        }

        written = segmentStart;
        if (segment.Length == 2)
        {
            // The slash in front of the segment is at segmentStart - 1.
            int previous = path[..(segmentStart - 1)].LastIndexOf((byte)'/');
            written = previous < 0 ? 1 : previous + 1;
        }

        return true;
    }

    private static int MergeSlashes(Span<byte> path)
    {
        int written = 0;
        foreach (byte value in path)
        {
            if (value != (byte)'/' || written == 0 || path[written - 1] != (byte)'/')
            {
                path[written++] = value;
            }
        }

        return written;
    }

    // A percent sign in the output that starts no escape would start one when a hexadecimal digit were decoded behind it ("%%32e" would become "%2e").
    private static bool WouldCompleteEscape(ReadOnlySpan<byte> output, byte decoded)
    {
        if (HexDigits.ValueOf(decoded) < 0)
        {
            return false;
        }

        return output[^1] == (byte)'%' || (output.Length > 1 && output[^2] == (byte)'%' && HexDigits.ValueOf(output[^1]) >= 0);
    }

    private static bool TryReadEscape(ReadOnlySpan<byte> digits, out byte value)
    {
        int high = HexDigits.ValueOf(digits[0]);
        int low = HexDigits.ValueOf(digits[1]);
        value = (byte)((high << 4) | (low & 0xF));
        return (high | low) >= 0;
    }
}
