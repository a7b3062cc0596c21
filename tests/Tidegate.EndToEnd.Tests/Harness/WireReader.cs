using System.Buffers;
using System.Text;

namespace Tidegate.EndToEnd.Tests.Harness;

/// <summary>What arrived is not HTTP/1.1 as RFC 9112 writes it, or ended early.</summary>
public sealed class WireException(string message) : Exception(message);

/// <summary>
/// Reads HTTP/1.1 from a stream as strictly as it can be read: CRLF only, token names, no folding, one framing header. A test
/// that reads with it has asserted that the message is unambiguous. Everything consumed is kept in <see cref="Transcript"/>.
/// </summary>
public sealed class WireReader(Stream stream)
{
    private const string TokenPunctuation = "!#$%&'*+-.^_`|~";

    private readonly ArrayBufferWriter<byte> _transcript = new();
    private readonly byte[] _buffer = new byte[64 * 1024];
    private int _start;
    private int _end;

    /// <summary>All bytes taken from the stream so far, also those not yet consumed.</summary>
    public byte[] Transcript
    {
        get
        {
            lock (_transcript)
            {
                return _transcript.WrittenSpan.ToArray();
            }
        }
    }

    /// <summary>Bytes that arrived and nobody asked for yet.</summary>
    public int UnreadBytes => _end - _start;

    /// <summary>Whether the other side has ended; waits until it has or another byte arrives.</summary>
    public async Task<bool> IsAtEndAsync(CancellationToken cancellation) => _start == _end && !await FillAsync(cancellation);

    /// <summary>A line without its CRLF; null when the other side ended before its first byte.</summary>
    public async Task<string?> ReadLineAsync(CancellationToken cancellation)
    {
        var line = new StringBuilder();
        for (bool hasCarriageReturn = false; ;)
        {
            if (_start == _end && !await FillAsync(cancellation))
            {
                return line.Length == 0 && !hasCarriageReturn ? null : throw new WireException($"ended inside a line: \"{line}\"");
            }

            char c = (char)_buffer[_start++];
            if (hasCarriageReturn)
            {
                return c == '\n' ? line.ToString() : throw new WireException($"a bare CR after \"{line}\"");
            }

            switch (c)
            {
                case '\r':
                    hasCarriageReturn = true;
                    break;
                case '\n':
                    throw new WireException($"a bare LF after \"{line}\"");
                default:
                    line.Append(c);
                    break;
            }
        }
    }

    /// <summary>Start line and fields; null when the other side ended before the first byte.</summary>
    public async Task<(string StartLine, WireHeaders Headers)?> ReadHeadAsync(CancellationToken cancellation)
    {
        string? startLine = await ReadLineAsync(cancellation);
        return startLine is null ? null : (startLine, await ReadFieldsAsync(cancellation));
    }

    /// <summary>Exactly so many bytes.</summary>
    public async Task<byte[]> ReadExactlyAsync(long count, CancellationToken cancellation)
    {
        byte[] bytes = new byte[count];
        for (int filled = 0; filled < bytes.Length;)
        {
            if (_start == _end && !await FillAsync(cancellation))
            {
                throw new WireException($"ended after {filled} of {count} bytes");
            }

            int taken = Math.Min(_end - _start, bytes.Length - filled);
            _buffer.AsSpan(_start, taken).CopyTo(bytes.AsSpan(filled));
            _start += taken;
            filled += taken;
        }

        return bytes;
    }

    /// <summary>A chunked body with its trailers, which are checked and dropped.</summary>
    public async Task<byte[]> ReadChunkedAsync(CancellationToken cancellation)
    {
        var body = new MemoryStream();
        while (true)
        {
            string line = await ReadLineAsync(cancellation) ?? throw new WireException("ended before a chunk size");
            if (line.Length is 0 or > 15 || !line.All(char.IsAsciiHexDigit))
            {
                throw new WireException($"not a plain chunk size: \"{line}\"");
            }

            long size = Convert.ToInt64(line, 16);
            if (size == 0)
            {
                await ReadFieldsAsync(cancellation);
                return body.ToArray();
            }

            body.Write(await ReadExactlyAsync(size, cancellation));
            if (await ReadLineAsync(cancellation) is not "")
            {
                throw new WireException("a chunk is longer than its size says");
            }
        }
    }

    /// <summary>Everything until the other side ends.</summary>
    public async Task<byte[]> ReadToEndAsync(CancellationToken cancellation)
    {
        var rest = new MemoryStream();
        do
        {
            rest.Write(_buffer, _start, _end - _start);
            _start = _end;
        }
        while (await FillAsync(cancellation));
        return rest.ToArray();
    }

    private async Task<WireHeaders> ReadFieldsAsync(CancellationToken cancellation)
    {
        var headers = new WireHeaders();
        while (true)
        {
            string line = await ReadLineAsync(cancellation) ?? throw new WireException("ended inside the header");
            if (line.Length == 0)
            {
                return headers;
            }

            int colon = line.IndexOf(':', StringComparison.Ordinal);
            string name = colon > 0 ? line[..colon] : "";
            if (name.Length == 0 || !name.All(c => char.IsAsciiLetterOrDigit(c) || TokenPunctuation.Contains(c, StringComparison.Ordinal)))
            {
                throw new WireException($"not a field: \"{line}\"");
            }

            string value = line[(colon + 1)..].Trim(' ', '\t');
            if (value.Any(c => c is < ' ' and not '\t' or '\x7f'))
            {
                throw new WireException($"a control character in the value: \"{line}\"");
            }

            headers.Add(name, value);
        }
    }

    private async Task<bool> FillAsync(CancellationToken cancellation)
    {
        int count = await stream.ReadAsync(_buffer, cancellation);
        _start = 0;
        _end = count;
        lock (_transcript)
        {
            _transcript.Write(_buffer.AsSpan(0, count));
        }

        return count > 0;
    }
}
