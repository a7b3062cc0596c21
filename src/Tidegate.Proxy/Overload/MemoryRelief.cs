using Tidegate.Net;
using Tidegate.Net.Memory;
using Tidegate.Net.Timers;

namespace Tidegate.Proxy.Overload;

/// <summary>
/// Makes room while new requests have to be refused for want of memory: what lies ready in pools goes, then what requests can do without, and then the connections that hold most are ended, the
/// largest first (Envoy: <c>reset_high_memory_stream</c>). A client that fills every window it is given so loses what it has taken, and those who hold little are served.
/// </summary>
internal sealed class MemoryRelief
{
    // How often it looks, and how many connections it ends at once, so that it takes little time itself.
    private const long PeriodMs = 100;
    private const int MaxEndedAtOnce = 16;

    // Who holds less than this is not ended: it would make no room.
    private const long LeastBytes = 64 * 1024;

    private readonly MemoryAccount _account;
    private readonly PoolTrimmer _trimmer;
    private readonly CallbackTimer _timer;
    private bool _isRunning;

    /// <summary>The worker's connection that holds most; null when it has none.</summary>
    public Func<IMemoryHolder?> FindLargest { get; set; } = static () => null;

    /// <summary>What is given up first.</summary>
    public SpareMemory Spare { get; } = new();

    /// <param name="loop">The worker's loop.</param>
    public MemoryRelief(EventLoop loop)
    {
        _account = loop.Memory;
        _trimmer = loop.Trimmer;
        _timer = new CallbackTimer(loop.Timers, OnTimer);
    }

    /// <summary>Requests are refused. Nothing happens in this call.</summary>
    public void Begin()
    {
        if (!_isRunning)
        {
            _isRunning = true;
            _timer.Start(1);
        }
    }

    private void OnTimer()
    {
        _isRunning = _account.Pressure >= MemoryPressure.Critical;
        if (!_isRunning)
        {
            return;
        }

        _trimmer.TrimAll();
        Spare.GiveUp();
        long wanted = _account.BytesAbove(MemoryPressure.Severe);
        for (int i = 0; i < MaxEndedAtOnce && wanted > 0; i++)
        {
            IMemoryHolder? largest = FindLargest();
            if (largest is null || largest.HeldBytes < LeastBytes)
            {
                break;
            }

            wanted -= largest.HeldBytes;
            largest.Shed();
        }

        _timer.Start(PeriodMs);
    }
}
