using Tidegate.Http.Headers;

namespace Tidegate.Http.Http1;

/// <summary>Writes heads, chunk lines and trailers.</summary>
public static class Http1Writer
{
    /// <summary>What stands behind the data of each chunk.</summary>
    public static ReadOnlySpan<byte> ChunkEnd => "\r\n"u8;

    /// <summary>The end of a chunked body without trailers.</summary>
    public static ReadOnlySpan<byte> LastChunk => "0\r\n\r\n"u8;

    /// <summary>A size that is always enough for the head.</summary>
    public static int MaxSize(RequestHead head) => throw new NotImplementedException();

    /// <summary>A size that is always enough for the head.</summary>
    public static int MaxSize(ResponseHead head) => throw new NotImplementedException();

    /// <summary>Writes a request head; -1 when the destination is shorter than <see cref="MaxSize(RequestHead)"/>.</summary>
    public static int WriteRequestHead(RequestHead head, Span<byte> destination) => throw new NotImplementedException();

    /// <summary>Writes a response head; -1 when the destination is shorter than <see cref="MaxSize(ResponseHead)"/>.</summary>
    public static int WriteResponseHead(ResponseHead head, Span<byte> destination) => throw new NotImplementedException();

    /// <summary>Writes a chunk's size line; -1 when the destination is shorter than it.</summary>
    public static int WriteChunkHeader(int length, Span<byte> destination) => throw new NotImplementedException();

    /// <summary>Writes the last chunk and the trailers; -1 when the destination is too short.</summary>
    public static int WriteTrailers(HeaderMap trailers, Span<byte> destination) => throw new NotImplementedException();
}
