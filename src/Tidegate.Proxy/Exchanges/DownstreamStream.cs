using System.Runtime.CompilerServices;
using Tidegate.Http;
using Tidegate.Http.Headers;
using Tidegate.Net;
using Tidegate.Proxy.Filters.Compression;
using Tidegate.Proxy.Formatting;
using Tidegate.Proxy.Listeners;
using Tidegate.Proxy.LocalReplies;
using Tidegate.Proxy.Requests;
using Tidegate.Proxy.Runtime;
using Tidegate.Proxy.Telemetry;
using Tidegate.Proxy.Wire;
using Tidegate.Proxy.Workers;

namespace Tidegate.Proxy.Exchanges;

/// <summary>
/// One request of a client and its answer, on whatever protocol carries them. The exchange reads and writes messages here; keep-alive, chunks,
/// frames, windows and lingering are behind it. A stream is used by one worker. Three rules hold for every implementation:
/// a piece of body that was read is valid until the next read, which also gives its credit back; at most one read and one write wait at a time,
/// and <see cref="Reset"/> ends both, after the call; nothing of an answer is ended cleanly but by <see cref="EndAsync"/>.
/// </summary>
internal abstract class DownstreamStream
{
    private readonly ExchangeRunner _runner;
    private long _chargedBytes;

    /// <summary>A stream of a worker's connections.</summary>
    protected DownstreamStream(ExchangeServices services)
    {
        Services = services;
        Worker = services.Worker;
        _runner = new ExchangeRunner(this);
    }

    /// <summary>The worker that owns it.</summary>
    public Worker Worker { get; }

    /// <summary>What it uses together with all other streams of the worker.</summary>
    public ExchangeServices Services { get; }

    /// <summary>The request that is being served.</summary>
    public RoutedExchange Exchange { get; } = new();

    /// <summary>The client's connection.</summary>
    public abstract DownstreamConnection Connection { get; }

    /// <summary>Whether the whole request has been read, its trailers included.</summary>
    public bool IsRequestComplete { get; private set; }

    /// <summary>Whether any byte of an answer has been handed over.</summary>
    public bool IsResponseStarted { get; private set; }

    /// <summary>Whether the answer was ended.</summary>
    public bool IsResponseComplete { get; protected set; }

    /// <summary>Whether the client is known to have gone.</summary>
    public abstract bool IsClientGone { get; }

    /// <summary>Whether a write waits for the client: for its socket, or for its window.</summary>
    public abstract bool IsWriting { get; }

    /// <summary>What makes the answer's body another one on its way to the client; null leaves it as it is.</summary>
    public BodyEncoder? BodyEncoder { get; set; }

    /// <summary>The next piece of the request's body that is already here; <see cref="BodyRead.Ok"/> with none when nothing is.</summary>
    public abstract BodyRead TryReadBody(out ReadOnlyMemory<byte> data);

    /// <summary>Waits for more of the request's body.</summary>
    public abstract ValueTask<BodyRead> WaitForBodyAsync();

    /// <summary>Ends that wait with <see cref="BodyRead.Closed"/>, after the call; without effect when nobody waits.</summary>
    public abstract void CancelBodyWait();

    /// <summary>Nobody reads what is left of the request: what is here is dropped; of what is not, the protocol takes care.</summary>
    public abstract void DropRequest();

    /// <summary>
    /// Whether the client waits to be told that it may send the request's body (<c>Expect: 100-continue</c>): it is the endpoint then that lets itself be waited for.
    /// </summary>
    public bool AwaitsContinue { get; private set; }

    /// <summary>Sends an interim answer (1xx but 101), where the client's protocol knows them. False: the client is gone.</summary>
    public ValueTask<bool> SendInterimAsync(ResponseHead head)
    {
        AwaitsContinue &= head.Status != 100;
        return SendEncodedInterimAsync(head);
    }

    /// <summary>
    /// Appends the answer's head; it leaves with the first send. Its framing says whether a body follows and whether its length is known; how the
    /// client sees the end of it is decided here.
    /// </summary>
    public void AppendHead(ResponseHead head)
    {
        IsResponseStarted = true;
        Exchange.ResponseStatus = head.Status;
        Exchange.ResponseStartUs = Worker.Loop.NowUs;
        Exchange.ResponseHeaderBytes = AppendEncodedHead(head);
        NoteActivity();
    }

    /// <summary>
    /// From here on both ways carry bytes of another protocol until each side ends (an upgrade, or CONNECT): body reads and writes are the
    /// tunnel's. After the head of the answer that agrees to it was appended.
    /// </summary>
    public abstract void BecomeTunnel();

    /// <summary>Appends or sends a piece of the answer's body. False: the client is gone.</summary>
    public ValueTask<bool> WriteBodyAsync(ReadOnlyMemory<byte> data)
    {
        if (BodyEncoder is not null)
        {
            data = BodyEncoder.Encode(data.Span);
        }

        return data.IsEmpty ? new ValueTask<bool>(true) : WriteCountedAsync(data);
    }

    /// <summary>Sends what is appended. False: the client is gone.</summary>
    public ValueTask<bool> FlushAsync() => BodyEncoder is { HasUnflushed: true } encoder ? FlushEncoderAsync(encoder) : FlushEncodedAsync();

    /// <summary>Ends the answer, with the exchange's trailers if there are any, and sends what is left of it. False: the client is gone.</summary>
    public ValueTask<bool> EndAsync() => BodyEncoder is null ? EndEncodedAsync(Exchange.ResponseTrailers) : EndEncoderAsync(BodyEncoder);

    /// <summary>
    /// Ends the stream here and now: the client must not take what it has for whole. What waits for the stream ends with failure, after the call.
    /// What it means for the connection is the protocol's business. Without effect when the stream has ended.
    /// </summary>
    public abstract void Reset(StreamReset reason);

    /// <summary>It is not used any more, and not kept either.</summary>
    public void Discard() => Charge(0);

    /// <summary>There is no memory for it, or for more of it: what it gets instead.</summary>
    public LocalReply Overload()
    {
        Connection.Stats.DownstreamRqOverloadClose++;
        return LocalReply.Overloaded;
    }

    /// <summary>Memory of its own, buffers and the fields of messages apart, in bytes; measured with bench/memory.</summary>
    protected abstract int OwnBytes { get; }

    /// <summary>Whether a failure of ours has ended the exchange: the stream is not used for another.</summary>
    protected bool IsFaulted { get; private set; }

    /// <summary>Makes it new for another request, whose first byte is here or awaited.</summary>
    protected void BeginRequest()
    {
        Exchange.Reset();
        Exchange.StartUs = Worker.Loop.NowUs;
        Exchange.StartTicksUtc = Worker.UtcTicks;
        _runner.Reset();
        IsRequestComplete = false;
        IsResponseStarted = false;
        IsResponseComplete = false;
        IsFaulted = false;
        AwaitsContinue = false;
    }

    /// <summary>
    /// Serves the request whose head is in the exchange: until its answer has been sent or has failed, and was counted and logged. What
    /// is under way then ends with <see cref="FinishAsync"/>. Does not throw: a bug costs this exchange and nothing else (edge.md, L05).
    /// </summary>
    /// <param name="refusal">The answer where what came is no request; null where it is one.</param>
    [AsyncMethodBuilder(typeof(LoopMethodBuilder))]
    protected async ValueTask ServeAsync(LocalReply? refusal)
    {
        WorkerHttpChain chain = Connection.Listener;
        HttpConnectionManagerStats stats = Connection.Stats;
        CountBegin(stats);
        ChargeMemory();
        try
        {
            BeginExchange(chain);
            if (refusal is null && !chain.Owner.IsOfPages && Worker.Memory.RefusesRequests)
            {
                Exchange.HasRequestHead = true;
                refusal = Overload();
            }

            if (refusal is null)
            {
                Exchange.HasRequestHead = true;
                Exchange.IsGrpc = GrpcReply.IsFor(Exchange.Request);
                AwaitsContinue = Exchange.Request is { ExpectsContinue: true, Version: not HttpVersion.Http10 };
                await _runner.RunAsync();
            }
            else
            {
                await _runner.ReplyAsync(refusal);
            }
        }
        catch (Exception exception)
        {
            await OnFaultAsync(exception);
        }

        ChargeMemory();
        Exchange.EndUs = Worker.Loop.NowUs;
        try
        {
            CountEnd(stats);
            chain.OnExchangeEnds(Exchange);
        }
        catch (Exception exception)
        {
            Worker.ReportUnhandled(exception, "counting and logging a request");
        }
    }

    /// <summary>Waits until nothing of the exchange is under way any more. Does not throw.</summary>
    protected ValueTask FinishAsync() => _runner.FinishAsync();

    /// <summary>The request has been read to its end.</summary>
    protected void CompleteRequest()
    {
        IsRequestComplete = true;
        Exchange.RequestEndUs = Worker.Loop.NowUs;
        _runner.OnRequestComplete();
    }

    /// <summary>A piece of the request's body is handed out.</summary>
    protected void NoteBodyRead(ReadOnlyMemory<byte> data)
    {
        Exchange.RequestBodyBytes += data.Length;
        AwaitsContinue = false;
        if (Exchange.GrpcCounters is not null)
        {
            Exchange.RequestMessages.Take(data.Span);
        }

        NoteActivity();
    }

    /// <summary>Something of the exchange came or went: it is not idle.</summary>
    protected void NoteActivity() => _runner.Timers.NoteActivity();

    /// <summary>There is no memory for more of it: it gets an answer that says so, or what has begun is cut.</summary>
    protected void EndByOverload()
    {
        Interlocked.Increment(ref Worker.Stats.Overload.ResetHighMemoryStreamCount);
        _runner.OnTimeout(Overload());
    }

    /// <summary>What it holds is charged to its worker's account from now on.</summary>
    protected void ChargeMemory() => Charge(OwnBytes + Exchange.MemoryBytes);

    /// <summary>The client has gone, or has taken the request back: nobody needs the answer.</summary>
    protected void EndByClient(LocalReply how) => _runner.OnClientGone(how);

    /// <summary>Appends the answer's head. Returns its length in bytes.</summary>
    protected abstract int AppendEncodedHead(ResponseHead head);

    /// <summary>Sends an interim answer, where the client's protocol knows them. False: the client is gone.</summary>
    protected abstract ValueTask<bool> SendEncodedInterimAsync(ResponseHead head);

    /// <summary>Appends or sends a piece of the answer's body, not empty, as it is on the wire. False: the client is gone.</summary>
    protected abstract ValueTask<bool> WriteEncodedAsync(ReadOnlyMemory<byte> data);

    /// <summary>Sends what is appended. False: the client is gone.</summary>
    protected abstract ValueTask<bool> FlushEncodedAsync();

    /// <summary>Ends the answer, with trailers if there are any, and sends what is left of it. False: the client is gone.</summary>
    protected abstract ValueTask<bool> EndEncodedAsync(HeaderMap trailers);

    [AsyncMethodBuilder(typeof(LoopMethodBuilder<>))]
    private async ValueTask<bool> WriteUnlessEmptyAsync(ReadOnlyMemory<byte> data) => data.IsEmpty || await WriteCountedAsync(data);

    [AsyncMethodBuilder(typeof(LoopMethodBuilder<>))]
    private async ValueTask<bool> FlushEncoderAsync(BodyEncoder encoder) => await WriteUnlessEmptyAsync(encoder.Flush()) && await FlushEncodedAsync();

    [AsyncMethodBuilder(typeof(LoopMethodBuilder<>))]
    private async ValueTask<bool> EndEncoderAsync(BodyEncoder encoder) =>
        await WriteUnlessEmptyAsync(encoder.Finish()) && await EndEncodedAsync(Exchange.ResponseTrailers);

    private ValueTask<bool> WriteCountedAsync(ReadOnlyMemory<byte> data)
    {
        Exchange.ResponseBodyBytes += data.Length;
        if (Exchange.GrpcCounters is not null)
        {
            Exchange.ResponseMessages.Take(data.Span);
        }

        NoteActivity();
        return WriteEncodedAsync(data);
    }

    private void Charge(long bytes)
    {
        if (bytes != _chargedBytes)
        {
            Worker.Memory.Charge(bytes - _chargedBytes);
            _chargedBytes = bytes;
        }
    }

    private void BeginExchange(WorkerHttpChain chain)
    {
        DownstreamConnection connection = Connection;
        connection.RequestCount++;
        Exchange.ConnectionManager = chain.HttpConnectionManager;
        Exchange.DownstreamDirectAddress = connection.Connection.RemoteAddress;
        Exchange.DownstreamPeerAddress = connection.PeerAddress;
        Exchange.DownstreamRemoteAddress = connection.PeerAddress;
        Exchange.RequestedServerName = connection.ServerName;
        Exchange.DownstreamLocalAddress = connection.LocalAddress;
        if (connection.Tls is { } tls)
        {
            Exchange.IsDownstreamTls = true;
            Exchange.DownstreamTls = tls;
        }
    }

    // The client gets 500 where it has got nothing yet; otherwise it must see that the answer is not whole.
    [AsyncMethodBuilder(typeof(LoopMethodBuilder))]
    private async ValueTask OnFaultAsync(Exception exception)
    {
        IsFaulted = true;
        Worker.ReportUnhandled(exception, "serving a request");
        try
        {
            if (!IsResponseStarted)
            {
                await _runner.ReplyAsync(LocalReply.InternalError);
                return;
            }
        }
        catch (Exception second)
        {
            Worker.ReportUnhandled(second, "answering a request that failed");
        }

        Exchange.Flags |= LocalReply.InternalError.Flags;
        Exchange.ResponseCodeDetails = LocalReply.InternalError.Details;
        Reset(StreamReset.InternalError);
    }

    private void CountBegin(HttpConnectionManagerStats stats)
    {
        stats.DownstreamRqTotal++;
        stats.DownstreamRqActive++;
        if (Connection.Protocol == HttpVersion.Http2)
        {
            stats.DownstreamRqHttp2Total++;
        }
        else
        {
            stats.DownstreamRqHttp1Total++;
        }
    }

    // As Envoy counts: what is not whole at either side when the answer is over is reset, and that is received, whoever did it; what we cut is sent as well.
    private void CountEnd(HttpConnectionManagerStats stats)
    {
        stats.DownstreamRqActive--;
        stats.DownstreamRqTime.Record((Exchange.EndUs - Exchange.StartUs) / 1000);
        if (Exchange.GrpcCounters is { } calls)
        {
            CountCall(calls);
        }

        if (Exchange.ResponseStatus > 0)
        {
            stats.CountResponse(Exchange.ResponseStatus);
        }

        if (IsResponseComplete && IsRequestComplete)
        {
            return;
        }

        const ResponseFlags ByClient = ResponseFlags.DownstreamConnectionTermination | ResponseFlags.DownstreamRemoteReset;
        stats.DownstreamRqRxReset++;
        stats.DownstreamRqResponseBeforeRqComplete += IsResponseComplete ? 1 : 0;
        stats.DownstreamRqTxReset += !IsResponseComplete && IsResponseStarted && (Exchange.Flags & ByClient) == 0 ? 1 : 0;
    }

    // A call without a status, because it was cut, has no outcome.
    private void CountCall(GrpcMethodCounters calls)
    {
        if (GrpcStatusNames.HasStatus(Exchange))
        {
            calls.CountStatus(GrpcStatusNames.StatusOf(Exchange));
        }

        calls.CountMessages(Exchange.RequestMessages.Count, Exchange.ResponseMessages.Count);
    }
}
