using System.Buffers;
using Microsoft.Extensions.Logging;
using Tidegate.Http.Http2;
using Tidegate.Net;
using Tidegate.Net.Buffers;
using Tidegate.Net.Epoll;
using Tidegate.Net.Memory;
using Tidegate.Proxy.Overload;
using Tidegate.Proxy.Telemetry;

namespace Tidegate.Proxy.Workers;

/// <summary>
/// One event loop, and what all that runs on it needs of it: time, chance, limits, statistics. What a worker is made of is put together at the top
/// (<c>ServingWorker</c>). Everything here is touched only on the loop's thread, except through <see cref="EventLoop.Post"/>.
/// </summary>
internal sealed partial class Worker
{
    private readonly ILogger _logger;
    private readonly ServerHealth _health;
    private readonly DetachedCalls _calls;

    public Worker(int index, ProxyOptions options, StatsStore stats, MemoryBudget memory, ServerHealth health, OwnPages ownPages, OwnListeners ownListeners, ILogger logger)
    {
        Options = options;
        Stats = stats;
        TlsInspectorStats = stats.TlsInspector.ForWorker(index);
        Http1Stats = stats.Http1.ForWorker(index);
        Http2Counters = stats.Http2.ForWorker(index);
        OwnPages = ownPages;
        OwnListeners = ownListeners;
        Handshakes = new HandshakeLimit(options.MaxHandshakesPerWorker);
        _health = health;
        _logger = logger;
        Loop = PlatformLoop.Create(
            index, new EventLoopOptions { Name = $"worker-{index}", OnUnhandled = ReportUnhandled, Memory = memory, TrimPeriodMs = options.MemoryTrimMs });
        Memory = new WorkerMemory(Loop);
        ArrayPool = new LoopArrayPool(Loop.Buffers);
        _calls = new DetachedCalls(exception => ReportUnhandled(exception, "a detached call"));
    }

    /// <summary>The loop.</summary>
    public EventLoop Loop { get; }

    /// <summary>Its number, from 0.</summary>
    public int Index => Loop.Index;

    /// <summary>What there is of memory for peers.</summary>
    public WorkerMemory Memory { get; }

    /// <summary>The loop's buffers, for codecs.</summary>
    public ArrayPool<byte> ArrayPool { get; }

    /// <summary>Where bytes go that nobody reads: any number of receives may be under way into it.</summary>
    public Memory<byte> Sink { get; } = new byte[BufferPool.MediumLength];

    /// <summary>The data plane's options.</summary>
    public ProxyOptions Options { get; }

    /// <summary>The statistics of all workers.</summary>
    public StatsStore Stats { get; }

    /// <summary>What this worker counts of connections whose ClientHello is looked at.</summary>
    public TlsInspectorStats TlsInspectorStats { get; }

    /// <summary>What this worker counts of the HTTP/1.1 codec towards clients.</summary>
    public Http1Stats Http1Stats { get; }

    /// <summary>The same of the HTTP/2 codec.</summary>
    public Http2Counters Http2Counters { get; }

    /// <summary>The limit of this worker's TLS handshakes.</summary>
    public HandshakeLimit Handshakes { get; }

    /// <summary>The addresses that no cluster of the configuration may lead to.</summary>
    public OwnPages OwnPages { get; }

    /// <summary>The addresses of the gateway's own listeners.</summary>
    public OwnListeners OwnListeners { get; }

    /// <summary>This worker's source of chance.</summary>
    public Random Random { get; } = new();

    /// <summary>Whether load balancers in front are to be told that the gateway is not well: by hand, or because it ends.</summary>
    public bool IsHealthCheckFailing => _health.IsDenied;

    /// <summary>What decoding HTTP/2 needs for the moment.</summary>
    public Http2Scratch Http2Scratch { get; } = new();

    /// <summary>The wall clock, as exact as the loop's turn: UTC ticks.</summary>
    public long UtcTicks => WallClock.TicksAt(Loop.NowUs);

    private WallClock WallClock { get; } = new();

    /// <summary>The present date as RFC 9110, section 5.6.7 has it; made once a second.</summary>
    public ReadOnlySpan<byte> Date => WallClock.DateAt(Loop.NowUs);

    /// <summary>Starts an async method that nobody awaits; what it throws is reported.</summary>
    public void Run(ValueTask call) => _calls.Run(call);

    /// <summary>An exception that nobody expected: a bug, which costs one connection.</summary>
    public void ReportUnhandled(Exception exception, string context)
    {
        Interlocked.Increment(ref Stats.Server.EnvoyBugFailures);
        LogUnhandled(_logger, exception, context);
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "unhandled exception while {Context}; the connection is closed")]
    private static partial void LogUnhandled(ILogger logger, Exception exception, string context);
}
