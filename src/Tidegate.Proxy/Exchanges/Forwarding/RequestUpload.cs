using System.Runtime.CompilerServices;
using Tidegate.Http;
using Tidegate.Net;
using Tidegate.Net.Timers;
using Tidegate.Proxy.LocalReplies;
using Tidegate.Proxy.Upstream;
using Tidegate.Proxy.Workers;

namespace Tidegate.Proxy.Exchanges.Forwarding;

/// <summary>
/// Sends a request upstream: the head with as much of the body as is here, and then, beside the reading of the answer, the
/// rest of the body as it comes. It outlives a failed attempt: the next one gets what was kept for it, and the same pump goes on.
/// </summary>
internal sealed class RequestUpload
{
    // How often a client that lets itself be waited for is looked at, unless a limit is shorter.
    private const long MaxLookMs = 5_000;

    private readonly DownstreamStream _stream;
    private readonly ReplayBuffer _replay = new();
    private readonly LoopSignal _targetChanged;
    private readonly LoopSignal _sendDone;
    private readonly LoopSignal _pumpEnded;
    private readonly CallbackTimer _paceTimer;
    private PeerPace _pace;
    private UpstreamStream? _target;
    private ValueTask _pump;
    private bool _isPumping;
    private bool _isPumpRunning;
    private bool _isSending;
    private bool _isOver;
    private bool _isWaitingForClient;
    private bool _isBuffering;
    private bool _isBuffered;
    private LocalReply? _bufferingAbort;

    public RequestUpload(DownstreamStream stream, Forwarder forwarder)
    {
        _stream = stream;
        Forwarder = forwarder;
        _targetChanged = new LoopSignal(stream.Worker.Loop);
        _sendDone = new LoopSignal(stream.Worker.Loop);
        _pumpEnded = new LoopSignal(stream.Worker.Loop);
        _paceTimer = new CallbackTimer(stream.Worker.Loop.Timers, OnLook);
    }

    /// <summary>Whether another attempt could send the same request again.</summary>
    public bool CanReplay => _replay.IsComplete;

    /// <summary>What is kept of the body for another attempt, or for copies.</summary>
    public ReplayBuffer Kept => _replay;

    /// <summary>Whether what is not here yet of the body is read and sent as it comes.</summary>
    public bool IsPumping => _isPumping;

    private Forwarder Forwarder { get; }

    private long LookMs
    {
        get
        {
            ProxyOptions options = _stream.Worker.Options;
            long limitMs = options.RequestBodyIdleTimeoutMs > 0 ? Math.Min(options.RequestBodyIdleTimeoutMs, options.RequestRateGraceMs) : options.RequestRateGraceMs;
            return Math.Clamp(limitMs, 1, MaxLookMs);
        }
    }

    /// <summary>Begins a request; <paramref name="replayBytes"/> of its body are kept for another attempt.</summary>
    public void Begin(int replayBytes)
    {
        if (!_isBuffered)
        {
            _replay.Begin(_stream.Worker, replayBytes);
        }
        else if (!_stream.IsRequestComplete)
        {
            _replay.Limit(replayBytes); // what was read goes first, and then the rest as it comes
        }

        _target = null;
        _isOver = false;
        _isPumping = false;
        _isPumpRunning = false;
        _isSending = false;
        _isWaitingForClient = false;
    }

    /// <summary>
    /// Sends head and body to <paramref name="target"/>, as far as the body is here; the rest follows by itself. A failed send is
    /// not reported: the upstream may have answered before it closed, and reading tells.
    /// </summary>
    [AsyncMethodBuilder(typeof(LoopMethodBuilder))]
    public async ValueTask StartAsync(UpstreamStream target, RequestHead head)
    {
        if (_isSending)
        {
            await _sendDone.WaitAsync();
        }

        target.AppendHead(head);
        for (int i = 0; i < _replay.Count; i++)
        {
            if (!await CompleteAsync(target.WriteBodyAsync(_replay[i])))
            {
                return;
            }
        }

        if (_stream.IsRequestComplete)
        {
            await CompleteAsync(target.EndAsync(_stream.Exchange.RequestTrailers));
        }
        else if (_isPumping)
        {
            await CompleteAsync(target.FlushAsync());
            _target = target; // not before: the pump must not send into the middle of this
            _targetChanged.Set();
        }
        else
        {
            _target = target;
            if (Forwarder.Filters is { SeesRequestData: true })
            {
                await CompleteAsync(target.FlushAsync()); // they may hold the body back for long
            }

            if (!await SendWhatIsHereAsync() && !_isOver)
            {
                _isPumping = true;
#pragma warning disable CA2012 // awaited once, by FinishAsync
                _pump = PumpAsync();
#pragma warning restore CA2012
            }
        }
    }

    /// <summary>Reads the body before any attempt. Null when it is there; otherwise the reply to give.</summary>
    /// <param name="maxBytes">How many bytes are read.</param>
    /// <param name="takesPart">Whether that much of a longer body is enough; otherwise it is refused.</param>
    [AsyncMethodBuilder(typeof(LoopMethodBuilder<>))]
    public async ValueTask<LocalReply?> BufferAsync(long maxBytes, bool takesPart)
    {
        int limit = takesPart ? int.MaxValue : (int)Math.Min(maxBytes, int.MaxValue);
        if (_isBuffered)
        {
            _replay.Limit(limit); // a filter before has read some of it, or all
        }
        else
        {
            _isBuffered = true;
            _replay.Begin(_stream.Worker, limit, isNeeded: true);
        }

        if (_replay.Length > limit || _stream.IsRequestComplete)
        {
            return _replay.Length > limit ? LocalReply.PayloadTooLarge : null;
        }

        _isBuffering = true;
        _bufferingAbort = null;
        BeginPace();
        LocalReply? reply = await BufferRestAsync(takesPart ? maxBytes : long.MaxValue - 1);
        _isBuffering = false;
        _paceTimer.Stop();
        return reply;
    }

    /// <summary>Waits until nothing more of the request will be sent: all of it has been, or it was given up.</summary>
    [AsyncMethodBuilder(typeof(LoopMethodBuilder))]
    public async ValueTask WaitForEndAsync()
    {
        while (_isPumpRunning)
        {
            await _pumpEnded.WaitAsync();
        }
    }

    /// <summary>Ends <see cref="BufferAsync"/> with this reply, after the call; without effect when nothing is buffered.</summary>
    public void StopBuffering(LocalReply reason)
    {
        if (!_isBuffering)
        {
            return;
        }

        _bufferingAbort ??= reason;
        if (_isWaitingForClient)
        {
            _stream.CancelBodyWait();
        }
    }

    /// <summary>The attempt is over; what still comes waits for the next one.</summary>
    public void Detach() => _target = null;

    /// <summary>The request, all of which is kept, is to be sent again from its beginning, with its body or without.</summary>
    [AsyncMethodBuilder(typeof(LoopMethodBuilder))]
    public async ValueTask RewindAsync(bool keepsBody)
    {
        await StopAsync();
        if (!keepsBody)
        {
            _replay.Clear();
        }

        _isBuffered = true;
    }

    /// <summary>The exchange is over: lets the pump end and waits for it. The connection's timer bounds how long that takes.</summary>
    [AsyncMethodBuilder(typeof(LoopMethodBuilder))]
    public async ValueTask FinishAsync()
    {
        _isBuffered = false;
        await StopAsync();
        _replay.Clear();
    }

    [AsyncMethodBuilder(typeof(LoopMethodBuilder))]
    private async ValueTask StopAsync()
    {
        _isOver = true;
        _target = null;
        _paceTimer.Stop();
        _targetChanged.Set();
        if (_isPumping)
        {
            _isPumping = false;
            if (_isWaitingForClient)
            {
                _stream.CancelBodyWait();
            }

            await EndPumpAsync();
        }
    }

    [AsyncMethodBuilder(typeof(LoopMethodBuilder))]
    private async ValueTask PumpAsync()
    {
        _isPumpRunning = true;
        BeginPace();
        while (!_isOver)
        {
            if (_target is null)
            {
                await _targetChanged.WaitAsync();
                continue;
            }

            if (await SendWhatIsHereAsync())
            {
                break;
            }

            if (_isOver || _target is null)
            {
                continue;
            }

            if (await WaitForClientAsync() == BodyRead.Closed)
            {
                if (!_isOver)
                {
                    Forwarder.Abort(LocalReply.DownstreamGone);
                }

                break;
            }
        }

        _paceTimer.Stop();
        _isPumpRunning = false;
        _pumpEnded.Set();
    }

    [AsyncMethodBuilder(typeof(LoopMethodBuilder<>))]
    private async ValueTask<LocalReply?> BufferRestAsync(long enough)
    {
        while (_replay.Length <= enough)
        {
            switch (_stream.TryReadBody(out ReadOnlyMemory<byte> data))
            {
                case BodyRead.Ok when data.Length > 0:
                    data = await FilterAsync(data);
                    _replay.Add(data.Span);
                    if (!_replay.IsComplete || _bufferingAbort is not null)
                    {
                        return _bufferingAbort ?? Refusal();
                    }

                    break;
                case BodyRead.End:
                    _replay.Add((await FilterEndAsync()).Span);
                    return _bufferingAbort ?? (_replay.IsComplete ? null : Refusal());
                case BodyRead.Invalid:
                    return LocalReply.BodyCodecError;
                case BodyRead.Ok when _replay.Length == enough:
                    return null;
                default:
                    if (await WaitForClientAsync() == BodyRead.Closed || _bufferingAbort is not null)
                    {
                        return _bufferingAbort ?? LocalReply.DownstreamGone;
                    }

                    break;
            }
        }

        return null;
    }

    private LocalReply Refusal() => _replay.IsOutOfMemory ? _stream.Overload() : LocalReply.PayloadTooLarge;

    // Sends what is here of the body. True: nothing more will come.
    [AsyncMethodBuilder(typeof(LoopMethodBuilder<>))]
    private async ValueTask<bool> SendWhatIsHereAsync()
    {
        while (!_isOver && _target is not null)
        {
            switch (_stream.TryReadBody(out ReadOnlyMemory<byte> data))
            {
                case BodyRead.Ok when data.Length > 0:
                    data = await FilterAsync(data);
                    await PassOnAsync(data);
                    break;
                case BodyRead.End:
                    await PassOnAsync(await FilterEndAsync());
                    if (Forwarder.IsAborted)
                    {
                        return true; // a filter has refused what is whole now
                    }

                    Forwarder.OnRequestRead();
                    if (_target is { } target)
                    {
                        await CompleteAsync(target.EndAsync(_stream.Exchange.RequestTrailers));
                    }

                    return true;
                case BodyRead.Invalid:
                    // A truncated or broken upload is never completed towards the upstream (edge.md, rule 1).
                    Forwarder.OnRequestBodyInvalid();
                    return true;
                default:
                    await CompleteAsync(_target.FlushAsync());
                    return false;
            }
        }

        return _isOver;
    }

    private ValueTask<ReadOnlyMemory<byte>> FilterAsync(ReadOnlyMemory<byte> data) =>
        Forwarder.Filters is { SeesRequestData: true } filters ? filters.RunRequestDataAsync(data) : new ValueTask<ReadOnlyMemory<byte>>(data);

    private ValueTask<ReadOnlyMemory<byte>> FilterEndAsync() =>
        Forwarder.Filters is { SeesRequestData: true } filters ? filters.RunRequestEndAsync() : default;

    private ValueTask<bool> PassOnAsync(ReadOnlyMemory<byte> data)
    {
        _replay.Add(data.Span);
        return data.IsEmpty || _target is null ? new ValueTask<bool>(true) : CompleteAsync(_target.WriteBodyAsync(data));
    }

    private ValueTask<bool> CompleteAsync(ValueTask<bool> send) =>
        send.IsCompletedSuccessfully ? new ValueTask<bool>(NoteSent(send.Result)) : CompleteSlowlyAsync(send);

    [AsyncMethodBuilder(typeof(LoopMethodBuilder<>))]
    private async ValueTask<bool> CompleteSlowlyAsync(ValueTask<bool> send)
    {
        // The client is not read from until the endpoint has taken what is here.
        UpstreamStream? target = _target;
        Forwarder.NoteUpload(isBackedUp: true);
        _isSending = true;
        bool isSent;
        try
        {
            isSent = await send;
        }
        finally
        {
            _isSending = false;
            Forwarder.NoteUpload(isBackedUp: false);
            _sendDone.Set();
        }

        return target == _target && NoteSent(isSent); // otherwise that attempt is over
    }

    private bool NoteSent(bool isSent)
    {
        if (!isSent)
        {
            _target = null;
        }

        return isSent;
    }

    private void BeginPace()
    {
        _pace = default;
        _paceTimer.Start(LookMs);
    }

    [AsyncMethodBuilder(typeof(LoopMethodBuilder<>))]
    private async ValueTask<BodyRead> WaitForClientAsync()
    {
        _isWaitingForClient = true;
        _pace.BeginWait(_stream.Worker.Loop.NowMs, _stream.Exchange.RequestBodyBytes);
        BodyRead read = await _stream.WaitForBodyAsync();
        _pace.EndWait(_stream.Worker.Loop.NowMs);
        _isWaitingForClient = false;
        return read;
    }

    // A pump that fails with a bug has ended as well, and what it held is given back.
    [AsyncMethodBuilder(typeof(LoopMethodBuilder))]
    private async ValueTask EndPumpAsync()
    {
        try
        {
            await _pump;
        }
        catch (Exception exception)
        {
            _stream.Worker.ReportUnhandled(exception, "sending a request's body");
        }

        _pump = default;
    }

    // A client that lets itself be waited for (Kestrel: MinRequestBodyDataRate). Once its answer has begun it may take its time.
    private void OnLook()
    {
        ProxyOptions options = _stream.Worker.Options;
        if (_isWaitingForClient && _stream.AwaitsContinue)
        {
            _pace.BeginWait(_stream.Worker.Loop.NowMs, _stream.Exchange.RequestBodyBytes); // it waits for us: its time begins when it is told to go on
        }

        bool isSlow = _isWaitingForClient && !_stream.IsResponseStarted && _pace.IsSlow(
            _stream.Worker.Loop.NowMs,
            _stream.Exchange.RequestBodyBytes,
            options.RequestBodyIdleTimeoutMs,
            options.RequestRateGraceMs,
            options.MinRequestBytesPerSecond);
        if (isSlow)
        {
            Forwarder.Abort(LocalReply.RequestBodyTimeout);
        }
        else
        {
            _paceTimer.Start(LookMs);
        }
    }
}
