using System.Runtime.CompilerServices;
using Tidegate.Http;
using Tidegate.Http.Headers;
using Tidegate.Net;
using Tidegate.Proxy.LocalReplies;
using Tidegate.Proxy.Upstream;

namespace Tidegate.Proxy.Exchanges.Forwarding;

/// <summary>
/// The attempts that one request makes beside its first: each begins when one before it has passed its limit of time, which goes on
/// all the same. The first good answer of all is the client's (Envoy: <c>HedgePolicy.hedge_on_per_try_timeout</c>).
/// </summary>
internal sealed class Hedging(DownstreamStream stream, Forwarder forwarder, RetryState retries)
{
    private readonly List<Hedge> _running = [];
    private readonly List<Hedge> _free = [];
    private readonly LoopSignal _changed = new(stream.Worker.Loop);
    private Hedge? _winner;
    private bool _isOver;
    private bool _isWaitStopped;

    /// <summary>Whether attempts of ours are under way.</summary>
    public bool IsRunning => _running.Count > 0;

    /// <summary>The attempt whose answer is the client's; null while there is none.</summary>
    public UpstreamAttempt? Winner => _winner?.Attempt;

    /// <summary>How the last attempt that failed did.</summary>
    public AttemptOutcome LastOutcome { get; private set; }

    /// <summary>What the last attempt that was reset was reset by.</summary>
    public UpstreamReset LastReset { get; private set; }

    /// <summary>Whether somebody waits for our attempts to settle it.</summary>
    public bool IsAwaited => _changed.IsAwaited;

    /// <summary>Begins another attempt after the retry policy's pause.</summary>
    public void Begin(WorkerCluster cluster, ReplayBuffer body)
    {
        if (_free.Count == 0)
        {
            _free.Add(new Hedge(stream, forwarder));
        }

        Hedge hedge = _free[^1];
        _free.RemoveAt(_free.Count - 1);
        _running.Add(hedge);
        stream.Worker.Run(RunAsync(hedge, cluster, body));
    }

    /// <summary>Waits until one of our attempts has won or none is left, or until <see cref="StopWaiting"/>.</summary>
    [AsyncMethodBuilder(typeof(LoopMethodBuilder))]
    public async ValueTask SettleAsync()
    {
        _isWaitStopped = false;
        while (!_isWaitStopped && _winner is null && IsRunning)
        {
            await _changed.WaitAsync();
        }
    }

    /// <summary>Ends that wait.</summary>
    public void StopWaiting()
    {
        _isWaitStopped = true;
        _changed.Set();
    }

    /// <summary>Ends all attempts that have not won.</summary>
    public void Stop()
    {
        _isOver = true;
        for (int i = _running.Count - 1; i >= 0; i--)
        {
            _running[i].Stop();
        }
    }

    /// <summary>The exchange is over: waits until nothing of it is under way.</summary>
    [AsyncMethodBuilder(typeof(LoopMethodBuilder))]
    public async ValueTask FinishAsync()
    {
        Stop();
        while (IsRunning)
        {
            await _changed.WaitAsync();
        }

        if (_winner is not null)
        {
            _free.Add(_winner);
            _winner = null;
        }

        _isOver = false;
    }

    [AsyncMethodBuilder(typeof(LoopMethodBuilder))]
    private async ValueTask RunAsync(Hedge hedge, WorkerCluster cluster, ReplayBuffer body)
    {
        // 1. The attempt.
        UpstreamAttempt attempt = hedge.Attempt;
        AttemptOutcome outcome = AttemptOutcome.Aborted;
        await hedge.Pause.WaitAsync(retries.NextPauseMs());
        if (!_isOver)
        {
            outcome = await attempt.RunCopyAsync(cluster, retries.ChooseEndpoint(stream.Exchange), body);
        }

        // 2. What came of it. A bad answer that nothing else can better is the client's as well.
        forwarder.NoteNoAnswer(attempt, outcome);
        _running.Remove(hedge);
        bool isAnswered = outcome == AttemptOutcome.Answered;
        bool isRetried = !_isOver && !attempt.IsReplaced && forwarder.ShouldRetry(attempt, outcome);
        if (isAnswered && !isRetried && !_isOver && !(retries.IsRetriable(attempt.Response) && (IsRunning || forwarder.IsAttempting)))
        {
            _winner = hedge;
            _isOver = true;
            forwarder.OnOutrun();
            return;
        }

        // 3. Nobody needs it.
        LastOutcome = outcome;
        LastReset = attempt.Reset;
        if (isAnswered)
        {
            if (isRetried)
            {
                cluster.Stats.RetryUpstreamRq.Count(attempt.Response.Status);
            }

            attempt.DropAnswer();
        }
        else
        {
            attempt.GiveUp();
        }

        _free.Add(hedge);
        if (isRetried)
        {
            Begin(cluster, body);
        }

        _changed.Set();
    }

    // One attempt beside others, with the pause before it.
    private sealed class Hedge(DownstreamStream stream, Forwarder forwarder)
    {
        public UpstreamAttempt Attempt { get; } = new(stream, forwarder, new ResponseHead(), new HeaderMap());

        public BackOffPause Pause { get; } = new(stream.Worker.Loop);

        public void Stop()
        {
            if (Pause.IsWaiting)
            {
                Pause.Cancel();
            }
            else
            {
                Attempt.Stop(AttemptOutcome.Outrun);
            }
        }
    }
}
