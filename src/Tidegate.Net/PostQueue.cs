namespace Tidegate.Net;

/// <summary>Callbacks from any thread on their way to a loop.</summary>
internal sealed class PostQueue
{
    private readonly Lock _lock = new();
    private List<Item> _incoming = [];
    private List<Item> _running = [];
    private volatile bool _hasIncoming;

    internal bool IsEmpty => !_hasIncoming;

    internal void Add(Action<object?> callback, object? state) => Add(new Item(callback, null, state));

    internal void Add(SendOrPostCallback callback, object? state) => Add(new Item(null, callback, state));

    private void Add(Item item)
    {
        lock (_lock)
        {
            _incoming.Add(item);
            _hasIncoming = true;
        }
    }

    /// <summary>
    /// Runs what has arrived by now; what these callbacks post themselves waits for the next turn, so that sockets get theirs in
    /// between.
    /// </summary>
    internal void Run(EventLoop loop)
    {
        if (!_hasIncoming)
        {
            return;
        }

        lock (_lock)
        {
            (_incoming, _running) = (_running, _incoming);
            _hasIncoming = false;
        }

        foreach (ref readonly Item item in System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_running))
        {
            try
            {
                item.Invoke();
            }
            catch (Exception exception)
            {
                loop.ReportUnhandled(exception, "a posted callback");
            }
        }

        _running.Clear();
        if (_running.Capacity > 4096)
        {
            _running = [];
        }
    }

    private readonly struct Item(Action<object?>? action, SendOrPostCallback? contextCallback, object? state)
    {
        internal void Invoke()
        {
            if (action is not null)
            {
                action(state);
            }
            else
            {
                contextCallback!(state);
            }
        }
    }
}
