namespace Tidegate.Net.Timers;

/// <summary>A timer of the loop that calls its owner; made once with its owner and then reused.</summary>
public sealed class CallbackTimer(TimerWheel wheel, Action expired) : LoopTimer
{
    /// <summary>Starts it, or starts it anew; 0 stops it, because 0 switches a time limit off.</summary>
    public void Start(long delayMs)
    {
        if (delayMs > 0)
        {
            wheel.Schedule(this, delayMs);
        }
        else
        {
            Stop();
        }
    }

    /// <summary>Stops it; without effect when it does not run.</summary>
    public void Stop()
    {
        if (IsScheduled)
        {
            wheel.Cancel(this);
        }
    }

    /// <inheritdoc/>
    protected override void OnExpired() => expired();
}
