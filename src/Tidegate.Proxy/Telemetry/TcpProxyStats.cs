namespace Tidegate.Proxy.Telemetry;

/// <summary>
/// What Envoy counts of a TCP proxy, under <c>tcp.STAT_PREFIX.</c>; names and meaning are Envoy's.
/// Owned by one worker: only it writes, with plain increments; whoever samples reads racily and sums the workers.
/// </summary>
public sealed class TcpProxyStats
{
    /// <summary><c>downstream_cx_total</c>: Connections that came to it.</summary>
    public long DownstreamCxTotal;

    /// <summary><c>downstream_cx_drain_close</c>: Connections closed because their listener or filter chain is gone.</summary>
    public long DownstreamCxDrainClose;

    /// <summary><c>downstream_cx_no_route</c>: Connections whose cluster does not exist.</summary>
    public long DownstreamCxNoRoute;

    /// <summary><c>downstream_cx_tx_bytes_total</c>: Bytes sent to clients.</summary>
    public long DownstreamCxTxBytesTotal;

    /// <summary><c>downstream_cx_tx_bytes_buffered</c>: Bytes that wait for clients.</summary>
    public long DownstreamCxTxBytesBuffered;

    /// <summary><c>downstream_cx_rx_bytes_total</c>: Bytes received from clients.</summary>
    public long DownstreamCxRxBytesTotal;

    /// <summary><c>downstream_flow_control_paused_reading_total</c>: Times that reading from a client paused because the upstream is slow.</summary>
    public long DownstreamFlowControlPausedReadingTotal;

    /// <summary><c>downstream_flow_control_resumed_reading_total</c>: Times that it went on.</summary>
    public long DownstreamFlowControlResumedReadingTotal;

    /// <summary><c>idle_timeout</c>: Connections closed because no byte passed for too long.</summary>
    public long IdleTimeout;

    /// <summary><c>max_downstream_connection_duration</c>: Connections closed because of their age.</summary>
    public long MaxDownstreamConnectionDuration;
}
