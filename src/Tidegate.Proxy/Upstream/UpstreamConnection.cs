using Tidegate.Net;
using Tidegate.Net.Timers;

namespace Tidegate.Proxy.Upstream;

/// <summary>
/// A connection to an endpoint as its pool sees it, whatever its protocol: how many streams it has room for, how old it is, whether it takes more.
/// </summary>
internal abstract class UpstreamConnection(EndpointPool pool, Connection connection, bool isCounted)
{
    private CallbackTimer? _lifeTimer;

    /// <summary>The pool that it belongs to.</summary>
    public EndpointPool Pool => pool;

    /// <summary>The bytes.</summary>
    public Connection Connection => connection;

    /// <summary>Whether it is counted against the cluster's connection limit.</summary>
    public bool IsCounted => isCounted;

    /// <summary>Whether it leads to one of the gateway's own listeners.</summary>
    public bool LeadsBack { get; init; }

    /// <summary>When it was begun, in the loop's microseconds.</summary>
    public long StartUs { get; init; }

    /// <summary>Whether the endpoint has ended it.</summary>
    public bool IsEndedByPeer { get; protected set; }

    /// <summary>Whether it ended with a request on it that was not done.</summary>
    public bool IsCut { get; protected set; }

    /// <summary>Requests that it has carried, those under way included.</summary>
    public int RequestCount { get; protected set; }

    /// <summary>Streams that are under way.</summary>
    public int ActiveStreams { get; protected set; }

    /// <summary>Whether it takes no further stream: what is under way on it is the last.</summary>
    public bool IsDraining { get; private set; }

    /// <summary>Whether it is in the list of those that have a place. The pool's alone.</summary>
    public bool IsListed { get; set; }

    /// <summary>Since when it carries nothing, in the loop's milliseconds.</summary>
    public long IdleSinceMs { get; set; }

    /// <summary>From when on it takes no further request, in the loop's milliseconds.</summary>
    public long EndOfLifeMs { get; private set; } = long.MaxValue;

    /// <summary>Whether another stream could begin now, as far as the protocol goes.</summary>
    public abstract bool HasPlace { get; }

    /// <summary>Begins a stream; there is a place.</summary>
    public abstract UpstreamStream Open();

    /// <summary>It carries nothing for a while: buffers are given back, and whatever ends it is told to the pool.</summary>
    public abstract void Rest();

    /// <summary>Closes it; nothing is under way on it that anybody waits for.</summary>
    public abstract void Close();

    /// <summary>Takes no further stream.</summary>
    public void Drain() => IsDraining = true;

    /// <summary>Lets it live so long and no longer (Envoy: <c>max_connection_duration</c>); 0 is no limit.</summary>
    public void LimitLife(long durationMs)
    {
        if (durationMs == 0)
        {
            _lifeTimer?.Stop();
            return;
        }

        EndOfLifeMs = connection.Loop.NowMs + durationMs;
        _lifeTimer = new CallbackTimer(connection.Loop.Timers, () => pool.OnEndOfLife(this));
        _lifeTimer.Start(durationMs);
    }
}
