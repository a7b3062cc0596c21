using Tidegate.Hosting.Background;
using Tidegate.Hosting.Interop;
using Tidegate.Net.Memory;
using Tidegate.Proxy.Telemetry;

namespace Tidegate.Proxy.Overload;

/// <summary>
/// Watches the memory budget from beside the workers: tells of it in statistics, and has the garbage collector and the C library give the system back what a flood took, once the flood is
/// over. By themselves both keep it: an idle process collects nothing.
/// </summary>
internal sealed class MemoryKeeper : IDisposable
{
    // What has to be free again, and how long it has to rest, before a collection is worth its pause.
    private const long LeastReturnBytes = 8 * 1024 * 1024;
    private const int QuietTicks = 3;

    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan SocketTick = TimeSpan.FromMilliseconds(100);

    private readonly OverloadStats _stats;
    private readonly Action _giveBack;
    private readonly ITimer _timer;
    private readonly ITimer? _socketTimer;
    private readonly MemoryAccount _socketAccount;
    private long _highestBytes;
    private long _lastBytes;
    private int _quietTicks;

    /// <param name="limitBytes">The budget; 0 is no limit.</param>
    /// <param name="stats">Where it tells of it.</param>
    /// <param name="work">Where it runs.</param>
    /// <param name="giveBack">What gives memory back; null for the collector and the C library.</param>
    /// <param name="readSockets">Tells what the kernel holds for sockets; null where that is not known.</param>
    public MemoryKeeper(long limitBytes, OverloadStats stats, BackgroundWork work, Action? giveBack = null, Func<long>? readSockets = null)
    {
        Budget = new MemoryBudget(limitBytes);
        _socketAccount = Budget.Open();
        _stats = stats;
        _giveBack = giveBack ?? GiveBack;
        _timer = work.Every("giving memory back", Tick, Look);
        _socketTimer = readSockets is null ? null : work.Every("counting the memory of sockets", SocketTick, () => _socketAccount.Charge(readSockets() - _socketAccount.Bytes));
    }

    /// <summary>The budget of all workers.</summary>
    public MemoryBudget Budget { get; }

    /// <summary>Sets the gauges.</summary>
    public void Sample()
    {
        MemoryPressure pressure = Budget.Pressure;
        _stats.LimitBytes = Budget.LimitBytes;
        _stats.UsedBytes = Budget.UsedBytes;
        _stats.SocketBytes = _socketAccount.Bytes;
        _stats.Pressure = Budget.LimitBytes > 0 ? _stats.UsedBytes * 100 / Budget.LimitBytes : 0;
        _stats.DisableHttpKeepaliveActive = pressure >= MemoryPressure.Severe ? 1 : 0;
        _stats.StopAcceptingRequestsActive = pressure >= MemoryPressure.Critical ? 1 : 0;
        _stats.RejectIncomingConnectionsActive = pressure >= MemoryPressure.Full ? 1 : 0;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _timer.Dispose();
        _socketTimer?.Dispose();
    }

    private static void GiveBack()
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        NativeHeap.Trim();
    }

    private void Look()
    {
        long used = Budget.UsedBytes;
        _highestBytes = Math.Max(_highestBytes, used);
        _quietTicks = Math.Abs(used - _lastBytes) < LeastReturnBytes / 8 ? _quietTicks + 1 : 0;
        _lastBytes = used;
        if (_quietTicks >= QuietTicks && _highestBytes - used >= LeastReturnBytes)
        {
            _highestBytes = used;
            _giveBack();
        }
    }
}
