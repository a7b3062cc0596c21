namespace Tidegate.Net.Epoll;

/// <summary>Who wants to know when the peer closes, and what of that was told already. A mutable struct: keep it in a field.</summary>
internal struct CloseWatch
{
    private readonly IConnectionEvents? _events;
    private bool _toldFinished;
    private bool _toldReset;

    internal CloseWatch(IConnectionEvents? events) => _events = events;

    /// <summary>Whether somebody watches.</summary>
    internal readonly bool IsSet => _events is not null;

    /// <summary>Tells what is known and was not told.</summary>
    internal void Tell(bool isReset)
    {
        if (isReset && !_toldReset)
        {
            _toldReset = true;
            _toldFinished = true;
            _events!.OnPeerClosed(reset: true);
        }
        else if (!_toldFinished)
        {
            _toldFinished = true;
            _events!.OnPeerClosed(reset: false);
        }
    }
}
