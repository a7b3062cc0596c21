using System.Threading.Tasks.Sources;

namespace Tidegate.Net;

/// <summary>
/// Lets one async method on a loop wait until another part of the same work has something for it. At most one waiter. It continues later in the
/// loop's turn, never inside <see cref="Set"/>, so that who sets it finds everything as it was when the call returns.
/// </summary>
public sealed class LoopSignal(EventLoop loop) : IValueTaskSource
{
    private static readonly Action<object?> Continue = static signal => ((LoopSignal)signal!)._source.SetResult(true);

    private ManualResetValueTaskSourceCore<bool> _source;

    /// <summary>Whether somebody waits who has not been let go on.</summary>
    public bool IsAwaited { get; private set; }

    /// <summary>Waits for the next <see cref="Set"/>.</summary>
    public ValueTask WaitAsync()
    {
        _source.Reset();
        IsAwaited = true;
        return new ValueTask(this, _source.Version);
    }

    /// <summary>Lets the waiter go on, if there is one.</summary>
    public void Set()
    {
        if (IsAwaited)
        {
            IsAwaited = false;
            loop.Post(Continue, this);
        }
    }

    void IValueTaskSource.GetResult(short token) => _source.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _source.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, ValueTaskSourceOnCompletedFlags.None);
}
