using System.Net;
using Tidegate.Net.Buffers;
using Tidegate.Net.Memory;
using Tidegate.Net.Timers;

namespace Tidegate.Net;

/// <summary>
/// One worker's loop: a thread that waits for sockets, timers and posted callbacks and runs what belongs to them. All that it owns
/// (connections, timers, buffers) is touched only on its thread; from outside there is <see cref="Post"/>. Code on the loop is
/// plain async/await: socket operations continue inline, foreign tasks come back through <see cref="Context"/>. This class holds
/// what every kind of loop shares; a subclass brings the system's way to wait and the sockets (epoll; io_uring later).
/// </summary>
public abstract class EventLoop
{
    [ThreadStatic]
    private static EventLoop? _current;

    private readonly EventLoopOptions _options;
    private readonly PostQueue _posts = new();
    private readonly PostQueue _atEnd = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TimeProvider _time;
    private readonly long _timestampsPerSecond;
    private readonly ITimer? _foreignClockTimer;
    private Thread? _thread;
    private volatile bool _stopRequested;
    private int _wakePending;

    /// <summary>Sets up what all loops share.</summary>
    protected EventLoop(int index, EventLoopOptions options)
    {
        Index = index;
        _options = options;
        _time = options.Time;
        _timestampsPerSecond = _time.TimestampFrequency;
        ReadClock();
        Timers = new TimerWheel(NowMs, exception => ReportUnhandled(exception, "a timer"));
        Memory = (options.Memory ?? new MemoryBudget()).Open();
        Trimmer = new PoolTrimmer(Timers, options.TrimPeriodMs);
        Buffers = new BufferPool(Trimmer, Memory, options.TracksBuffers);
        Context = new LoopSynchronizationContext(this);
        if (_time != TimeProvider.System)
        {
            TimeSpan never = Timeout.InfiniteTimeSpan;
            _foreignClockTimer = _time.CreateTimer(static loop => ((EventLoop)loop!).WakeOnce(), this, never, never);
        }
    }

    /// <summary>The loop of the calling thread; null on other threads.</summary>
    public static EventLoop? Current => _current;

    /// <summary>The worker's number, from 0.</summary>
    public int Index { get; }

    /// <summary>Whether the caller runs on this loop's thread.</summary>
    public bool IsCurrent => ReferenceEquals(_current, this);

    /// <summary>The monotonic time of this turn in milliseconds (CLOCK_MONOTONIC), read once per turn.</summary>
    public long NowMs { get; private set; }

    /// <summary>The monotonic time of this turn in microseconds, read once per turn.</summary>
    public long NowUs { get; private set; }

    /// <summary>How many turns the loop has made.</summary>
    public long Turn { get; private set; }

    /// <summary>The loop's timers.</summary>
    public TimerWheel Timers { get; }

    /// <summary>The loop's buffers.</summary>
    public BufferPool Buffers { get; }

    /// <summary>What the loop holds of the memory that there is for peers.</summary>
    public MemoryAccount Memory { get; }

    /// <summary>Gives back what the loop's pools do not need.</summary>
    public PoolTrimmer Trimmer { get; }

    /// <summary>Brings the awaits of tasks that end elsewhere back to this loop; it is the current one on the loop's thread.</summary>
    public SynchronizationContext Context { get; }

    /// <summary>
    /// Sockets that are registered with the loop: connections, connects under way, listening sockets. Exact on the loop,
    /// approximate elsewhere.
    /// </summary>
    public abstract int SocketCount { get; }

    /// <summary>The options.</summary>
    protected EventLoopOptions Options => _options;

    /// <summary>Starts the thread.</summary>
    /// <exception cref="InvalidOperationException">The loop was started or stopped before.</exception>
    public void Start()
    {
        var thread = new Thread(Run) { IsBackground = true, Name = _options.Name };
        if (_stopRequested || Interlocked.CompareExchange(ref _thread, thread, null) is not null)
        {
            throw new InvalidOperationException("A loop can be started once.");
        }

        thread.Start();
    }

    /// <summary>
    /// Runs the callback on the loop, in the order of posting; from any thread. From the loop itself it runs later in the same turn
    /// or in the next. Callbacks that arrive after the loop has ended are dropped.
    /// </summary>
    public void Post(Action<object?> callback, object? state)
    {
        _posts.Add(callback, state);
        if (!IsCurrent)
        {
            WakeOnce();
        }
    }

    /// <summary>
    /// Runs the callback when all else of this turn was done, what was posted before it began included: for what is worth gathering, as sends are. Called on the loop. From a
    /// callback of this kind it runs at the end of the next turn.
    /// </summary>
    public void PostToEndOfTurn(Action<object?> callback, object? state)
    {
        RequireCurrent();
        _atEnd.Add(callback, state);
    }

    internal void PostFromContext(SendOrPostCallback callback, object? state)
    {
        _posts.Add(callback, state);
        if (!IsCurrent)
        {
            WakeOnce();
        }
    }

    /// <summary>
    /// Watches a task that nobody awaits: when it fails, now or later, the exception goes to <see
    /// cref="EventLoopOptions.OnUnhandled"/> with <paramref name="context"/>. Allocates nothing in steady state, and gives the
    /// boxes of pooled async methods back, which merely dropping the task would not.
    /// </summary>
    public void Detach(ValueTask task, string context) => DetachedTask.Observe(this, task, context);

    /// <summary>
    /// Closes all that is registered, runs what was posted and what that closing continues, and ends the thread. The task completes
    /// when the thread is about to end. Never to be waited for blockingly on the loop itself.
    /// </summary>
    public Task StopAsync()
    {
        _stopRequested = true;
        if (Interlocked.CompareExchange(ref _thread, Thread.CurrentThread, null) is null)
        {
            Run();
        }
        else
        {
            WakeOnce();
        }

        return _ended.Task;
    }

    /// <summary>
    /// Listens. Called on the loop, or before it is started. Null with the error when it fails: <see cref="IoError.AddressInUse"/>,
    /// <see cref="IoError.PermissionDenied"/>, <see cref="IoError.AddressNotAvailable"/>, ...
    /// </summary>
    public abstract ListenSocket? Listen(IPEndPoint address, ListenOptions options, IAcceptHandler handler, out IoError error);

    /// <summary>
    /// Connects to an <see cref="IPEndPoint"/> or a <see cref="System.Net.Sockets.UnixDomainSocketEndPoint"/>. Called on the loop.
    /// </summary>
    /// <exception cref="ArgumentException">The end point is of another kind.</exception>
    public abstract ValueTask<ConnectResult> ConnectAsync(EndPoint remote, ConnectOptions options);

    /// <summary>Reports an exception that a callback let through.</summary>
    internal void ReportUnhandled(Exception exception, string context)
    {
        try
        {
            if (_options.OnUnhandled is { } handler)
            {
                handler(exception, context);
            }
            else
            {
                Console.Error.WriteLine($"unhandled in {context}: {exception}");
            }
        }
        catch (Exception second)
        {
            Console.Error.WriteLine($"the handler of unhandled exceptions failed in {context}: {second}; for {exception}");
        }
    }

    /// <summary>Throws when the caller is not on this loop (or, before the start, anywhere).</summary>
    protected internal void RequireCurrent()
    {
        if (!IsCurrent && _thread is not null)
        {
            ThrowNotCurrent();
        }
    }

    /// <summary>
    /// Waits for events up to the time (-1: for ever), begins the turn with <see cref="BeginTurn"/>, and dispatches the events and
    /// what was deferred.
    /// </summary>
    protected abstract void PollAndDispatch(int timeoutMs);

    /// <summary>Whether something was deferred to the next round, so that the loop must not sleep.</summary>
    protected abstract bool HasDeferred { get; }

    /// <summary>Ends the waiting of <see cref="PollAndDispatch"/>; from any thread.</summary>
    protected abstract void Wake();

    /// <summary>Closes every socket that is registered.</summary>
    protected abstract void CloseSockets();

    /// <summary>Waits for a <see cref="Wake"/> that another thread is about to make.</summary>
    protected abstract void AwaitWake();

    /// <summary>Gives the system's resources back; the last thing that happens.</summary>
    protected abstract void CloseSystem();

    /// <summary>Called when waiting has ended: reads the clock.</summary>
    protected void BeginTurn()
    {
        Turn++;
        ReadClock();
        Timers.BeginTurn(NowMs);
    }

    /// <summary>Called when a wake was seen: posts from now on wake anew.</summary>
    protected void AcknowledgeWake() => Interlocked.Exchange(ref _wakePending, 0);

    private static void ThrowNotCurrent() =>
        throw new InvalidOperationException("Only the loop's own thread may do this; post to the loop.");

    private void ReadClock()
    {
        long timestamp = _time.GetTimestamp();
        NowUs = _timestampsPerSecond == 1_000_000_000 ? timestamp / 1000 : (long)((Int128)timestamp * 1_000_000 / _timestampsPerSecond);
        NowMs = NowUs / 1000;
    }

    private void WakeOnce()
    {
        if (Interlocked.Exchange(ref _wakePending, 1) == 0)
        {
            Wake();
        }
    }

    /// <summary>Pins the calling thread to a processor; 0, or a negated errno.</summary>
    protected abstract int PinThread(int cpu);

    private void Run()
    {
        EventLoop? outer = _current;
        SynchronizationContext? outerContext = SynchronizationContext.Current;
        _current = this;
        SynchronizationContext.SetSynchronizationContext(Context);
        if (_options.Cpu is { } cpu && !_stopRequested && PinThread(cpu) is < 0 and var failure)
        {
            ReportUnhandled(new InvalidOperationException($"cannot pin to CPU {cpu}: {new IoError(-failure)}"), "the start of a loop");
        }

        while (!_stopRequested)
        {
            OneTurn(TimeoutMs());
        }

        Finish();
        SynchronizationContext.SetSynchronizationContext(outerContext);
        _current = outer;
        _ended.SetResult();
    }

    private void OneTurn(int timeoutMs)
    {
        PollAndDispatch(timeoutMs);
        Timers.Advance(NowMs);
        _posts.Run(this);
        _atEnd.Run(this);
    }

    private int TimeoutMs()
    {
        if (HasDeferred || !_posts.IsEmpty || !_atEnd.IsEmpty)
        {
            return 0;
        }

        int waitMs = Timers.MillisecondsToNext(NowMs);
        if (waitMs < 0)
        {
            return -1;
        }

        if (_foreignClockTimer is null)
        {
            return waitMs;
        }

        // A clock turned by hand: sleep until it says so. The wake cannot be missed, a post-like wake stays pending.
        _ = _foreignClockTimer.Change(TimeSpan.FromMilliseconds(waitMs), Timeout.InfiniteTimeSpan);
        return -1;
    }

    // Closing continues operations, which may connect, post and defer again: a bounded number of rounds lets all of it run down.
    private void Finish()
    {
        const int maxRounds = 1000;
        int round = 0;
        do
        {
            CloseSockets();
            OneTurn(0);
        }
        while (++round < maxRounds && (SocketCount > 0 || HasDeferred || !_posts.IsEmpty || !_atEnd.IsEmpty));

        // Whoever finds the wake pending writes nothing more. If somebody else made it pending, his write is on its way and must
        // not hit a descriptor closed and used anew.
        _foreignClockTimer?.Dispose();
        if (Interlocked.Exchange(ref _wakePending, 1) == 1)
        {
            AwaitWake();
        }

        CloseSystem();
    }
}
