namespace Tidegate.Net;

/// <summary>The context of a loop's thread: what is posted to it runs on the loop.</summary>
internal sealed class LoopSynchronizationContext(EventLoop loop) : SynchronizationContext
{
    public override void Post(SendOrPostCallback d, object? state) =>
        loop.Post(static call => ((PostedCall)call!).Run(), new PostedCall(d, state));

    public override void Send(SendOrPostCallback d, object? state)
    {
        if (!loop.IsCurrent)
        {
            throw new NotSupportedException("Another thread must not wait for the loop: post instead.");
        }

        d(state);
    }

    public override SynchronizationContext CreateCopy() => this;

    private sealed class PostedCall(SendOrPostCallback callback, object? state)
    {
        public void Run() => callback(state);
    }
}
