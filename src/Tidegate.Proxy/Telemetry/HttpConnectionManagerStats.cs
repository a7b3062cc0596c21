namespace Tidegate.Proxy.Telemetry;

/// <summary>
/// What Envoy counts of an HTTP connection manager and its router, under <c>http.STAT_PREFIX.</c>; names and meaning are Envoy's.
/// Owned by one worker: only it writes, with plain increments; whoever samples reads racily and sums the workers.
/// </summary>
public sealed class HttpConnectionManagerStats
{
    /// <summary><c>downstream_cx_total</c>: Connections accepted.</summary>
    public long DownstreamCxTotal;

    /// <summary><c>downstream_cx_active</c>: Connections open.</summary>
    public long DownstreamCxActive;

    /// <summary><c>downstream_cx_http1_total</c>: HTTP/1.1 connections.</summary>
    public long DownstreamCxHttp1Total;

    /// <summary><c>downstream_cx_http1_active</c>: HTTP/1.1 connections open.</summary>
    public long DownstreamCxHttp1Active;

    /// <summary><c>downstream_cx_http2_total</c>: HTTP/2 connections.</summary>
    public long DownstreamCxHttp2Total;

    /// <summary><c>downstream_cx_http2_active</c>: HTTP/2 connections open.</summary>
    public long DownstreamCxHttp2Active;

    /// <summary><c>downstream_cx_ssl_total</c>: TLS connections.</summary>
    public long DownstreamCxSslTotal;

    /// <summary><c>downstream_cx_ssl_active</c>: TLS connections open.</summary>
    public long DownstreamCxSslActive;

    /// <summary><c>downstream_cx_upgrades_total</c>: Connections upgraded.</summary>
    public long DownstreamCxUpgradesTotal;

    /// <summary><c>downstream_cx_upgrades_active</c>: Upgraded connections open.</summary>
    public long DownstreamCxUpgradesActive;

    /// <summary><c>downstream_cx_destroy</c>: Connections gone.</summary>
    public long DownstreamCxDestroy;

    /// <summary><c>downstream_cx_destroy_local</c>: Connections that the gateway closed.</summary>
    public long DownstreamCxDestroyLocal;

    /// <summary><c>downstream_cx_destroy_remote</c>: Connections that the client closed.</summary>
    public long DownstreamCxDestroyRemote;

    /// <summary><c>downstream_cx_destroy_active_rq</c>: Connections gone with a request on them.</summary>
    public long DownstreamCxDestroyActiveRq;

    /// <summary><c>downstream_cx_destroy_local_active_rq</c>: Connections that the gateway closed with a request on them.</summary>
    public long DownstreamCxDestroyLocalActiveRq;

    /// <summary><c>downstream_cx_destroy_remote_active_rq</c>: Connections that the client closed with a request on them.</summary>
    public long DownstreamCxDestroyRemoteActiveRq;

    /// <summary><c>downstream_cx_drain_close</c>: Connections closed because the gateway drains.</summary>
    public long DownstreamCxDrainClose;

    /// <summary><c>downstream_cx_idle_timeout</c>: Connections closed because they rested too long.</summary>
    public long DownstreamCxIdleTimeout;

    /// <summary><c>downstream_cx_max_duration_reached</c>: Connections closed because of their age.</summary>
    public long DownstreamCxMaxDurationReached;

    /// <summary><c>downstream_cx_max_requests_reached</c>: Connections closed because of the requests they had sent.</summary>
    public long DownstreamCxMaxRequestsReached;

    /// <summary><c>downstream_cx_delayed_close_timeout</c>: Connections whose lingering close ended by its timeout.</summary>
    public long DownstreamCxDelayedCloseTimeout;

    /// <summary><c>downstream_cx_overload_disable_keepalive</c>: Connections not kept alive because memory is scarce.</summary>
    public long DownstreamCxOverloadDisableKeepalive;

    /// <summary><c>downstream_cx_protocol_error</c>: Connections on which the client broke the protocol.</summary>
    public long DownstreamCxProtocolError;

    /// <summary><c>downstream_cx_rx_bytes_total</c>: Bytes received.</summary>
    public long DownstreamCxRxBytesTotal;

    /// <summary><c>downstream_cx_rx_bytes_buffered</c>: Bytes received and not yet passed on.</summary>
    public long DownstreamCxRxBytesBuffered;

    /// <summary><c>downstream_cx_tx_bytes_total</c>: Bytes sent.</summary>
    public long DownstreamCxTxBytesTotal;

    /// <summary><c>downstream_cx_tx_bytes_buffered</c>: Bytes that wait to be sent.</summary>
    public long DownstreamCxTxBytesBuffered;

    /// <summary><c>downstream_cx_length_ms</c>: Life of a connection, milliseconds.</summary>
    public readonly Histogram DownstreamCxLengthMs = new();

    /// <summary><c>downstream_flow_control_paused_reading_total</c>: Times that reading was paused because the upstream is slow.</summary>
    public long DownstreamFlowControlPausedReadingTotal;

    /// <summary><c>downstream_flow_control_resumed_reading_total</c>: Times that reading went on after a pause.</summary>
    public long DownstreamFlowControlResumedReadingTotal;

    /// <summary><c>downstream_rq_total</c>: Requests received.</summary>
    public long DownstreamRqTotal;

    /// <summary><c>downstream_rq_active</c>: Requests under way.</summary>
    public long DownstreamRqActive;

    /// <summary><c>downstream_rq_http1_total</c>: HTTP/1.1 requests received.</summary>
    public long DownstreamRqHttp1Total;

    /// <summary><c>downstream_rq_http2_total</c>: HTTP/2 requests received.</summary>
    public long DownstreamRqHttp2Total;

    /// <summary><c>downstream_rq_1xx</c>: Answers 100 to 199.</summary>
    public long DownstreamRq1xx;

    /// <summary><c>downstream_rq_2xx</c>: Answers 200 to 299.</summary>
    public long DownstreamRq2xx;

    /// <summary><c>downstream_rq_3xx</c>: Answers 300 to 399.</summary>
    public long DownstreamRq3xx;

    /// <summary><c>downstream_rq_4xx</c>: Answers 400 to 499.</summary>
    public long DownstreamRq4xx;

    /// <summary><c>downstream_rq_5xx</c>: Answers 500 to 599.</summary>
    public long DownstreamRq5xx;

    /// <summary><c>downstream_rq_completed</c>: Answers sent.</summary>
    public long DownstreamRqCompleted;

    /// <summary><c>downstream_rq_time</c>: Time from the first byte of the request to the last of the answer, milliseconds.</summary>
    public readonly Histogram DownstreamRqTime = new();

    /// <summary><c>downstream_rq_timeout</c>: Requests not received whole within the request timeout.</summary>
    public long DownstreamRqTimeout;

    /// <summary><c>downstream_rq_header_timeout</c>: Requests whose head was not received in time.</summary>
    public long DownstreamRqHeaderTimeout;

    /// <summary><c>downstream_rq_overload_close</c>: Requests refused because there is no memory for them.</summary>
    public long DownstreamRqOverloadClose;

    /// <summary><c>downstream_rq_idle_timeout</c>: Requests that were idle for too long.</summary>
    public long DownstreamRqIdleTimeout;

    /// <summary><c>downstream_rq_max_duration_reached</c>: Requests ended by the maximum stream duration.</summary>
    public long DownstreamRqMaxDurationReached;

    /// <summary><c>downstream_rq_too_large</c>: Requests answered 413.</summary>
    public long DownstreamRqTooLarge;

    /// <summary><c>downstream_rq_non_relative_path</c>: Requests with a path that does not begin with a slash.</summary>
    public long DownstreamRqNonRelativePath;

    /// <summary><c>downstream_rq_redirected_with_normalized_path</c>: Requests redirected to the normalized path.</summary>
    public long DownstreamRqRedirectedWithNormalizedPath;

    /// <summary><c>downstream_rq_failed_path_normalization</c>: Requests whose path could not be normalized.</summary>
    public long DownstreamRqFailedPathNormalization;

    /// <summary><c>downstream_rq_response_before_rq_complete</c>: Answers begun before the request was whole.</summary>
    public long DownstreamRqResponseBeforeRqComplete;

    /// <summary><c>downstream_rq_rx_reset</c>: Requests that the client reset.</summary>
    public long DownstreamRqRxReset;

    /// <summary><c>downstream_rq_tx_reset</c>: Requests that the gateway reset.</summary>
    public long DownstreamRqTxReset;

    /// <summary><c>downstream_rq_too_many_premature_resets</c>: Connections closed because of too many early resets.</summary>
    public long DownstreamRqTooManyPrematureResets;

    /// <summary><c>downstream_rq_ws_on_non_ws_route</c>: Upgrades on a route that allows none.</summary>
    public long DownstreamRqWsOnNonWsRoute;

    /// <summary><c>no_route</c>: Requests that no route matched.</summary>
    public long NoRoute;

    /// <summary><c>no_cluster</c>: Requests whose route names a cluster that does not exist.</summary>
    public long NoCluster;

    /// <summary><c>rq_total</c>: Requests that were routed.</summary>
    public long RqTotal;

    /// <summary><c>rq_direct_response</c>: Requests that the route answers itself: direct responses and redirects.</summary>
    public long RqDirectResponse;

    /// <summary><c>passthrough_internal_redirect_bad_location</c>: Redirects not followed: they lead nowhere that can be asked.</summary>
    public long PassthroughInternalRedirectBadLocation;

    /// <summary><c>passthrough_internal_redirect_unsafe_scheme</c>: Redirects not followed: from http to https, or back.</summary>
    public long PassthroughInternalRedirectUnsafeScheme;

    /// <summary><c>passthrough_internal_redirect_too_many_redirects</c>: Redirects not followed: too many for one request.</summary>
    public long PassthroughInternalRedirectTooManyRedirects;

    /// <summary><c>passthrough_internal_redirect_no_route</c>: Redirects not followed: no route takes them.</summary>
    public long PassthroughInternalRedirectNoRoute;

    /// <summary><c>passthrough_internal_redirect_predicate</c>: Redirects not followed: a condition of the route forbids it.</summary>
    public long PassthroughInternalRedirectPredicate;

    /// <summary><c>rq_reset_after_downstream_response_started</c>: Answers cut short after their head was sent.</summary>
    public long RqResetAfterDownstreamResponseStarted;

    /// <summary><c>fault.delays_injected</c>: Requests delayed by a fault rule.</summary>
    public long FaultDelaysInjected;

    /// <summary><c>fault.aborts_injected</c>: Requests aborted by a fault rule.</summary>
    public long FaultAbortsInjected;

    /// <summary><c>fault.faults_overflow</c>: Requests spared because as many faults as allowed were under way.</summary>
    public long FaultFaultsOverflow;

    /// <summary><c>fault.active_faults</c>: Requests under way that a fault rule delays or has aborted.</summary>
    public long FaultActiveFaults;

    /// <summary><c>cors.origin_valid</c>: Requests of an origin that the policy allows.</summary>
    public long CorsOriginValid;

    /// <summary><c>cors.origin_invalid</c>: Requests of an origin that the policy does not allow.</summary>
    public long CorsOriginInvalid;

    /// <summary>Counts the end of a connection.</summary>
    /// <param name="isByPeer">Whether the client ended it.</param>
    /// <param name="isCut">Whether a request was under way on it.</param>
    /// <param name="lengthMs">How long it lived.</param>
    public void CountDestroyed(bool isByPeer, bool isCut, long lengthMs)
    {
        DownstreamCxDestroy++;
        DownstreamCxDestroyRemote += isByPeer ? 1 : 0;
        DownstreamCxDestroyLocal += isByPeer ? 0 : 1;
        DownstreamCxDestroyActiveRq += isCut ? 1 : 0;
        DownstreamCxDestroyRemoteActiveRq += isCut && isByPeer ? 1 : 0;
        DownstreamCxDestroyLocalActiveRq += isCut && !isByPeer ? 1 : 0;
        DownstreamCxLengthMs.Record(lengthMs);
    }

    /// <summary>Counts an answer with this status: by class, and as completed.</summary>
    public void CountResponse(int status)
    {
        DownstreamRqCompleted++;
        switch (status / 100)
        {
            case 1: DownstreamRq1xx++; break;
            case 2: DownstreamRq2xx++; break;
            case 3: DownstreamRq3xx++; break;
            case 4: DownstreamRq4xx++; break;
            case 5: DownstreamRq5xx++; break;
        }
    }
}
