using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Threading.Tasks.Sources;

namespace Tidegate.Net.Tls;

/// <summary>
/// A connection as the stream that <see cref="System.Net.Security.SslStream"/> wants under it. Everything completes on the loop, inline, so
/// that TLS runs on the worker and nowhere else.
/// </summary>
internal sealed class ConnectionStream(Connection connection) : Stream, IValueTaskSource<int>, IValueTaskSource
{
    // type, version, length (RFC 8446, section 5.1).
    private const int HeaderBytes = 5;

    // What may come after the handshake without a byte of data in it: new keys, tickets, alerts, empty records. A record is some 16 KiB, and is
    // data only when all of it is there (edge.md, T13 and T14).
    private const int MaxBytesWithoutData = 64 * 1024;

    private ManualResetValueTaskSourceCore<int> _read;
    private ManualResetValueTaskSourceCore<int> _write;
    private readonly byte[] _header = new byte[HeaderBytes];
    private ServerFlight? _flight;
    private bool _isServer;
    private int _headerCount;
    private int _recordLeft;
    private long _budget;
    private long _laterBudget;
    private int _bytesWithoutData;
    private bool _isHandshake;

    /// <summary>Whether the peer's end of the connection itself has been read: an end of TLS that comes after it is none.</summary>
    public bool HasEnded { get; private set; }

    private bool IsOverBudget => _isHandshake ? _budget < 0 : _bytesWithoutData > MaxBytesWithoutData;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>
    /// A handshake begins: it ends when so many bytes have been read, if not before. Until it is over nothing is read beyond the end of a
    /// record, so that what follows the handshake is left where the loop sees it: in the socket.
    /// </summary>
    /// <param name="maxBytes">How many, at the most, until the handshake is done.</param>
    /// <param name="maxFirstBytes">How many of them before the first bytes are sent.</param>
    /// <param name="isServer">Whether it is ours to say what the server says.</param>
    public void BeginHandshake(int maxBytes, int maxFirstBytes, bool isServer)
    {
        _flight = new ServerFlight();
        _isServer = isServer;
        _isHandshake = true;
        _budget = maxFirstBytes;
        _laterBudget = maxBytes - maxFirstBytes;
    }

    /// <summary>The handshake is done. What it tells of itself.</summary>
    public (bool IsResumed, ushort Group) EndHandshake()
    {
        ServerFlight flight = _flight!;
        _flight = null;
        _isHandshake = false;
        return (flight.IsResumed, flight.Group);
    }

    /// <summary>Data has come out of what was read.</summary>
    public void OnData() => _bytesWithoutData = 0;

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_isHandshake)
        {
            int left = _headerCount < HeaderBytes ? HeaderBytes - _headerCount : _recordLeft;
            buffer = buffer[..Math.Min(buffer.Length, left)];
        }

        if (buffer.IsEmpty)
        {
            // Only a hint that nothing is held while waiting; whoever rests asks for readability instead.
            return new ValueTask<int>(0);
        }

        ValueTask<IoResult> receive = connection.ReceiveAsync(buffer);
        if (!receive.IsCompletedSuccessfully)
        {
            return AwaitReceive(receive, buffer);
        }

        IoResult result = receive.Result;
        return result.IsError ? ValueTask.FromException<int>(new ConnectionException(result.Error)) : Received(result, buffer);
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_isServer)
        {
            _flight?.Read(buffer.Span);
        }

        _budget += _laterBudget;
        _laterBudget = 0;
        ValueTask<IoResult> send = connection.SendAsync(buffer);
        if (!send.IsCompletedSuccessfully)
        {
            return AwaitSend(send);
        }

        IoResult result = send.Result;
        return result.IsError ? ValueTask.FromException(new ConnectionException(result.Error)) : default;
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("The loop never blocks.");

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("The loop never blocks.");

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    private ValueTask<int> Received(IoResult result, Memory<byte> buffer)
    {
        HasEnded |= result.IsEof;
        Follow(buffer.Span[..result.Bytes]);
        return IsOverBudget
            ? ValueTask.FromException<int>(new ConnectionException(IoError.MessageTooLong))
            : new ValueTask<int>(result.Bytes);
    }

    // Keeps track of where in a record the handshake is.
    private void Follow(ReadOnlySpan<byte> bytes)
    {
        if (!_isHandshake)
        {
            _bytesWithoutData += bytes.Length;
            return;
        }

        if (!_isServer)
        {
            _flight?.Read(bytes);
        }

        _budget -= bytes.Length;
        if (_headerCount == HeaderBytes)
        {
            _recordLeft -= bytes.Length;
        }
        else
        {
            bytes.CopyTo(_header.AsSpan(_headerCount));
            _headerCount += bytes.Length;
            _recordLeft = BinaryPrimitives.ReadUInt16BigEndian(_header.AsSpan(3));
        }

        if (_headerCount == HeaderBytes && _recordLeft == 0)
        {
            _headerCount = 0;
        }
    }

    private ValueTask<int> AwaitReceive(ValueTask<IoResult> receive, Memory<byte> buffer)
    {
        _read.Reset();
        connection.Loop.Detach(CompleteReadAsync(receive, buffer), "receiving for TLS");
        return new ValueTask<int>(this, _read.Version);
    }

    private ValueTask AwaitSend(ValueTask<IoResult> send)
    {
        _write.Reset();
        connection.Loop.Detach(CompleteWriteAsync(send), "sending for TLS");
        return new ValueTask(this, _write.Version);
    }

    // The platform's code between our two ends awaits tasks without a context, which run on inline only where there is none: with the loop's
    // context in place they would go on in the thread pool. TlsConnection puts it back before anything of ours goes on.
    [AsyncMethodBuilder(typeof(LoopMethodBuilder))]
    private async ValueTask CompleteReadAsync(ValueTask<IoResult> receive, Memory<byte> buffer)
    {
        IoResult result = await receive;
        Exception? error = result.IsError ? new ConnectionException(result.Error) : null;
        if (error is null)
        {
            HasEnded |= result.IsEof;
            Follow(buffer.Span[..result.Bytes]);
            error = IsOverBudget ? new ConnectionException(IoError.MessageTooLong) : null;
        }

        SynchronizationContext.SetSynchronizationContext(null);
        if (error is null)
        {
            _read.SetResult(result.Bytes);
        }
        else
        {
            _read.SetException(error);
        }

        SynchronizationContext.SetSynchronizationContext(connection.Loop.Context);
    }

    [AsyncMethodBuilder(typeof(LoopMethodBuilder))]
    private async ValueTask CompleteWriteAsync(ValueTask<IoResult> send)
    {
        IoResult result = await send;
        SynchronizationContext.SetSynchronizationContext(null);
        if (result.IsError)
        {
            _write.SetException(new ConnectionException(result.Error));
        }
        else
        {
            _write.SetResult(0);
        }

        SynchronizationContext.SetSynchronizationContext(connection.Loop.Context);
    }

    int IValueTaskSource<int>.GetResult(short token) => _read.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<int>.GetStatus(short token) => _read.GetStatus(token);

    void IValueTaskSource<int>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _read.OnCompleted(continuation, state, token, ValueTaskSourceOnCompletedFlags.None);

    void IValueTaskSource.GetResult(short token) => _write.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _write.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _write.OnCompleted(continuation, state, token, ValueTaskSourceOnCompletedFlags.None);
}
