using Tidegate.Net;
using Tidegate.Net.Timers;

namespace Tidegate.Proxy.Exchanges.Forwarding;

/// <summary>The pause before an attempt; at most one waits in it.</summary>
internal sealed class BackOffPause
{
    private readonly LoopSignal _over;
    private readonly CallbackTimer _timer;

    public BackOffPause(EventLoop loop)
    {
        _over = new LoopSignal(loop);
        _timer = new CallbackTimer(loop.Timers, _over.Set);
    }

    /// <summary>Whether somebody waits.</summary>
    public bool IsWaiting => _over.IsAwaited;

    /// <summary>Waits; not at all for 0.</summary>
    public ValueTask WaitAsync(long milliseconds)
    {
        if (milliseconds == 0)
        {
            return default;
        }

        _timer.Start(milliseconds);
        return _over.WaitAsync();
    }

    /// <summary>Ends it.</summary>
    public void Cancel()
    {
        _timer.Stop();
        _over.Set();
    }
}
