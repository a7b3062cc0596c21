using System.Threading.Tasks.Sources;

namespace Tidegate.Net.Epoll;

/// <summary>A receive or a send that waits for the loop. One per direction and connection, used over and over.</summary>
internal sealed class IoOperation : IValueTaskSource<IoResult>
{
    private ManualResetValueTaskSourceCore<IoResult> _source;

    /// <summary>Whether it waits.</summary>
    public bool IsPending { get; private set; }

    /// <summary>Begins to wait.</summary>
    public ValueTask<IoResult> Begin()
    {
        _source.Reset();
        IsPending = true;
        return new ValueTask<IoResult>(this, _source.Version);
    }

    /// <summary>Ends the wait; whoever awaits goes on inside this call.</summary>
    public void Complete(IoResult result)
    {
        IsPending = false;
        _source.SetResult(result);
    }

    IoResult IValueTaskSource<IoResult>.GetResult(short token) => _source.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<IoResult>.GetStatus(short token) => _source.GetStatus(token);

    // Without the scheduling flag: it is completed on the loop, and nobody else awaits it.
    void IValueTaskSource<IoResult>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, ValueTaskSourceOnCompletedFlags.None);
}
