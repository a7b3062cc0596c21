namespace Tidegate.Proxy.Telemetry;

/// <summary>
/// What Envoy counts of a listener, under <c>listener.ADDRESS.</c>; names and meaning are Envoy's.
/// Owned by one worker: only it writes, with plain increments; whoever samples reads racily and sums the workers.
/// </summary>
public sealed class ListenerStats
{
    /// <summary><c>connections_accepted_per_socket_event</c>: Connections accepted in one go.</summary>
    public readonly Histogram ConnectionsAcceptedPerSocketEvent = new();

    /// <summary><c>downstream_cx_total</c>: Connections for which there is a filter chain.</summary>
    public long DownstreamCxTotal;

    /// <summary><c>downstream_cx_active</c>: Connections open.</summary>
    public long DownstreamCxActive;

    /// <summary><c>downstream_cx_destroy</c>: Connections gone.</summary>
    public long DownstreamCxDestroy;

    /// <summary><c>downstream_cx_length_ms</c>: Life of a connection, milliseconds.</summary>
    public readonly Histogram DownstreamCxLengthMs = new();

    /// <summary><c>downstream_cx_overflow</c>: Connections refused because the listener has too many.</summary>
    public long DownstreamCxOverflow;

    /// <summary><c>downstream_cx_transport_socket_connect_timeout</c>: Connections whose TLS handshake took too long.</summary>
    public long DownstreamCxTransportSocketConnectTimeout;

    /// <summary><c>downstream_cx_overload_reject</c>: Connections refused because there is no memory for them.</summary>
    public long DownstreamCxOverloadReject;

    /// <summary><c>downstream_global_cx_overflow</c>: Connections refused because the gateway has too many.</summary>
    public long DownstreamGlobalCxOverflow;

    /// <summary><c>downstream_pre_cx_timeout</c>: Connections whose listener filters took too long.</summary>
    public long DownstreamPreCxTimeout;

    /// <summary><c>downstream_pre_cx_active</c>: Connections in the listener filters.</summary>
    public long DownstreamPreCxActive;

    /// <summary><c>downstream_listener_filter_error</c>: Connections that a listener filter refused.</summary>
    public long DownstreamListenerFilterError;

    /// <summary><c>downstream_listener_filter_remote_close</c>: Connections that the client closed in the listener filters.</summary>
    public long DownstreamListenerFilterRemoteClose;

    /// <summary><c>no_filter_chain_match</c>: Connections that no filter chain matched.</summary>
    public long NoFilterChainMatch;
}
