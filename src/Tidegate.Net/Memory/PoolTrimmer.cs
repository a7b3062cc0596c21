using Tidegate.Net.Timers;

namespace Tidegate.Net.Memory;

/// <summary>
/// Has the pools of one loop give back with time what nobody uses, so that memory falls after a burst. Runs only while a pool has more than it always keeps, and wakes an idle loop for
/// nothing else.
/// </summary>
/// <param name="timers">The loop's timers; null: everything is kept.</param>
/// <param name="periodMs">How often it looks, in milliseconds.</param>
public sealed class PoolTrimmer(TimerWheel? timers, long periodMs) : LoopTimer
{
    private readonly List<ITrimmable> _pools = [];

    /// <summary>A pool that is to be looked after.</summary>
    public void Add(ITrimmable pool) => _pools.Add(pool);

    /// <summary>A pool has more than it always keeps.</summary>
    public void NoteExcess()
    {
        if (!IsScheduled)
        {
            timers?.Schedule(this, periodMs);
        }
    }

    /// <summary>Others need the memory: all that was not needed since the last look goes, now.</summary>
    public void TrimAll()
    {
        foreach (ITrimmable pool in _pools)
        {
            pool.Trim(all: true);
        }
    }

    /// <inheritdoc/>
    protected override void OnExpired()
    {
        bool hasExcess = false;
        foreach (ITrimmable pool in _pools)
        {
            pool.Trim(all: false);
            hasExcess |= pool.HasExcess;
        }

        if (hasExcess)
        {
            timers?.Schedule(this, periodMs);
        }
    }
}
