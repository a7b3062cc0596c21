using System.Threading.Tasks.Sources;

namespace Tidegate.Proxy.Exchanges;

/// <summary>
/// Lets one async method on the loop wait until another part of the same exchange has something for it. At most one waiter;
/// the waiter continues inside <see cref="Set"/>.
/// </summary>
internal sealed class LoopSignal : IValueTaskSource
{
    private ManualResetValueTaskSourceCore<bool> _source;

    /// <summary>Whether somebody waits.</summary>
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
            _source.SetResult(true);
        }
    }

    void IValueTaskSource.GetResult(short token) => _source.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _source.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, ValueTaskSourceOnCompletedFlags.None);
}
