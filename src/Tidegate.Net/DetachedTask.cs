namespace Tidegate.Net;

/// <summary>Waits for a task on behalf of nobody and reports its failure. Pooled per thread.</summary>
internal sealed class DetachedTask
{
    private const int MaxPooled = 4096;

    [ThreadStatic]
    private static DetachedTask? _free;

    [ThreadStatic]
    private static int _freeCount;

    private readonly Action _onCompleted;
    private DetachedTask? _next;
    private EventLoop? _loop;
    private ValueTask _task;
    private string _context = "";

    private DetachedTask() => _onCompleted = OnCompleted;

    internal static void Observe(EventLoop loop, ValueTask task, string context)
    {
        if (task.IsCompleted)
        {
            End(loop, task, context);
            return;
        }

        DetachedTask? waiter = _free;
        if (waiter is null)
        {
            waiter = new DetachedTask();
        }
        else
        {
            _free = waiter._next;
            _freeCount--;
            waiter._next = null;
        }

        waiter._loop = loop;
        waiter._task = task;
        waiter._context = context;
        task.GetAwaiter().UnsafeOnCompleted(waiter._onCompleted);
    }

    private void OnCompleted()
    {
        (EventLoop loop, ValueTask task, string context) = (_loop!, _task, _context);
        _loop = null;
        _task = default;
        if (_freeCount < MaxPooled)
        {
            _next = _free;
            _free = this;
            _freeCount++;
        }

        End(loop, task, context);
    }

    private static void End(EventLoop loop, ValueTask task, string context)
    {
        try
        {
            task.GetAwaiter().GetResult();
        }
        catch (Exception exception)
        {
            loop.ReportUnhandled(exception, context);
        }
    }
}
