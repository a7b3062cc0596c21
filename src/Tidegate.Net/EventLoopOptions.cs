namespace Tidegate.Net;

/// <summary>How a loop is made.</summary>
public sealed record EventLoopOptions
{
    /// <summary>The thread's name.</summary>
    public string Name { get; init; } = "loop";

    /// <summary>Events taken from the kernel at once.</summary>
    public int MaxEventsPerTurn { get; init; } = 512;

    /// <summary>Gets what a callback throws and what it was about: a bug, which does not end the loop.</summary>
    public Action<Exception, string>? OnUnhandled { get; init; }
}
