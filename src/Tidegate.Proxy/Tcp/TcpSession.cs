using System.Runtime.CompilerServices;
using Tidegate.Net;
using Tidegate.Net.Timers;
using Tidegate.Proxy.Filters;
using Tidegate.Proxy.Listeners;
using Tidegate.Proxy.Requests;
using Tidegate.Proxy.Runtime.FilterChains;
using Tidegate.Proxy.Telemetry;
using Tidegate.Proxy.Tls;
using Tidegate.Proxy.Upstream;
using Tidegate.Proxy.Workers;

namespace Tidegate.Proxy.Tcp;

/// <summary>
/// A client's connection that is passed on to a cluster: connects, then lets two pumps run until both sides have ended, one is
/// cut, or a limit of time is reached. Each side's end is passed on as such, so that a client that has sent all still gets the
/// answer (half-close, RFC 9293, section 3.6).
/// </summary>
internal sealed class TcpSession : AcceptedConnection, IConnectionEvents
{
    // How often Istio's metrics learn of bytes that passed on a connection that lasts, in milliseconds (Istio: 15 s).
    private const long ReportPeriodMs = 15_000;

    private readonly WorkerTcpChain _chain;
    private readonly RuntimeTcpProxy _proxy;
    private readonly TcpProxyStats _stats;
    private readonly Connection _downstream;
    private readonly ConnectionTraits _traits;
    private readonly WorkerClusters _clusters;
    private readonly TcpUpstream _upstream;
    private readonly CallbackTimer _timer;
    private readonly CallbackTimer? _lifeTimer;
    private readonly long _startUs;
    private CallbackTimer? _drainTimer;
    private TcpPump? _toUpstream;
    private TcpPump? _toDownstream;
    private ResponseFlags _flags;
    private string? _details;
    private string? _codeDetails;
    private long _activeMs;
    private long _reportedSent;
    private long _reportedReceived;
    private bool _isClosed;

    public TcpSession(WorkerTcpChain chain, WorkerClusters clusters, Connection downstream, ConnectionTraits traits)
    {
        _chain = chain;
        _proxy = chain.Proxy;
        _stats = chain.Stats;
        _downstream = downstream;
        _traits = traits;
        _clusters = clusters;
        _upstream = new TcpUpstream(clusters);
        _startUs = chain.Worker.Loop.NowUs;
        _timer = new CallbackTimer(chain.Worker.Loop.Timers, OnTimer);
        if (_proxy.MaxDownstreamConnectionDurationMs > 0)
        {
            _lifeTimer = new CallbackTimer(chain.Worker.Loop.Timers, OnEndOfLife);
        }
    }

    /// <summary>The worker that owns it.</summary>
    public Worker Worker => _chain.Worker;

    /// <inheritdoc/>
    public override WorkerFilterChain Chain => _chain;

    /// <summary>Connects, and begins to pass bytes on.</summary>
    [AsyncMethodBuilder(typeof(LoopMethodBuilder))]
    public async ValueTask RunAsync()
    {
        _lifeTimer?.Start(_proxy.MaxDownstreamConnectionDurationMs);
        _downstream.WhenPeerCloses(this);
        if (!await IsLetInAsync())
        {
            return;
        }

        ulong? hash = _proxy.HashesSourceAddress ? WorkerTcpChain.HashOf(_traits.RemoteAddress) : null;
        bool isConnected = await _upstream.ConnectAsync(_proxy, _traits, hash, () => _chain.Owner.Listeners.BeginConnectionLog(_traits, _startUs));
        _flags |= _upstream.Flags;
        if (_isClosed)
        {
            // The client has gone meanwhile, or the limit of time has come.
            _upstream.Close(isRemote: false);
            return;
        }

        ReportOpened();
        if (!isConnected)
        {
            _stats.DownstreamCxNoRoute += _upstream.Cluster is null ? 1 : 0;
            Close();
            return;
        }

        Connection upstream = _upstream.Connection!;
        upstream.WhenPeerCloses(new ResetWatch(this));
        _activeMs = Worker.Loop.NowMs;
        StartTimer();
        _toUpstream = new TcpPump(this, _downstream, upstream, isUpstream: true);
        _toDownstream = new TcpPump(this, upstream, _downstream, isUpstream: false);
        _toUpstream.Start();
        _toDownstream.Start();
    }

    // Before anything is connected. A client that is kept out, or has gone meanwhile, gets nothing.
    [AsyncMethodBuilder(typeof(LoopMethodBuilder<>))]
    private async ValueTask<bool> IsLetInAsync()
    {
        if (_proxy.Filters.Count == 0)
        {
            return true;
        }

        var run = new ConnectionRun(Worker, _clusters, _traits, _chain.StatScope);
        for (int i = 0; i < _proxy.Filters.Count && !_isClosed; i++)
        {
            if (await _proxy.Filters[i].OnConnectedAsync(run) is not { } refusal || _isClosed)
            {
                continue;
            }

            _upstream.Choose(_proxy);
            _flags |= refusal.Flags;
            _details = refusal.TerminationDetails;
            _codeDetails = refusal.CodeDetails;
            ReportOpened();
            Close();
        }

        return !_isClosed;
    }

    /// <summary>Bytes have come.</summary>
    public void OnReceived(TcpPump pump, int count)
    {
        _activeMs = Worker.Loop.NowMs;
        if (pump.IsUpstream)
        {
            _stats.DownstreamCxRxBytesTotal += count;
        }
        else
        {
            _upstream.Cluster!.Stats.UpstreamCxRxBytesTotal += count;
        }
    }

    /// <summary>Bytes have been passed on.</summary>
    public void OnSent(TcpPump pump, int count)
    {
        _activeMs = Worker.Loop.NowMs;
        if (pump.IsUpstream)
        {
            _upstream.Cluster!.Stats.UpstreamCxTxBytesTotal += count;
        }
        else
        {
            _stats.DownstreamCxTxBytesTotal += count;
        }
    }

    /// <summary>The receiver is slower than the sender: nothing more is read until it has caught up.</summary>
    public void OnPaused(TcpPump pump, int waiting)
    {
        ClusterStats upstream = _upstream.Cluster!.Stats;
        if (pump.IsUpstream)
        {
            _stats.DownstreamFlowControlPausedReadingTotal++;
            upstream.UpstreamFlowControlBackedUpTotal++;
            upstream.UpstreamCxTxBytesBuffered += waiting;
        }
        else
        {
            _stats.DownstreamCxTxBytesBuffered += waiting;
            upstream.UpstreamFlowControlPausedReadingTotal++;
        }
    }

    /// <summary>It has caught up.</summary>
    public void OnResumed(TcpPump pump, int waited)
    {
        ClusterStats upstream = _upstream.Cluster!.Stats;
        if (pump.IsUpstream)
        {
            _stats.DownstreamFlowControlResumedReadingTotal++;
            upstream.UpstreamFlowControlDrainedTotal++;
            upstream.UpstreamCxTxBytesBuffered -= waited;
        }
        else
        {
            _stats.DownstreamCxTxBytesBuffered -= waited;
            upstream.UpstreamFlowControlResumedReadingTotal++;
        }
    }

    /// <summary>One side has sent all that it has to send.</summary>
    public void OnFinished()
    {
        if (_toUpstream!.IsFinished && _toDownstream!.IsFinished)
        {
            Close();
        }
    }

    /// <summary>A side was cut: so is the other, which must not take what it has for whole.</summary>
    public void OnReceiveFailed(TcpPump pump, IoError error) => OnCut(isDownstream: pump.IsUpstream, error);

    /// <summary>A side takes no more.</summary>
    public void OnSendFailed(TcpPump pump, IoError error) => OnCut(isDownstream: !pump.IsUpstream, error);

    /// <summary>Cuts both sides.</summary>
    public void Abort()
    {
        if (!_isClosed)
        {
            _downstream.Abort();
            _upstream.Connection?.Abort();
            Close();
        }
    }

    /// <inheritdoc/>
    public override void Shed()
    {
        Interlocked.Increment(ref Worker.Stats.Overload.ResetHighMemoryStreamCount);
        _flags |= ResponseFlags.OverloadManager;
        _details = "overload";
        Abort();
    }

    /// <inheritdoc/>
    public override void Drain(DrainReason reason)
    {
        // A connection whose bytes we do not understand has no place where it could end well: it has some time to come to an end.
        if (!_isClosed && _drainTimer is null)
        {
            _drainTimer = new CallbackTimer(Worker.Loop.Timers, OnDrained);
            _drainTimer.Start(Worker.Options.ListenerDrainMs);
        }
    }

    /// <inheritdoc/>
    public void OnReadable()
    {
        // The pumps ask for that.
    }

    /// <inheritdoc/>
    public void OnPeerClosed(bool reset)
    {
        if (reset)
        {
            OnCut(isDownstream: true, IoError.Reset);
        }
    }

    private void OnCut(bool isDownstream, IoError error)
    {
        if (_isClosed || error == IoError.Aborted)
        {
            return;
        }

        // As Envoy tells of them: the reset of an upstream is a flag of its own, without details.
        _flags |= isDownstream ? ResponseFlags.DownstreamConnectionTermination : ResponseFlags.UpstreamRemoteReset;
        _details = isDownstream ? "downstream_remote_disconnect" : null;
        _upstream.IsCutByPeer = !isDownstream;
        Abort();
    }

    private void StartTimer()
    {
        long idleMs = Worker.Loop.NowMs - _activeMs;
        long restMs = _proxy.IdleTimeoutMs > 0 ? Math.Max(1, _proxy.IdleTimeoutMs - idleMs) : long.MaxValue;
        bool hasNews = _chain.Owner.IsTelemetryOn && idleMs < ReportPeriodMs;
        long delayMs = hasNews ? Math.Min(restMs, ReportPeriodMs) : restMs;
        _timer.Start(delayMs == long.MaxValue ? ReportPeriodMs : delayMs);
    }

    private void OnTimer()
    {
        ReportBytes();
        if (_proxy.IdleTimeoutMs > 0 && Worker.Loop.NowMs - _activeMs >= _proxy.IdleTimeoutMs)
        {
            _stats.IdleTimeout++;
            _details = "idle_timeout";
            Close();
            return;
        }

        StartTimer();
    }

    /// <inheritdoc/>
    public override void Cut()
    {
        _details = "drain_time_passed";
        Abort();
    }

    private void OnDrained()
    {
        _stats.DownstreamCxDrainClose++;
        _details = "listener_drained";
        Close();
    }

    private void OnEndOfLife()
    {
        _stats.MaxDownstreamConnectionDuration++;
        _flags |= ResponseFlags.DurationTimeout;
        _details = "max_connection_duration";
        Close();
    }

    private void Close()
    {
        if (_isClosed)
        {
            return;
        }

        _isClosed = true;
        _timer.Stop();
        _lifeTimer?.Stop();
        _drainTimer?.Stop();
        _downstream.Close();
        _upstream.Close(_toDownstream is { IsFinished: true } || _upstream.IsCutByPeer);
        ReportClosed();
        Log();
        _chain.OnClosed(this);
    }

    private void Log()
    {
        if (_chain.AccessLogs.Length == 0)
        {
            return;
        }

        HttpExchange exchange = _chain.Owner.Listeners.BeginConnectionLog(_traits, _startUs);
        exchange.Flags = _flags;
        exchange.ConnectionTerminationDetails = _details;
        exchange.ResponseCodeDetails = _codeDetails;
        exchange.ClusterName = _upstream.ClusterName;
        exchange.Cluster = _upstream.Cluster?.Current;
        exchange.Endpoint = _upstream.Endpoint;
        exchange.UpstreamLocalAddress = _upstream.LocalAddress;
        exchange.UpstreamTransportFailureReason = _upstream.FailureReason;
        exchange.AttemptCount = _upstream.AttemptCount;
        exchange.RequestBodyBytes = _toUpstream?.Bytes ?? 0;
        exchange.ResponseBodyBytes = _toDownstream?.Bytes ?? 0;
        _chain.Owner.Listeners.EndConnectionLog(_chain.AccessLogs);
    }

    private void ReportOpened()
    {
        if (_chain.Owner.IsTelemetryOn)
        {
            _chain.Owner.Listeners.IstioMetrics.Tcp.RecordOpened(_upstream.Cluster?.Current, _upstream.Endpoint, _flags);
        }
    }

    private void ReportBytes()
    {
        if (_chain.Owner.IsTelemetryOn)
        {
            // As Istio has it: "sent" is what the client gets.
            long sent = _toDownstream?.Bytes ?? 0;
            long received = _toUpstream?.Bytes ?? 0;
            _chain.Owner.Listeners.IstioMetrics.Tcp.RecordBytes(
                _upstream.Cluster?.Current, _upstream.Endpoint, _flags, sent - _reportedSent, received - _reportedReceived);
            _reportedSent = sent;
            _reportedReceived = received;
        }
    }

    private void ReportClosed()
    {
        ReportBytes();
        if (_chain.Owner.IsTelemetryOn)
        {
            _chain.Owner.Listeners.IstioMetrics.Tcp.RecordClosed(_upstream.Cluster?.Current, _upstream.Endpoint, _flags);
        }
    }

    // A reset of the upstream while both pumps wait for the client.
    private sealed class ResetWatch(TcpSession session) : IConnectionEvents
    {
        public void OnReadable()
        {
            // The pump asks for that.
        }

        public void OnPeerClosed(bool reset)
        {
            if (reset)
            {
                session.OnCut(isDownstream: false, IoError.Reset);
            }
        }
    }
}
