namespace Tidegate.Proxy.Telemetry;

/// <summary>
/// What there is to say of memory under attack, under <c>overload.</c>; names and meaning of the actions are those of Envoy's overload manager.
/// Gauges are set when sampled (see <see cref="StatsStore.AddSampler"/>); the counter is written by all workers, with <see cref="Interlocked"/>.
/// </summary>
public sealed class OverloadStats
{
    /// <summary><c>memory_budget.limit_bytes</c>: Bytes that there are for what peers make the gateway hold; 0 is no limit. Not Envoy's.</summary>
    public long LimitBytes;

    /// <summary><c>memory_budget.used_bytes</c>: Bytes of them that are used. Not Envoy's.</summary>
    public long UsedBytes;

    /// <summary><c>memory_budget.socket_bytes</c>: Bytes of those that the kernel holds for sockets, where the container's limit counts them. Not Envoy's.</summary>
    public long SocketBytes;

    /// <summary><c>memory_budget.pressure</c>: The same in percent. Not Envoy's.</summary>
    public long Pressure;

    /// <summary><c>envoy.overload_actions.disable_http_keepalive.active</c>: 1 while answers close their connections.</summary>
    public long DisableHttpKeepaliveActive;

    /// <summary><c>envoy.overload_actions.stop_accepting_requests.active</c>: 1 while new requests are refused.</summary>
    public long StopAcceptingRequestsActive;

    /// <summary><c>envoy.overload_actions.reject_incoming_connections.active</c>: 1 while new connections are closed.</summary>
    public long RejectIncomingConnectionsActive;

    /// <summary><c>envoy.overload_actions.reset_high_memory_stream.count</c>: Requests that were ended because they, or their connection, held too much.</summary>
    public long ResetHighMemoryStreamCount;
}
