using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Tidegate.Net;

/// <summary>
/// Builds <c>async ValueTask</c> methods that run on a loop: what a suspended method needs comes from a free list of the
/// thread, so that thousands of suspended methods allocate nothing in the steady state. Such a task is awaited exactly once.
/// The execution context does not flow: on a loop there is none.
/// </summary>
[SuppressMessage("Performance", "CA1822:Mark members as static", Justification = "the compiler calls them on an instance")]
public struct LoopMethodBuilder
{
    private LoopMethodBox<byte>? _box;
    private Exception? _exception;

    /// <summary>What the caller gets.</summary>
    public readonly ValueTask Task => _box is not null
        ? new ValueTask(_box, _box.Version)
        : _exception is null ? default : ValueTask.FromException(_exception);

    /// <summary>Called by the compiler.</summary>
    public static LoopMethodBuilder Create() => default;

    /// <summary>Called by the compiler: runs the method to its first wait.</summary>
    public readonly void Start<TStateMachine>(ref TStateMachine stateMachine)
        where TStateMachine : IAsyncStateMachine => stateMachine.MoveNext();

    /// <summary>Called by the compiler; not needed.</summary>
    public readonly void SetStateMachine(IAsyncStateMachine stateMachine)
    {
    }

    /// <summary>Called by the compiler: the method is done.</summary>
    public readonly void SetResult() => _box?.SetResult(0);

    /// <summary>Called by the compiler: the method threw.</summary>
    public void SetException(Exception exception)
    {
        if (_box is null)
        {
            _exception = exception;
        }
        else
        {
            _box.SetException(exception);
        }
    }

    /// <summary>Called by the compiler: the method waits.</summary>
    public void AwaitOnCompleted<TAwaiter, TStateMachine>(ref TAwaiter awaiter, ref TStateMachine stateMachine)
        where TAwaiter : INotifyCompletion
        where TStateMachine : IAsyncStateMachine =>
        awaiter.OnCompleted(LoopMethodBox<byte, TStateMachine>.Suspend(ref _box, ref stateMachine));

    /// <summary>Called by the compiler: the method waits.</summary>
    public void AwaitUnsafeOnCompleted<TAwaiter, TStateMachine>(ref TAwaiter awaiter, ref TStateMachine stateMachine)
        where TAwaiter : ICriticalNotifyCompletion
        where TStateMachine : IAsyncStateMachine =>
        awaiter.UnsafeOnCompleted(LoopMethodBox<byte, TStateMachine>.Suspend(ref _box, ref stateMachine));
}

/// <summary>The same for <c>async ValueTask&lt;T&gt;</c>; see <see cref="LoopMethodBuilder"/>.</summary>
[SuppressMessage("Performance", "CA1822:Mark members as static", Justification = "the compiler calls them on an instance")]
[SuppressMessage("Design", "CA1000:Do not declare static members on generic types", Justification = "the compiler asks for it")]
public struct LoopMethodBuilder<TResult>
{
    private LoopMethodBox<TResult>? _box;
    private Exception? _exception;
    private TResult _result;

    /// <summary>What the caller gets.</summary>
    public readonly ValueTask<TResult> Task => _box is not null
        ? new ValueTask<TResult>(_box, _box.Version)
        : _exception is null ? new ValueTask<TResult>(_result) : ValueTask.FromException<TResult>(_exception);

    /// <summary>Called by the compiler.</summary>
    public static LoopMethodBuilder<TResult> Create() => default;

    /// <summary>Called by the compiler: runs the method to its first wait.</summary>
    public readonly void Start<TStateMachine>(ref TStateMachine stateMachine)
        where TStateMachine : IAsyncStateMachine => stateMachine.MoveNext();

    /// <summary>Called by the compiler; not needed.</summary>
    public readonly void SetStateMachine(IAsyncStateMachine stateMachine)
    {
    }

    /// <summary>Called by the compiler: the method is done.</summary>
    public void SetResult(TResult result)
    {
        if (_box is null)
        {
            _result = result;
        }
        else
        {
            _box.SetResult(result);
        }
    }

    /// <summary>Called by the compiler: the method threw.</summary>
    public void SetException(Exception exception)
    {
        if (_box is null)
        {
            _exception = exception;
        }
        else
        {
            _box.SetException(exception);
        }
    }

    /// <summary>Called by the compiler: the method waits.</summary>
    public void AwaitOnCompleted<TAwaiter, TStateMachine>(ref TAwaiter awaiter, ref TStateMachine stateMachine)
        where TAwaiter : INotifyCompletion
        where TStateMachine : IAsyncStateMachine =>
        awaiter.OnCompleted(LoopMethodBox<TResult, TStateMachine>.Suspend(ref _box, ref stateMachine));

    /// <summary>Called by the compiler: the method waits.</summary>
    public void AwaitUnsafeOnCompleted<TAwaiter, TStateMachine>(ref TAwaiter awaiter, ref TStateMachine stateMachine)
        where TAwaiter : ICriticalNotifyCompletion
        where TStateMachine : IAsyncStateMachine =>
        awaiter.UnsafeOnCompleted(LoopMethodBox<TResult, TStateMachine>.Suspend(ref _box, ref stateMachine));
}
