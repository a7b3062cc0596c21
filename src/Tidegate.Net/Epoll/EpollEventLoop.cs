using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using Tidegate.Net.Interop;
using Tidegate.Net.Timers;

namespace Tidegate.Net.Epoll;

/// <summary>
/// The loop on epoll. A turn: wait for events, read the clock, serve the events, then the timers, then what was posted. A
/// descriptor's slot and the slot's generation travel with its events, so that a late event of a closed descriptor meets nobody.
/// </summary>
internal sealed class EpollEventLoop : EventLoop
{
    private const ulong WakeUp = ulong.MaxValue;

    private readonly EventLoopOptions _options;
    private readonly int _epoll;
    private readonly int _wakeUpFd;
    private readonly EpollEvents _events;
    private readonly EpollEvents _change = new(1);
    private readonly List<EpollRegistration?> _slots = [];
    private readonly List<uint> _generations = [];
    private readonly Stack<int> _freeSlots = new();
    private readonly Queue<EpollConnection> _deferred = new();
    private readonly ConcurrentQueue<(Action<object?> Callback, object? State)> _posted = new();
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Thread _thread;
    private int _isWakeUpSent;
    private bool _isStopping;

    public EpollEventLoop(int index, EventLoopOptions options)
        : base(index)
    {
        _options = options;
        _epoll = Require(Libc.EpollCreate1(Libc.EpollCloexec), "epoll_create1");
        _wakeUpFd = Require(Libc.EventFd(0, Libc.EfdNonblock | Libc.EfdCloexec), "eventfd");
        _events = new EpollEvents(options.MaxEventsPerTurn);
        ReadClock();
        Timers = new TimerWheel(NowMs, exception => Report(exception, "a timer"));
        unsafe
        {
            Require(Libc.EpollCtl(_epoll, Libc.EpollCtlAdd, _wakeUpFd, _change.SetFirst(Libc.EpollIn, WakeUp)), "epoll_ctl");
        }

        _thread = new Thread(Run) { Name = options.Name, IsBackground = true };
    }

    /// <inheritdoc/>
    public override void Start() => _thread.Start();

    /// <inheritdoc/>
    public override void Post(Action<object?> callback, object? state)
    {
        _posted.Enqueue((callback, state));
        if (Interlocked.Exchange(ref _isWakeUpSent, 1) == 0)
        {
            ulong one = 1;
            unsafe
            {
                _ = Libc.Write(_wakeUpFd, &one, sizeof(ulong)); // fails only when it is full of wake-ups already
            }
        }
    }

    /// <inheritdoc/>
    public override Task StopAsync()
    {
        if ((_thread.ThreadState & System.Threading.ThreadState.Unstarted) != 0)
        {
            return Task.CompletedTask;
        }

        Post(_ => _isStopping = true, null);
        return _stopped.Task;
    }

    /// <inheritdoc/>
    public override ListenSocket? Listen(IPEndPoint address, ListenOptions options, IAcceptHandler handler, out IoError error) =>
        EpollListenSocket.Open(this, address, options, handler, out error);

    /// <inheritdoc/>
    public override ValueTask<ConnectResult> ConnectAsync(EndPoint remote, ConnectOptions options)
    {
        Debug.Assert(IsCurrent, "a loop's sockets belong to its thread");
        return ConnectOperation.Start(this, remote, options);
    }

    /// <summary>Watches a descriptor. False: the system refuses, for want of memory.</summary>
    public bool Add(EpollRegistration registration, uint events)
    {
        if (!_freeSlots.TryPop(out int slot))
        {
            slot = _slots.Count;
            _slots.Add(null);
            _generations.Add(0);
        }

        _slots[slot] = registration;
        registration.Slot = slot;
        ulong data = ((ulong)_generations[slot] << 32) | (uint)slot;
        bool isAdded;
        unsafe
        {
            isAdded = Libc.EpollCtl(_epoll, Libc.EpollCtlAdd, registration.Fd, _change.SetFirst(events, data)) == 0;
        }

        if (!isAdded)
        {
            Remove(registration);
        }

        return isAdded;
    }

    /// <summary>Forgets a descriptor that is about to be closed; closing it takes it out of epoll.</summary>
    public void Remove(EpollRegistration registration)
    {
        int slot = registration.Slot;
        if (slot < 0)
        {
            return;
        }

        registration.Slot = -1;
        _slots[slot] = null;
        _generations[slot]++;
        _freeSlots.Push(slot);
    }

    /// <summary>Stops watching a descriptor that stays open.</summary>
    public unsafe void Suspend(EpollRegistration registration)
    {
        _ = Libc.EpollCtl(_epoll, Libc.EpollCtlDel, registration.Fd, _change.SetFirst(0, 0)); // it is there: it cannot fail
        Remove(registration);
    }

    /// <summary>Tells a connection at the end of the turn that it may be readable: its event has been used up before.</summary>
    public void Defer(EpollConnection connection) => _deferred.Enqueue(connection);

    /// <summary>Reports a bug.</summary>
    public void Report(Exception exception, string context) => _options.OnUnhandled?.Invoke(exception, context);

    private static int Require(int result, string call) =>
        result >= 0 ? result : throw new InvalidOperationException($"{call} failed: {new IoError(Libc.LastError)}");

    private void Run()
    {
        Current = this;
        SynchronizationContext.SetSynchronizationContext(Context);
        while (!_isStopping)
        {
            ReadClock();
            int timeoutMs = _deferred.Count > 0 || !_posted.IsEmpty ? 0 : Timers.MillisecondsToNext(NowMs);
            int count = Wait(timeoutMs);
            ReadClock();
            for (int i = 0; i < count; i++)
            {
                Serve(_events.DataAt(i), _events.EventsAt(i));
            }

            Timers.Advance(NowMs);
            ServeDeferred();
            ServePosted();
        }

        foreach (EpollRegistration? registration in _slots.ToArray())
        {
            registration?.OnLoopStops();
        }

        _ = Libc.Close(_wakeUpFd);
        _ = Libc.Close(_epoll);
        Current = null;
        _stopped.SetResult();
    }

    private unsafe int Wait(int timeoutMs)
    {
        int count = Libc.EpollWait(_epoll, _events.Pointer, _events.Capacity, timeoutMs);
        if (count < 0 && Libc.LastError != Libc.Eintr)
        {
            throw new InvalidOperationException($"epoll_wait failed: {new IoError(Libc.LastError)}");
        }

        return count;
    }

    private void Serve(ulong data, uint events)
    {
        if (data == WakeUp)
        {
            ulong wakeUps;
            unsafe
            {
                _ = Libc.Read(_wakeUpFd, &wakeUps, sizeof(ulong));
            }

            return;
        }

        int slot = (int)(uint)data;
        if (_slots[slot] is not { } registration || _generations[slot] != (uint)(data >> 32))
        {
            return;
        }

        try
        {
            registration.OnEvents(events);
        }
        catch (Exception exception)
        {
            Report(exception, "a socket event");
        }
    }

    private void ServeDeferred()
    {
        for (int count = _deferred.Count; count > 0; count--)
        {
            try
            {
                _deferred.Dequeue().OnDeferred();
            }
            catch (Exception exception)
            {
                Report(exception, "a deferred event");
            }
        }
    }

    private void ServePosted()
    {
        // First the flag, then the queue: what is posted from now on sends a wake-up of its own.
        Interlocked.Exchange(ref _isWakeUpSent, 0);
        for (int count = _posted.Count; count > 0 && _posted.TryDequeue(out (Action<object?> Callback, object? State) call); count--)
        {
            try
            {
                call.Callback(call.State);
            }
            catch (Exception exception)
            {
                Report(exception, "a posted call");
            }
        }
    }

    private void ReadClock() => NowUs = (long)(Stopwatch.GetTimestamp() * (1_000_000.0 / Stopwatch.Frequency));
}
