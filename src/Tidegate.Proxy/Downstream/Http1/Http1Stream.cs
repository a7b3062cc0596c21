using System.Runtime.CompilerServices;
using Tidegate.Http;
using Tidegate.Http.Headers;
using Tidegate.Http.Http1;
using Tidegate.Net;
using Tidegate.Net.Buffers;
using Tidegate.Proxy.Exchanges;
using Tidegate.Proxy.LocalReplies;
using Tidegate.Proxy.Wire;
using Tidegate.Proxy.Workers;

namespace Tidegate.Proxy.Downstream.Http1;

/// <summary>
/// The busy half of a client's connection: reads requests one after the other, has each served, and writes the answer. Rented
/// from the worker while there is something to do; one async method runs per busy connection, and one more while a body that
/// is not here yet goes upstream. Keep-alive, chunks, <c>connection: close</c> and lingering are known here and nowhere else.
/// </summary>
internal sealed class Http1Stream : DownstreamStream
{
    private const int ReceiveBytes = 16 * 1024;

    // This object with what it has of the exchange, and of the methods that wait.
    private const int MemoryBytes = 8 * 1024;

    private readonly HttpServer _server;
    private readonly Http1MessageWriter _writer = new();
    private Http1Limits _limits;
    private Http1RequestParser _parser;
    private Http1Downstream _downstream = null!;
    private ReceiveBuffer _received;
    private Http1BodyReader _body;
    private bool _mustClose;
    private bool _speaksHttp2;
    private bool _isHeadTimedOut;
    private bool _isHeadRefused;
    private bool _isReset;
    private bool _isTunnel;
    private bool _isEndedFromOutside;
    private long _headTurn;

    public Http1Stream(HttpServer server)
        : base(server.Services)
    {
        _server = server;
        _limits = Worker.Options.Http1Limits;
        _parser = new Http1RequestParser(_limits);
        ChargeMemory();
    }

    /// <inheritdoc/>
    public override DownstreamConnection Connection => _downstream;

    /// <inheritdoc/>
    public override bool IsClientGone => _downstream.Connection.HasPeerClosed;

    /// <inheritdoc/>
    public override bool IsWriting => _downstream.IsWriting;

    /// <summary>Serves the requests of a connection until it rests or ends.</summary>
    [AsyncMethodBuilder(typeof(LoopMethodBuilder))]
    public async ValueTask ServeAsync(Http1Downstream downstream)
    {
        _downstream = downstream;
        _speaksHttp2 = false;
        _writer.Begin(downstream.Connection);
        bool isKeptAlive;
        bool isUsable = true;
        try
        {
            do
            {
                isKeptAlive = await ServeOneAsync();
                if (isKeptAlive && _received.Length > 0)
                {
                    downstream.BeginHead(); // the next request is here already
                }
            }
            while (isKeptAlive && _received.Length > 0);
            isUsable = !IsFaulted;
        }
        catch (Exception exception)
        {
            // A bug outside of any exchange: it costs this connection and nothing else (edge.md, L05).
            Worker.ReportUnhandled(exception, "serving a connection");
            downstream.Abort();
            isKeptAlive = false;
            isUsable = false;
        }

        _writer.Release();
        ReceiveBuffer received = _received;
        _received = default;
        NoteBuffered();
        if (!_speaksHttp2)
        {
            received.Release(Worker.Loop.Buffers);
        }

        _downstream = null!;
        if (isUsable)
        {
            _server.ReturnStream(this);
        }
        else
        {
            Discard();
        }

        if (_speaksHttp2)
        {
            downstream.BecomeHttp2(received);
        }
        else if (isKeptAlive)
        {
            downstream.Rest();
        }
        else if (downstream.IsLingering)
        {
            downstream.Linger();
        }
        else
        {
            downstream.Close();
        }
    }

    /// <inheritdoc/>
    public override BodyRead TryReadBody(out ReadOnlyMemory<byte> data)
    {
        BodyResult result = Http1BodyPieces.Next(ref _body, ref _received, out data);
        NoteBuffered();
        switch (result)
        {
            case BodyResult.Data:
                NoteBodyRead(data);
                return BodyRead.Ok;
            case BodyResult.Complete:
                CompleteRequest();
                return BodyRead.End;
            case BodyResult.Invalid:
                _mustClose = true;
                return BodyRead.Invalid;
            default:
                return BodyRead.Ok;
        }
    }

    /// <inheritdoc/>
    [AsyncMethodBuilder(typeof(LoopMethodBuilder<>))]
    public override async ValueTask<BodyRead> WaitForBodyAsync()
    {
        IoResult result = await ReceiveAsync();
        return result.IsError || result.IsEof ? BodyRead.Closed : BodyRead.Ok;
    }

    /// <inheritdoc/>
    public override void CancelBodyWait() => _downstream.Connection.CancelReceive();

    /// <inheritdoc/>
    public override void DropRequest()
    {
        // Where all of it is here, the connection can live on; but not, as with Envoy, when nobody has waited for any of it (security-envoy.md 2).
        BodyRead read;
        ReadOnlyMemory<byte> data;
        do
        {
            read = TryReadBody(out data);
        }
        while (read == BodyRead.Ok && data.Length > 0);
        _mustClose |= read != BodyRead.End || (!Exchange.Request.IsEnd && _headTurn == Worker.Loop.Turn);
    }

    /// <inheritdoc/>
    public override void BecomeTunnel()
    {
        _mustClose = true;
        _isTunnel = true;
        _writer.BeginRaw();
        _body.Start(MessageFraming.UntilClose, 0, _limits, trailers: null);
    }

    /// <inheritdoc/>
    public override void Reset(StreamReset reason)
    {
        if (_isTunnel && reason == StreamReset.ConnectError)
        {
            IsResponseComplete = true; // all that came was sent; the connection ends in order
        }
        else if (!_isReset && !IsResponseComplete)
        {
            _isReset = true;
            CutOff(_downstream.Connection);
        }
    }

    /// <summary>The client has ended its side, or the whole connection, while the exchange is under way.</summary>
    public void OnPeerClosed(bool reset)
    {
        if (reset || !_isTunnel)
        {
            _isEndedFromOutside = true;
            EndByClient(LocalReply.DownstreamGone); // in a tunnel, what it sent before is passed on first
        }
    }

    /// <summary>The connection is to end, and the tunnel that it carries had its time.</summary>
    public void OnDrained()
    {
        if (_isTunnel)
        {
            Exchange.ConnectionTerminationDetails = "listener_drained";
            EndByClient(LocalReply.TunnelDrained);
        }
    }

    /// <summary>The head did not come in time: what waits for it is woken by the end of receiving.</summary>
    public void OnHeadTimeout()
    {
        _isHeadTimedOut = true;
        _downstream.Connection.CancelReceive();
    }

    /// <summary>The client does not take the answer.</summary>
    public void OnWriteTimeout()
    {
        _downstream.Stats.DownstreamRqTimeout++;
        Exchange.ConnectionTerminationDetails = "downstream_write_timeout";
        _downstream.Connection.Abort();
    }

    /// <inheritdoc/>
    protected override int OwnBytes => MemoryBytes;

    /// <inheritdoc/>
    protected override int AppendEncodedHead(ResponseHead head)
    {
        if (head.Framing is MessageFraming.UntilClose or MessageFraming.Chunked)
        {
            // The client has to see whether the answer is whole: chunks tell, a closed connection does not. HTTP/1.0 has no chunks.
            head.Framing = Exchange.Request.Version == HttpVersion.Http10 ? MessageFraming.UntilClose : MessageFraming.Chunked;
        }

        DecideKeepAlive(head);
        return _writer.AppendHead(head, Exchange.Request.Version);
    }

    /// <inheritdoc/>
    protected override ValueTask<bool> SendEncodedInterimAsync(ResponseHead head)
    {
        if (Exchange.Request.Version == HttpVersion.Http10)
        {
            return new ValueTask<bool>(true); // it knows no interim answers (RFC 9110, section 15.2)
        }

        _writer.AppendHead(head, HttpVersion.Http11);
        NoteActivity();
        return FlushEncodedAsync();
    }

    /// <inheritdoc/>
    protected override ValueTask<bool> WriteEncodedAsync(ReadOnlyMemory<byte> data) =>
        _writer.TryAppend(data.Span) ? new ValueTask<bool>(true) : CompleteSendAsync(_writer.SendAsync(data));

    /// <inheritdoc/>
    protected override ValueTask<bool> FlushEncodedAsync() =>
        _writer.HasPending ? CompleteSendAsync(_writer.FlushAsync()) : new ValueTask<bool>(true);

    /// <inheritdoc/>
    protected override ValueTask<bool> EndEncodedAsync(HeaderMap trailers)
    {
        // RFC 9110, section 6.5.1: a recipient says that it reads trailers.
        _writer.AppendEnd(Exchange.ConnectionManager!.PassesHttp1Trailers && Exchange.Request.Headers.Contains(KnownHeader.Te) ? trailers : null);
        IsResponseComplete = true;
        return FlushEncodedAsync();
    }

    // Serves one request. True: the connection can take another.
    [AsyncMethodBuilder(typeof(LoopMethodBuilder<>))]
    private async ValueTask<bool> ServeOneAsync()
    {
        BeginRequest();
        BeginParsing();
        _mustClose = false;
        _isHeadTimedOut = false;
        _isHeadRefused = false;
        _isReset = false;
        _isTunnel = false;
        _isEndedFromOutside = false;

        // 1. The head.
        LocalReply? refusal = null;
        ParseResult head = await ReadHeadAsync();
        switch (head)
        {
            case ParseResult.NeedMore when _isHeadRefused:
                _mustClose = true;
                refusal = Overload();
                break;
            case ParseResult.NeedMore when !_isHeadTimedOut || !_parser.HasStarted:
                return false; // nothing was asked: nothing is answered
            case ParseResult.NeedMore:
                _mustClose = true;
                _downstream.Stats.DownstreamRqHeaderTimeout++;
                refusal = LocalReply.RequestHeadersTimeout;
                break;
            case ParseResult.Invalid when _parser.Error.Code == Http1ErrorCode.Http2Preface && _downstream is { MayBecomeHttp2: true, RequestCount: 0 }:
                _speaksHttp2 = true;
                return false;
            case ParseResult.Invalid:
                // Not a request: nothing of it, and nothing behind it, is believed.
                _mustClose = true;
                _downstream.Stats.DownstreamCxProtocolError++;
                Worker.Http1Stats.RequestsRejectedWithUnderscoresInHeaders += _parser.Error.Code == Http1ErrorCode.UnderscoreInFieldName ? 1 : 0;
                refusal = LocalReply.OfCodecError(_parser.Error);
                break;
            case ParseResult.Complete when _downstream.Tls is null && Exchange.Request.Scheme.SequenceEqual("https"u8):
                _mustClose = true;
                refusal = LocalReply.HttpsOnPlaintext;
                break;
            default:
                BeginBody();
                break;
        }

        // 2. The exchange.
        _downstream.EndHead();
        _received.ReleaseIfEmpty(Worker.Loop.Buffers);
        await ServeAsync(refusal);

        // 3. What becomes of the connection.
        if (!IsResponseComplete)
        {
            CutOff(_downstream.Connection);
            _downstream.Close(isCut: _isEndedFromOutside);
            await FinishAsync();
            return false;
        }

        if (IsRequestComplete && !_mustClose)
        {
            await FinishAsync();
            return !IsFaulted;
        }

        _downstream.BeginLingering();
        await FinishAsync();
        return false;
    }

    private void BeginBody()
    {
        RequestHead request = Exchange.Request;

        // What follows a CONNECT or an upgrade is not HTTP, whether it was taken or refused.
        _mustClose = !request.KeepAlive || request.AsksForTunnel;
        HeaderMap? trailers = _downstream.Listener.HttpConnectionManager.PassesHttp1Trailers ? Exchange.RequestTrailers : null;
        _headTurn = Worker.Loop.Turn;
        _body.Start(request.Framing, request.ContentLength, Worker.Options.Http1Limits, trailers);
        if (request.Framing == MessageFraming.None)
        {
            CompleteRequest();
        }
    }

    // RFC 9112, section 9.3: whether another request may follow on this connection.
    private void DecideKeepAlive(ResponseHead head)
    {
        uint limit = Exchange.ConnectionManager!.MaxRequestsPerConnection ?? (uint)Worker.Options.MaxRequestsPerConnection;
        if (limit > 0 && _downstream.RequestCount >= limit)
        {
            _downstream.Stats.DownstreamCxMaxRequestsReached++;
            _mustClose = true;
        }

        _mustClose |= _downstream.IsExpired || IsFaulted;
        if (!_mustClose && Worker.Memory.EndsKeepAlive && !_downstream.Listener.Owner.IsOfPages)
        {
            _downstream.Stats.DownstreamCxOverloadDisableKeepalive++;
            _mustClose = true;
        }

        if (_downstream.Listener.IsDraining)
        {
            _downstream.Stats.DownstreamCxDrainClose++;
            _mustClose = true;
        }

        // Of a request that was none, the end may have been taken wrongly too.
        _mustClose |= head.Framing == MessageFraming.UntilClose || (Exchange.IsLocalReply && head.Status == 400);
        head.KeepAlive = !_mustClose;
    }

    // The client must not take what it has for whole: with a length or chunks it sees that the end is missing; an answer that
    // ends with the connection has to end with a reset.
    private void CutOff(Connection connection)
    {
        if (IsResponseStarted && Exchange.Response.Framing != MessageFraming.UntilClose && Exchange.Response.Framing != MessageFraming.None)
        {
            connection.Close();
        }
        else
        {
            connection.Abort();
        }
    }

    // The listener may have other limits than the one that this stream served before, or than with its last request.
    private void BeginParsing()
    {
        Http1Limits limits = _downstream.Listener.HttpConnectionManager.LimitsFrom(Worker.Options.Http1Limits);
        if (ReferenceEquals(limits, _limits))
        {
            _parser.Reset();
            return;
        }

        bool isSame = limits == _limits;
        _limits = limits;
        if (isSame)
        {
            _parser.Reset();
        }
        else
        {
            _parser = new Http1RequestParser(limits);
        }
    }

    [AsyncMethodBuilder(typeof(LoopMethodBuilder<>))]
    private async ValueTask<ParseResult> ReadHeadAsync()
    {
        while (true)
        {
            if (_received.Length > 0)
            {
                ParseResult result = _parser.Parse(_received.Pending, Exchange.Request, out int consumed);
                _received.Consume(consumed);
                Exchange.RequestHeaderBytes += consumed;
                if (result != ParseResult.NeedMore)
                {
                    Worker.Http1Stats.DroppedHeadersWithUnderscores += _parser.DroppedFieldCount;
                    NoteBuffered();
                    return result;
                }

                // Who sends its head piece by piece is let wait as long as there is memory for it.
                if (Worker.Memory.RefusesConnections && !_downstream.Listener.Owner.IsOfPages)
                {
                    _isHeadRefused = true;
                    return result;
                }

                ChargeMemory();
            }

            IoResult received = await ReceiveAsync();
            if (received.IsError || received.IsEof)
            {
                return ParseResult.NeedMore;
            }
        }
    }

    [AsyncMethodBuilder(typeof(LoopMethodBuilder<>))]
    private async ValueTask<IoResult> ReceiveAsync()
    {
        NoteBuffered();

        // While nothing comes there is no buffer.
        ValueTask<IoResult> wait = _downstream.Connection.WaitToReceiveAsync();
        if (!wait.IsCompleted)
        {
            _received.ReleaseIfEmpty(Worker.Loop.Buffers);
        }

        IoResult result = await wait;
        if (!result.IsError)
        {
            Memory<byte> room = _received.PrepareToReceive(Worker.Loop.Buffers, ReceiveBytes);
            result = await _downstream.Connection.ReceiveAsync(room);
        }

        _downstream.NoteReceived(result);
        if (result.Bytes > 0)
        {
            _received.Commit(result.Bytes);
        }

        return result;
    }

    [AsyncMethodBuilder(typeof(LoopMethodBuilder<>))]
    private async ValueTask<bool> CompleteSendAsync(ValueTask<IoResult> send)
    {
        IoResult result;
        if (send.IsCompleted)
        {
            result = send.Result;
        }
        else
        {
            int waiting = _writer.SendingBytes;
            _downstream.BeginWrite(waiting);
            result = await send;
            _downstream.EndWrite(waiting);
        }

        _writer.ReleaseIfEmpty();
        if (result.IsError)
        {
            _isEndedFromOutside = true;
            EndByClient(LocalReply.DownstreamGone);
            return false;
        }

        NoteActivity();
        _downstream.Stats.DownstreamCxTxBytesTotal += result.Bytes;
        return true;
    }

    private void NoteBuffered() => _downstream.NoteBuffered(_received.Length);
}
