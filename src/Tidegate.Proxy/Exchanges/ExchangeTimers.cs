using Tidegate.Net.Timers;
using Tidegate.Proxy.LocalReplies;
using Tidegate.Proxy.Requests;
using Tidegate.Proxy.Runtime;
using Tidegate.Proxy.Workers;

namespace Tidegate.Proxy.Exchanges;

/// <summary>
/// The limits of time on a whole exchange, whatever it waits for: idleness, the coming of the request, the length of it all (Envoy:
/// <c>stream_idle_timeout</c>, <c>request_timeout</c>, <c>max_stream_duration</c>). Istio sets none of them by default, and an exchange
/// without any touches no timer. Activity is a time that is noted; the timer looks at it when it ends, and is not set anew before.
/// </summary>
internal sealed class ExchangeTimers
{
    private readonly ExchangeRunner _runner;
    private readonly DownstreamStream _stream;
    private readonly CallbackTimer _idle;
    private readonly CallbackTimer _request;
    private readonly CallbackTimer _duration;
    private long _idleMs;
    private long _lastActivityMs;
    private bool _isRunning;

    public ExchangeTimers(ExchangeRunner runner, DownstreamStream stream)
    {
        _runner = runner;
        _stream = stream;
        _idle = new CallbackTimer(stream.Worker.Loop.Timers, OnIdle);
        _request = new CallbackTimer(stream.Worker.Loop.Timers, OnRequestTooSlow);
        _duration = new CallbackTimer(stream.Worker.Loop.Timers, OnTooLong);
    }

    private Worker Worker => _stream.Worker;

    private long NowMs => Worker.Loop.NowMs;

    /// <summary>Starts what listener and route ask for; the route's own word counts where it has one.</summary>
    public void Start(RuntimeHttpConnectionManager manager, RuntimeRoute? route)
    {
        long idleMs = route?.IdleTimeoutMs ?? manager.StreamIdleTimeoutMs;
        long requestMs = _stream.IsRequestComplete ? 0 : manager.RequestTimeoutMs ?? 0;
        long durationMs = route?.MaxStreamDurationMs ?? manager.MaxStreamDurationMs ?? 0;
        if (route?.GrpcDurationMaxMs is { } grpcMaxMs && GrpcTimeout.Of(_stream.Exchange.Request) is { } grpcMs)
        {
            durationMs = grpcMaxMs > 0 && (grpcMs == 0 || grpcMs > grpcMaxMs) ? grpcMaxMs : grpcMs;
        }

        if ((idleMs | requestMs | durationMs) == 0)
        {
            return;
        }

        _isRunning = true;
        _idleMs = idleMs;
        _lastActivityMs = NowMs;
        _idle.Start(idleMs);
        _request.Start(Rest(requestMs));
        _duration.Start(Rest(durationMs));
    }

    /// <summary>Something came or went.</summary>
    public void NoteActivity()
    {
        if (_isRunning)
        {
            _lastActivityMs = NowMs;
        }
    }

    /// <summary>The request is whole.</summary>
    public void OnRequestComplete()
    {
        if (_isRunning)
        {
            _request.Stop();
        }
    }

    /// <summary>The exchange is over.</summary>
    public void Stop()
    {
        if (_isRunning)
        {
            _isRunning = false;
            _idle.Stop();
            _request.Stop();
            _duration.Stop();
        }
    }

    // What is left of a limit that began with the request's first byte; at least 1, because 0 is none.
    private long Rest(long limitMs) =>
        limitMs == 0 ? 0 : Math.Max(1, limitMs - ((Worker.Loop.NowUs - _stream.Exchange.StartUs) / 1000));

    private void OnIdle()
    {
        long restMs = _lastActivityMs + _idleMs - NowMs;
        if (restMs > 0)
        {
            _idle.Start(restMs);
            return;
        }

        _stream.Connection.Stats.DownstreamRqIdleTimeout++;
        _runner.OnTimeout(_stream.IsRequestComplete ? LocalReply.StreamIdleTimeout : LocalReply.RequestBodyTimeout);
    }

    private void OnRequestTooSlow()
    {
        _stream.Connection.Stats.DownstreamRqTimeout++;
        _runner.OnTimeout(LocalReply.RequestTimeout);
    }

    private void OnTooLong()
    {
        _stream.Connection.Stats.DownstreamRqMaxDurationReached++;
        _runner.OnTimeout(_stream.IsRequestComplete ? LocalReply.StreamTooLong : LocalReply.StreamTooLongWhileReading);
    }
}
