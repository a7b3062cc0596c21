namespace Tidegate.Proxy.Telemetry;

/// <summary>
/// What Envoy says of its listeners, under <c>listener_manager.</c>; names and meaning are Envoy's.
/// Written by control threads under the caller's own order; gauges are set when sampled (see <see cref="StatsStore.AddSampler"/>).
/// </summary>
public sealed class ListenerManagerStats
{
    /// <summary><c>listener_added</c>: Listeners added.</summary>
    public long ListenerAdded;

    /// <summary><c>listener_modified</c>: Listeners changed.</summary>
    public long ListenerModified;

    /// <summary><c>listener_removed</c>: Listeners removed.</summary>
    public long ListenerRemoved;

    /// <summary><c>listener_stopped</c>: Listeners stopped.</summary>
    public long ListenerStopped;

    /// <summary><c>listener_create_success</c>: Listeners opened, once for each worker.</summary>
    public long ListenerCreateSuccess;

    /// <summary><c>listener_create_failure</c>: Listeners that a worker could not open.</summary>
    public long ListenerCreateFailure;

    /// <summary><c>listener_in_place_updated</c>: Listeners changed without closing their socket.</summary>
    public long ListenerInPlaceUpdated;

    /// <summary><c>total_filter_chains_draining</c>: Filter chains that drain.</summary>
    public long TotalFilterChainsDraining;

    /// <summary><c>total_listeners_active</c>: Listeners that serve.</summary>
    public long TotalListenersActive;

    /// <summary><c>total_listeners_draining</c>: Listeners that drain.</summary>
    public long TotalListenersDraining;

    /// <summary><c>total_listeners_warming</c>: Listeners that wait for their secrets or routes.</summary>
    public long TotalListenersWarming;

    /// <summary><c>workers_started</c>: 1 when all workers run.</summary>
    public long WorkersStarted;
}
