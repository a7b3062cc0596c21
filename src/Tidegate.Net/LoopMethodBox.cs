using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using System.Threading.Tasks.Sources;
using Tidegate.Net.Memory;

namespace Tidegate.Net;

/// <summary>
/// The suspended state of one async method and the source of its ValueTask. On a loop completion runs the continuation inline; a
/// continuation registered on a loop (or under another synchronization context) that is completed from elsewhere is posted back.
/// </summary>
internal abstract class LoopMethodBox<T> : IValueTaskSource<T>, IValueTaskSource
{
    private static readonly Action<object?> CompletedMark = static _ => { };

    private Action<object?>? _continuation;
    private object? _continuationState;
    private object? _home;
    private ExceptionDispatchInfo? _exception;
    private T _result = default!;
    private bool _isCompleted;

    protected LoopMethodBox() => MoveNextAction = MoveNext;

    internal short Version { get; private set; }

    /// <summary>Resumes the method; made once per box.</summary>
    internal Action MoveNextAction { get; }

    protected abstract void MoveNext();

    internal void SetResult(T result)
    {
        _result = result;
        Complete();
    }

    internal void SetException(Exception exception)
    {
        _exception = ExceptionDispatchInfo.Capture(exception);
        Complete();
    }

    T IValueTaskSource<T>.GetResult(short token) => TakeResult(token);

    void IValueTaskSource.GetResult(short token) => TakeResult(token);

    public ValueTaskSourceStatus GetStatus(short token)
    {
        Require(token);
        return !Volatile.Read(ref _isCompleted) ? ValueTaskSourceStatus.Pending
            : _exception is null ? ValueTaskSourceStatus.Succeeded
            : _exception.SourceException is OperationCanceledException ? ValueTaskSourceStatus.Canceled
            : ValueTaskSourceStatus.Faulted;
    }

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags)
    {
        Require(token);
        _continuationState = state;
        bool comesHome = (flags & ValueTaskSourceOnCompletedFlags.UseSchedulingContext) != 0;
        _home = comesHome ? EventLoop.Current ?? (object?)SynchronizationContext.Current : null;

        // The handshake with a completion on another thread; on one thread the exchange always finds null.
        if (Interlocked.CompareExchange(ref _continuation, continuation, null) is { } found)
        {
            if (!ReferenceEquals(found, CompletedMark))
            {
                throw new InvalidOperationException("A ValueTask of a pooled method can be awaited once.");
            }

            ThreadPool.UnsafeQueueUserWorkItem(
                static call => Continue(call.Home, call.Continuation, call.State),
                (Home: _home, Continuation: continuation, State: state),
                preferLocal: true);
        }
    }

    /// <summary>Clears everything and puts the box back into its pool.</summary>
    protected abstract void Recycle();

    private static void Continue(object? home, Action<object?> continuation, object? state)
    {
        switch (home)
        {
            case null:
                continuation(state);
                break;
            case EventLoop loop when loop.IsCurrent:
                continuation(state);
                break;
            case EventLoop loop:
                loop.Post(continuation, state);
                break;
            default:
                ((SynchronizationContext)home).Post(new SendOrPostCallback(continuation), state);
                break;
        }
    }

    private void Complete()
    {
        Volatile.Write(ref _isCompleted, true);
        if (Volatile.Read(ref _continuation) is { } continuation
            || (continuation = Interlocked.CompareExchange(ref _continuation, CompletedMark, null)) is not null)
        {
            Continue(_home, continuation, _continuationState);
        }
    }

    private T TakeResult(short token)
    {
        Require(token);
        if (!Volatile.Read(ref _isCompleted))
        {
            throw new InvalidOperationException("The method has not ended: a pooled ValueTask cannot be waited for blockingly.");
        }

        T result = _result;
        ExceptionDispatchInfo? exception = _exception;
        Version++;
        _result = default!;
        _exception = null;
        _continuation = null;
        _continuationState = null;
        _home = null;
        _isCompleted = false;
        Recycle();
        exception?.Throw();
        return result;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Require(short token)
    {
        if (token != Version)
        {
            ThrowStale();
        }
    }

    private static void ThrowStale() =>
        throw new InvalidOperationException("The ValueTask of a pooled method was used after it had been awaited.");
}

/// <summary>The box of one method; the pool is per thread and method.</summary>
internal sealed class LoopMethodBox<T, TStateMachine> : LoopMethodBox<T>
    where TStateMachine : IAsyncStateMachine
{
    [ThreadStatic]
    private static FreeBoxes? _free;

    private TStateMachine? _stateMachine;
    private LoopMethodBox<T, TStateMachine>? _next;

    /// <summary>Moves a method into a box when it waits for the first time; gives what has to be called for it to go on.</summary>
    internal static Action Suspend(ref LoopMethodBox<T>? box, ref TStateMachine stateMachine)
    {
        if (box is not null)
        {
            return box.MoveNextAction;
        }

        // The order matters: the method's copy in the box has to know the box.
        LoopMethodBox<T, TStateMachine> fresh = (_free ??= new FreeBoxes(EventLoop.Current)).Take();
        box = fresh;
        fresh._stateMachine = stateMachine;
        return fresh.MoveNextAction;
    }

    // Nothing may touch the box after this call: the method may have ended, been awaited, and the box be in use for another.
    protected override void MoveNext() => _stateMachine!.MoveNext();

    protected override void Recycle()
    {
        _stateMachine = default;
        (_free ??= new FreeBoxes(EventLoop.Current)).Give(this);
    }

    /// <summary>The boxes of one thread that are in no use, linked by themselves. A loop drops with time what it does not need; elsewhere few are kept.</summary>
    private sealed class FreeBoxes : ITrimmable
    {
        private const int Keep = 64;

        private readonly PoolTrimmer? _trimmer;
        private LoopMethodBox<T, TStateMachine>? _first;
        private int _count;
        private int _lowest;

        internal FreeBoxes(EventLoop? loop)
        {
            _trimmer = loop?.Trimmer;
            _trimmer?.Add(this);
        }

        public bool HasExcess => _count > Keep;

        internal LoopMethodBox<T, TStateMachine> Take()
        {
            LoopMethodBox<T, TStateMachine>? box = _first;
            if (box is null)
            {
                return new LoopMethodBox<T, TStateMachine>();
            }

            _first = box._next;
            box._next = null;
            _count--;
            _lowest = Math.Min(_lowest, _count);
            return box;
        }

        internal void Give(LoopMethodBox<T, TStateMachine> box)
        {
            if (HasExcess)
            {
                if (_trimmer is null)
                {
                    return;
                }

                _trimmer.NoteExcess();
            }

            box._next = _first;
            _first = box;
            _count++;
        }

        public void Trim(bool all)
        {
            int idle = Math.Min(_lowest, _count - Keep);
            for (int drop = all || idle <= Keep ? idle : (idle + 1) / 2; drop > 0; drop--)
            {
                _first = _first!._next;
                _count--;
            }

            _lowest = _count;
        }
    }
}
