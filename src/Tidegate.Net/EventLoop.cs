using System.Net;
using Tidegate.Net.Buffers;
using Tidegate.Net.Epoll;
using Tidegate.Net.Timers;

namespace Tidegate.Net;

/// <summary>
/// One worker's event loop: a thread, its sockets, its timers, its buffers. Everything but <see cref="Post"/>,
/// <see cref="Start"/> and <see cref="StopAsync"/> is for the loop's own thread. The members are as few as they are so that
/// another mechanism than epoll fits behind them.
/// </summary>
public abstract class EventLoop
{
    [ThreadStatic]
    private static EventLoop? _current;

    private protected EventLoop(int index)
    {
        Index = index;
        Context = new LoopSynchronizationContext(this);
    }

    /// <summary>The loop whose thread this is.</summary>
    public static EventLoop? Current
    {
        get => _current;
        private protected set => _current = value;
    }

    /// <summary>Its number among its like.</summary>
    public int Index { get; }

    /// <summary>Whether the caller is on the loop's thread.</summary>
    public bool IsCurrent => _current == this;

    /// <summary>Monotonic milliseconds, read once per turn of the loop.</summary>
    public long NowMs => NowUs / 1000;

    /// <summary>Monotonic microseconds, read once per turn of the loop.</summary>
    public long NowUs { get; private protected set; }

    /// <summary>The loop's timers.</summary>
    public TimerWheel Timers { get; private protected init; } = null!;

    /// <summary>The loop's buffers.</summary>
    public BufferPool Buffers { get; } = new();

    /// <summary>Brings what awaits something from elsewhere (gRPC, DNS, a task of the thread pool) back to the loop.</summary>
    public SynchronizationContext Context { get; }

    /// <summary>Makes a loop; it does nothing before <see cref="Start"/>.</summary>
    public static EventLoop Create(int index, EventLoopOptions options) => new EpollEventLoop(index, options);

    /// <summary>Starts the thread.</summary>
    public abstract void Start();

    /// <summary>Has something done on the loop, in the order of the calls. For any thread. After the loop's end it is not done.</summary>
    public abstract void Post(Action<object?> callback, object? state);

    /// <summary>Closes all sockets and ends the thread. For any thread but the loop's.</summary>
    public abstract Task StopAsync();

    /// <summary>Listens, or says in <paramref name="error"/> why that is not possible. Other loops may listen on the same address.</summary>
    public abstract ListenSocket? Listen(IPEndPoint address, ListenOptions options, IAcceptHandler handler, out IoError error);

    /// <summary>Connects to an <see cref="IPEndPoint"/> or a Unix domain socket.</summary>
    public abstract ValueTask<ConnectResult> ConnectAsync(EndPoint remote, ConnectOptions options);
}
