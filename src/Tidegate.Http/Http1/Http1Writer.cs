using System.Buffers.Text;
using System.Runtime.CompilerServices;
using Tidegate.Http.Headers;

namespace Tidegate.Http.Http1;

/// <summary>
/// Writes heads, chunk lines and trailers. What is sent is made anew from the parsed head: one start line, one Host, one framing field from the head's
/// own framing. The fields that belong to one connection are never taken from the header map (RFC 9110 section 7.6.1), nor are Host, Content-Length and
/// Transfer-Encoding. Nothing can be injected, because heads and maps refuse line ends when they are filled.
/// </summary>
public static class Http1Writer
{
    // "connection: upgrade", "transfer-encoding: chunked" and such with room to spare.
    private const int FixedPart = 192;

    private static readonly KnownHeaderSet NotFromHeaders = KnownHeaderSet.Of(
        KnownHeader.Connection, KnownHeader.KeepAlive, KnownHeader.ProxyConnection, KnownHeader.ContentLength, KnownHeader.TransferEncoding,
        KnownHeader.Upgrade, KnownHeader.Http2Settings);

    private static readonly KnownHeaderSet NotFromRequestHeaders = NotFromHeaders.With(KnownHeader.Host);

    private static readonly byte[][] StatusLines = BuildStatusLines();

    /// <summary>What stands behind the data of each chunk.</summary>
    public static ReadOnlySpan<byte> ChunkEnd => "\r\n"u8;

    /// <summary>The end of a chunked body without trailers.</summary>
    public static ReadOnlySpan<byte> LastChunk => "0\r\n\r\n"u8;

    /// <summary>A size in bytes that is always enough for the head.</summary>
    public static int MaxSize(RequestHead head)
    {
        ArgumentNullException.ThrowIfNull(head);
        return head.MethodName.Length + head.Path.Length + (2 * head.Authority.Length) + SizeOf(head.Headers) + FixedPart;
    }

    /// <summary>A size in bytes that is always enough for the head.</summary>
    public static int MaxSize(ResponseHead head)
    {
        ArgumentNullException.ThrowIfNull(head);
        return SizeOf(head.Headers) + FixedPart;
    }

    /// <summary>A size in bytes that is always enough for a trailer section.</summary>
    public static int MaxSize(HeaderMap trailers)
    {
        ArgumentNullException.ThrowIfNull(trailers);
        return SizeOf(trailers) + LastChunk.Length;
    }

    /// <summary>
    /// Writes a request head for an upstream: method, target in origin-form (authority-form for CONNECT; an empty path is written as <c>/</c>), HTTP/1.1, host, fields, framing.
    /// A method that usually has a body and has none gets <c>content-length: 0</c>, unless it asks for an upgrade, as with Envoy. <c>connection: close</c> is never sent.
    /// </summary>
    /// <returns>The number of bytes, or -1 when the destination is shorter than <see cref="MaxSize(RequestHead)"/>; then nothing useful was written.</returns>
    /// <exception cref="InvalidOperationException">The head has no method, or a framing that a request can't have: a bug of the caller.</exception>
    public static int WriteRequestHead(RequestHead head, Span<byte> destination)
    {
        if (destination.Length < MaxSize(head))
        {
            return -1;
        }

        if (head.MethodName.IsEmpty || head.Framing == MessageFraming.UntilClose)
        {
            throw new InvalidOperationException($"a request needs a method and a length, this one has framing {head.Framing}");
        }

        ByteWriter writer = new(destination, head.Headers.NameCase);
        writer.Write(head.MethodName);
        writer.Write((byte)' ');
        ReadOnlySpan<byte> target = head.Method == KnownMethod.Connect ? head.Authority : head.Path;
        writer.Write(target.IsEmpty ? "/"u8 : target);
        writer.Write(" HTTP/1.1\r\n"u8);
        writer.WriteField("host"u8, head.Authority, head.HostCapitals);
        WriteFields(ref writer, head.Headers, NotFromRequestHeaders);
        if (head.HasUpgrade && head.Headers.TryGet(KnownHeader.Upgrade, out ReadOnlySpan<byte> protocol))
        {
            WriteUpgrade(ref writer, protocol, head.Headers, head.Version);
        }

        switch (head.Framing)
        {
            case MessageFraming.ContentLength:
                WriteContentLength(ref writer, head.ContentLength, head.Headers);
                break;
            case MessageFraming.Chunked:
                WriteChunked(ref writer, head.Headers);
                break;
            default:
                if (!head.HasUpgrade && head.Method is not (KnownMethod.Get or KnownMethod.Head or KnownMethod.Delete or KnownMethod.Trace or KnownMethod.Connect))
                {
                    WriteContentLength(ref writer, 0, head.Headers);
                }

                break;
        }

        writer.Write("\r\n"u8);
        return writer.Length;
    }

    /// <summary>
    /// Writes a response head: HTTP/1.1, status with our reason phrase, fields, framing, and <c>connection: close</c> when <see cref="ResponseHead.KeepAlive"/>
    /// is false. 1xx and 204 get no length; HEAD and 304 the one that is known; no framing on any other status is <c>content-length: 0</c>.
    /// </summary>
    /// <param name="head">What to send; <see cref="ResponseHead.Version"/> has no part in it.</param>
    /// <param name="destination"><see cref="MaxSize(ResponseHead)"/> bytes are always enough.</param>
    /// <param name="clientVersion">The version of the request: an HTTP/1.0 client is told when the connection stays.</param>
    /// <returns>The number of bytes, or -1 when the destination is shorter than <see cref="MaxSize(ResponseHead)"/>; then nothing useful was written.</returns>
    /// <exception cref="InvalidOperationException">
    /// The status is not 100 to 999, a length is given where no body may be announced, or chunks are meant for an HTTP/1.0 client: a bug of the caller.
    /// </exception>
    public static int WriteResponseHead(ResponseHead head, Span<byte> destination, HttpVersion clientVersion = HttpVersion.Http11)
    {
        if (destination.Length < MaxSize(head))
        {
            return -1;
        }

        ByteWriter writer = new(destination, head.Headers.NameCase);
        if ((uint)(head.Status - 100) >= (uint)StatusLines.Length)
        {
            throw new InvalidOperationException($"{head.Status} is not a status that can be sent");
        }

        if (head.Framing == MessageFraming.Chunked && clientVersion == HttpVersion.Http10)
        {
            throw new InvalidOperationException("HTTP/1.0 knows no chunks (RFC 9112 section 6.1); the body has to last until the connection closes");
        }

        writer.Write(StatusLines[head.Status - 100]);
        WriteFields(ref writer, head.Headers, NotFromHeaders);
        if (head.HasUpgrade && head.Headers.TryGet(KnownHeader.Upgrade, out ReadOnlySpan<byte> protocol))
        {
            WriteUpgrade(ref writer, protocol, head.Headers, head.Version);
        }

        if (!head.IsInterim && !head.IsTunnel)
        {
            WriteFraming(ref writer, head);
            if (!head.KeepAlive || head.Framing == MessageFraming.UntilClose)
            {
                writer.WriteField("connection"u8, "close"u8, head.Headers.CapitalsOf(KnownHeader.Connection));
            }
            else if (clientVersion == HttpVersion.Http10)
            {
                writer.WriteField("connection"u8, "keep-alive"u8, head.Headers.CapitalsOf(KnownHeader.Connection));
            }
        }

        writer.Write("\r\n"u8);
        return writer.Length;
    }

    /// <summary>Writes the line in front of a chunk; behind the chunk goes <see cref="ChunkEnd"/>.</summary>
    /// <param name="length">Bytes of the chunk; more than 0, because an empty chunk would end the body.</param>
    /// <param name="destination">10 bytes are always enough.</param>
    /// <returns>The number of bytes, or -1 when the destination is too short.</returns>
    public static int WriteChunkHeader(int length, Span<byte> destination)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(length);
        if (!Utf8Formatter.TryFormat(length, destination, out int digits, new System.Buffers.StandardFormat('x')) || destination.Length - digits < 2)
        {
            return -1;
        }

        destination[digits] = (byte)'\r';
        destination[digits + 1] = (byte)'\n';
        return digits + 2;
    }

    /// <summary>Writes the last chunk, the trailer fields that may be there (<see cref="TrailerFields"/>), and the end of the body.</summary>
    /// <returns>The number of bytes, or -1 when the destination is too short.</returns>
    public static int WriteTrailers(HeaderMap trailers, Span<byte> destination)
    {
        ArgumentNullException.ThrowIfNull(trailers);
        if (destination.Length < MaxSize(trailers))
        {
            return -1;
        }

        ByteWriter writer = new(destination, trailers.NameCase);
        writer.Write("0\r\n"u8);
        for (int i = 0; i < trailers.Count; i++)
        {
            HeaderEntry field = trailers[i];
            if (TrailerFields.IsAllowed(field.Name))
            {
                writer.WriteField(field.Name, field.Value, trailers.CapitalsAt(i));
            }
        }

        writer.Write("\r\n"u8);
        return writer.Length;
    }

    private static void WriteFields(ref ByteWriter writer, HeaderMap headers, KnownHeaderSet except)
    {
        int count = headers.Count;
        for (int i = 0; i < count; i++)
        {
            HeaderEntry field = headers[i];
            if (!except.Contains(field.Known))
            {
                writer.WriteField(field.Name, field.Value, headers.CapitalsAt(i));
            }
        }
    }

    // As peers write it; one that comes from HTTP/2 never had the field, and Envoy writes it in lower case.
    private static void WriteUpgrade(ref ByteWriter writer, ReadOnlySpan<byte> protocol, HeaderMap headers, HttpVersion version)
    {
        writer.WriteField("connection"u8, version == HttpVersion.Http2 ? "upgrade"u8 : "Upgrade"u8, headers.CapitalsOf(KnownHeader.Connection));
        writer.WriteField("upgrade"u8, protocol, headers.CapitalsOf(KnownHeader.Upgrade));
    }

    private static void WriteChunked(ref ByteWriter writer, HeaderMap headers) =>
        writer.WriteField("transfer-encoding"u8, "chunked"u8, headers.CapitalsOf(KnownHeader.TransferEncoding));

    private static void WriteFraming(ref ByteWriter writer, ResponseHead head)
    {
        bool mayHaveBody = head.Status != 204 && head.Status != 304 && !head.IsForHead;
        switch (head.Framing)
        {
            case MessageFraming.ContentLength when head.Status != 204:
                WriteContentLength(ref writer, head.ContentLength, head.Headers);
                break;
            case MessageFraming.Chunked when head.Status is not (204 or 304):
                WriteChunked(ref writer, head.Headers);
                break;
            case MessageFraming.None when mayHaveBody:
                if (head.ContentLength > 0)
                {
                    throw new InvalidOperationException($"a response {head.Status} without a body can't announce {head.ContentLength} bytes");
                }

                WriteContentLength(ref writer, 0, head.Headers);
                break;
            case MessageFraming.None when head.Status != 204 && head.ContentLength >= 0:
                WriteContentLength(ref writer, head.ContentLength, head.Headers);
                break;
            default:
                break;
        }
    }

    private static void WriteContentLength(ref ByteWriter writer, long length, HeaderMap headers)
    {
        if (length < 0)
        {
            throw new InvalidOperationException("the framing is by length but there is none");
        }

        Span<byte> digits = stackalloc byte[20];
        Utf8Formatter.TryFormat(length, digits, out int count);
        writer.WriteField("content-length"u8, digits[..count], headers.CapitalsOf(KnownHeader.ContentLength));
    }

    // Each field takes a colon, a space, and a line end besides its name and value.
    private static int SizeOf(HeaderMap headers) => checked((int)(headers.ByteSize + (4L * headers.Count)));

    private static byte[][] BuildStatusLines()
    {
        byte[][] lines = new byte[900][];
        for (int i = 0; i < lines.Length; i++)
        {
            int status = i + 100;
            lines[i] = [.. "HTTP/1.1 "u8, (byte)('0' + (status / 100)), (byte)('0' + (status / 10 % 10)), (byte)('0' + (status % 10)), (byte)' ',
                .. ReasonPhrases.Of(status), .. "\r\n"u8];
        }

        return lines;
    }

    private ref struct ByteWriter(Span<byte> destination, NameCase nameCase)
    {
        private readonly Span<byte> _destination = destination;
        private readonly NameCase _nameCase = nameCase;
        private int _length;

        public readonly int Length => _length;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Write(ReadOnlySpan<byte> bytes)
        {
            bytes.CopyTo(_destination[_length..]);
            _length += bytes.Length;
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Write(byte value) => _destination[_length++] = value;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void WriteField(scoped ReadOnlySpan<byte> name, scoped ReadOnlySpan<byte> value, ulong capitals)
        {
            Span<byte> line = _destination.Slice(_length, name.Length + value.Length + 4);
            name.CopyTo(line);
            if (_nameCase != NameCase.Lower)
            {
                SetCase(line[..name.Length], capitals);
            }

            line[name.Length] = (byte)':';
            line[name.Length + 1] = (byte)' ';
            value.CopyTo(line[(name.Length + 2)..]);
            line[^2] = (byte)'\r';
            line[^1] = (byte)'\n';
            _length += line.Length;
        }

        private readonly void SetCase(Span<byte> name, ulong capitals)
        {
            if (_nameCase == NameCase.ProperWords)
            {
                NameCases.ToProperWords(name);
            }
            else
            {
                NameCases.Apply(name, capitals);
            }
        }
    }
}
