using System.Buffers;
using System.Runtime.CompilerServices;
using Tidegate.Net;
using Tidegate.Net.Timers;
using Tidegate.Proxy.Exchanges.Tunnels;
using Tidegate.Proxy.Filters;
using Tidegate.Proxy.LocalReplies;
using Tidegate.Proxy.Requests;
using Tidegate.Proxy.Runtime;
using Tidegate.Proxy.Telemetry;
using Tidegate.Proxy.Upstream;
using Tidegate.Proxy.Workers;

namespace Tidegate.Proxy.Exchanges.Forwarding;

/// <summary>
/// Takes one request to an endpoint of its cluster and brings the answer back (Envoy: the router filter). Attempts until one
/// gives an answer that is not to be retried; from then on the answer streams, and nothing can be retried any more.
/// </summary>
internal sealed class Forwarder
{
    private readonly DownstreamStream _stream;
    private readonly RequestUpload _upload;
    private readonly RetryState _retries;
    private readonly Mirroring _mirroring;
    private readonly BackOffPause _pause;
    private readonly CallbackTimer _routeTimer;
    private readonly UpstreamAttempt _first;
    private readonly Action<LocalReply> _abortExchange;
    private WorkerCluster _cluster = null!;
    private UpstreamAttempt _attempt;
    private Hedging? _hedging;
    private Tunnel? _tunnel;
    private LocalReply? _abort;
    private LocalReply? _unsendable;
    private bool _isBodyTaken;
    private bool _isTimed;
    private bool _isUploadBegun;
    private bool _isHedged;

    /// <param name="stream">Whose requests it forwards.</param>
    /// <param name="abortExchange">Ends the exchange as a whole for a reason.</param>
    public Forwarder(DownstreamStream stream, Action<LocalReply> abortExchange)
    {
        _abortExchange = abortExchange;
        _stream = stream;
        _upload = new RequestUpload(stream, this);
        _retries = new RetryState(stream.Worker);
        _mirroring = new Mirroring(stream);
        _pause = new BackOffPause(stream.Worker.Loop);
        _routeTimer = new CallbackTimer(stream.Worker.Loop.Timers, () => Abort(LocalReply.ResponseTimeout));
        _first = new UpstreamAttempt(stream, this, stream.Exchange.Response, stream.Exchange.ResponseTrailers);
        _attempt = _first;
    }

    /// <summary>Whether the request, having brought its answer, could be sent once more to somewhere else.</summary>
    public bool CanForwardAgain => _stream.IsRequestComplete && _upload.CanReplay;

    /// <summary>Whether it was ended for a reason; nothing that is passed on may look whole then.</summary>
    public bool IsAborted => _abort is not null;

    /// <summary>The filters that see bodies pass; null where there are none.</summary>
    public FilterRun? Filters { get; set; }

    /// <summary>Whether an attempt is under way that is not a hedge, or is waited with.</summary>
    public bool IsAttempting { get; private set; }

    /// <summary>Whether the request's body is being read on its way upstream.</summary>
    public bool IsReadingRequest => _isUploadBegun && _upload.IsPumping;

    private RoutedExchange Exchange => _stream.Exchange;

    // A deadline that nobody lives to see is none.
    private long RouteLimitMs => Exchange.RouteTimeoutMs < TimerWheel.MaxDelayMs ? Exchange.RouteTimeoutMs : 0;

    private Worker Worker => _stream.Worker;

    /// <summary>
    /// Forwards the request. Null: the answer's head is in <see cref="HttpExchange.Response"/> and its body is to be had with
    /// <see cref="StreamBodyAsync"/>. Otherwise the reply to give instead.
    /// </summary>
    [AsyncMethodBuilder(typeof(LoopMethodBuilder<>))]
    public async ValueTask<LocalReply?> ForwardAsync(WorkerCluster cluster, RuntimeRoute route)
    {
        _cluster = cluster;
        _abort = null;
        _isBodyTaken = false;
        _isTimed = true;
        _attempt = _first;
        _retries.Begin(cluster, Exchange.RetryPolicy, Exchange.Request);
        if (route.Mirrors.Count > 0)
        {
            _mirroring.Choose(route.Mirrors);
        }

        bool isKept = (_retries.IsEnabled || _mirroring.IsPending || route.InternalRedirects is not null) && !_stream.IsRequestComplete;
        _upload.Begin(isKept ? Worker.Options.RetryBufferBytes : 0);
        _isUploadBegun = true;
        if (_stream.IsRequestComplete)
        {
            _routeTimer.Start(RouteLimitMs);
            if (_mirroring.IsPending)
            {
                _mirroring.Send(cluster, _upload.Kept);
            }
        }

        AttemptOutcome outcome;
        IsAttempting = true;
        while (true)
        {
            // 1. An attempt.
            outcome = await _first.RunAsync(cluster, _retries.ChooseEndpoint(Exchange), _upload);
            NoteNoAnswer(_first, outcome);
            if (!ShouldRetry(_first, outcome))
            {
                break;
            }

            // 2. Another after a pause.
            _upload.Kept.Pin();
            if (outcome == AttemptOutcome.Answered)
            {
                cluster.Stats.RetryUpstreamRq.Count(_first.Response.Status);
                _first.DropAnswer();
            }
            else
            {
                GiveUpAttempt();
            }

            await _pause.WaitAsync(_retries.NextPauseMs());
            if (_abort is not null)
            {
                outcome = AttemptOutcome.Aborted;
                break;
            }

            if (_isHedged && _hedging!.Winner is not null)
            {
                outcome = AttemptOutcome.Outrun;
                break;
            }
        }

        // 3. The end.
        IsAttempting = false;
        UpstreamReset reset = _first.Reset;
        if (_isHedged)
        {
            (outcome, reset) = await SettleAsync(outcome, reset);
        }

        Exchange.Flags |= _retries.LimitFlag;
        if (outcome == AttemptOutcome.Answered)
        {
            cluster.Stats.UpstreamRq.Count(Exchange.Response.Status);
            return null;
        }

        LocalReply reply = ReplyTo(outcome, reset);
        GiveUpAttempt();
        if (reply.Status > 0)
        {
            cluster.Stats.UpstreamRq.Count(reply.Status); // what stands for the answer that did not come
        }

        return reply;
    }

    /// <summary>
    /// Reads the request whole, or with <paramref name="takesPart"/> so many bytes of it, before it is forwarded. Null when that is there; otherwise the reply to give.
    /// </summary>
    public ValueTask<LocalReply?> BufferRequestAsync(long maxBytes, bool takesPart)
    {
        _isUploadBegun = true; // so that what is kept is given back
        return _upload.BufferAsync(maxBytes, takesPart);
    }

    /// <summary>Copies the body that was read so.</summary>
    public void CopyBufferedRequest(IBufferWriter<byte> destination)
    {
        for (int i = 0; i < _upload.Kept.Count; i++)
        {
            destination.Write(_upload.Kept[i].Span);
        }
    }

    /// <summary>Drops the answer that was brought, and makes ready to forward the request again, with its body or without.</summary>
    [AsyncMethodBuilder(typeof(LoopMethodBuilder))]
    public async ValueTask ForgetAnswerAsync(bool keepsBody)
    {
        _isTimed = false;
        _routeTimer.Stop();
        _upload.Kept.Pin();
        _attempt.DropAnswer();
        if (_isHedged)
        {
            _isHedged = false;
            await _hedging!.FinishAsync();
        }

        _mirroring.Reset();
        _retries.End();
        await _upload.RewindAsync(keepsBody);
    }

    /// <summary>Takes the answer's body, as far as there is room for it; nothing of it is streamed. Gives how many bytes it has taken.</summary>
    [AsyncMethodBuilder(typeof(LoopMethodBuilder<>))]
    public async ValueTask<int> TakeBodyAsync(Memory<byte> room)
    {
        UpstreamStream upstream = _attempt.Stream!;
        int taken = 0;
        UpstreamRead read = UpstreamRead.Ok;
        while (read == UpstreamRead.Ok && taken < room.Length)
        {
            read = upstream.TryReadBody(out ReadOnlyMemory<byte> data);
            if (read == UpstreamRead.Ok && data.IsEmpty)
            {
                read = await upstream.WaitForBodyAsync();
                continue;
            }

            data = data[..Math.Min(data.Length, room.Length - taken)];
            data.CopyTo(room[taken..]);
            taken += data.Length;
        }

        _isBodyTaken = true;
        if (read == UpstreamRead.End)
        {
            EndOfAnswer();
        }
        else
        {
            GiveUpAttempt();
        }

        return taken;
    }

    /// <summary>Streams the answer's body to the client. False: it was cut short, by either side.</summary>
    [AsyncMethodBuilder(typeof(LoopMethodBuilder<>))]
    public async ValueTask<bool> StreamBodyAsync()
    {
        if (_isBodyTaken)
        {
            return true;
        }

        UpstreamStream upstream = _attempt.Stream!;
        while (true)
        {
            UpstreamRead cut = upstream.TryReadBody(out ReadOnlyMemory<byte> data);
            switch (cut)
            {
                case UpstreamRead.Ok when data.Length > 0:
                    if (Filters is { SeesResponseData: true })
                    {
                        data = await Filters.RunResponseDataAsync(data);
                    }

                    ValueTask<bool> write = _stream.WriteBodyAsync(data);
                    if (!(write.IsCompleted ? await write : await WriteSlowlyAsync(write)))
                    {
                        return CutShort();
                    }

                    break;
                case UpstreamRead.End:
                    return await EndBodyAsync();
                case UpstreamRead.ProtocolError or UpstreamRead.Reset or UpstreamRead.Terminated or UpstreamRead.OutOfMemory:
                    await _stream.FlushAsync(); // what the client has of the answer does not depend on how it came
                    return CutShort(cut);
                default:
                    // Nothing is here: what is appended leaves before we wait, so that a slow answer arrives as it comes.
                    if (!await _stream.FlushAsync())
                    {
                        return CutShort();
                    }

                    UpstreamRead read = await upstream.WaitForBodyAsync();
                    if (read == UpstreamRead.End)
                    {
                        return await EndBodyAsync();
                    }

                    if (read != UpstreamRead.Ok)
                    {
                        return CutShort(read);
                    }

                    break;
            }
        }
    }

    // The endpoint is not read from until the client has taken what is here.
    [AsyncMethodBuilder(typeof(LoopMethodBuilder<>))]
    private async ValueTask<bool> WriteSlowlyAsync(ValueTask<bool> write)
    {
        _cluster.Stats.UpstreamFlowControlPausedReadingTotal++;
        bool isTaken = await write;
        _cluster.Stats.UpstreamFlowControlResumedReadingTotal++;
        return isTaken;
    }

    private ValueTask<bool> EndBodyAsync() => Filters is { SeesResponseData: true } filters ? EndBodyAsync(filters) : new ValueTask<bool>(EndOfAnswer());

    // The trailers are the exchange's before a filter sees them.
    [AsyncMethodBuilder(typeof(LoopMethodBuilder<>))]
    private async ValueTask<bool> EndBodyAsync(FilterRun filters)
    {
        EndOfAnswer();
        return await _stream.WriteBodyAsync(await filters.RunResponseEndAsync());
    }

    /// <summary>
    /// Passes the bytes of a tunnel that both sides have agreed to. False: it did not end in order. An endpoint's connection that is closed in order is the end of the
    /// stream (RFC 8441, section 5), and still told as Envoy does: it may have come too early, which only the two ends know.
    /// </summary>
    [AsyncMethodBuilder(typeof(LoopMethodBuilder<>))]
    public async ValueTask<bool> RunTunnelAsync()
    {
        _isTimed = false;
        _routeTimer.Stop();
        await _upload.WaitForEndAsync();
        if (_abort is not null)
        {
            return CutShort();
        }

        _tunnel ??= new Tunnel(_stream, _abortExchange);
        UpstreamRead end = await _tunnel.RunAsync(_attempt.Stream!);
        if (_abort is null && end == UpstreamRead.End)
        {
            return EndOfAnswer();
        }

        CutShort(end);
        return _abort is null && end == UpstreamRead.Closed;
    }

    /// <summary>The exchange is over: nothing is sent upstream any more.</summary>
    [AsyncMethodBuilder(typeof(LoopMethodBuilder))]
    public async ValueTask FinishAsync()
    {
        Filters = null;
        _isTimed = false;
        _routeTimer.Stop();
        GiveUpAttempt();
        if (_isHedged)
        {
            _isHedged = false;
            await _hedging!.FinishAsync();
        }

        if (_isUploadBegun)
        {
            _mirroring.Reset();
            _isUploadBegun = false;
            await _upload.FinishAsync();
            _retries.End();
        }
    }

    /// <summary>The endpoint is slower than the client, or has caught up.</summary>
    public void NoteUpload(bool isBackedUp)
    {
        HttpConnectionManagerStats downstream = _stream.Connection.Stats;
        if (isBackedUp)
        {
            _cluster.Stats.UpstreamFlowControlBackedUpTotal++;
            downstream.DownstreamFlowControlPausedReadingTotal++;
        }
        else
        {
            _cluster.Stats.UpstreamFlowControlDrainedTotal++;
            downstream.DownstreamFlowControlResumedReadingTotal++;
        }
    }

    /// <summary>The client's body was read to its end.</summary>
    public void OnRequestRead()
    {
        if (_mirroring.IsPending)
        {
            _mirroring.Send(_cluster, _upload.Kept);
        }
    }

    /// <summary>The client's body breaks its framing.</summary>
    public void OnRequestBodyInvalid() => Abort(LocalReply.BodyCodecError);

    /// <summary>The request is whole: from here on the upstream is waited for, and its limits of time begin (Envoy: <c>RouteAction.timeout</c>).</summary>
    public void OnRequestComplete()
    {
        if (_isTimed)
        {
            _routeTimer.Start(RouteLimitMs);
        }

        _first.OnRequestComplete();
    }

    /// <summary>Ends it for <paramref name="reason"/>: the reply to give, or what the log says where the answer has begun.</summary>
    public void Abort(LocalReply reason)
    {
        if (_abort is null)
        {
            _abort = reason;
            if (ReferenceEquals(reason, LocalReply.DownstreamGone))
            {
                Exchange.Flags |= reason.Flags;
                Exchange.ResponseCodeDetails = reason.Details;
            }
            else if (ReferenceEquals(reason, LocalReply.ResponseTimeout) && _isTimed)
            {
                _cluster.Stats.UpstreamRqTimeout++;
            }
        }

        _upload.StopBuffering(reason);
        _pause.Cancel();
        _hedging?.StopWaiting();
        _attempt.Stop(AttemptOutcome.Aborted);
    }

    /// <summary>Outlier detection hears of an endpoint that did not answer; an answer it has been told of already.</summary>
    public void NoteNoAnswer(UpstreamAttempt attempt, AttemptOutcome outcome)
    {
        _unsendable = outcome == AttemptOutcome.Unsendable ? attempt.Unsendable : _unsendable;
        bool isTimeout = outcome == AttemptOutcome.TryTimedOut
            || (outcome == AttemptOutcome.Aborted && ReferenceEquals(_abort, LocalReply.ResponseTimeout) && !Exchange.IsDeadlineOfClient);
        if (isTimeout || (outcome == AttemptOutcome.Reset && attempt.IsOfEndpoint))
        {
            _cluster.OnNoAnswer(attempt.Endpoint!, isTimeout);
        }
    }

    /// <summary>Whether another attempt follows one that ended so; if it does, it is counted.</summary>
    public bool ShouldRetry(UpstreamAttempt attempt, AttemptOutcome outcome) => !attempt.IsReplaced && outcome switch
    {
        AttemptOutcome.Answered => !attempt.IsOfLoop && _retries.ShouldRetryAnswer(attempt.Response, _upload.CanReplay),
        AttemptOutcome.Reset => _retries.ShouldRetryReset(attempt.Reset, _upload.CanReplay, attempt.IsStaleConnection, Exchange.Request.Method),
        AttemptOutcome.TryTimedOut or AttemptOutcome.TooLong => _retries.ShouldRetryTimeout(_upload.CanReplay, isBeforeRequest: attempt.Stream is null),
        _ => false,
    };

    /// <summary>An attempt has not answered within its limit of time.</summary>
    public void OnTryTimeout(UpstreamAttempt attempt)
    {
        _cluster.Stats.UpstreamRqPerTryTimeout++;
        if (!Exchange.HedgesOnPerTryTimeout)
        {
            attempt.Stop(AttemptOutcome.TryTimedOut);
            return;
        }

        // It goes on, and another one beside it.
        _cluster.OnNoAnswer(attempt.Endpoint!, isTimeout: true);
        if (_retries.ShouldHedge(_upload.CanReplay))
        {
            attempt.IsReplaced = true;
            _hedging ??= new Hedging(_stream, this, _retries);
            _isHedged = true;
            _upload.Kept.Pin();
            _hedging.Begin(_cluster, _upload.Kept);
        }
    }

    /// <summary>A hedge has brought the answer.</summary>
    public void OnOutrun()
    {
        if (_hedging!.IsAwaited)
        {
            _hedging.StopWaiting();
        }
        else if (_pause.IsWaiting)
        {
            _pause.Cancel();
        }
        else
        {
            _first.Stop(AttemptOutcome.Outrun);
        }
    }

    // There are, or were, hedges beside the first: decides whose answer it is.
    [AsyncMethodBuilder(typeof(LoopMethodBuilder<>))]
    private async ValueTask<(AttemptOutcome Outcome, UpstreamReset Reset)> SettleAsync(AttemptOutcome outcome, UpstreamReset reset)
    {
        Hedging hedging = _hedging!;
        bool isGood = outcome == AttemptOutcome.Answered && !_retries.IsRetriable(_first.Response);
        if (!isGood && outcome != AttemptOutcome.Aborted && (hedging.IsRunning || hedging.Winner is not null))
        {
            if (outcome == AttemptOutcome.Answered)
            {
                _first.DropAnswer();
            }
            else
            {
                GiveUpAttempt();
            }

            await hedging.SettleAsync();
            if (_abort is not null)
            {
                outcome = AttemptOutcome.Aborted;
            }
            else if (hedging.Winner is { } winner)
            {
                _attempt = winner;
                outcome = AttemptOutcome.Answered;
            }
            else
            {
                (outcome, reset) = (hedging.LastOutcome, hedging.LastReset);
            }
        }

        hedging.Stop();
        if (outcome == AttemptOutcome.Answered)
        {
            _attempt.Describe(Exchange);
        }

        return (outcome, reset);
    }

    private LocalReply ReplyTo(AttemptOutcome outcome, UpstreamReset reset)
    {
        switch (outcome)
        {
            case AttemptOutcome.NoEndpoint:
                return LocalReply.NoHealthyUpstream;
            case AttemptOutcome.TryTimedOut:
                return LocalReply.PerTryTimeout;
            case AttemptOutcome.TooLong:
                return LocalReply.UpstreamTooLong;
            case AttemptOutcome.Unsendable:
                return _unsendable!;
            case AttemptOutcome.OutOfMemory:
                return _stream.Overload();
            case AttemptOutcome.Reset:
                return LocalReply.OfReset(reset, isRetried: Exchange.AttemptCount > 1);
            default:
                return _abort ?? LocalReply.DownstreamGone;
        }
    }

    private bool EndOfAnswer()
    {
        Exchange.UpstreamEndUs = Worker.Loop.NowUs;
        if (Exchange is { RequestEndUs: > 0, IsHealthCheck: false, Response.IsTunnel: false })
        {
            _cluster.Stats.UpstreamRqTime.Record((Exchange.UpstreamEndUs - Exchange.RequestEndUs) / 1000);
        }

        _isTimed = false;
        _routeTimer.Stop();
        if (!ReferenceEquals(_attempt, _first))
        {
            _attempt.Trailers.CopyTo(Exchange.ResponseTrailers);
        }

        _attempt.End();
        return true;
    }

    private bool CutShort(UpstreamRead read = UpstreamRead.Terminated)
    {
        LocalReply cut = _abort ?? LocalReply.OfCut(read);
        Exchange.Flags |= cut.Flags;
        Exchange.ResponseCodeDetails = cut.Details;
        if (_abort is null && read != UpstreamRead.OutOfMemory)
        {
            _stream.Connection.Stats.RqResetAfterDownstreamResponseStarted += _attempt.IsOutcomeAwaited ? 1 : 0;
        }

        GiveUpAttempt();
        return false;
    }

    private void GiveUpAttempt()
    {
        _upload.Detach();
        _attempt.GiveUp();
    }
}
