using Tidegate.Http;
using Tidegate.Http.Http2;
using Tidegate.Http.Http2.Connections;
using Tidegate.Http.Http2.Streams;
using Tidegate.Net;
using Tidegate.Net.Buffers;
using Tidegate.Net.Timers;
using Tidegate.Proxy.Exchanges;
using Tidegate.Proxy.Listeners;
using Tidegate.Proxy.LocalReplies;
using Tidegate.Proxy.Tls;
using Tidegate.Proxy.Wire;
using Tidegate.Proxy.Workers;
using Phase = Tidegate.Proxy.Downstream.Http2.Http2DownstreamPhase;

namespace Tidegate.Proxy.Downstream.Http2;

/// <summary>
/// A client's HTTP/2 connection for as long as it lives: hands what comes to its streams, and decides when it ends. The bytes are moved by an <see cref="Http2Transport"/>.
/// </summary>
internal sealed class Http2Downstream : DownstreamConnection, IHttp2End, IHttp2StreamSource
{
    // This object and the codec's state, tables and windows; buffers and streams apart.
    private const int MemoryBytes = 8 * 1024;

    private readonly HttpServer _server;
    private readonly CallbackTimer _timer;
    private readonly CallbackTimer _writeTimer;
    private readonly CallbackTimer? _lifeTimer;
    private CallbackTimer? _drainTimer;
    private readonly Http2Transport _transport;
    private readonly List<Http2Stream> _ending = [];
    private PeerPace _takePace;
    private int _streamCount;
    private Phase _phase;
    private bool _endsWhenIdle;
    private bool _hasEndedDrain;
    private bool _isCut;

    public Http2Downstream(HttpServer server, WorkerHttpChain listener, Connection connection, ConnectionTraits? traits)
        : base(listener, connection, traits, HttpVersion.Http2)
    {
        _server = server;
        Http2Limits limits = listener.HttpConnectionManager.Http2LimitsFrom(Worker.Options.Http2Limits);
        Codec = new Http2Connection(Http2Role.Server, limits, Worker.Http2Scratch, Worker.ArrayPool, this, Worker.Http2Counters);
        Worker.Memory.Charge(MemoryBytes);
        _timer = new CallbackTimer(Worker.Loop.Timers, OnTimer);
        _writeTimer = new CallbackTimer(Worker.Loop.Timers, OnWriteTimer);
        _transport = new Http2Transport(this, connection, Codec, Worker.Options.Http2RequestsPerTurn, looksForEnd: false);
        if (listener.HttpConnectionManager.MaxConnectionDurationMs is > 0 and long lifeMs)
        {
            _lifeTimer = new CallbackTimer(Worker.Loop.Timers, OnEndOfLife);
            _lifeTimer.Start(lifeMs);
        }
    }

    /// <summary>The connection as the codec knows it.</summary>
    public Http2Connection Codec { get; }

    /// <inheritdoc/>
    public bool IsServing => _phase is Phase.Idle or Phase.Incomplete or Phase.Busy;

    /// <summary>Begins to serve.</summary>
    /// <param name="received">What was received already; it is this connection's from now on.</param>
    public void Start(ReceiveBuffer received)
    {
        CountBegin();
        Enter(Phase.Incomplete);
        _transport.Start(received);
    }

    /// <inheritdoc/>
    public Http2Stream Rent()
    {
        Http2DownstreamStream stream = _server.RentHttp2Stream();
        stream.Prepare(this);
        _streamCount++;
        return stream.Codec;
    }

    /// <summary>A stream and all that was done for it has ended.</summary>
    public void OnStreamEnded(Http2DownstreamStream stream)
    {
        _streamCount--;
        Codec.Release(stream.Codec);
        if (_phase == Phase.Closed)
        {
            return;
        }

        EndIfIdle();
        if (_phase is Phase.Busy && _streamCount == 0)
        {
            Enter(Phase.Idle);
        }
    }

    /// <summary>Has all that waits sent at the end of this turn of the loop, together with what still comes until then.</summary>
    public void Flush() => _transport.Flush();

    /// <inheritdoc/>
    public override void AnnounceDrain()
    {
        if (_phase is Phase.Lingering or Phase.Closed || _endsWhenIdle)
        {
            return;
        }

        Stats.DownstreamCxDrainClose++;
        BeginDrain();
    }

    /// <summary>Ends it when what is under way and what is on its way was served: an answer has said so.</summary>
    public void EndSoon()
    {
        if (!_endsWhenIdle && _drainTimer is null && IsServing)
        {
            AnnounceEnd();
        }
    }

    /// <inheritdoc/>
    public override void Drain(DrainReason reason)
    {
        if (reason == DrainReason.Ending && RequestCount == 0 && IsServing)
        {
            // Let in a moment ago, perhaps with a request on its way.
            _timer.Start(Worker.Options.DelayedCloseTimeoutMs);
            return;
        }

        AnnounceDrain();
    }

    /// <inheritdoc/>
    public override void Cut()
    {
        Connection.Abort();
        OnConnectionLost("drain_time_passed");
    }

    /// <inheritdoc/>
    public override long HeldBytes => ((long)_streamCount * Http2DownstreamStream.MemoryBytes) + Codec.HeldInputBytes + Codec.OutputBytes;

    /// <inheritdoc/>
    public override void Shed()
    {
        if (IsServing)
        {
            Interlocked.Add(ref Worker.Stats.Overload.ResetHighMemoryStreamCount, _streamCount);
            GiveUp(Http2ErrorCode.EnhanceYourCalm, LocalReply.Shed);
        }
    }

    /// <inheritdoc/>
    public void OnProcessed(bool hasAdvanced)
    {
        bool isIncomplete = _transport.HasUnprocessed || Codec.IsInsideFrame;
        Phase phase = isIncomplete ? Phase.Incomplete : _streamCount > 0 ? Phase.Busy : Phase.Idle;
        if (phase != _phase || (hasAdvanced && phase != Phase.Busy))
        {
            Enter(phase);
        }
    }

    /// <inheritdoc/>
    public void OnWritable(Http2Stream stream) => Http2DownstreamStream.Of(stream).OnWritable();

    /// <inheritdoc/>
    public void OnReceived(int count)
    {
        Stats.DownstreamCxRxBytesTotal += count;
        Codec.MaxOutputBytes = Worker.Memory.IsScarce ? BufferPool.MediumLength : int.MaxValue;
    }

    /// <inheritdoc/>
    public void OnBuffered(int bytes) => NoteBuffered(bytes);

    /// <inheritdoc/>
    public void OnSent(int count) => Stats.DownstreamCxTxBytesTotal += count;

    /// <inheritdoc/>
    public void OnSendWaits(int bytes)
    {
        Stats.DownstreamCxTxBytesBuffered += bytes;
        _takePace.BeginWait(Worker.Loop.NowMs, Connection.BytesTaken);
        _writeTimer.Start(Worker.Options.ResponseWriteTimeoutMs);
    }

    /// <inheritdoc/>
    public void OnSendGoesOn(int bytes)
    {
        Stats.DownstreamCxTxBytesBuffered -= bytes;
        _takePace.EndWait(Worker.Loop.NowMs);
        _writeTimer.Stop();
    }

    /// <inheritdoc/>
    public void OnAllSent()
    {
        if (_phase == Phase.Lingering)
        {
            Connection.ShutdownSend();
        }
    }

    /// <inheritdoc/>
    public void OnSendFailed() => OnEnded(isByPeer: true);

    /// <inheritdoc/>
    public void OnEnded(bool isByPeer)
    {
        HasPeerEnded |= isByPeer;
        OnConnectionLost();
    }

    /// <inheritdoc/>
    public void OnFault(Exception exception)
    {
        Worker.ReportUnhandled(exception, "reading an HTTP/2 connection");
        Connection.Abort();
        OnConnectionLost();
    }

    /// <inheritdoc/>
    public void OnEvent(in Http2Event next, ReadOnlySpan<byte> data)
    {
        Http2DownstreamStream? stream = next.Stream is null ? null : Http2DownstreamStream.Of(next.Stream);
        switch (next.Kind)
        {
            case Http2EventKind.Head:
                stream!.Begin(next.IsEnd);
                EndAfterEnoughRequests();
                if (Listener.IsDraining)
                {
                    AnnounceDrain();
                }

                break;
            case Http2EventKind.HeadTooLarge:
                Stats.DownstreamCxProtocolError++;
                stream!.Refuse(next.Fault, next.IsEnd);
                break;
            case Http2EventKind.Data:
                stream!.OnData(data, next.IsEnd);
                break;
            case Http2EventKind.Trailers:
                stream!.OnData(default, isEnd: true);
                break;
            case Http2EventKind.Reset:
                stream!.OnPeerReset();
                break;
            case Http2EventKind.StreamFailed:
                Stats.DownstreamCxProtocolError++;
                stream!.OnFault(next.Fault);
                break;
            case Http2EventKind.Failed:
                Stats.DownstreamCxProtocolError++;
                OnFailed(next.Fault);
                break;
        }
    }

    private void OnFailed(Http2Fault fault)
    {
        if (fault == Http2Fault.RapidReset)
        {
            Stats.DownstreamRqTooManyPrematureResets++;
        }

        EndStreams(Http2DownstreamStream.ReplyOf(fault));
        CloseAfterSending();
    }

    private void OnConnectionLost(string? details = null)
    {
        if (_phase != Phase.Closed)
        {
            _isCut = _streamCount > 0;
            EndStreams(LocalReply.DownstreamGone, details);
            Close();
        }
    }

    private void EndStreams(LocalReply how, string? details = null)
    {
        Codec.CopyStreams(_ending);
        foreach (Http2Stream codec in _ending)
        {
            Http2DownstreamStream stream = Http2DownstreamStream.Of(codec);
            stream.Exchange.ConnectionTerminationDetails ??= details;
            stream.OnConnectionEnds(how);
        }

        _ending.Clear();
    }

    private void EndAfterEnoughRequests()
    {
        uint limit = Listener.HttpConnectionManager.MaxRequestsPerConnection ?? (uint)Worker.Options.MaxRequestsPerConnection;
        if (limit > 0 && RequestCount >= limit && !_endsWhenIdle)
        {
            Stats.DownstreamCxMaxRequestsReached++;
            _endsWhenIdle = true;
            EndDrain();
        }
    }

    // Requests that are on their way are still served for a while (RFC 9113, section 6.8).
    private void BeginDrain()
    {
        _endsWhenIdle = true;
        if (_streamCount == 0)
        {
            EndIfIdle();
            return;
        }

        AnnounceEnd();
    }

    private void AnnounceEnd()
    {
        Codec.BeginDrain();
        Flush();
        _drainTimer ??= new CallbackTimer(Worker.Loop.Timers, OnDrained);
        _drainTimer.Start(Worker.Options.Http2DrainGraceMs);
    }

    // What is under way goes on; nothing more begins.
    private void OnDrained()
    {
        if (IsServing)
        {
            _endsWhenIdle = true;
            EndDrain();
            Flush();
            EndIfIdle();
        }
    }

    private void EndDrain()
    {
        if (!_hasEndedDrain)
        {
            _hasEndedDrain = true;
            Codec.EndDrain();
        }
    }

    private void EndIfIdle()
    {
        if (_endsWhenIdle && _streamCount == 0 && IsServing)
        {
            EndDrain();
            CloseAfterSending();
        }
    }

    // Envoy: max_connection_duration.
    private void OnEndOfLife()
    {
        Stats.DownstreamCxMaxDurationReached++;
        if (!_endsWhenIdle && IsServing)
        {
            BeginDrain();
        }
    }

    private void Enter(Phase phase)
    {
        _phase = phase;
        switch (phase)
        {
            case Phase.Idle:
                _timer.Start(Listener.IdleTimeoutMs);
                break;
            case Phase.Incomplete:
                _timer.Start(Listener.IsEnding && RequestCount == 0 ? Worker.Options.DelayedCloseTimeoutMs : Listener.RequestHeadersTimeoutMs);
                break;
            case Phase.Busy:
                _timer.Start(Codec.AreSettingsAcknowledged ? 0 : Worker.Options.Http2SettingsTimeoutMs);
                break;
            case Phase.Lingering:
                _timer.Start(Worker.Options.DelayedCloseTimeoutMs);
                break;
        }
    }

    private void OnTimer()
    {
        switch (_phase)
        {
            case Phase.Idle:
                Stats.DownstreamCxIdleTimeout++;
                EndDrain();
                CloseAfterSending();
                break;
            case Phase.Incomplete:
                Stats.DownstreamRqHeaderTimeout++;
                GiveUp(Http2ErrorCode.NoError, Http2DownstreamStream.ReplyOf(Http2Fault.ProtocolViolation));
                break;
            case Phase.Busy when !Codec.AreSettingsAcknowledged:
                GiveUp(Http2ErrorCode.SettingsTimeout, Http2DownstreamStream.ReplyOf(Http2Fault.SettingsTimeout));
                break;
            case Phase.Lingering:
                Stats.DownstreamCxDelayedCloseTimeout++;
                Close();
                break;
        }
    }

    private void GiveUp(Http2ErrorCode code, LocalReply how)
    {
        Codec.GoAway(code);
        EndStreams(how);
        CloseAfterSending();
    }

    // The client takes nothing, or too little (edge.md, S03).
    private void OnWriteTimer()
    {
        long limitMs = Worker.Options.ResponseWriteTimeoutMs;
        if (_takePace.IsSlow(Worker.Loop.NowMs, Connection.BytesTaken, limitMs, limitMs, Worker.Options.MinResponseBytesPerSecond))
        {
            Stats.DownstreamRqTimeout++;
            Connection.Abort();
        }
        else
        {
            _writeTimer.Start(limitMs); // it takes it, slowly
        }
    }

    // Sends what waits, GOAWAY behind it, and closes when the client has had the time to read it (RFC 9113, section 5.4.1).
    private void CloseAfterSending()
    {
        if (!IsServing)
        {
            return;
        }

        Enter(Phase.Lingering);
        _transport.DropInput(Worker.Options.LingeringReadBytes);
        if (_transport.IsSending)
        {
            Flush();
        }
        else
        {
            Connection.ShutdownSend();
        }
    }

    private void Close()
    {
        if (_phase == Phase.Closed)
        {
            return;
        }

        _phase = Phase.Closed;
        _timer.Stop();
        _writeTimer.Stop();
        _lifeTimer?.Stop();
        _drainTimer?.Stop();
        _transport.Close();
        Worker.Memory.Charge(-MemoryBytes);
        CountEnd(_isCut);
    }
}
