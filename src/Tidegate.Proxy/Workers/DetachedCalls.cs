using System.Runtime.CompilerServices;

namespace Tidegate.Proxy.Workers;

/// <summary>Runs async methods that nobody awaits, without allocating for each: a bug in one is reported, never lost.</summary>
internal sealed class DetachedCalls(Action<Exception> failed)
{
    private readonly Stack<Call> _free = new();

    /// <summary>Lets <paramref name="task"/> run to its end.</summary>
    public void Run(ValueTask task)
    {
        ValueTaskAwaiter awaiter = task.GetAwaiter();
        if (awaiter.IsCompleted)
        {
            Complete(awaiter);
            return;
        }

        Call call = _free.Count > 0 ? _free.Pop() : new Call(this);
        call.Await(awaiter);
    }

    private void Complete(ValueTaskAwaiter awaiter)
    {
        try
        {
            awaiter.GetResult();
        }
        catch (Exception exception)
        {
            failed(exception);
        }
    }

    private sealed class Call
    {
        private readonly DetachedCalls _owner;
        private readonly Action _completed;
        private ValueTaskAwaiter _awaiter;

        public Call(DetachedCalls owner)
        {
            _owner = owner;
            _completed = OnCompleted;
        }

        public void Await(ValueTaskAwaiter awaiter)
        {
            _awaiter = awaiter;
            awaiter.UnsafeOnCompleted(_completed);
        }

        private void OnCompleted()
        {
            ValueTaskAwaiter awaiter = _awaiter;
            _awaiter = default;
            _owner._free.Push(this);
            _owner.Complete(awaiter);
        }
    }
}
