using System.Threading.Tasks.Sources;

namespace Tidegate.Net.Epoll;

/// <summary>
/// The reusable source of one pending operation of a connection. Only the loop's thread touches it, so there is no interlocking,
/// and the continuation always runs inline.
/// </summary>
internal sealed class IoOperation : IValueTaskSource<IoResult>
{
    private Action<object?>? _continuation;
    private object? _state;
    private IoResult _result;
    private short _version;
    private bool _isCompleted;

    /// <summary>Whether the operation waits for the loop.</summary>
    internal bool IsPending { get; private set; }

    /// <summary>Begins to wait. A result that nobody took is forgotten.</summary>
    internal ValueTask<IoResult> Begin()
    {
        if (_isCompleted)
        {
            Reset();
        }

        IsPending = true;
        return new ValueTask<IoResult>(this, _version);
    }

    /// <summary>Ends the waiting and continues whoever awaits.</summary>
    internal void Complete(IoResult result)
    {
        IsPending = false;
        _isCompleted = true;
        _result = result;
        if (_continuation is { } continuation)
        {
            object? state = _state;
            _continuation = null;
            _state = null;
            continuation(state);
        }
    }

    public IoResult GetResult(short token)
    {
        if (token != _version || !_isCompleted)
        {
            ThrowMisuse();
        }

        IoResult result = _result;
        Reset();
        return result;
    }

    public ValueTaskSourceStatus GetStatus(short token)
    {
        if (token != _version)
        {
            ThrowMisuse();
        }

        return _isCompleted ? ValueTaskSourceStatus.Succeeded : ValueTaskSourceStatus.Pending;
    }

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags)
    {
        if (token != _version || _isCompleted || _continuation is not null)
        {
            ThrowMisuse();
        }

        _continuation = continuation;
        _state = state;
    }

    private void Reset()
    {
        _version++;
        _isCompleted = false;
        _result = default;
    }

    private static void ThrowMisuse() => throw new InvalidOperationException("A socket operation is awaited once, at once, on its loop.");
}
