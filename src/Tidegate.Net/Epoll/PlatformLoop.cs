namespace Tidegate.Net.Epoll;

/// <summary>Makes the loop that suits the platform.</summary>
public static class PlatformLoop
{
    /// <summary>A loop of the best kind that works here, not yet started.</summary>
    /// <exception cref="InvalidOperationException">The system refuses (no descriptors left).</exception>
    public static EventLoop Create(int index, EventLoopOptions options) => new EpollEventLoop(index, options);
}
