namespace Tidegate.Net.Epoll;

/// <summary>A file descriptor that the loop watches.</summary>
internal abstract class EpollRegistration
{
    /// <summary>The descriptor; -1 once it is closed.</summary>
    public int Fd { get; protected set; } = -1;

    /// <summary>Its place in the loop's table.</summary>
    public int Slot { get; set; } = -1;

    /// <summary>Something happened to it.</summary>
    public abstract void OnEvents(uint events);

    /// <summary>The loop ends.</summary>
    public abstract void OnLoopStops();
}
