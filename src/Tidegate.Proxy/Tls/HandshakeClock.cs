using System.Threading.Tasks.Sources;
using Tidegate.Net;
using Tidegate.Net.Timers;
using Tidegate.Proxy.Workers;

namespace Tidegate.Proxy.Tls;

/// <summary>The time limit of one handshake, and the wait for the client's first bytes. When the time is up the connection is cut.</summary>
internal sealed class HandshakeClock : IConnectionEvents, IValueTaskSource<bool>
{
    private readonly Connection _connection;
    private readonly CallbackTimer _timer;
    private ManualResetValueTaskSourceCore<bool> _source;
    private bool _isWaiting;

    public HandshakeClock(Worker worker, Connection connection, long timeoutMs)
    {
        _connection = connection;
        _timer = new CallbackTimer(worker.Loop.Timers, OnExpired);
        _timer.Start(timeoutMs);
    }

    /// <summary>Whether the time was up.</summary>
    public bool IsExpired { get; private set; }

    /// <summary>Waits for the first bytes. False: the client is gone, or the time is up.</summary>
    public ValueTask<bool> WaitForClientAsync()
    {
        _isWaiting = true;
        _connection.WhenReadable(this);
        _connection.WhenPeerCloses(this);
        return new ValueTask<bool>(this, _source.Version);
    }

    /// <summary>The handshake is over.</summary>
    public void Stop()
    {
        _timer.Stop();
        if (_connection.IsOpen)
        {
            _connection.WhenPeerCloses(null);
        }
    }

    /// <inheritdoc/>
    public void OnReadable() => EndWait(isThere: true);

    /// <inheritdoc/>
    public void OnPeerClosed(bool reset)
    {
        if (reset)
        {
            EndWait(isThere: false);
        }
    }

    private void OnExpired()
    {
        IsExpired = true;
        _connection.Abort();
        EndWait(isThere: false);
    }

    private void EndWait(bool isThere)
    {
        if (_isWaiting)
        {
            _isWaiting = false;
            _source.SetResult(isThere);
        }
    }

    bool IValueTaskSource<bool>.GetResult(short token) => _source.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<bool>.GetStatus(short token) => _source.GetStatus(token);

    // Without the scheduling flag: whoever completes it is on the loop already.
    void IValueTaskSource<bool>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, ValueTaskSourceOnCompletedFlags.None);
}
