using Tidegate.Http.Tokens;

namespace Tidegate.Http.Http1;

/// <summary>Says what is wrong with a request line; out of the way of those that are right.</summary>
internal static class RequestLineErrors
{
    /// <summary>The reason why a line is refused.</summary>
    /// <param name="line">A line without its end that is not a valid request line.</param>
    public static Http1ErrorCode Classify(ReadOnlySpan<byte> line)
    {
        if (line.SequenceEqual("PRI * HTTP/2.0"u8))
        {
            return Http1ErrorCode.Http2Preface;
        }

        Span<Range> words = stackalloc Range[4];
        int count = 0;
        foreach (Range word in line.Split((byte)' '))
        {
            words[Math.Min(count++, 3)] = word;
        }

        ReadOnlySpan<byte> method = line[words[0]];
        if (count == 2 && HttpTokens.IsToken(method) && !line[words[1]].IsEmpty && !line[words[1]].StartsWith("HTTP/"u8))
        {
            return Http1ErrorCode.MissingVersion;
        }

        if (count != 3 || method.IsEmpty || line[words[1]].IsEmpty || line[words[2]].IsEmpty)
        {
            return Http1ErrorCode.InvalidRequestLine;
        }

        ReadOnlySpan<byte> version = line[words[2]];
        return !HttpTokens.IsToken(method) ? Http1ErrorCode.InvalidMethod
            : !VersionWords.IsWellFormed(version) ? Http1ErrorCode.InvalidVersion
            : !version.SequenceEqual("HTTP/1.1"u8) && !version.SequenceEqual("HTTP/1.0"u8) ? Http1ErrorCode.UnsupportedVersion
            : Http1ErrorCode.InvalidTarget;
    }
}
