namespace Tidegate.Proxy.Listeners;

/// <summary>Why connections are to end.</summary>
internal enum DrainReason
{
    /// <summary>What served them is not configured any more: nothing new begins.</summary>
    Removed,

    /// <summary>The gateway ends: who has been let in and has not been answered yet still is.</summary>
    Ending,
}
