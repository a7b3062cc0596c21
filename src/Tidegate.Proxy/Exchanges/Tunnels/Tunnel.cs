using System.Runtime.CompilerServices;
using Tidegate.Net;
using Tidegate.Net.Timers;
using Tidegate.Proxy.LocalReplies;
using Tidegate.Proxy.Upstream;
using Tidegate.Proxy.Wire;

namespace Tidegate.Proxy.Exchanges.Tunnels;

/// <summary>
/// What an exchange becomes when both sides have agreed to another protocol (an upgrade, or CONNECT): two pumps between its streams, with an idle
/// time of their own. When the upstream ends, so does the tunnel; a client that only ends its side may still be sent something.
/// </summary>
internal sealed class Tunnel
{
    private readonly DownstreamStream _stream;
    private readonly CallbackTimer _idleTimer;
    private readonly LoopSignal _upEnded;
    private readonly Action<LocalReply> _abort;
    private UpstreamStream _upstream = null!;
    private long _activeMs;
    private bool _isOver;
    private bool _isUpRunning;

    /// <param name="stream">The client's side.</param>
    /// <param name="abort">Ends the exchange for a reason; the tunnel sees it by the end of its upstream stream.</param>
    public Tunnel(DownstreamStream stream, Action<LocalReply> abort)
    {
        _stream = stream;
        _abort = abort;
        _upEnded = new LoopSignal(stream.Worker.Loop);
        _idleTimer = new CallbackTimer(stream.Worker.Loop.Timers, OnIdle);
    }

    private long NowMs => _stream.Worker.Loop.NowMs;

    private long IdleTimeoutMs => _stream.Worker.Options.TunnelIdleTimeoutMs;

    /// <summary>
    /// Passes bytes both ways until the upstream's side has ended: <see cref="UpstreamRead.End"/> when it did so in order. The answer that agreed
    /// has been appended, and the request is whole.
    /// </summary>
    [AsyncMethodBuilder(typeof(LoopMethodBuilder<>))]
    public async ValueTask<UpstreamRead> RunAsync(UpstreamStream upstream)
    {
        _upstream = upstream;
        _isOver = false;
        _activeMs = NowMs;
        _idleTimer.Start(IdleTimeoutMs);
        _stream.BecomeTunnel();
        upstream.BecomeTunnel();
        _isUpRunning = true;
        _stream.Worker.Run(PumpUpAsync());
        UpstreamRead end;
        try
        {
            end = await PumpDownAsync();
        }
        finally
        {
            _isOver = true;
            _idleTimer.Stop();
        }

        if (_isUpRunning)
        {
            // Nobody is there to take what the client still sends.
            upstream.Reset(StreamReset.NotNeeded);
            _stream.CancelBodyWait();
            while (_isUpRunning)
            {
                await _upEnded.WaitAsync();
            }
        }

        return end;
    }

    [AsyncMethodBuilder(typeof(LoopMethodBuilder<>))]
    private async ValueTask<UpstreamRead> PumpDownAsync()
    {
        while (true)
        {
            UpstreamRead read = _upstream.TryReadBody(out ReadOnlyMemory<byte> data);
            if (read == UpstreamRead.Ok && data.Length > 0)
            {
                _activeMs = NowMs;
                if (!await _stream.WriteBodyAsync(data))
                {
                    return UpstreamRead.Terminated;
                }

                continue;
            }

            if (!await _stream.FlushAsync())
            {
                return UpstreamRead.Terminated;
            }

            if (read == UpstreamRead.Ok)
            {
                read = await _upstream.WaitForBodyAsync();
            }

            if (read != UpstreamRead.Ok)
            {
                return read;
            }
        }
    }

    [AsyncMethodBuilder(typeof(LoopMethodBuilder))]
    private async ValueTask PumpUpAsync()
    {
        try
        {
            bool isOpen = true;
            while (isOpen && !_isOver)
            {
                isOpen = await PassUpAsync();
            }
        }
        catch (Exception exception)
        {
            // A bug: it costs this tunnel and nothing else (edge.md, L05).
            _stream.Worker.ReportUnhandled(exception, "passing a tunnel's bytes on");
            _abort(LocalReply.InternalError);
        }

        _isUpRunning = false;
        _upEnded.Set();
    }

    // False: nothing more will pass.
    [AsyncMethodBuilder(typeof(LoopMethodBuilder<>))]
    private async ValueTask<bool> PassUpAsync()
    {
        switch (_stream.TryReadBody(out ReadOnlyMemory<byte> data))
        {
            case BodyRead.Ok when data.Length > 0:
                _activeMs = NowMs;
                return await _upstream.WriteBodyAsync(data);
            case BodyRead.Ok:
                if (!await _upstream.FlushAsync())
                {
                    return false;
                }

                if (await _stream.WaitForBodyAsync() == BodyRead.Closed)
                {
                    EndByClient();
                    return false;
                }

                return true;
            case BodyRead.End:
                await _upstream.EndAsync(_stream.Exchange.RequestTrailers);
                return false;
            default:
                EndByClient();
                return false;
        }
    }

    private void EndByClient()
    {
        if (!_isOver)
        {
            _abort(LocalReply.DownstreamGone);
        }
    }

    private void OnIdle()
    {
        long restMs = _activeMs + IdleTimeoutMs - NowMs;
        if (restMs > 0)
        {
            _idleTimer.Start(restMs);
        }
        else
        {
            _abort(LocalReply.StreamIdleTimeout);
        }
    }
}
