using System.Diagnostics;
using System.Runtime.CompilerServices;
using Tidegate.Http;
using Tidegate.Http.Headers;
using Tidegate.Http.Http1;
using Tidegate.Net;
using Tidegate.Net.Buffers;

namespace Tidegate.Proxy.Wire;

/// <summary>
/// Sends one HTTP/1.1 message, either way: head, body in its framing, end. What is appended leaves with the next send, so that
/// a small message is one system call; a large piece of body is not copied.
/// </summary>
internal sealed class Http1MessageWriter
{
    private const int BufferBytes = 16 * 1024;

    // A piece up to this size is cheaper to copy than to send as a segment of its own.
    private const int CopyBytes = 4 * 1024;

    // The largest chunk header (8 hex digits and CRLF) and what follows the data: CRLF, last chunk, CRLF.
    private const int ChunkOverhead = 10 + 2 + 5;

    private Connection? _connection;
    private byte[]? _buffer;
    private int _length;
    private MessageFraming _framing;

    /// <summary>Whether something is appended and not sent.</summary>
    public bool HasPending => _length > 0;

    /// <summary>How many bytes the last send has, or had.</summary>
    public int SendingBytes { get; private set; }

    /// <summary>Begins a message on a connection.</summary>
    public void Begin(Connection connection)
    {
        Debug.Assert(_length == 0, "the last message was sent or given up");
        _connection = connection;
        _framing = MessageFraming.None;
    }

    /// <summary>What is appended from here on goes as it is: a tunnel's bytes.</summary>
    public void BeginRaw() => _framing = MessageFraming.None;

    /// <summary>Appends a request head; its framing is the body's. Returns its length in bytes.</summary>
    public int AppendHead(RequestHead head)
    {
        _framing = head.Framing;
        Reserve(Http1Writer.MaxSize(head));
        int written = Http1Writer.WriteRequestHead(head, _buffer.AsSpan(_length));
        Debug.Assert(written > 0, "MaxSize bounds what is written");
        _length += written;
        return written;
    }

    /// <summary>Appends a response head as a client of that version gets it; its framing is the body's. Returns its length in bytes.</summary>
    public int AppendHead(ResponseHead head, HttpVersion clientVersion)
    {
        _framing = head.Framing;
        Reserve(Http1Writer.MaxSize(head));
        int written = Http1Writer.WriteResponseHead(head, _buffer.AsSpan(_length), clientVersion);
        Debug.Assert(written > 0, "MaxSize bounds what is written");
        _length += written;
        return written;
    }

    /// <summary>Appends bytes as they are.</summary>
    public void AppendRaw(ReadOnlySpan<byte> bytes)
    {
        Reserve(bytes.Length);
        bytes.CopyTo(_buffer.AsSpan(_length));
        _length += bytes.Length;
    }

    /// <summary>Appends a piece of body if it is small and fits; otherwise it has to be sent.</summary>
    public bool TryAppend(ReadOnlySpan<byte> data)
    {
        if (data.Length > CopyBytes)
        {
            return false;
        }

        _buffer ??= _connection!.Loop.Buffers.Rent(BufferBytes);
        if (_length + data.Length + ChunkOverhead > _buffer.Length)
        {
            return false;
        }

        if (_framing == MessageFraming.Chunked)
        {
            _length += Http1Writer.WriteChunkHeader(data.Length, _buffer.AsSpan(_length));
            data.CopyTo(_buffer.AsSpan(_length));
            _length += data.Length;
            AppendRaw(Http1Writer.ChunkEnd);
        }
        else
        {
            data.CopyTo(_buffer.AsSpan(_length));
            _length += data.Length;
        }

        return true;
    }

    /// <summary>Appends what ends the body: with chunks the trailers, as far as they may be there; null for none.</summary>
    public void AppendEnd(HeaderMap? trailers)
    {
        if (_framing != MessageFraming.Chunked)
        {
            return;
        }

        if (trailers is not { Count: > 0 })
        {
            AppendRaw(Http1Writer.LastChunk);
            return;
        }

        Reserve(Http1Writer.MaxSize(trailers));
        int written = Http1Writer.WriteTrailers(trailers, _buffer.AsSpan(_length));
        Debug.Assert(written > 0, "MaxSize bounds what is written");
        _length += written;
    }

    /// <summary>Sends what is appended and then a piece of body.</summary>
    [AsyncMethodBuilder(typeof(LoopMethodBuilder<>))]
    public async ValueTask<IoResult> SendAsync(ReadOnlyMemory<byte> data)
    {
        if (_framing == MessageFraming.Chunked)
        {
            Reserve(ChunkOverhead);
            _length += Http1Writer.WriteChunkHeader(data.Length, _buffer.AsSpan(_length));
        }

        int pending = _length;
        _length = 0;
        SendingBytes = pending + data.Length;
        IoResult result = pending > 0
            ? await _connection!.SendAsync(_buffer.AsMemory(0, pending), data)
            : await _connection!.SendAsync(data);
        if (_framing == MessageFraming.Chunked && !result.IsError)
        {
            AppendRaw(Http1Writer.ChunkEnd);
        }

        return result;
    }

    /// <summary>Sends what is appended.</summary>
    public ValueTask<IoResult> FlushAsync()
    {
        int pending = _length;
        _length = 0;
        SendingBytes = pending;
        return pending == 0 ? new ValueTask<IoResult>(default(IoResult)) : _connection!.SendAsync(_buffer.AsMemory(0, pending));
    }

    /// <summary>Gives the buffer back if nothing is in it; no send may be under way.</summary>
    public void ReleaseIfEmpty()
    {
        if (_length == 0 && _buffer is not null)
        {
            _connection!.Loop.Buffers.Return(_buffer);
            _buffer = null;
        }
    }

    /// <summary>Gives the buffer back, with whatever is in it.</summary>
    public void Release()
    {
        if (_buffer is not null)
        {
            _connection!.Loop.Buffers.Return(_buffer);
            _buffer = null;
        }

        _length = 0;
        _connection = null;
    }

    private void Reserve(int count)
    {
        BufferPool pool = _connection!.Loop.Buffers;
        if (_buffer is null)
        {
            _buffer = pool.Rent(Math.Max(BufferBytes, count));
        }
        else if (_buffer.Length - _length < count)
        {
            byte[] larger = pool.Rent(_length + count);
            _buffer.AsSpan(0, _length).CopyTo(larger);
            pool.Return(_buffer);
            _buffer = larger;
        }
    }
}
