namespace Tidegate.Net.Timers;

/// <summary>
/// Something that happens on a loop at a later time. Its owner creates it once and schedules it as often as it likes: the timer is
/// itself the node of the wheel's lists, so that starting and stopping one allocates nothing.
/// </summary>
public abstract class LoopTimer
{
    /// <summary>The slot of the wheel that it stands in; -1: in none.</summary>
    internal int Slot = -1;

    /// <summary>The due time that its slot was chosen for; <see cref="DueMs"/> may have moved to later since.</summary>
    internal long PlacedMs;

    internal long DueMs;

    internal LoopTimer? Next;

    internal LoopTimer? Previous;

    /// <summary>Whether it will happen.</summary>
    public bool IsScheduled => Slot >= 0;

    /// <summary>
    /// The time has come. Runs on the loop, once for each time that it was scheduled; it is not scheduled then and may be scheduled
    /// anew.
    /// </summary>
    protected abstract void OnExpired();

    internal void Expire() => OnExpired();
}
