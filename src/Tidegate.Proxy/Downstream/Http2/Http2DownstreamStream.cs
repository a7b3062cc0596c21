using System.Runtime.CompilerServices;
using Tidegate.Http;
using Tidegate.Http.Headers;
using Tidegate.Http.Http2;
using Tidegate.Http.Http2.Streams;
using Tidegate.Net;
using Tidegate.Net.Timers;
using Tidegate.Proxy.Exchanges;
using Tidegate.Proxy.LocalReplies;
using Tidegate.Proxy.Requests;
using Tidegate.Proxy.Wire;
using Tidegate.Proxy.Workers;

namespace Tidegate.Proxy.Downstream.Http2;

/// <summary>
/// One request of an HTTP/2 connection and its answer. What is sent goes into the connection's output, which leaves with all that its other streams have at
/// the end of the loop's turn. Pooled by the worker.
/// </summary>
internal sealed class Http2DownstreamStream : DownstreamStream, IHttp2BodySource
{
    private static readonly LocalReply[] Faults = [.. Enum.GetValues<Http2Fault>().Select(static fault =>
        new LocalReply(0, [], ResponseFlags.DownstreamProtocolError, Http2Faults.DetailOf(fault)))];

    private static readonly LocalReply HeadTooLarge = new(431, "Request Header Fields Too Large"u8.ToArray(), ResponseFlags.DownstreamProtocolError, Http2Faults.DetailOf(Http2Fault.HeadersTooLarge));

    private static readonly LocalReply TooManyHeaders = HeadTooLarge with { Details = Http2Faults.DetailOf(Http2Fault.TooManyHeaders) };

    private const ResponseFlags Unreached = ResponseFlags.UpstreamConnectionFailure | ResponseFlags.UpstreamConnectionTermination;

    // This object with what it has of the exchange, of the codec, and of the methods that wait.
    public const int MemoryBytes = 8 * 1024;

    private readonly HttpServer _server;
    private readonly LoopSignal _bodyArrived;
    private readonly Http2BodyWriter _writer;
    private readonly CallbackTimer _writeTimer;
    private Http2Downstream _connection = null!;
    private InboundBody _body;
    private ResponseHead? _pendingHead;
    private bool _hasWholeRequest;
    private bool _isBodyWaitCancelled;
    private bool _isClosed;
    private long _sentBefore;
    private bool _isShed;

    public Http2DownstreamStream(HttpServer server)
        : base(server.Services)
    {
        _server = server;
        _bodyArrived = new LoopSignal(Worker.Loop);
        _writer = new Http2BodyWriter(Worker.Loop, this);
        _writeTimer = new CallbackTimer(Worker.Loop.Timers, OnWriteTimeout);
        Codec = new CodecStream(this);
        ChargeMemory();
    }

    /// <summary>The stream as the codec knows it.</summary>
    public Http2Stream Codec { get; }

    /// <inheritdoc/>
    public override DownstreamConnection Connection => _connection;

    /// <inheritdoc/>
    public override bool IsClientGone => _isClosed;

    /// <inheritdoc/>
    public override bool IsWriting => _writer.IsWaiting;

    /// <summary>The stream that a stream of the codec belongs to.</summary>
    public static Http2DownstreamStream Of(Http2Stream codec) => ((CodecStream)codec).Owner;

    /// <summary>Makes it new for a request of a connection, of which nothing is known yet.</summary>
    public void Prepare(Http2Downstream connection)
    {
        _connection = connection;
        _pendingHead = null;
        _hasWholeRequest = false;
        _isBodyWaitCancelled = false;
        _isClosed = false;
        _isShed = false;
        IsHeldBack = false;
        BeginRequest();
    }

    /// <summary>Serves the request whose head is here. With a length of 0 it waits for the request's end: a backend must not get as whole what is not.</summary>
    public void Begin(bool isEnd)
    {
        OnEndIf(isEnd);
        RequestHead request = Exchange.Request;
        if (!request.Protocol.IsEmpty)
        {
            ExtendedConnect.ToUpgrade(request);
        }

        // What follows a request for a tunnel is not its body.
        bool isWhole = isEnd || request.AsksForTunnel;
        if (isWhole)
        {
            request.Framing = request.Framing == MessageFraming.Chunked ? MessageFraming.None : request.Framing;
            CompleteRequest();
        }

        if (isWhole || request.ContentLength != 0)
        {
            Worker.Run(RunAsync(refusal: null));
        }
        else
        {
            IsHeldBack = true;
        }
    }

    /// <summary>Whether it waits for the end of the request before it does anything.</summary>
    public bool IsHeldBack { get; private set; }

    /// <summary>Answers a request whose fields are too many or too large.</summary>
    public void Refuse(Http2Fault fault, bool isEnd)
    {
        OnEndIf(isEnd);
        Worker.Run(RunAsync(fault == Http2Fault.TooManyHeaders ? TooManyHeaders : HeadTooLarge));
    }

    /// <summary>A piece of the body has come, or its end.</summary>
    public void OnData(ReadOnlySpan<byte> data, bool isEnd)
    {
        if (data.Length > 0 && !_isShed && !_isClosed && !IsResponseComplete && Worker.Memory.IsExhausted)
        {
            _isShed = true;
            EndByOverload();
        }

        if (_isClosed || IsResponseComplete || _isShed)
        {
            _connection.Codec.Credit(Codec, data.Length); // nobody reads it
        }
        else
        {
            _body.Add(data, Worker.Loop.Buffers);
        }

        OnEndIf(isEnd);
        if (isEnd && IsHeldBack)
        {
            IsHeldBack = false;
            CompleteRequest();
            Worker.Run(RunAsync(refusal: null));
            return;
        }

        _bodyArrived.Set();
    }

    /// <summary>The client has reset the stream.</summary>
    public void OnPeerReset() => End(LocalReply.DownstreamReset);

    /// <summary>What came on the stream, or on its connection, broke the rules: there is no stream any more.</summary>
    public void OnFault(Http2Fault fault) => End(ReplyOf(fault));

    /// <summary>The connection ends, for this reason.</summary>
    public void OnConnectionEnds(LocalReply how) => End(how);

    /// <summary>What the log says of a request whose connection broke the rules.</summary>
    public static LocalReply ReplyOf(Http2Fault fault) => Faults[(int)fault];

    /// <summary>It may send again.</summary>
    public void OnWritable() => _writer.Wake();

    /// <inheritdoc/>
    public override BodyRead TryReadBody(out ReadOnlyMemory<byte> data)
    {
        GiveBack();
        data = default;
        if (_isShed)
        {
            return BodyRead.Closed;
        }

        if (!_body.IsEmpty)
        {
            data = _body.Take();
            NoteBodyRead(data);
            return BodyRead.Ok;
        }

        if (_hasWholeRequest)
        {
            CompleteOnce();
            return BodyRead.End;
        }

        return _isClosed ? BodyRead.Closed : BodyRead.Ok;
    }

    /// <inheritdoc/>
    [AsyncMethodBuilder(typeof(LoopMethodBuilder<>))]
    public override async ValueTask<BodyRead> WaitForBodyAsync()
    {
        if (_body.IsEmpty && !_hasWholeRequest && !_isClosed && !_isShed && !_isBodyWaitCancelled)
        {
            await _bodyArrived.WaitAsync();
        }

        bool isCancelled = _isBodyWaitCancelled;
        _isBodyWaitCancelled = false;
        return isCancelled || _isClosed || _isShed ? BodyRead.Closed : BodyRead.Ok;
    }

    /// <inheritdoc/>
    public override void CancelBodyWait()
    {
        if (_bodyArrived.IsAwaited)
        {
            _isBodyWaitCancelled = true;
            _bodyArrived.Set();
        }
    }

    /// <inheritdoc/>
    public override void DropRequest()
    {
        GiveBack();
        Credit(_body.Drop(Worker.Loop.Buffers));
        if (_hasWholeRequest)
        {
            CompleteOnce();
        }
    }

    /// <inheritdoc/>
    public override void BecomeTunnel() => SendPendingHead(isEnd: false);

    /// <inheritdoc/>
    public override void Reset(StreamReset reason)
    {
        if (_isClosed || IsResponseComplete)
        {
            return;
        }

        _connection.Codec.Reset(Codec, CodeOf(reason));
        _connection.Flush();
        Close();
    }

    /// <inheritdoc/>
    protected override int OwnBytes => MemoryBytes;

    /// <inheritdoc/>
    protected override int AppendEncodedHead(ResponseHead head)
    {
        if (head is { IsTunnel: true, HasUpgrade: true })
        {
            ExtendedConnect.ToSuccess(head);
        }

        if (!head.KeepAlive && Exchange.IsLocalReply)
        {
            _connection.EndSoon();
        }

        // Whether the stream ends with it is known when something follows, or the end.
        _pendingHead = head;
        return 0;
    }

    /// <inheritdoc/>
    protected override ValueTask<bool> SendEncodedInterimAsync(ResponseHead head)
    {
        _connection.Codec.SendInterim(Codec, head);
        NoteActivity();
        return FlushEncodedAsync();
    }

    /// <inheritdoc/>
    protected override ValueTask<bool> WriteEncodedAsync(ReadOnlyMemory<byte> data)
    {
        SendPendingHead(isEnd: false);
        return _writer.WriteAsync(_connection.Codec, Codec, data);
    }

    bool IHttp2BodySource.IsSendingOver => _isClosed;

    void IHttp2BodySource.Flush() => _connection.Flush();

    // Who is refused for want of memory and has no window for the refusal is not waited for: that would take what there is not.
    void IHttp2BodySource.OnSendingWaits()
    {
        if (IsRefusedForMemory)
        {
            Reset(StreamReset.Refused);
            return;
        }

        StartWriteTimer();
    }

    void IHttp2BodySource.OnSendingGoesOn() => NoteActivity();

    void IHttp2BodySource.OnSendingDone() => _writeTimer.Stop();

    /// <inheritdoc/>
    protected override ValueTask<bool> FlushEncodedAsync()
    {
        SendPendingHead(isEnd: false);
        _connection.Flush();
        return new ValueTask<bool>(!_isClosed);
    }

    /// <inheritdoc/>
    protected override ValueTask<bool> EndEncodedAsync(HeaderMap trailers)
    {
        if (_isClosed)
        {
            return new ValueTask<bool>(false);
        }

        if (trailers.Count > 0)
        {
            SendPendingHead(isEnd: false);
            _connection.Codec.SendTrailers(Codec, trailers);
        }
        else if (_pendingHead is not null)
        {
            SendPendingHead(isEnd: true);
        }
        else
        {
            _connection.Codec.SendData(Codec, default, isEnd: true);
        }

        IsResponseComplete = true;
        _connection.Flush();
        return new ValueTask<bool>(true);
    }

    private static Http2ErrorCode CodeOf(StreamReset reason) => reason switch
    {
        StreamReset.NotNeeded => Http2ErrorCode.NoError,
        StreamReset.Cancelled or StreamReset.InternalError => Http2ErrorCode.InternalError,
        StreamReset.ProtocolError => Http2ErrorCode.ProtocolError,
        StreamReset.Refused => Http2ErrorCode.RefusedStream,
        _ => Http2ErrorCode.ConnectError,
    };

    [AsyncMethodBuilder(typeof(LoopMethodBuilder))]
    private async ValueTask RunAsync(LocalReply? refusal)
    {
        await ServeAsync(refusal);
        Reset(StreamReset.InternalError); // of an answer that was cut; without effect otherwise
        await FinishAsync();
        if (Codec.CanReceive && !_isClosed)
        {
            await RefuseRestAsync();
        }

        GiveBack();
        Credit(_body.Drop(Worker.Loop.Buffers));
        _writeTimer.Stop();
        Http2Downstream connection = _connection;
        connection.OnStreamEnded(this);
        if (IsFaulted)
        {
            Discard();
        }
        else
        {
            _server.ReturnHttp2Stream(this);
        }
    }

    // The rest of the request is not wanted (RFC 9113, section 8.1), unless it turns out to be here already when this turn of the loop ends. What a tunnel would
    // have led to may not have been reached (section 8.5). Those who are refused for want of memory are too many to be waited for.
    [AsyncMethodBuilder(typeof(LoopMethodBuilder))]
    private async ValueTask RefuseRestAsync()
    {
        if (!IsRefusedForMemory)
        {
            ValueTask turnEnds = _bodyArrived.WaitAsync();
            _bodyArrived.Set();
            await turnEnds;
        }

        bool isUnreached = Exchange.Request.AsksForTunnel && !Exchange.Response.IsTunnel && (Exchange.Flags & Unreached) != 0;
        _connection.Codec.Reset(Codec, isUnreached ? Http2ErrorCode.ConnectError : Http2ErrorCode.NoError);
        _connection.Flush();
    }

    private bool IsRefusedForMemory => Exchange.IsLocalReply && (Exchange.Flags & ResponseFlags.OverloadManager) != 0;

    // Nothing that is under way has anybody to go to.
    private void End(LocalReply how)
    {
        if (_isClosed || IsResponseComplete)
        {
            return;
        }

        Close();
        if (IsHeldBack || !Codec.IsAnnounced)
        {
            IsHeldBack = false;
            Worker.Run(RunAsync(how));
        }
        else
        {
            EndByClient(how);
        }
    }

    private void Close()
    {
        _isClosed = true;
        _pendingHead = null;
        _bodyArrived.Set();
        _writer.Wake();
    }

    private void CompleteOnce()
    {
        if (!IsRequestComplete)
        {
            CompleteRequest();
        }
    }

    private void OnEndIf(bool isEnd) => _hasWholeRequest |= isEnd;

    private void GiveBack() => Credit(_body.GiveBack(Worker.Loop.Buffers));

    private void Credit(int bytes)
    {
        if (bytes > 0)
        {
            _connection.Codec.Credit(Codec, bytes);
            _connection.Flush();
        }
    }

    private void SendPendingHead(bool isEnd)
    {
        if (_pendingHead is { } head)
        {
            _pendingHead = null;
            Exchange.ResponseHeaderBytes = _connection.Codec.SendHead(Codec, head, isEnd);
        }
    }

    private void StartWriteTimer()
    {
        _sentBefore = _connection.Connection.BytesSent;
        _writeTimer.Start(Worker.Options.ResponseWriteTimeoutMs);
    }

    // The client does not open its window (spec edge, H2-W1). A stream that waits for its turn on a connection that moves is not to blame for that: how slow
    // the connection may be is judged there.
    private void OnWriteTimeout()
    {
        if (!Codec.IsWindowClosed && _connection.Connection.BytesSent != _sentBefore)
        {
            StartWriteTimer();
            return;
        }

        _connection.Stats.DownstreamRqTimeout++;
        Worker.Http2Counters.TxFlushTimeout++;
        Exchange.ConnectionTerminationDetails = "downstream_write_timeout";
        _connection.Codec.Reset(Codec, Http2ErrorCode.Cancel);
        _connection.Flush();
        End(LocalReply.DownstreamReset);
    }

    private sealed class CodecStream(Http2DownstreamStream owner) : Http2Stream(owner.Exchange.Request, owner.Exchange.Response, owner.Exchange.RequestTrailers)
    {
        public Http2DownstreamStream Owner { get; } = owner;
    }
}
