
namespace Tidegate.Net;

/// <summary>Something that happens on a loop at a later time. Starting and stopping one allocates nothing.</summary>
public abstract class LoopTimer
{
    /// <summary>Whether it will happen.</summary>
    public bool IsScheduled { get; internal set; }

    /// <summary>When it is to happen, in the loop's milliseconds.</summary>
    internal long DueMs { get; set; }

    /// <summary>When the wheel looks at it; not later than <see cref="DueMs"/>. -1: it is in no slot.</summary>
    internal long SlotMs { get; set; } = -1;

    internal LoopTimer? Next { get; set; }

    internal LoopTimer? Previous { get; set; }

    /// <summary>The time has come. Runs on the loop, once for each time that it was scheduled.</summary>
    protected abstract void OnExpired();

    internal void Expire() => OnExpired();
}
