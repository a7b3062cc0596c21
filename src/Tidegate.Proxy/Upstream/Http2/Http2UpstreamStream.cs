using System.Runtime.CompilerServices;
using Tidegate.Http;
using Tidegate.Http.Headers;
using Tidegate.Http.Http2;
using Tidegate.Http.Http2.Streams;
using Tidegate.Net;
using Tidegate.Proxy.Wire;

namespace Tidegate.Proxy.Upstream.Http2;

/// <summary>One request and its answer as a stream of an HTTP/2 connection to an endpoint. Used again by its connection.</summary>
internal sealed class Http2UpstreamStream : UpstreamStream, IHttp2BodySource
{
    // This object and its part of the codec's tables.
    public const int MemoryBytes = 2 * 1024;

    private readonly Http2UpstreamConnection _owner;
    private readonly CodecStream _codec;
    private readonly LoopSignal _arrived;
    private readonly Http2BodyWriter _writer;
    private Queue<ResponseHead>? _interim;
    private RequestHead? _connect;
    private RequestHead? _pendingHead;
    private HeaderMap? _trailers;
    private InboundBody _body;
    private UpstreamRead _failure;
    private bool _isOpened;
    private bool _hasHead;
    private bool _isAnswerWhole;
    private bool _isRequestWhole;
    private bool _isUpgrade;
    private bool _isRefused;
    private bool _isWaitingForSettings;
    private bool _isReleased;

    public Http2UpstreamStream(Http2UpstreamConnection owner)
    {
        _owner = owner;
        _codec = new CodecStream(this);
        _arrived = new LoopSignal(owner.Connection.Loop);
        _writer = new Http2BodyWriter(owner.Connection.Loop, this);
    }

    /// <inheritdoc/>
    public override NetAddress LocalAddress => _owner.Connection.LocalAddress;

    /// <inheritdoc/>
    public override bool LeadsBack => _owner.LeadsBack;

    /// <inheritdoc/>
    public override bool IsRefused => _isRefused;

    /// <inheritdoc/>
    public override bool IsStale => _owner.RequestCount > 1 && !_hasHead;

    private bool IsFailed => _failure != UpstreamRead.Ok;

    /// <summary>The stream that a stream of the codec belongs to.</summary>
    public static Http2UpstreamStream Of(Http2Stream codec) => ((CodecStream)codec).Owner;

    /// <summary>Makes it ready for a request.</summary>
    public void Begin()
    {
        _pendingHead = null;
        _trailers = null;
        _failure = UpstreamRead.Ok;
        _isOpened = false;
        _hasHead = false;
        _isAnswerWhole = false;
        _isRequestWhole = false;
        _isUpgrade = false;
        _isRefused = false;
        _isReleased = false;
    }

    /// <summary>The final answer's head has come.</summary>
    public void OnHead(bool isEnd)
    {
        _hasHead = true;
        _isAnswerWhole = isEnd;
        _arrived.Set();
    }

    /// <summary>An interim answer has come. The next head takes its place in the codec's stream, so it is kept apart.</summary>
    public void OnInterim()
    {
        _interim ??= new Queue<ResponseHead>();
        if (_interim.Count >= 16)
        {
            return; // nobody waits for so many; the reader sees enough of them to give up
        }

        var head = new ResponseHead();
        _codec.Response.CopyTo(head);
        _interim.Enqueue(head);
        _arrived.Set();
    }

    /// <summary>A piece of the body has come, or its end.</summary>
    public void OnData(ReadOnlySpan<byte> data, bool isEnd)
    {
        if (_isReleased || IsFailed)
        {
            _owner.Codec.Credit(_codec, data.Length);
        }
        else if (!_body.IsEmpty && _owner.Pool.TryShed())
        {
            _owner.Codec.Credit(_codec, data.Length);
            _owner.Codec.Reset(_codec, Http2ErrorCode.Cancel);
            Fail(UpstreamRead.OutOfMemory);
        }
        else
        {
            _body.Add(data, _owner.Connection.Loop.Buffers);
        }

        _isAnswerWhole |= isEnd;
        _arrived.Set();
    }

    /// <summary>The endpoint has reset the stream.</summary>
    public void OnPeerReset(Http2ErrorCode code)
    {
        _isRefused |= code == Http2ErrorCode.RefusedStream && !_hasHead;
        if (code == Http2ErrorCode.NoError && _isAnswerWhole)
        {
            _isRequestWhole = true; // the rest of the request is not wanted (RFC 9113, section 8.1)
            _owner.Pool.Stats.UpstreamRqRxResetNoError++;
            _writer.Wake();
            return;
        }

        _owner.Pool.Stats.UpstreamRqRxReset++;
        Fail(code == Http2ErrorCode.ProtocolError ? UpstreamRead.ProtocolError : UpstreamRead.Reset);
    }

    /// <summary>The endpoint has said that it did not look at the request.</summary>
    public void Refuse()
    {
        _isRefused = true;
        Fail(UpstreamRead.Reset);
    }

    /// <summary>Nothing more comes or goes.</summary>
    public void Fail(UpstreamRead how)
    {
        if (!IsFailed)
        {
            _failure = how;
            _arrived.Set();
            _writer.Wake();
        }
    }

    /// <summary>It may send again.</summary>
    public void OnWritable() => _writer.Wake();

    /// <inheritdoc/>
    public override void AppendHead(RequestHead head)
    {
        // Whether the stream ends with it is known when something follows, or the end.
        _isUpgrade = head.HasUpgrade;
        _pendingHead = head;
        if (_isUpgrade)
        {
            _connect ??= new RequestHead();
            ExtendedConnect.ToConnect(head, _connect);
            _pendingHead = _connect;
        }
    }

    /// <inheritdoc/>
    public override ValueTask<bool> WriteBodyAsync(ReadOnlyMemory<byte> data)
    {
        if (data.IsEmpty)
        {
            return new ValueTask<bool>(!IsFailed);
        }

        SendPendingHead(isEnd: false);
        return _writer.WriteAsync(_owner.Codec, _codec, data);
    }

    /// <inheritdoc/>
    public override ValueTask<bool> FlushAsync()
    {
        if (_isUpgrade && _pendingHead is not null)
        {
            return FlushConnectAsync();
        }

        SendPendingHead(isEnd: false);
        _owner.Flush();
        return new ValueTask<bool>(!IsFailed);
    }

    /// <inheritdoc/>
    public override ValueTask<bool> EndAsync(HeaderMap? trailers)
    {
        if (_isUpgrade && _pendingHead is not null)
        {
            return FlushConnectAsync(); // the request goes on as a tunnel, or is refused
        }

        _isRequestWhole = true;
        if (trailers is { Count: > 0 })
        {
            SendPendingHead(isEnd: false);
            if (!IsFailed && !_owner.Codec.PeerTakes(trailers))
            {
                Fail(UpstreamRead.HeadRefused);
            }
            else if (!IsFailed)
            {
                _owner.Codec.SendTrailers(_codec, trailers);
            }
        }
        else if (_pendingHead is { } head)
        {
            bool isEnd = head.IsEnd || head.Framing == MessageFraming.None;
            SendPendingHead(isEnd && head.Method != KnownMethod.Connect);
            if (!isEnd && !IsFailed)
            {
                _owner.Codec.SendData(_codec, default, isEnd: true);
            }
        }
        else if (!IsFailed)
        {
            _owner.Codec.SendData(_codec, default, isEnd: true);
        }

        _owner.Flush();
        return new ValueTask<bool>(!IsFailed);
    }

    /// <inheritdoc/>
    [AsyncMethodBuilder(typeof(LoopMethodBuilder<>))]
    public override async ValueTask<UpstreamRead> ReadHeadAsync(RequestHead request, ResponseHead head, HeaderMap trailers)
    {
        _trailers = trailers;
        while (true)
        {
            if (_interim is { Count: > 0 } interim)
            {
                interim.Dequeue().CopyTo(head);
                return UpstreamRead.Ok;
            }

            if (_hasHead)
            {
                _codec.Response.CopyTo(head);
                if (_isUpgrade && head.Status == 200)
                {
                    ExtendedConnect.ToSwitching(request, head);
                }

                return UpstreamRead.Ok;
            }

            if (IsFailed)
            {
                return _failure;
            }

            await _arrived.WaitAsync();
        }
    }

    /// <inheritdoc/>
    public override UpstreamRead TryReadBody(out ReadOnlyMemory<byte> data)
    {
        GiveBack();
        data = default;
        if (!_body.IsEmpty)
        {
            data = _body.Take();
            return UpstreamRead.Ok;
        }

        if (_isAnswerWhole)
        {
            if (_trailers is not null)
            {
                _codec.PeerTrailers.CopyTo(_trailers);
            }

            return UpstreamRead.End;
        }

        return _failure;
    }

    /// <inheritdoc/>
    [AsyncMethodBuilder(typeof(LoopMethodBuilder<>))]
    public override async ValueTask<UpstreamRead> WaitForBodyAsync()
    {
        if (_body.IsEmpty && !_isAnswerWhole && !IsFailed)
        {
            await _arrived.WaitAsync();
        }

        return _body.IsEmpty && !_isAnswerWhole ? _failure : UpstreamRead.Ok;
    }

    /// <inheritdoc/>
    public override void BecomeTunnel()
    {
        // DATA frames are a tunnel's bytes as they are.
    }

    /// <inheritdoc/>
    public override void Reset(StreamReset reason)
    {
        if (_isOpened && !_owner.IsLost)
        {
            _owner.Pool.Stats.UpstreamRqTxReset += _codec.CanReceive || _codec.CanSend ? 1 : 0;
            _owner.Codec.Reset(_codec, CodeOf(reason));
            _owner.Flush();
        }

        Fail(UpstreamRead.Terminated);
    }

    /// <inheritdoc/>
    public override void Release()
    {
        if (!_isAnswerWhole || !_isRequestWhole || _codec.CanReceive || _codec.CanSend)
        {
            Reset(StreamReset.Cancelled);
        }

        Fail(UpstreamRead.Terminated); // who still writes is told
        _isReleased = true;
        _pendingHead = null;
        _interim?.Clear();
        GiveBack();
        _body.Drop(_owner.Connection.Loop.Buffers);
        if (_isOpened && !_owner.IsLost)
        {
            _owner.Codec.Release(_codec); // with the credit of what nobody has read
        }

        RecycleIfDone();
        _owner.EndStream(this);
    }

    // INTERNAL_ERROR whoever has given up, as endpoints know it of Envoy (http2-envoy.md, section 5).
    private static Http2ErrorCode CodeOf(StreamReset reason) => reason == StreamReset.ProtocolError ? Http2ErrorCode.ProtocolError : Http2ErrorCode.InternalError;

    private void RecycleIfDone()
    {
        if (_isReleased && !_isWaitingForSettings && !_writer.IsWaiting)
        {
            _owner.Recycle(this);
        }
    }

    private void GiveBack()
    {
        int bytes = _body.GiveBack(_owner.Connection.Loop.Buffers);
        if (bytes > 0 && !_owner.IsLost)
        {
            _owner.Codec.Credit(_codec, bytes);
            _owner.Flush();
        }
    }

    private void SendPendingHead(bool isEnd)
    {
        if (_pendingHead is not { } head)
        {
            return;
        }

        _pendingHead = null;
        if (IsFailed)
        {
            return;
        }

        if (_owner.IsLost || !_owner.Codec.CanOpenStream)
        {
            Refuse(); // nothing of it was sent
            return;
        }

        if (!_owner.Codec.PeerTakes(head))
        {
            Fail(UpstreamRead.HeadRefused);
            return;
        }

        _isOpened = true;
        _owner.Codec.NowMs = _owner.Connection.Loop.NowMs;
        _owner.Codec.SendRequest(_codec, head, isEnd);
    }

    // RFC 8441, section 3: only an endpoint that has said so takes it.
    [AsyncMethodBuilder(typeof(LoopMethodBuilder<>))]
    private async ValueTask<bool> FlushConnectAsync()
    {
        _isWaitingForSettings = true;
        _owner.Flush();
        while (!_owner.HasSettings && !IsFailed)
        {
            _owner.TellOfSettings(this);
            await _writer.WaitAsync();
        }

        _isWaitingForSettings = false;
        RecycleIfDone();
        if (!IsFailed && !_owner.Codec.PeerAllowsExtendedConnect)
        {
            _pendingHead = null;
            Fail(UpstreamRead.TunnelRefused);
            return false;
        }

        SendPendingHead(isEnd: false);
        _owner.Flush();
        return !IsFailed;
    }

    bool IHttp2BodySource.IsSendingOver => IsFailed;

    void IHttp2BodySource.Flush() => _owner.Flush();

    void IHttp2BodySource.OnSendingDone() => RecycleIfDone(); // it was released meanwhile

    private sealed class CodecStream(Http2UpstreamStream owner) : Http2Stream(new RequestHead(), new ResponseHead(), new HeaderMap())
    {
        public Http2UpstreamStream Owner { get; } = owner;
    }
}
