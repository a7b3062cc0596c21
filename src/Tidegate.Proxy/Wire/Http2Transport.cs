using System.Runtime.CompilerServices;
using Tidegate.Http.Http2.Connections;
using Tidegate.Net;
using Tidegate.Net.Buffers;

namespace Tidegate.Proxy.Wire;

/// <summary>
/// Moves the bytes of an HTTP/2 connection, whichever end of it this is, between its socket and its codec: reads when there is something to read, hands what comes to its
/// <see cref="IHttp2End"/>, and sends at the end of the loop's turn all that the streams have, in one send. While nothing comes it holds no receive buffer and runs no method.
/// </summary>
internal sealed class Http2Transport : IConnectionEvents
{
    private const int ReceiveBytes = 16 * 1024;

    private static readonly Action<object?> SendPosted = static transport => ((Http2Transport)transport!).OnSendTime();

    private readonly IHttp2End _end;
    private readonly Connection _connection;
    private readonly Http2Connection _codec;
    private readonly int _headsPerTurn;
    private readonly bool _looksForEnd;
    private readonly LoopSignal _mayRead;
    private ReceiveBuffer _received;
    private long _dropLimit;
    private bool _isDropping;
    private bool _isReading;
    private bool _isSending;
    private bool _isSendPosted;
    private bool _isClosed;

    /// <param name="end">Who has the connection.</param>
    /// <param name="connection">The bytes.</param>
    /// <param name="codec">What they mean.</param>
    /// <param name="headsPerTurn">How many messages may begin before the loop turns to other connections (edge.md, H2-FX4).</param>
    /// <param name="looksForEnd">Whether it reads on where the end may be hidden (<see cref="Connection.MayHoldEnd"/>), which costs a buffer.</param>
    public Http2Transport(IHttp2End end, Connection connection, Http2Connection codec, int headsPerTurn, bool looksForEnd)
    {
        _end = end;
        _connection = connection;
        _codec = codec;
        _headsPerTurn = headsPerTurn;
        _looksForEnd = looksForEnd;
        _mayRead = new LoopSignal(connection.Loop);
    }

    /// <summary>Whether something came and was not understood yet.</summary>
    public bool HasUnprocessed => _received.Length > 0;

    /// <summary>Begins to read.</summary>
    /// <param name="received">What was received already; it is this transport's from now on.</param>
    public void Start(ReceiveBuffer received)
    {
        _received = received;
        if (received.Length > 0)
        {
            Read(hasBytes: true);
        }
        else
        {
            _connection.WhenReadable(this);
        }
    }

    /// <summary>
    /// Has all that waits sent at the end of this turn of the loop, together with what still comes until then: a head, its body and its end that came in one piece leave in one.
    /// </summary>
    public void Flush()
    {
        if (!_isSendPosted && !_isSending && _codec.HasOutput && !_isClosed)
        {
            _isSendPosted = true;
            _connection.Loop.PostToEndOfTurn(SendPosted, this);
        }
    }

    /// <summary>Sends what waits, as far as the socket takes it now.</summary>
    public void Send()
    {
        if (!_isSending && _codec.HasOutput && !_isClosed)
        {
            _isSending = true;
            _connection.Loop.Detach(SendAsync(), "sending on an HTTP/2 connection");
        }
    }

    /// <summary>Whether a send is under way or about to be.</summary>
    public bool IsSending => _isSending || _codec.HasOutput;

    /// <summary>Drops what still comes, so that closing does not reset what the peer has not read yet; more than <paramref name="limit"/> bytes end it.</summary>
    public void DropInput(long limit)
    {
        _isDropping = true;
        _dropLimit = limit;
        _mayRead.Set();
    }

    /// <summary>Closes the connection and gives back what is held for it.</summary>
    public void Close()
    {
        if (_isClosed)
        {
            return;
        }

        _isClosed = true;
        _connection.Close();
        _mayRead.Set();
        if (!_isSending)
        {
            _codec.Release();
        }

        if (!_isReading)
        {
            _received.Release(_connection.Loop.Buffers);
            _end.OnBuffered(0);
        }
    }

    /// <inheritdoc/>
    public void OnReadable()
    {
        if (!_isReading && !_isClosed)
        {
            Read(hasBytes: false);
        }
    }

    /// <inheritdoc/>
    public void OnPeerClosed(bool reset)
    {
        // Reading tells: it always reads, or waits for something to read.
    }

    private void Read(bool hasBytes)
    {
        _isReading = true;
        _connection.Loop.Detach(ReadAsync(hasBytes), "reading an HTTP/2 connection");
    }

    // Takes what is there, does all of it, and then waits without a buffer.
    [AsyncMethodBuilder(typeof(LoopMethodBuilder))]
    private async ValueTask ReadAsync(bool hasBytes)
    {
        try
        {
            bool mayHaveMore = true;
            while (mayHaveMore && !_isClosed)
            {
                if (!hasBytes)
                {
                    Memory<byte> room = _received.PrepareToReceive(_connection.Loop.Buffers, ReceiveBytes);
                    IoResult result = await _connection.ReceiveAsync(room);
                    if (_isClosed)
                    {
                        break;
                    }

                    if (result.IsError || result.IsEof)
                    {
                        _end.OnEnded(isByPeer: result.Error != IoError.Aborted);
                        break;
                    }

                    _received.Commit(result.Bytes);
                    _end.OnReceived(result.Bytes);
                    mayHaveMore = result.Bytes == room.Length || (_looksForEnd && _connection.MayHoldEnd);
                }

                hasBytes = false;
                await ProcessAllAsync();
                Drop();
            }
        }
        catch (Exception exception)
        {
            _end.OnFault(exception);
        }

        _isReading = false;
        if (_received.Length == 0 || _isClosed)
        {
            _received.Release(_connection.Loop.Buffers);
        }

        _end.OnBuffered(_received.Length);

        if (!_isClosed)
        {
            _connection.WhenReadable(this);
        }
    }

    [AsyncMethodBuilder(typeof(LoopMethodBuilder))]
    private async ValueTask ProcessAllAsync()
    {
        while (_end.IsServing && !Process())
        {
            await EndTurnAsync();
        }

        while (_codec.IsOutputFull && _end.IsServing)
        {
            await _mayRead.WaitAsync(); // who does not take what is sent is not read from
        }
    }

    private ValueTask EndTurnAsync()
    {
        ValueTask turnEnds = _mayRead.WaitAsync();
        _mayRead.Set();
        return turnEnds;
    }

    // One event after the other; what begins with one runs until it has to wait. False: the loop's other connections come first.
    private bool Process()
    {
        _codec.NowMs = _connection.Loop.NowMs;
        bool hasAdvanced = false;
        int heads = 0;
        Http2EventKind kind;
        do
        {
            Http2Event next = _codec.Next(_received.Pending, out int consumed);
            hasAdvanced |= consumed > 0;
            kind = next.Kind;
            ReadOnlyMemory<byte> data = kind == Http2EventKind.Data ? _received.Slice(next.Offset, next.Length) : default;
            _received.Consume(consumed);
            _end.OnEvent(next, data.Span);
            heads += kind == Http2EventKind.Head ? 1 : 0;
        }
        while (kind is not (Http2EventKind.NeedMore or Http2EventKind.Failed) && heads < _headsPerTurn && _end.IsServing);

        if (_end.IsServing)
        {
            WakeWriters();
            _end.OnProcessed(hasAdvanced);
        }

        Flush();
        return heads < _headsPerTurn || _received.Length == 0;
    }

    private void Drop()
    {
        if (_isDropping)
        {
            _dropLimit -= _received.Length;
            _received.Consume(_received.Length);
            if (_dropLimit < 0 && !_isClosed)
            {
                _end.OnEnded(isByPeer: false);
            }
        }
    }

    private void WakeWriters()
    {
        while (_codec.TakeWritable() is { } stream)
        {
            _end.OnWritable(stream);
        }
    }

    private void OnSendTime()
    {
        _isSendPosted = false;
        Send();
    }

    [AsyncMethodBuilder(typeof(LoopMethodBuilder))]
    private async ValueTask SendAsync()
    {
        bool isFailed = false;
        while (_codec.HasOutput && !_isClosed && !isFailed)
        {
            ReadOnlyMemory<byte> output = _codec.BeginSend();
            ValueTask<IoResult> send = _connection.SendAsync(output);
            bool isWaiting = !send.IsCompleted;
            if (isWaiting)
            {
                _end.OnSendWaits(output.Length);
            }

            IoResult result = await send;
            if (isWaiting)
            {
                _end.OnSendGoesOn(output.Length);
            }

            _codec.EndSend();
            isFailed = result.IsError;
            if (!isFailed)
            {
                _end.OnSent(result.Bytes);
                WakeWriters();
            }
        }

        _isSending = false;
        _mayRead.Set();
        if (_isClosed)
        {
            _codec.Release();
        }
        else if (isFailed)
        {
            _end.OnSendFailed();
        }
        else
        {
            _end.OnAllSent();
        }
    }
}
