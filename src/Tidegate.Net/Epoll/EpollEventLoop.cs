using System.Net;
using Tidegate.Net.Interop;

namespace Tidegate.Net.Epoll;

/// <summary>
/// The loop over epoll. Each connection is registered once, edge-triggered, for reading and writing, and is asked for nothing again
/// until it is closed; listening sockets are level-triggered, so that a bounded number of accepts per turn loses none.
/// </summary>
internal sealed class EpollEventLoop : EventLoop
{
    internal const uint ConnectionEvents = EpollSet.Readable | EpollSet.Writable | EpollSet.PeerClosed | EpollSet.EdgeTriggered;
    private const ulong WakeToken = ulong.MaxValue;

    private readonly EpollSet _epoll;
    private readonly WakeEvent _wake;
    private readonly SourceTable _sources = new();
    private List<IEpollSource> _deferred = [];
    private List<IEpollSource> _running = [];

    internal EpollEventLoop(int index, EventLoopOptions options)
        : base(index, options)
    {
        _epoll = new EpollSet(options.MaxEventsPerTurn);
        _wake = new WakeEvent();
        int result = _epoll.TryAdd(_wake.Descriptor, EpollSet.Readable | EpollSet.EdgeTriggered, WakeToken);
        if (result < 0)
        {
            throw new InvalidOperationException($"epoll_ctl: {new IoError(-result)}");
        }
    }

    public override int SocketCount => _sources.Count;

    internal int MaxBytesPerConnectionPerTurn => Options.MaxBytesPerConnectionPerTurn;

    protected override bool HasDeferred => _deferred.Count > 0;

    public override ListenSocket? Listen(IPEndPoint address, ListenOptions options, IAcceptHandler handler, out IoError error)
    {
        RequireCurrent();
        int fd = EpollListenSocket.Open(address, options, out error);
        if (fd < 0)
        {
            return null;
        }

        var socket = new EpollListenSocket(this, fd, options, handler);
        socket.Resume();
        return socket;
    }

    public override ValueTask<ConnectResult> ConnectAsync(EndPoint remote, ConnectOptions options)
    {
        RequireCurrent();
        return ConnectOperation.Start(this, remote, options);
    }

    /// <summary>Registers a descriptor; false with the error when the kernel refuses (out of memory or of watches).</summary>
    internal bool TryRegister(IEpollSource source, int fd, uint events, out ulong token, out IoError error)
    {
        token = _sources.Add(source);
        int result = _epoll.TryAdd(fd, events, token);
        if (result < 0)
        {
            _sources.Remove(token);
            error = new IoError(-result);
            return false;
        }

        error = IoError.None;
        return true;
    }

    /// <summary>Gives a registration to another source.</summary>
    internal void Replace(ulong token, IEpollSource source) => _sources.Replace(token, source);

    /// <summary>Forgets a source whose descriptor is about to be closed, which takes it out of the kernel's set.</summary>
    internal void Forget(ulong token) => _sources.Remove(token);

    /// <summary>Takes out a descriptor that stays open.</summary>
    internal void Unregister(ulong token, int fd)
    {
        _sources.Remove(token);
        _epoll.Remove(fd);
    }

    /// <summary>
    /// Has <see cref="IEpollSource.OnDeferred"/> called in the next round: later in this turn when called by an event, in the next
    /// turn when called by a deferred call itself.
    /// </summary>
    internal void Defer(IEpollSource source)
    {
        if (!source.IsDeferred)
        {
            source.IsDeferred = true;
            _deferred.Add(source);
        }
    }

    protected override void PollAndDispatch(int timeoutMs)
    {
        int count = _epoll.Wait(timeoutMs);
        BeginTurn();
        for (int i = 0; i < count; i++)
        {
            ulong token = _epoll.TokenAt(i);
            if (_sources.Find(token) is { } source)
            {
                DispatchEvents(source, _epoll.EventsAt(i));
            }
            else if (token == WakeToken)
            {
                AcknowledgeWake();
            }
        }

        if (_deferred.Count > 0)
        {
            RunDeferred();
        }
    }

    protected override int PinThread(int cpu) => ThreadAffinity.PinCurrentThread(cpu);

    protected override void Wake() => _wake.Signal();

    protected override void CloseSockets()
    {
        foreach (IEpollSource source in _sources.ToArray())
        {
            source.OnLoopStopping();
        }
    }

    protected override void AwaitWake()
    {
        while (true)
        {
            int count = _epoll.Wait(-1);
            for (int i = 0; i < count; i++)
            {
                if (_epoll.TokenAt(i) == WakeToken)
                {
                    return;
                }
            }
        }
    }

    protected override void CloseSystem()
    {
        _wake.Close();
        _epoll.Close();
    }

    private void DispatchEvents(IEpollSource source, uint events)
    {
        try
        {
            if (source is EpollConnection connection)
            {
                connection.OnEvents(events);
            }
            else
            {
                source.OnEvents(events);
            }
        }
        catch (Exception exception)
        {
            Fault(source, exception);
        }
    }

    private void RunDeferred()
    {
        (_deferred, _running) = (_running, _deferred);
        foreach (IEpollSource source in _running)
        {
            source.IsDeferred = false;
            try
            {
                source.OnDeferred();
            }
            catch (Exception exception)
            {
                Fault(source, exception);
            }
        }

        _running.Clear();
    }

    private void Fault(IEpollSource source, Exception exception)
    {
        ReportUnhandled(exception, source.Description);
        source.OnFault();
    }
}
