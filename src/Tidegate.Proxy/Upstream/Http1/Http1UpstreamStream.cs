using System.Runtime.CompilerServices;
using Tidegate.Http;
using Tidegate.Http.Headers;
using Tidegate.Http.Http1;
using Tidegate.Net;
using Tidegate.Net.Buffers;
using Tidegate.Proxy.Telemetry;
using Tidegate.Proxy.Wire;

namespace Tidegate.Proxy.Upstream.Http1;

/// <summary>
/// One request and its answer on an HTTP/1.1 connection, which has it to itself meanwhile. The connection serves again when both messages were whole, the
/// answer lets it, and nothing follows the answer; otherwise it is closed.
/// </summary>
internal sealed class Http1UpstreamStream(Http1UpstreamConnection owner, Http1Limits limits) : UpstreamStream
{
    private const int ReceiveBytes = 16 * 1024;

    private readonly Http1ResponseParser _parser = new(limits);
    private readonly Http1MessageWriter _writer = new();
    private byte[]? _accept;
    private Http1BodyReader _body;
    private ReceiveBuffer _received;
    private IoError _lastError;
    private BufferedBytes _buffered;
    private bool _hasReceived;
    private bool _hasPeerEnded;
    private bool _isSending;
    private bool _hasTrailers;
    private bool _looksForAccept;
    private bool _isConnect;
    private bool _isRequestWhole;
    private bool _isAnswerWhole;
    private bool _isKeptAlive;
    private bool _isReleased;
    private bool _isTunnel;
    private bool _isShed;

    /// <inheritdoc/>
    public override NetAddress LocalAddress => owner.Connection.LocalAddress;

    /// <inheritdoc/>
    public override bool LeadsBack => owner.LeadsBack;

    /// <inheritdoc/>
    public override bool IsRefused => false;

    /// <inheritdoc/>
    public override bool IsStale => owner.RequestCount > 1 && !_hasReceived;

    private ClusterStats Stats => owner.Pool.Stats;

    /// <summary>Makes it ready for a request.</summary>
    public void Begin()
    {
        _parser.Reset();
        _parser.KeepsNameCase = owner.Pool.KeepsNameCase;
        _writer.Begin(owner.Connection);
        _lastError = IoError.None;
        _hasReceived = false;
        _hasPeerEnded = false;
        _isRequestWhole = false;
        _isAnswerWhole = false;
        _isKeptAlive = false;
        _isReleased = false;
        _isTunnel = false;
    }

    /// <inheritdoc/>
    public override void AppendHead(RequestHead head)
    {
        // Trailers that were not announced may be lost on their way, or not be expected (RFC 9110, section 6.6.2).
        _hasTrailers = owner.Pool.PassesHttp1Trailers && head.Headers.Contains("trailer"u8);
        _isConnect = head.Method == KnownMethod.Connect;
        _looksForAccept = head.HasUpgrade && ExtendedConnect.TryAddKey(head, _accept ??= new byte[ExtendedConnect.AcceptLength]);
        _writer.AppendHead(head);
        if (_looksForAccept)
        {
            head.Headers.Remove(ExtendedConnect.KeyName); // it is of this attempt
        }
    }

    /// <inheritdoc/>
    public override ValueTask<bool> WriteBodyAsync(ReadOnlyMemory<byte> data) =>
        _writer.TryAppend(data.Span) ? new ValueTask<bool>(true) : CompleteAsync(_writer.SendAsync(data));

    /// <inheritdoc/>
    public override ValueTask<bool> FlushAsync() => _writer.HasPending ? CompleteAsync(_writer.FlushAsync()) : new ValueTask<bool>(true);

    /// <inheritdoc/>
    public override ValueTask<bool> EndAsync(HeaderMap? trailers)
    {
        if (_isTunnel)
        {
            return _isConnect ? EndSendingAsync() : FlushAsync(); // of a WebSocket the other way goes on, and many take TCP's half-close for the end of all
        }

        _writer.AppendEnd(_hasTrailers ? trailers : null);
        _isRequestWhole = true;
        return FlushAsync();
    }

    /// <inheritdoc/>
    [AsyncMethodBuilder(typeof(LoopMethodBuilder<>))]
    public override async ValueTask<UpstreamRead> ReadHeadAsync(RequestHead request, ResponseHead head, HeaderMap trailers)
    {
        while (true)
        {
            if (_received.Length > 0)
            {
                ParseResult result = _parser.Parse(_received.Pending, request.Method, head, out int consumed);
                _received.Consume(consumed);
                if (result == ParseResult.Complete)
                {
                    _parser.Reset();
                    BeginBody(head, trailers);
                    return _looksForAccept && head.Status == 101 && !TakeAccept(head) ? UpstreamRead.ProtocolError : UpstreamRead.Ok;
                }

                if (result == ParseResult.Invalid)
                {
                    Stats.UpstreamCxProtocolError++;
                    return UpstreamRead.ProtocolError;
                }
            }

            if (!await ReceiveAsync())
            {
                return _isShed ? UpstreamRead.OutOfMemory : UpstreamRead.Terminated;
            }
        }
    }

    /// <inheritdoc/>
    public override UpstreamRead TryReadBody(out ReadOnlyMemory<byte> data)
    {
        BodyResult result = Http1BodyPieces.Next(ref _body, ref _received, out data);
        NoteBuffered();
        switch (result)
        {
            case BodyResult.Complete:
                _isAnswerWhole = true;
                return UpstreamRead.End;
            case BodyResult.Invalid:
                Stats.UpstreamCxProtocolError++;
                return UpstreamRead.ProtocolError;
            default:
                return UpstreamRead.Ok;
        }
    }

    /// <inheritdoc/>
    [AsyncMethodBuilder(typeof(LoopMethodBuilder<>))]
    public override async ValueTask<UpstreamRead> WaitForBodyAsync()
    {
        if (await ReceiveAsync())
        {
            return UpstreamRead.Ok;
        }

        if (_isShed)
        {
            return UpstreamRead.OutOfMemory;
        }

        // An end of the connection is the end of the body where the framing says so, and breaks it elsewhere (RFC 9112, section 8).
        if (_lastError.IsError || _isTunnel)
        {
            return _lastError.IsError ? UpstreamRead.Terminated : UpstreamRead.Closed;
        }

        _isAnswerWhole |= _body.IsUntilClose;
        return _body.IsUntilClose ? UpstreamRead.End : UpstreamRead.ProtocolError;
    }

    /// <inheritdoc/>
    public override void BecomeTunnel()
    {
        _isKeptAlive = false;
        _isTunnel = true;
        _writer.BeginRaw();
        _body.Start(MessageFraming.UntilClose, 0, limits, trailers: null);
    }

    /// <inheritdoc/>
    public override void Reset(StreamReset reason)
    {
        if (_isTunnel)
        {
            owner.Connection.Close(); // what was sent is still to be read
        }
        else
        {
            owner.Connection.Abort();
        }
    }

    /// <inheritdoc/>
    public override void Release()
    {
        // A request that is not sent whole, or a piece of it that still waits to be sent, would be taken for the next one; a byte behind the
        // answer for the next answer.
        bool isWhole = _isRequestWhole && _isAnswerWhole;
        _isReleased = true;
        owner.EndStream(isWhole, _hasPeerEnded, isWhole && _isKeptAlive && !_isSending && !_writer.HasPending && _received.Length == 0 && owner.Connection.IsOpen);
    }

    /// <summary>Gives the buffers back; before the connection rests in the pool, or when it is closed.</summary>
    public void ReleaseBuffers()
    {
        _received.Release(owner.Connection.Loop.Buffers);
        NoteBuffered();
        if (!_isSending)
        {
            _writer.Release();
        }
    }

    // RFC 6455, section 4.1: what does not answer the key has not read the request. It is no business of the client, who has no key.
    private bool TakeAccept(ResponseHead head)
    {
        bool isRight = head.Headers.TryGet(ExtendedConnect.AcceptName, out ReadOnlySpan<byte> accept) && accept.SequenceEqual(_accept);
        head.Headers.Remove(ExtendedConnect.AcceptName);
        return isRight;
    }

    private void BeginBody(ResponseHead head, HeaderMap trailers)
    {
        if (!head.IsInterim)
        {
            _isKeptAlive = head.KeepAlive && head.Framing != MessageFraming.UntilClose;
            Stats.UpstreamCxCloseNotify += head.KeepAlive ? 0 : 1;
            _body.Start(head.Framing, head.ContentLength, limits, owner.Pool.PassesHttp1Trailers ? trailers : null);
        }
    }

    [AsyncMethodBuilder(typeof(LoopMethodBuilder<>))]
    private async ValueTask<bool> EndSendingAsync()
    {
        bool isSent = await FlushAsync();
        owner.Connection.ShutdownSend();
        return isSent;
    }

    [AsyncMethodBuilder(typeof(LoopMethodBuilder<>))]
    private async ValueTask<bool> CompleteAsync(ValueTask<IoResult> send)
    {
        IoResult result;
        if (send.IsCompleted)
        {
            result = send.Result;
            Stats.UpstreamCxTxBytesTotal += result.Bytes;
            _writer.ReleaseIfEmpty();
            return !result.IsError;
        }

        _isSending = true;
        int waiting = _writer.SendingBytes;
        Stats.UpstreamCxTxBytesBuffered += waiting;
        result = await send;
        Stats.UpstreamCxTxBytesBuffered -= waiting;
        _isSending = false;
        Stats.UpstreamCxTxBytesTotal += result.Bytes;
        if (_isReleased)
        {
            _writer.Release(); // the connection was closed meanwhile
        }
        else
        {
            _writer.ReleaseIfEmpty();
        }

        return !result.IsError;
    }

    [AsyncMethodBuilder(typeof(LoopMethodBuilder<>))]
    private async ValueTask<bool> ReceiveAsync()
    {
        NoteBuffered();

        // While nothing comes there is no buffer: a thousand requests that wait for their answers hold none.
        ValueTask<IoResult> wait = owner.Connection.WaitToReceiveAsync();
        if (!wait.IsCompleted)
        {
            _received.ReleaseIfEmpty(owner.Connection.Loop.Buffers);
        }

        IoResult result = await wait;
        _isShed = !result.IsError && !_received.IsHeld && owner.Pool.TryShed();
        if (_isShed)
        {
            return false;
        }

        if (!result.IsError)
        {
            Memory<byte> room = _received.PrepareToReceive(owner.Connection.Loop.Buffers, ReceiveBytes);
            result = await owner.Connection.ReceiveAsync(room);
        }

        if (result.IsError)
        {
            _lastError = result.Error;
            _hasPeerEnded |= result.Error != IoError.Aborted;
            return false;
        }

        if (result.IsEof)
        {
            _hasPeerEnded = true;
            return false;
        }

        _hasReceived = true;
        Stats.UpstreamCxRxBytesTotal += result.Bytes;
        _received.Commit(result.Bytes);
        return true;
    }

    private void NoteBuffered() => _buffered.Note(ref Stats.UpstreamCxRxBytesBuffered, _received.Length);
}
