using System.Runtime.CompilerServices;
using Tidegate.Http;
using Tidegate.Http.Http1;
using Tidegate.Net;
using Tidegate.Net.Buffers;
using Tidegate.Proxy.Filters.Compression;
using Tidegate.Proxy.Listeners;

namespace Tidegate.Proxy.Exchanges;

/// <summary>
/// The busy half of a client's connection: reads requests one after the other, has each served, and writes the answer. Rented
/// from the worker while there is something to do; one async method runs per busy connection, and one more while a body that
/// is not here yet goes upstream.
/// </summary>
internal sealed class Http1Stream
{
    private const int ReceiveBytes = 16 * 1024;

    private Http1Limits _limits;
    private Http1RequestParser _parser;
    private readonly Http1MessageWriter _writer = new();
    private readonly ExchangeRunner _runner;
    private Http1Downstream _downstream = null!;
    private ReceiveBuffer _received;
    private Http1BodyReader _body;
    private bool _isHeadTimedOut;
    private bool _isResponseComplete;

    public Http1Stream(Worker worker)
    {
        Worker = worker;
        _limits = worker.Options.Http1Limits;
        _parser = new Http1RequestParser(_limits);
        _runner = new ExchangeRunner(this);
    }

    /// <summary>The worker that owns it.</summary>
    public Worker Worker { get; }

    /// <summary>The request that is being served.</summary>
    public HttpExchange Exchange { get; } = new();

    /// <summary>The client's connection.</summary>
    public Http1Downstream Downstream => _downstream;

    /// <summary>Whether the whole request has been read.</summary>
    public bool IsRequestComplete { get; private set; }

    /// <summary>Whether any byte of an answer has been handed to the connection.</summary>
    public bool IsResponseStarted { get; private set; }

    /// <summary>Whether the connection ends with this answer, whatever the client wishes.</summary>
    public bool MustClose { get; set; }

    /// <summary>Serves the requests of a connection until it rests or ends.</summary>
    [AsyncMethodBuilder(typeof(LoopMethodBuilder))]
    public async ValueTask ServeAsync(Http1Downstream downstream)
    {
        _downstream = downstream;
        _writer.Begin(downstream.Connection);
        bool isKeptAlive;
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
        }
        catch (Exception exception)
        {
            // A bug: it costs this connection and nothing else (edge.md, L05).
            Worker.ReportUnhandled(exception, "serving a connection");
            downstream.Abort();
            isKeptAlive = false;
        }

        _writer.Release();
        _received.Release(Worker.Loop.Buffers);
        _downstream = null!;
        Worker.ReturnStream(this);
        if (isKeptAlive)
        {
            downstream.Rest();
        }
        else
        {
            downstream.Close();
        }
    }

    /// <summary>The next piece of the request's body that is already here; empty when nothing is.</summary>
    public BodyRead TryReadBody(out ReadOnlyMemory<byte> data)
    {
        while (true)
        {
            BodyResult result = _body.Read(_received.Pending, out int consumed, out int offset, out int length);
            data = result == BodyResult.Data ? _received.Slice(offset, length) : default;
            _received.Consume(consumed);
            switch (result)
            {
                case BodyResult.Data:
                    Exchange.RequestBodyBytes += length;
                    _runner.Timers.NoteActivity();
                    return BodyRead.Ok;
                case BodyResult.Complete:
                    CompleteRequest();
                    return BodyRead.End;
                case BodyResult.Invalid:
                    MustClose = true;
                    return BodyRead.Invalid;
                default:
                    if (consumed > 0 && _received.Length > 0)
                    {
                        continue;
                    }

                    return BodyRead.Ok;
            }
        }
    }

    /// <summary>Drops what is here of the request's body. False: that was not all of it.</summary>
    public bool TryDropBody()
    {
        BodyRead read;
        ReadOnlyMemory<byte> data;
        do
        {
            read = TryReadBody(out data);
        }
        while (read == BodyRead.Ok && data.Length > 0);
        return read == BodyRead.End;
    }

    /// <summary>Waits for more of the request's body.</summary>
    [AsyncMethodBuilder(typeof(LoopMethodBuilder<>))]
    public async ValueTask<BodyRead> WaitForBodyAsync()
    {
        IoResult result = await ReceiveAsync();
        return result.IsError || result.IsEof ? BodyRead.Closed : BodyRead.Ok;
    }

    /// <summary>Appends the answer's head; it leaves with the first send.</summary>
    public void AppendHead(ResponseHead head)
    {
        IsResponseStarted = true;
        Exchange.ResponseStatus = head.Status;
        Exchange.ResponseStartUs = Worker.Loop.NowUs;
        Exchange.ResponseHeaderBytes = _writer.AppendHead(head, Exchange.Request.Version);
        _runner.Timers.NoteActivity();
    }

    /// <summary>Sends an interim answer (1xx).</summary>
    public ValueTask<bool> SendInterimAsync(ResponseHead head)
    {
        _writer.AppendHead(head, HttpVersion.Http11);
        _runner.Timers.NoteActivity();
        return FlushAsync();
    }

    /// <summary>What makes the answer's body another one on its way to the client; null leaves it as it is.</summary>
    public BodyEncoder? BodyEncoder { get; set; }

    /// <summary>Appends or sends a piece of the answer's body. False: the client is gone.</summary>
    public ValueTask<bool> WriteBodyAsync(ReadOnlyMemory<byte> data)
    {
        if (BodyEncoder is not null)
        {
            data = BodyEncoder.Encode(data.Span);
        }

        return WriteEncodedAsync(data);
    }

    private ValueTask<bool> WriteEncodedAsync(ReadOnlyMemory<byte> data)
    {
        if (data.IsEmpty)
        {
            return new ValueTask<bool>(true); // an empty chunk would be the end
        }

        Exchange.ResponseBodyBytes += data.Length;
        _runner.Timers.NoteActivity();
        return _writer.TryAppend(data.Span) ? new ValueTask<bool>(true) : CompleteSendAsync(_writer.SendAsync(data));
    }

    /// <summary>Sends what is appended. False: the client is gone.</summary>
    public ValueTask<bool> FlushAsync() => BodyEncoder is { HasUnflushed: true } encoder ? FlushEncodedAsync(encoder) : FlushWriterAsync();

    private ValueTask<bool> FlushWriterAsync() =>
        _writer.HasPending ? CompleteSendAsync(_writer.FlushAsync()) : new ValueTask<bool>(true);

    /// <summary>Ends the answer and sends what is left of it. False: the client is gone.</summary>
    public ValueTask<bool> EndAsync() => BodyEncoder is null ? EndWriterAsync() : EndEncodedAsync(BodyEncoder);

    private ValueTask<bool> EndWriterAsync()
    {
        _writer.AppendEnd();
        _isResponseComplete = true;
        return FlushWriterAsync();
    }

    [AsyncMethodBuilder(typeof(LoopMethodBuilder<>))]
    private async ValueTask<bool> FlushEncodedAsync(BodyEncoder encoder) => await WriteEncodedAsync(encoder.Flush()) && await FlushWriterAsync();

    [AsyncMethodBuilder(typeof(LoopMethodBuilder<>))]
    private async ValueTask<bool> EndEncodedAsync(BodyEncoder encoder) => await WriteEncodedAsync(encoder.Finish()) && await EndWriterAsync();

    /// <summary>The client is gone while the exchange is under way.</summary>
    public void OnDownstreamClosed() => _runner.OnDownstreamClosed();

    /// <summary>The head did not come in time: what waits for it is woken by the end of receiving.</summary>
    public void OnHeadTimeout()
    {
        _isHeadTimedOut = true;
        _downstream.Connection.CancelReceive();
    }

    /// <summary>The client does not take the answer.</summary>
    public void OnWriteTimeout()
    {
        _downstream.Listener.HttpStats.DownstreamRqTimeout++;
        Exchange.ConnectionTerminationDetails = "downstream_write_timeout";
        _downstream.Connection.Abort();
    }

    // Serves one request. True: the connection can take another.
    [AsyncMethodBuilder(typeof(LoopMethodBuilder<>))]
    private async ValueTask<bool> ServeOneAsync()
    {
        Exchange.Reset();
        BeginParsing();
        _runner.Reset();
        IsRequestComplete = false;
        IsResponseStarted = false;
        MustClose = false;
        _isHeadTimedOut = false;
        _isResponseComplete = false;

        // 1. The head.
        ParseResult head = await ReadHeadAsync();
        if (head == ParseResult.NeedMore)
        {
            if (!_isHeadTimedOut || !_parser.HasStarted)
            {
                return false; // nothing was asked: nothing is answered
            }

            MustClose = true;
            BeginExchange();
            await _runner.ReplyAsync(LocalReply.RequestHeadersTimeout);
        }
        else
        {
            _downstream.EndHead();
            BeginExchange();
            if (head == ParseResult.Invalid)
            {
                // 2a. Not a request: nothing of it, and nothing behind it, is believed.
                MustClose = true;
                _downstream.Listener.HttpStats.DownstreamCxProtocolError++;
                await _runner.ReplyAsync(LocalReply.OfCodecError(_parser.Error));
            }
            else
            {
                // 2b. The exchange.
                Exchange.HasRequestHead = true;
                _body.Start(Exchange.Request.Framing, Exchange.Request.ContentLength, Worker.Options.Http1Limits, trailers: null);
                if (Exchange.Request.Framing == MessageFraming.None)
                {
                    CompleteRequest();
                }

                await _runner.RunAsync();
            }
        }

        // 3. The end: statistics and access log, then what becomes of the connection.
        EndExchange();
        if (!_isResponseComplete)
        {
            CutOff();
            await _runner.FinishAsync();
            return false;
        }

        if (IsRequestComplete && !MustClose)
        {
            await _runner.FinishAsync();
            return true;
        }

        await LingerAsync();
        return false;
    }

    // The client must not take what it has for whole: with a length or chunks it sees that the end is missing; an answer that
    // ends with the connection has to end with a reset.
    private void CutOff()
    {
        if (IsResponseStarted && Exchange.Response.Framing != MessageFraming.UntilClose && Exchange.Response.Framing != MessageFraming.None)
        {
            _downstream.Close();
        }
        else
        {
            _downstream.Abort();
        }
    }

    private void BeginExchange()
    {
        _downstream.RequestCount++;
        Exchange.ConnectionManager = _downstream.Listener.HttpConnectionManager;
        Exchange.DownstreamPeerAddress = _downstream.PeerAddress;
        Exchange.DownstreamRemoteAddress = _downstream.PeerAddress;
        Exchange.RequestedServerName = _downstream.ServerName;
        Exchange.DownstreamLocalAddress = _downstream.LocalAddress;
        if (_downstream.Tls is { } tls)
        {
            Exchange.IsDownstreamTls = true;
            Exchange.DownstreamTls = tls;
        }

        _downstream.Listener.OnExchangeBegins();
    }

    private void EndExchange()
    {
        Exchange.EndUs = Worker.Loop.NowUs;
        _downstream.Listener.OnExchangeEnds(Exchange);
    }

    private void CompleteRequest()
    {
        IsRequestComplete = true;
        Exchange.RequestEndUs = Worker.Loop.NowUs;
        _runner.OnRequestComplete();
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
        Exchange.StartUs = Worker.Loop.NowUs;
        Exchange.StartTicksUtc = Worker.UtcTicks;
        while (true)
        {
            if (_received.Length > 0)
            {
                ParseResult result = _parser.Parse(_received.Pending, Exchange.Request, out int consumed);
                _received.Consume(consumed);
                Exchange.RequestHeaderBytes += consumed;
                if (result != ParseResult.NeedMore)
                {
                    return result;
                }
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
        Memory<byte> room = _received.PrepareToReceive(Worker.Loop.Buffers, ReceiveBytes);
        IoResult result = await _downstream.Connection.ReceiveAsync(room);
        if (result.Bytes > 0)
        {
            _received.Commit(result.Bytes);
            _downstream.Listener.HttpStats.DownstreamCxRxBytesTotal += result.Bytes;
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
            _downstream.BeginWrite();
            result = await send;
            _downstream.EndWrite();
        }

        if (result.IsError)
        {
            _runner.OnDownstreamClosed();
            return false;
        }

        _runner.Timers.NoteActivity();
        _downstream.Listener.HttpStats.DownstreamCxTxBytesTotal += result.Bytes;
        return true;
    }

    // Reads and drops what the client still sends, so that closing does not reset the answer before the client has read it
    // (RFC 9112, section 9.6). The timer of the connection ends it.
    [AsyncMethodBuilder(typeof(LoopMethodBuilder))]
    private async ValueTask LingerAsync()
    {
        _downstream.BeginLingering();
        await _runner.FinishAsync();
        long dropped = _received.Length;
        _received.Consume(_received.Length);
        while (dropped <= Worker.Options.LingeringReadBytes)
        {
            IoResult result = await ReceiveAsync();
            if (result.IsError || result.IsEof)
            {
                return;
            }

            dropped += result.Bytes;
            _received.Consume(_received.Length);
        }
    }
}
