using System.Runtime.CompilerServices;
using Tidegate.Http;
using Tidegate.Net;
using Tidegate.Net.Buffers;
using Tidegate.Net.Timers;
using Tidegate.Proxy.Exchanges;
using Tidegate.Proxy.Listeners;
using Tidegate.Proxy.Tls;
using Tidegate.Proxy.Workers;

namespace Tidegate.Proxy.Downstream.Http1;

/// <summary>
/// A client's HTTP/1.1 connection for as long as it lives. While it is idle this object, the socket and one timer are all
/// there is of it; a stream with buffers is rented when bytes come and given back when nothing is left to do.
/// </summary>
internal sealed class Http1Downstream : DownstreamConnection, IConnectionEvents
{
    private readonly HttpServer _server;
    private readonly CallbackTimer _timer;
    private CallbackTimer? _lifeTimer;
    private CallbackTimer? _drainTimer;
    private Http1Stream? _stream;
    private PeerPace _takePace;
    private Phase _phase;
    private long _droppedBytes;

    public Http1Downstream(HttpServer server, WorkerHttpChain listener, Connection connection, ConnectionTraits? traits)
        : base(listener, connection, traits, HttpVersion.Http11)
    {
        _server = server;
        _timer = new CallbackTimer(Worker.Loop.Timers, OnTimer);
    }

    private enum Phase : byte
    {
        Idle,
        Head,
        Exchange,
        Write,
        Lingering,
        Closed,
    }

    /// <summary>Whether it has lived as long as it may: the answer that is under way is its last.</summary>
    public bool IsExpired { get; private set; }

    /// <summary>Whether the client may speak HTTP/2 instead: nothing was agreed on, and its first bytes tell (RFC 9113, section 3.3).</summary>
    public bool MayBecomeHttp2 { get; init; }

    /// <summary>Whether a send waits for the client.</summary>
    public bool IsWriting => _phase == Phase.Write;

    /// <summary>Whether its last answer is out, and what the client still sends is dropped.</summary>
    public bool IsLingering => _phase == Phase.Lingering;

    /// <summary>Whether no request is being read or answered.</summary>
    public bool IsIdle => _phase == Phase.Idle;

    /// <summary>Begins to serve: the first request's head has to come within the header timeout.</summary>
    public void Start()
    {
        CountBegin();
        _phase = Phase.Idle;
        _timer.Start(Listener.IsEnding ? Worker.Options.DelayedCloseTimeoutMs : Listener.RequestHeadersTimeoutMs);
        if (Listener.HttpConnectionManager.MaxConnectionDurationMs is > 0 and long lifeMs)
        {
            _lifeTimer = new CallbackTimer(Worker.Loop.Timers, OnEndOfLife);
            _lifeTimer.Start(lifeMs);
        }

        Connection.WhenPeerCloses(this);
        Connection.WhenReadable(this);
    }

    /// <summary>Rests until the client sends again.</summary>
    public void Rest()
    {
        _stream = null;
        _phase = Phase.Idle;
        if (Listener.IsEnding)
        {
            Close();
            return;
        }

        _timer.Start(Listener.IdleTimeoutMs);
        Connection.WhenReadable(this);
    }

    /// <summary>A head begins, or is awaited behind a request that was pipelined.</summary>
    public void BeginHead()
    {
        _phase = Phase.Head;
        _takePace = default;
        _timer.Start(Listener.RequestHeadersTimeoutMs);
    }

    /// <summary>The head is whole.</summary>
    public void EndHead()
    {
        _phase = Phase.Exchange;
        _timer.Stop();
    }

    /// <summary>A send has to wait for the client.</summary>
    /// <param name="bytes">How long it is.</param>
    public void BeginWrite(int bytes)
    {
        _phase = Phase.Write;
        Stats.DownstreamCxTxBytesBuffered += bytes;
        _takePace.BeginWait(Worker.Loop.NowMs, Connection.BytesTaken);
        _timer.Start(Worker.Options.ResponseWriteTimeoutMs);
    }

    /// <summary>The send is done.</summary>
    public void EndWrite(int bytes)
    {
        Stats.DownstreamCxTxBytesBuffered -= bytes;
        _phase = Phase.Exchange;
        _takePace.EndWait(Worker.Loop.NowMs);
        _timer.Stop();
    }

    /// <summary>The answer is out and no further request is taken; what still comes is read and dropped for a while.</summary>
    public void BeginLingering()
    {
        _phase = Phase.Lingering;
        Connection.ShutdownSend();
        _timer.Start(Listener.HttpConnectionManager.DelayedCloseTimeoutMs is > 0 and long ownMs ? ownMs : Worker.Options.DelayedCloseTimeoutMs);
    }

    /// <summary>
    /// Reads and drops what the client still sends, so that closing does not reset the answer before the client has read it (RFC 9112, section 9.6). The timer ends it. Meanwhile this
    /// object is all there is of the connection again: who refuses many requests holds nothing for them.
    /// </summary>
    public void Linger()
    {
        _stream = null;
        Connection.WhenReadable(this);
    }

    /// <inheritdoc/>
    public override void Drain(DrainReason reason)
    {
        if (!IsIdle)
        {
            return;
        }

        if (reason == DrainReason.Ending && RequestCount == 0)
        {
            // Let in a moment ago, perhaps with a request on its way: a client can repeat that only on a connection that it has used before.
            _timer.Start(Worker.Options.DelayedCloseTimeoutMs);
            return;
        }

        Close();
    }

    /// <inheritdoc/>
    public override void Cut()
    {
        if (_phase is Phase.Exchange or Phase.Write)
        {
            // The exchange ends, is logged, and closes what is left.
            _stream!.Exchange.ConnectionTerminationDetails = "drain_time_passed";
            _stream.OnPeerClosed(reset: true);
            Connection.Abort();
        }
        else if (_phase != Phase.Closed)
        {
            Abort();
        }
        else if (_drainTimer is null)
        {
            // Requests end by themselves; a tunnel has some time to.
            _drainTimer = new CallbackTimer(Worker.Loop.Timers, () => _stream?.OnDrained());
            _drainTimer.Start(Worker.Options.ListenerDrainMs);
        }
    }

    /// <summary>The client speaks HTTP/2: the connection and what it has received go on as such, and this is over.</summary>
    public void BecomeHttp2(ReceiveBuffer received)
    {
        _phase = Phase.Closed;
        _timer.Stop();
        _lifeTimer?.Stop();
        Connection.WhenPeerCloses(null);
        ForgetBegin();
        Listener.SwitchToHttp2(this, Connection, Traits, received);
    }

    /// <summary>Closes it and forgets it.</summary>
    /// <param name="isCut">Whether a request was under way that has no answer now.</param>
    public void Close(bool isCut = false)
    {
        if (_phase == Phase.Closed)
        {
            return;
        }

        _phase = Phase.Closed;
        _timer.Stop();
        _lifeTimer?.Stop();
        _drainTimer?.Stop();
        Connection.Close();
        CountEnd(isCut);
    }

    /// <summary>Closes it with a reset: the client must not take what it has for whole.</summary>
    public void Abort()
    {
        Connection.Abort();
        Close();
    }

    /// <inheritdoc/>
    public void OnReadable()
    {
        if (_phase == Phase.Lingering)
        {
            Worker.Run(DropAsync());
            return;
        }

        if (_phase != Phase.Idle)
        {
            return;
        }

        BeginHead();
        _stream = _server.RentStream();
        Worker.Run(_stream.ServeAsync(this));
    }

    /// <inheritdoc/>
    public void OnPeerClosed(bool reset)
    {
        if (_phase is Phase.Exchange or Phase.Write)
        {
            _stream!.OnPeerClosed(reset);
        }
    }

    // What was read before the lingering began does not count: it came with the request.
    [AsyncMethodBuilder(typeof(LoopMethodBuilder))]
    private async ValueTask DropAsync()
    {
        bool mayHaveMore = true;
        while (mayHaveMore && _phase == Phase.Lingering)
        {
            IoResult result = await Connection.ReceiveAsync(Worker.Sink);
            NoteReceived(result);
            _droppedBytes += result.Bytes;
            if (result.IsError || result.IsEof || _droppedBytes > Worker.Options.LingeringReadBytes)
            {
                Close();
                return;
            }

            mayHaveMore = result.Bytes == Worker.Sink.Length;
        }

        if (_phase == Phase.Lingering)
        {
            Connection.WhenReadable(this);
        }
    }

    // Envoy: max_connection_duration.
    private void OnEndOfLife()
    {
        Stats.DownstreamCxMaxDurationReached++;
        IsExpired = true;
        if (_phase == Phase.Idle)
        {
            Close();
        }
    }

    private void OnTimer()
    {
        switch (_phase)
        {
            case Phase.Idle:
                Stats.DownstreamCxIdleTimeout++;
                Close();
                break;
            case Phase.Head:
                _stream!.OnHeadTimeout();
                break;
            case Phase.Write when _takePace.IsSlow(
                Worker.Loop.NowMs, Connection.BytesTaken, Worker.Options.ResponseWriteTimeoutMs, Worker.Options.ResponseWriteTimeoutMs, Worker.Options.MinResponseBytesPerSecond):
                _stream!.OnWriteTimeout();
                break;
            case Phase.Write:
                _timer.Start(Worker.Options.ResponseWriteTimeoutMs); // it takes the answer, slowly
                break;
            case Phase.Lingering:
                Stats.DownstreamCxDelayedCloseTimeout++;
                Close();
                break;
        }
    }
}
