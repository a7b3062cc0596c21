namespace Tidegate.Proxy.Telemetry;

/// <summary>
/// What Envoy counts of a cluster, under <c>cluster.NAME.</c>; names and meaning are Envoy's.
/// Owned by one worker: only it writes, with plain increments; whoever samples reads racily and sums the workers.
/// What is "of the control thread" is written in the instance <see cref="StatScope{T}.Main"/> only.
/// </summary>
public sealed class ClusterStats
{
    /// <summary><c>grpc.*</c>: gRPC calls, by method where that is asked for.</summary>
    public readonly GrpcStats Grpc = new();

    /// <summary><c>upstream_cx_total</c>: Connections begun.</summary>
    public long UpstreamCxTotal;

    /// <summary><c>upstream_cx_active</c>: Connections open or being made.</summary>
    public long UpstreamCxActive;

    /// <summary><c>upstream_cx_http1_total</c>: HTTP/1.1 connections begun.</summary>
    public long UpstreamCxHttp1Total;

    /// <summary><c>upstream_cx_http2_total</c>: HTTP/2 connections begun.</summary>
    public long UpstreamCxHttp2Total;

    /// <summary><c>upstream_cx_connect_fail</c>: Connections that could not be made.</summary>
    public long UpstreamCxConnectFail;

    /// <summary><c>upstream_cx_connect_timeout</c>: Connections not made within the connect timeout; counted in connect_fail too.</summary>
    public long UpstreamCxConnectTimeout;

    /// <summary><c>upstream_cx_connect_attempts_exceeded</c>: Requests whose connect attempts were used up.</summary>
    public long UpstreamCxConnectAttemptsExceeded;

    /// <summary><c>upstream_cx_idle_timeout</c>: Connections closed because they rested too long.</summary>
    public long UpstreamCxIdleTimeout;

    /// <summary><c>upstream_cx_max_duration_reached</c>: Connections closed because of their age.</summary>
    public long UpstreamCxMaxDurationReached;

    /// <summary><c>upstream_cx_max_requests</c>: Connections closed because of the requests they had served.</summary>
    public long UpstreamCxMaxRequests;

    /// <summary><c>upstream_cx_overflow</c>: Connections not begun because the circuit breaker is open.</summary>
    public long UpstreamCxOverflow;

    /// <summary><c>upstream_cx_none_healthy</c>: Requests that found no healthy endpoint.</summary>
    public long UpstreamCxNoneHealthy;

    /// <summary><c>upstream_cx_protocol_error</c>: Connections on which the upstream broke the protocol.</summary>
    public long UpstreamCxProtocolError;

    /// <summary><c>upstream_cx_close_notify</c>: Connections that the upstream asked to close (Connection: close, GOAWAY).</summary>
    public long UpstreamCxCloseNotify;

    /// <summary><c>upstream_cx_destroy</c>: Connections gone.</summary>
    public long UpstreamCxDestroy;

    /// <summary><c>upstream_cx_destroy_local</c>: Connections that the gateway closed.</summary>
    public long UpstreamCxDestroyLocal;

    /// <summary><c>upstream_cx_destroy_remote</c>: Connections that the upstream closed.</summary>
    public long UpstreamCxDestroyRemote;

    /// <summary><c>upstream_cx_destroy_with_active_rq</c>: Connections gone with a request on them.</summary>
    public long UpstreamCxDestroyWithActiveRq;

    /// <summary><c>upstream_cx_destroy_local_with_active_rq</c>: Connections that the gateway closed with a request on them.</summary>
    public long UpstreamCxDestroyLocalWithActiveRq;

    /// <summary><c>upstream_cx_destroy_remote_with_active_rq</c>: Connections that the upstream closed with a request on them.</summary>
    public long UpstreamCxDestroyRemoteWithActiveRq;

    /// <summary><c>upstream_cx_rx_bytes_total</c>: Bytes received.</summary>
    public long UpstreamCxRxBytesTotal;

    /// <summary><c>upstream_cx_rx_bytes_buffered</c>: Bytes received and not yet passed on.</summary>
    public long UpstreamCxRxBytesBuffered;

    /// <summary><c>upstream_cx_tx_bytes_total</c>: Bytes sent.</summary>
    public long UpstreamCxTxBytesTotal;

    /// <summary><c>upstream_cx_tx_bytes_buffered</c>: Bytes that wait to be sent.</summary>
    public long UpstreamCxTxBytesBuffered;

    /// <summary><c>upstream_cx_connect_ms</c>: Time to make a connection, milliseconds.</summary>
    public readonly Histogram UpstreamCxConnectMs = new();

    /// <summary><c>upstream_cx_length_ms</c>: Life of a connection, milliseconds.</summary>
    public readonly Histogram UpstreamCxLengthMs = new();

    /// <summary><c>upstream_rq_total</c>: Requests begun, each attempt apart.</summary>
    public long UpstreamRqTotal;

    /// <summary><c>upstream_rq_active</c>: Requests under way.</summary>
    public long UpstreamRqActive;

    /// <summary>
    /// <c>upstream_rq_200</c>, <c>upstream_rq_2xx</c>, <c>upstream_rq_completed</c>, <c>upstream_rq_unknown</c>: Answers that went on to clients; a reset counts as 503 and a
    /// timeout as 504. The same once more under <c>external.</c>, because all requests of a gateway come from outside.
    /// </summary>
    public readonly ResponseCodeCounters UpstreamRq = new();

    /// <summary><c>retry.upstream_rq_503</c> and so on: Answers that led to another attempt.</summary>
    public readonly ResponseCodeCounters RetryUpstreamRq = new();

    /// <summary><c>upstream_rq_pending_total</c>: Requests that waited for a connection.</summary>
    public long UpstreamRqPendingTotal;

    /// <summary><c>upstream_rq_pending_active</c>: Requests that wait for a connection now.</summary>
    public long UpstreamRqPendingActive;

    /// <summary><c>upstream_rq_pending_overflow</c>: Requests refused because too many waited (circuit breaker).</summary>
    public long UpstreamRqPendingOverflow;

    /// <summary><c>upstream_rq_pending_failure_eject</c>: Requests that failed while they waited because the connection failed.</summary>
    public long UpstreamRqPendingFailureEject;

    /// <summary><c>upstream_rq_cancelled</c>: Requests given up while they waited for a connection.</summary>
    public long UpstreamRqCancelled;

    /// <summary><c>upstream_rq_timeout</c>: Requests not answered within the route timeout.</summary>
    public long UpstreamRqTimeout;

    /// <summary><c>upstream_rq_per_try_timeout</c>: Attempts not answered within the per-try timeout.</summary>
    public long UpstreamRqPerTryTimeout;

    /// <summary><c>upstream_rq_max_duration_reached</c>: Requests ended by the maximum stream duration.</summary>
    public long UpstreamRqMaxDurationReached;

    /// <summary><c>upstream_rq_rx_reset</c>: Requests that the upstream reset (HTTP/2; in HTTP/1.1 the connection ends).</summary>
    public long UpstreamRqRxReset;

    /// <summary><c>upstream_rq_rx_reset_no_error</c>: Requests whose rest the upstream did not want (HTTP/2).</summary>
    public long UpstreamRqRxResetNoError;

    /// <summary><c>upstream_rq_tx_reset</c>: Requests that the gateway reset (HTTP/2; in HTTP/1.1 the connection ends).</summary>
    public long UpstreamRqTxReset;

    /// <summary><c>upstream_rq_retry</c>: Retries begun.</summary>
    public long UpstreamRqRetry;

    /// <summary><c>upstream_rq_retry_success</c>: Retries that were answered well.</summary>
    public long UpstreamRqRetrySuccess;

    /// <summary><c>upstream_rq_retry_overflow</c>: Retries not made because the circuit breaker or the budget is open.</summary>
    public long UpstreamRqRetryOverflow;

    /// <summary><c>upstream_rq_retry_limit_exceeded</c>: Requests whose retries were used up.</summary>
    public long UpstreamRqRetryLimitExceeded;

    /// <summary><c>upstream_rq_retry_backoff_exponential</c>: Retries that waited by exponential back-off.</summary>
    public long UpstreamRqRetryBackoffExponential;

    /// <summary><c>upstream_rq_time</c>: Time from the end of the request to the end of the answer, milliseconds; one value for each answer that went on to a client. The same under <c>external.</c></summary>
    public readonly Histogram UpstreamRqTime = new();

    /// <summary><c>upstream_rq_per_cx</c>: Requests that a connection carried; one value for each that ended.</summary>
    public readonly Histogram UpstreamRqPerCx = new();

    /// <summary><c>upstream_flow_control_paused_reading_total</c>: Times that reading was paused because the client is slow.</summary>
    public long UpstreamFlowControlPausedReadingTotal;

    /// <summary><c>upstream_flow_control_resumed_reading_total</c>: Times that reading went on after a pause.</summary>
    public long UpstreamFlowControlResumedReadingTotal;

    /// <summary><c>upstream_flow_control_backed_up_total</c>: Times that the upstream was too slow for the request.</summary>
    public long UpstreamFlowControlBackedUpTotal;

    /// <summary><c>upstream_flow_control_drained_total</c>: Times that the upstream had caught up.</summary>
    public long UpstreamFlowControlDrainedTotal;

    /// <summary><c>upstream_internal_redirect_failed_total</c>: Internal redirects that failed.</summary>
    public long UpstreamInternalRedirectFailedTotal;

    /// <summary><c>upstream_internal_redirect_succeeded_total</c>: Internal redirects followed.</summary>
    public long UpstreamInternalRedirectSucceededTotal;

    /// <summary><c>retry_or_shadow_abandoned</c>: Requests too large to be retried or mirrored.</summary>
    public long RetryOrShadowAbandoned;

    /// <summary><c>lb_healthy_panic</c>: Choices made among all endpoints because too few are healthy.</summary>
    public long LbHealthyPanic;

    /// <summary><c>membership_change</c>: Changes of the set of endpoints.</summary>
    public long MembershipChange;

    /// <summary><c>membership_total</c>: Endpoints. Set by the control thread.</summary>
    public long MembershipTotal;

    /// <summary><c>membership_healthy</c>: Healthy endpoints. Set by the control thread.</summary>
    public long MembershipHealthy;

    /// <summary><c>membership_degraded</c>: Degraded endpoints. Set by the control thread.</summary>
    public long MembershipDegraded;

    /// <summary><c>max_host_weight</c>: Largest weight of an endpoint. Set by the control thread.</summary>
    public long MaxHostWeight;

    /// <summary><c>update_attempt</c>: Assignments that came, and questions to DNS. Counted by control threads.</summary>
    public long UpdateAttempt;

    /// <summary><c>update_success</c>: Those that had a usable answer. Counted by control threads.</summary>
    public long UpdateSuccess;

    /// <summary><c>update_failure</c>: Questions to DNS without an answer. Counted by control threads.</summary>
    public long UpdateFailure;

    /// <summary><c>update_empty</c>: Answers of DNS without an address; the last endpoints stay. Counted by control threads.</summary>
    public long UpdateEmpty;

    /// <summary><c>update_no_rebuild</c>: Updates that changed no endpoint. Counted by control threads.</summary>
    public long UpdateNoRebuild;

    /// <summary><c>update_rejected</c>: Assignments refused, whole or in parts. Counted by control threads.</summary>
    public long UpdateRejected;

    /// <summary><c>update_time</c>: When the last assignment was taken, milliseconds of the Unix epoch. Set by control threads.</summary>
    public long UpdateTime;

    /// <summary><c>update_duration</c>: Time to apply an assignment, milliseconds. Recorded by control threads.</summary>
    public readonly Histogram UpdateDuration = new();

    /// <summary><c>version</c>: Hash of the version of the assignment last taken. Set by control threads.</summary>
    public long Version;

    /// <summary><c>version_text</c>: The version of the assignment last taken; null before the first. Set by control threads.</summary>
    public string? VersionText;

    /// <summary><c>circuit_breakers.default.cx_open</c>: 1 while the limit of connections is reached. Set by the control thread when sampled.</summary>
    public long CircuitBreakersDefaultCxOpen;

    /// <summary><c>circuit_breakers.default.rq_pending_open</c>: 1 while the limit of waiting requests is reached. Set by the control thread when sampled.</summary>
    public long CircuitBreakersDefaultRqPendingOpen;

    /// <summary><c>circuit_breakers.default.rq_open</c>: 1 while the limit of requests is reached. Set by the control thread when sampled.</summary>
    public long CircuitBreakersDefaultRqOpen;

    /// <summary><c>circuit_breakers.default.rq_retry_open</c>: 1 while the limit of retries is reached. Set by the control thread when sampled.</summary>
    public long CircuitBreakersDefaultRqRetryOpen;

    /// <summary>Counts the end of a connection, one that could not be made included.</summary>
    /// <param name="isByPeer">Whether the endpoint ended it.</param>
    /// <param name="isCut">Whether a request was under way on it.</param>
    /// <param name="lengthMs">How long it lived.</param>
    public void CountDestroyed(bool isByPeer, bool isCut, long lengthMs)
    {
        UpstreamCxDestroy++;
        UpstreamCxDestroyRemote += isByPeer ? 1 : 0;
        UpstreamCxDestroyLocal += isByPeer ? 0 : 1;
        UpstreamCxDestroyWithActiveRq += isCut ? 1 : 0;
        UpstreamCxDestroyRemoteWithActiveRq += isCut && isByPeer ? 1 : 0;
        UpstreamCxDestroyLocalWithActiveRq += isCut && !isByPeer ? 1 : 0;
        UpstreamCxLengthMs.Record(lengthMs);
    }
}
