using System.Runtime.CompilerServices;
using System.Threading.Tasks.Sources;

namespace Tidegate.Net.Async;

/// <summary>What a suspended method of <see cref="LoopMethodBuilder"/> lives in, and what its caller awaits.</summary>
internal abstract class LoopMethodBox<TResult> : IValueTaskSource<TResult>, IValueTaskSource
{
    private ManualResetValueTaskSourceCore<TResult> _source;

    /// <summary>Which of its lives this is: a box is used again when its result has been taken.</summary>
    public short Version => _source.Version;

    /// <summary>Moves a method into a box when it waits for the first time. Returns what has to be called for it to go on.</summary>
    public static Action Suspend<TStateMachine>(ref LoopMethodBox<TResult>? box, ref TStateMachine stateMachine)
        where TStateMachine : IAsyncStateMachine
    {
        if (box is not null)
        {
            return ((Box<TStateMachine>)box).Continue;
        }

        // The order matters: the method's copy in the box has to know the box.
        Box<TStateMachine> fresh = Box<TStateMachine>.Rent();
        box = fresh;
        fresh.StateMachine = stateMachine;
        return fresh.Continue;
    }

    /// <summary>The method is done.</summary>
    public void SetResult(TResult result) => _source.SetResult(result);

    /// <summary>The method threw.</summary>
    public void SetException(Exception exception) => _source.SetException(exception);

    /// <inheritdoc/>
    public ValueTaskSourceStatus GetStatus(short token) => _source.GetStatus(token);

    /// <inheritdoc/>
    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, ValueTaskSourceOnCompletedFlags.None); // on the loop, at once

    /// <inheritdoc/>
    public TResult GetResult(short token)
    {
        try
        {
            return _source.GetResult(token);
        }
        finally
        {
            _source.Reset();
            Return();
        }
    }

    void IValueTaskSource.GetResult(short token) => GetResult(token);

    /// <summary>Puts it on the free list.</summary>
    protected abstract void Return();

    private sealed class Box<TStateMachine> : LoopMethodBox<TResult>
        where TStateMachine : IAsyncStateMachine
    {
        // More than this many methods of one kind suspended at once, and the rest is garbage.
        private const int MaxFree = 16 * 1024;

        [ThreadStatic]
        private static Stack<Box<TStateMachine>>? _free;

        public TStateMachine? StateMachine;

        private Box() => Continue = () => StateMachine!.MoveNext();

        public Action Continue { get; }

        public static Box<TStateMachine> Rent()
        {
            Stack<Box<TStateMachine>>? free = _free;
            return free is not null && free.TryPop(out Box<TStateMachine>? box) ? box : new Box<TStateMachine>();
        }

        protected override void Return()
        {
            StateMachine = default;
            Stack<Box<TStateMachine>> free = _free ??= new Stack<Box<TStateMachine>>();
            if (free.Count < MaxFree)
            {
                free.Push(this);
            }
        }
    }
}
