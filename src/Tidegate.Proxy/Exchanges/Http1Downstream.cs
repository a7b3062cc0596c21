using Tidegate.Net;
using Tidegate.Proxy.Listeners;
using Tidegate.Proxy.Runtime.FilterChains;
using Tidegate.Proxy.Tls;

namespace Tidegate.Proxy.Exchanges;

/// <summary>
/// A client's HTTP/1.1 connection for as long as it lives. While it is idle this object, the socket and one timer are all
/// there is of it; a stream with buffers is rented when bytes come and given back when nothing is left to do.
/// </summary>
internal sealed class Http1Downstream : AcceptedConnection, IConnectionEvents
{
    private readonly CallbackTimer _timer;
    private CallbackTimer? _lifeTimer;
    private Http1Stream? _stream;
    private Phase _phase;

    public Http1Downstream(WorkerHttpChain listener, Connection connection, ConnectionTraits? traits)
    {
        Listener = listener;
        Worker = listener.Worker;
        Connection = connection;
        PeerAddress = traits?.RemoteAddress ?? connection.RemoteAddress;
        LocalAddress = traits?.LocalAddress ?? connection.LocalAddress;
        ServerName = traits is { ServerName.Length: > 0 } ? traits.ServerName : null;
        Tls = traits?.Tls;
        Misdirection = Tls is not null && Worker.Options.RefusesMisdirected ? new Misdirection(traits!) : null;
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

    /// <summary>The worker that owns it.</summary>
    public Worker Worker { get; }

    /// <summary>What serves it: the HTTP half of a filter chain of the listener that accepted it.</summary>
    public WorkerHttpChain Listener { get; }

    /// <inheritdoc/>
    public override WorkerFilterChain Chain => Listener;

    /// <summary>The bytes.</summary>
    public Connection Connection { get; }

    /// <summary>What is known of its TLS; null for plain TCP.</summary>
    public DownstreamTlsSession? Tls { get; }

    /// <summary>What tells requests that belong on another connection; null when none do.</summary>
    public Misdirection? Misdirection { get; }

    /// <summary>The TCP peer, or whom a PROXY header announces.</summary>
    public NetAddress PeerAddress { get; }

    /// <summary>The server name of the client's TLS; null without.</summary>
    public string? ServerName { get; }

    /// <summary>The address that the client connected to.</summary>
    public NetAddress LocalAddress { get; }

    /// <summary>Requests so far.</summary>
    public int RequestCount { get; set; }

    /// <summary>Whether it has lived as long as it may: the answer that is under way is its last.</summary>
    public bool IsExpired { get; private set; }

    /// <summary>Whether a send waits for the client.</summary>
    public bool IsWriting => _phase == Phase.Write;

    /// <summary>Whether no request is being read or answered.</summary>
    public bool IsIdle => _phase == Phase.Idle;

    /// <summary>Begins to serve: the first request's head has to come within the header timeout.</summary>
    public void Start()
    {
        _phase = Phase.Idle;
        _timer.Start(Listener.RequestHeadersTimeoutMs);
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
        _timer.Start(Listener.IdleTimeoutMs);
        Connection.WhenReadable(this);
    }

    /// <summary>A head begins, or is awaited behind a request that was pipelined.</summary>
    public void BeginHead()
    {
        _phase = Phase.Head;
        _timer.Start(Listener.RequestHeadersTimeoutMs);
    }

    /// <summary>The head is whole.</summary>
    public void EndHead()
    {
        _phase = Phase.Exchange;
        _timer.Stop();
    }

    /// <summary>A send has to wait for the client.</summary>
    public void BeginWrite()
    {
        _phase = Phase.Write;
        _timer.Start(Worker.Options.ResponseWriteTimeoutMs);
    }

    /// <summary>The send is done.</summary>
    public void EndWrite()
    {
        _phase = Phase.Exchange;
        _timer.Stop();
    }

    /// <summary>The answer is out and no further request is taken; what still comes is read and dropped for a while.</summary>
    public void BeginLingering()
    {
        _phase = Phase.Lingering;
        Connection.ShutdownSend();
        _timer.Start(Worker.Options.DelayedCloseTimeoutMs);
    }

    /// <inheritdoc/>
    public override void Drain()
    {
        if (IsIdle)
        {
            Close();
        }
    }

    /// <summary>Closes it and forgets it.</summary>
    public void Close()
    {
        if (_phase == Phase.Closed)
        {
            return;
        }

        _phase = Phase.Closed;
        _timer.Stop();
        _lifeTimer?.Stop();
        Connection.Close();
        Listener.OnClosed(this);
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
        if (_phase != Phase.Idle)
        {
            return;
        }

        BeginHead();
        _stream = Worker.RentStream();
        Worker.Run(_stream.ServeAsync(this));
    }

    /// <inheritdoc/>
    public void OnPeerClosed(bool reset)
    {
        if (_phase is Phase.Exchange or Phase.Write)
        {
            _stream!.OnDownstreamClosed();
        }
    }

    // Envoy: max_connection_duration.
    private void OnEndOfLife()
    {
        Listener.HttpStats.DownstreamCxMaxDurationReached++;
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
                Listener.HttpStats.DownstreamCxIdleTimeout++;
                Close();
                break;
            case Phase.Head:
                _stream!.OnHeadTimeout();
                break;
            case Phase.Write:
                _stream!.OnWriteTimeout();
                break;
            case Phase.Lingering:
                Close();
                break;
        }
    }
}
