using Tidegate.Http.Http2;
using static Tidegate.Proxy.Telemetry.StatField;

namespace Tidegate.Proxy.Telemetry;

/// <summary>
/// Every statistic there is: its name below the scope, its kind, and where its value is. A new one is a field and a line here.
/// A gauge's second accessor says whether it was ever used (<c>usedonly</c>); without one it always was.
/// </summary>
public static class StatTables
{
    /// <summary>Those of an endpoint, in the order in which <c>/clusters</c> shows them.</summary>
    public static readonly StatTable<EndpointStats> Endpoint = new(
    [
        Gauge<EndpointStats>("cx_active", static s => s.CxActive),
        Counter<EndpointStats>("cx_connect_fail", static s => s.CxConnectFail),
        Counter<EndpointStats>("cx_total", static s => s.CxTotal),
        Gauge<EndpointStats>("rq_active", static s => s.RqActive),
        Counter<EndpointStats>("rq_error", static s => s.RqError),
        Gauge<EndpointStats>("rq_pending_active", static s => s.RqPendingActive),
        Counter<EndpointStats>("rq_success", static s => s.RqSuccess),
        Counter<EndpointStats>("rq_timeout", static s => s.RqTimeout),
        Counter<EndpointStats>("rq_total", static s => s.RqTotal),
    ]);

    /// <summary><c>cluster.NAME.outlier_detection.</c></summary>
    public static readonly StatTable<OutlierStats> Outlier = new(
    [
        Gauge<OutlierStats>("ejections_active", static s => s.EjectionsActive),
        Counter<OutlierStats>("ejections_total", static s => s.EjectionsTotal),
        Counter<OutlierStats>("ejections_consecutive_5xx", static s => s.EjectionsDetectedConsecutive5xx),
        Counter<OutlierStats>("ejections_success_rate", static s => s.EjectionsDetectedSuccessRate),
        Counter<OutlierStats>("ejections_enforced_total", static s => s.EjectionsEnforcedTotal),
        Counter<OutlierStats>("ejections_overflow", static s => s.EjectionsOverflow),
        Counter<OutlierStats>("ejections_detected_consecutive_5xx", static s => s.EjectionsDetectedConsecutive5xx),
        Counter<OutlierStats>("ejections_enforced_consecutive_5xx", static s => s.EjectionsEnforcedConsecutive5xx),
        Counter<OutlierStats>("ejections_detected_consecutive_gateway_failure", static s => s.EjectionsDetectedConsecutiveGatewayFailure),
        Counter<OutlierStats>("ejections_enforced_consecutive_gateway_failure", static s => s.EjectionsEnforcedConsecutiveGatewayFailure),
        Counter<OutlierStats>("ejections_detected_consecutive_local_origin_failure", static s => s.EjectionsDetectedConsecutiveLocalOriginFailure),
        Counter<OutlierStats>("ejections_enforced_consecutive_local_origin_failure", static s => s.EjectionsEnforcedConsecutiveLocalOriginFailure),
        Counter<OutlierStats>("ejections_detected_success_rate", static s => s.EjectionsDetectedSuccessRate),
        Counter<OutlierStats>("ejections_enforced_success_rate", static s => s.EjectionsEnforcedSuccessRate),
        Counter<OutlierStats>("ejections_detected_local_origin_success_rate", static s => s.EjectionsDetectedLocalOriginSuccessRate),
        Counter<OutlierStats>("ejections_enforced_local_origin_success_rate", static s => s.EjectionsEnforcedLocalOriginSuccessRate),
        Counter<OutlierStats>("ejections_detected_failure_percentage", static s => s.EjectionsDetectedFailurePercentage),
        Counter<OutlierStats>("ejections_enforced_failure_percentage", static s => s.EjectionsEnforcedFailurePercentage),
        Counter<OutlierStats>("ejections_detected_local_origin_failure_percentage", static s => s.EjectionsDetectedLocalOriginFailurePercentage),
        Counter<OutlierStats>("ejections_enforced_local_origin_failure_percentage", static s => s.EjectionsEnforcedLocalOriginFailurePercentage),
    ]);

    /// <summary><c>cluster.NAME.health_check.</c></summary>
    public static readonly StatTable<HealthCheckStats> HealthCheck = new(
    [
        Counter<HealthCheckStats>("attempt", static s => s.Attempt),
        Counter<HealthCheckStats>("success", static s => s.Success),
        Counter<HealthCheckStats>("failure", static s => s.Failure),
        Counter<HealthCheckStats>("network_failure", static s => s.NetworkFailure),
        Counter<HealthCheckStats>("verify_cluster", static s => s.VerifyCluster),
        Gauge<HealthCheckStats>("healthy", static s => s.Healthy),
        Gauge<HealthCheckStats>("degraded", static s => s.Degraded),
    ]);

    /// <summary><c>tcp.STAT_PREFIX.</c></summary>
    public static readonly StatTable<TcpProxyStats> TcpProxy = new(
    [
        Counter<TcpProxyStats>("downstream_cx_total", static s => s.DownstreamCxTotal),
        Counter<TcpProxyStats>("downstream_cx_drain_close", static s => s.DownstreamCxDrainClose),
        Counter<TcpProxyStats>("downstream_cx_no_route", static s => s.DownstreamCxNoRoute),
        Counter<TcpProxyStats>("downstream_cx_tx_bytes_total", static s => s.DownstreamCxTxBytesTotal),
        Gauge<TcpProxyStats>("downstream_cx_tx_bytes_buffered", static s => s.DownstreamCxTxBytesBuffered, static s => s.DownstreamCxTotal != 0),
        Counter<TcpProxyStats>("downstream_cx_rx_bytes_total", static s => s.DownstreamCxRxBytesTotal),
        Counter<TcpProxyStats>("downstream_flow_control_paused_reading_total", static s => s.DownstreamFlowControlPausedReadingTotal),
        Counter<TcpProxyStats>("downstream_flow_control_resumed_reading_total", static s => s.DownstreamFlowControlResumedReadingTotal),
        Counter<TcpProxyStats>("idle_timeout", static s => s.IdleTimeout),
        Counter<TcpProxyStats>("max_downstream_connection_duration", static s => s.MaxDownstreamConnectionDuration),
    ]);

    /// <summary><c>cluster.NAME.</c></summary>
    public static readonly StatTable<ClusterStats> Cluster = new(
    [
        Counter<ClusterStats>("upstream_cx_total", static s => s.UpstreamCxTotal),
        Gauge<ClusterStats>("upstream_cx_active", static s => s.UpstreamCxActive, static s => s.UpstreamCxTotal != 0),
        Counter<ClusterStats>("upstream_cx_http1_total", static s => s.UpstreamCxHttp1Total),
        Counter<ClusterStats>("upstream_cx_http2_total", static s => s.UpstreamCxHttp2Total),
        Counter<ClusterStats>("upstream_cx_connect_fail", static s => s.UpstreamCxConnectFail),
        Counter<ClusterStats>("upstream_cx_connect_timeout", static s => s.UpstreamCxConnectTimeout),
        Counter<ClusterStats>("upstream_cx_connect_attempts_exceeded", static s => s.UpstreamCxConnectAttemptsExceeded),
        Counter<ClusterStats>("upstream_cx_idle_timeout", static s => s.UpstreamCxIdleTimeout),
        Counter<ClusterStats>("upstream_cx_max_duration_reached", static s => s.UpstreamCxMaxDurationReached),
        Counter<ClusterStats>("upstream_cx_max_requests", static s => s.UpstreamCxMaxRequests),
        Counter<ClusterStats>("upstream_cx_overflow", static s => s.UpstreamCxOverflow),
        Counter<ClusterStats>("upstream_cx_none_healthy", static s => s.UpstreamCxNoneHealthy),
        Counter<ClusterStats>("upstream_cx_protocol_error", static s => s.UpstreamCxProtocolError),
        Counter<ClusterStats>("upstream_cx_close_notify", static s => s.UpstreamCxCloseNotify),
        Counter<ClusterStats>("upstream_cx_destroy", static s => s.UpstreamCxDestroy),
        Counter<ClusterStats>("upstream_cx_destroy_local", static s => s.UpstreamCxDestroyLocal),
        Counter<ClusterStats>("upstream_cx_destroy_remote", static s => s.UpstreamCxDestroyRemote),
        Counter<ClusterStats>("upstream_cx_destroy_with_active_rq", static s => s.UpstreamCxDestroyWithActiveRq),
        Counter<ClusterStats>("upstream_cx_destroy_local_with_active_rq", static s => s.UpstreamCxDestroyLocalWithActiveRq),
        Counter<ClusterStats>("upstream_cx_destroy_remote_with_active_rq", static s => s.UpstreamCxDestroyRemoteWithActiveRq),
        Counter<ClusterStats>("upstream_cx_rx_bytes_total", static s => s.UpstreamCxRxBytesTotal),
        Gauge<ClusterStats>("upstream_cx_rx_bytes_buffered", static s => s.UpstreamCxRxBytesBuffered, static s => s.UpstreamCxTotal != 0),
        Counter<ClusterStats>("upstream_cx_tx_bytes_total", static s => s.UpstreamCxTxBytesTotal),
        Gauge<ClusterStats>("upstream_cx_tx_bytes_buffered", static s => s.UpstreamCxTxBytesBuffered, static s => s.UpstreamCxTotal != 0),
        Histogram<ClusterStats>("upstream_cx_connect_ms", static s => s.UpstreamCxConnectMs),
        Histogram<ClusterStats>("upstream_cx_length_ms", static s => s.UpstreamCxLengthMs),
        Counter<ClusterStats>("upstream_rq_total", static s => s.UpstreamRqTotal),
        Gauge<ClusterStats>("upstream_rq_active", static s => s.UpstreamRqActive, static s => s.UpstreamRqTotal != 0),
        Counter<ClusterStats>("upstream_rq_completed", static s => s.UpstreamRq.Completed),
        OnceUsed(Counter<ClusterStats>("external.upstream_rq_completed", static s => s.UpstreamRq.Completed)),
        OnceUsed(Counter<ClusterStats>("retry.upstream_rq_completed", static s => s.RetryUpstreamRq.Completed)),
        Counter<ClusterStats>("upstream_rq_pending_total", static s => s.UpstreamRqPendingTotal),
        Gauge<ClusterStats>("upstream_rq_pending_active", static s => s.UpstreamRqPendingActive, static s => s.UpstreamRqPendingTotal != 0),
        Counter<ClusterStats>("upstream_rq_pending_overflow", static s => s.UpstreamRqPendingOverflow),
        Counter<ClusterStats>("upstream_rq_pending_failure_eject", static s => s.UpstreamRqPendingFailureEject),
        Counter<ClusterStats>("upstream_rq_cancelled", static s => s.UpstreamRqCancelled),
        Counter<ClusterStats>("upstream_rq_timeout", static s => s.UpstreamRqTimeout),
        Counter<ClusterStats>("upstream_rq_per_try_timeout", static s => s.UpstreamRqPerTryTimeout),
        Counter<ClusterStats>("upstream_rq_max_duration_reached", static s => s.UpstreamRqMaxDurationReached),
        Counter<ClusterStats>("upstream_rq_rx_reset", static s => s.UpstreamRqRxReset),
        Counter<ClusterStats>("upstream_rq_rx_reset_no_error", static s => s.UpstreamRqRxResetNoError),
        Counter<ClusterStats>("upstream_rq_tx_reset", static s => s.UpstreamRqTxReset),
        Counter<ClusterStats>("upstream_rq_retry", static s => s.UpstreamRqRetry),
        Counter<ClusterStats>("upstream_rq_retry_success", static s => s.UpstreamRqRetrySuccess),
        Counter<ClusterStats>("upstream_rq_retry_overflow", static s => s.UpstreamRqRetryOverflow),
        Counter<ClusterStats>("upstream_rq_retry_limit_exceeded", static s => s.UpstreamRqRetryLimitExceeded),
        Counter<ClusterStats>("upstream_rq_retry_backoff_exponential", static s => s.UpstreamRqRetryBackoffExponential),
        OnceUsed(Histogram<ClusterStats>("upstream_rq_time", static s => s.UpstreamRqTime)),
        OnceUsed(Histogram<ClusterStats>("external.upstream_rq_time", static s => s.UpstreamRqTime)),
        Histogram<ClusterStats>("upstream_rq_per_cx", static s => s.UpstreamRqPerCx),
        Counter<ClusterStats>("upstream_flow_control_paused_reading_total", static s => s.UpstreamFlowControlPausedReadingTotal),
        Counter<ClusterStats>("upstream_flow_control_resumed_reading_total", static s => s.UpstreamFlowControlResumedReadingTotal),
        Counter<ClusterStats>("upstream_flow_control_backed_up_total", static s => s.UpstreamFlowControlBackedUpTotal),
        Counter<ClusterStats>("upstream_flow_control_drained_total", static s => s.UpstreamFlowControlDrainedTotal),
        Counter<ClusterStats>("upstream_internal_redirect_failed_total", static s => s.UpstreamInternalRedirectFailedTotal),
        Counter<ClusterStats>("upstream_internal_redirect_succeeded_total", static s => s.UpstreamInternalRedirectSucceededTotal),
        Counter<ClusterStats>("retry_or_shadow_abandoned", static s => s.RetryOrShadowAbandoned),
        Counter<ClusterStats>("lb_healthy_panic", static s => s.LbHealthyPanic),
        Counter<ClusterStats>("membership_change", static s => s.MembershipChange),
        Gauge<ClusterStats>("membership_total", static s => s.MembershipTotal),
        Gauge<ClusterStats>("membership_healthy", static s => s.MembershipHealthy),
        Gauge<ClusterStats>("membership_degraded", static s => s.MembershipDegraded, static s => s.MembershipDegraded != 0),
        Gauge<ClusterStats>("max_host_weight", static s => s.MaxHostWeight),
        Counter<ClusterStats>("update_attempt", static s => s.UpdateAttempt),
        Counter<ClusterStats>("update_success", static s => s.UpdateSuccess),
        Counter<ClusterStats>("update_failure", static s => s.UpdateFailure),
        Counter<ClusterStats>("update_empty", static s => s.UpdateEmpty),
        Counter<ClusterStats>("update_no_rebuild", static s => s.UpdateNoRebuild),
        Counter<ClusterStats>("update_rejected", static s => s.UpdateRejected),
        Gauge<ClusterStats>("update_time", static s => s.UpdateTime, static s => s.UpdateTime != 0),
        Histogram<ClusterStats>("update_duration", static s => s.UpdateDuration),
        Gauge<ClusterStats>("version", static s => s.Version, static s => s.Version != 0),
        Gauge<ClusterStats>("circuit_breakers.default.cx_open", static s => s.CircuitBreakersDefaultCxOpen),
        Gauge<ClusterStats>("circuit_breakers.default.rq_pending_open", static s => s.CircuitBreakersDefaultRqPendingOpen),
        Gauge<ClusterStats>("circuit_breakers.default.rq_open", static s => s.CircuitBreakersDefaultRqOpen),
        Gauge<ClusterStats>("circuit_breakers.default.rq_retry_open", static s => s.CircuitBreakersDefaultRqRetryOpen),
    ],
    codes:
    [
        new("upstream_rq_", static s => s.UpstreamRq),
        new("external.upstream_rq_", static s => s.UpstreamRq),
        new("retry.upstream_rq_", static s => s.RetryUpstreamRq),
    ],
    names: [new StatNames<ClusterStats>("grpc.", static s => s.Grpc.Counters)],
    texts: [new TextReadout<ClusterStats>("version_text", static s => s.VersionText)]);

    /// <summary><c>cluster.NAME.ssl.</c></summary>
    public static readonly StatTable<TlsStats> UpstreamTls = new(
    [
        Counter<TlsStats>("handshake", static s => s.Handshake),
        Counter<TlsStats>("connection_error", static s => s.ConnectionError),
        Counter<TlsStats>("fail_verify_no_cert", static s => s.FailVerifyNoCert),
        Counter<TlsStats>("fail_verify_error", static s => s.FailVerifyError),
        Counter<TlsStats>("fail_verify_san", static s => s.FailVerifySan),
        Counter<TlsStats>("fail_verify_cert_hash", static s => s.FailVerifyCertHash),
    ],
    names:
    [
        new("ciphers.", static s => s.Ciphers),
        new("versions.", static s => s.Versions),
        new("curves.", static s => s.Curves),
    ]);

    /// <summary><c>listener.ADDRESS.ssl.</c></summary>
    public static readonly StatTable<TlsStats> DownstreamTls = new(
    [
        .. UpstreamTls.Fields,
        Counter<TlsStats>("session_reused", static s => s.SessionReused),
        Counter<TlsStats>("no_certificate", static s => s.NoCertificate),
    ],
    names: UpstreamTls.Names);

    /// <summary><c>tls_inspector.</c></summary>
    public static readonly StatTable<TlsInspectorStats> TlsInspector = new(
    [
        Counter<TlsInspectorStats>("tls_found", static s => s.TlsFound),
        Counter<TlsInspectorStats>("tls_not_found", static s => s.TlsNotFound),
        Counter<TlsInspectorStats>("alpn_found", static s => s.AlpnFound),
        Counter<TlsInspectorStats>("alpn_not_found", static s => s.AlpnNotFound),
        Counter<TlsInspectorStats>("sni_found", static s => s.SniFound),
        Counter<TlsInspectorStats>("sni_not_found", static s => s.SniNotFound),
        Counter<TlsInspectorStats>("client_hello_too_large", static s => s.ClientHelloTooLarge),
        Histogram<TlsInspectorStats>("bytes_processed", static s => s.BytesProcessed),
    ]);

    /// <summary><c>http1.</c></summary>
    public static readonly StatTable<Http1Stats> Http1 = new(
    [
        Counter<Http1Stats>("dropped_headers_with_underscores", static s => s.DroppedHeadersWithUnderscores),
        Counter<Http1Stats>("requests_rejected_with_underscores_in_headers", static s => s.RequestsRejectedWithUnderscoresInHeaders),
    ]);

    /// <summary><c>http2.</c>, <c>cluster.NAME.http2.</c></summary>
    public static readonly StatTable<Http2Counters> Http2 = new(
    [
        Counter<Http2Counters>("dropped_headers_with_underscores", static s => s.DroppedHeadersWithUnderscores),
        Counter<Http2Counters>("requests_rejected_with_underscores_in_headers", static s => s.RequestsRejectedWithUnderscoresInHeaders),
        Counter<Http2Counters>("goaway_sent", static s => s.GoawaySent),
        Counter<Http2Counters>("header_overflow", static s => s.HeaderOverflow),
        Counter<Http2Counters>("inbound_empty_frames_flood", static s => s.InboundEmptyFramesFlood),
        Counter<Http2Counters>("inbound_priority_frames_flood", static s => s.InboundPriorityFramesFlood),
        Counter<Http2Counters>("inbound_window_update_frames_flood", static s => s.InboundWindowUpdateFramesFlood),
        Counter<Http2Counters>("inbound_continuation_frames_flood", static s => s.InboundContinuationFramesFlood),
        Counter<Http2Counters>("inbound_ignored_frames_flood", static s => s.InboundIgnoredFramesFlood),
        Counter<Http2Counters>("stream_errors_flood", static s => s.StreamErrorsFlood),
        Counter<Http2Counters>("outbound_control_flood", static s => s.OutboundControlFlood),
        Counter<Http2Counters>("keepalive_timeout", static s => s.KeepaliveTimeout),
        Counter<Http2Counters>("rx_messaging_error", static s => s.RxMessagingError),
        Counter<Http2Counters>("rx_reset", static s => s.RxReset),
        Counter<Http2Counters>("tx_reset", static s => s.TxReset),
        Counter<Http2Counters>("stream_refused_errors", static s => s.StreamRefusedErrors),
        Counter<Http2Counters>("trailers", static s => s.Trailers),
        Counter<Http2Counters>("tx_flush_timeout", static s => s.TxFlushTimeout),
        Gauge<Http2Counters>("streams_active", static s => s.StreamsActive),
        Gauge<Http2Counters>("pending_send_bytes", static s => s.PendingSendBytes),
    ]);

    /// <summary><c>STAT_PREFIX.http_local_rate_limit.</c></summary>
    public static readonly StatTable<LocalRateLimitStats> LocalRateLimit = new(
    [
        Counter<LocalRateLimitStats>("enabled", static s => s.Enabled),
        Counter<LocalRateLimitStats>("ok", static s => s.Ok),
        Counter<LocalRateLimitStats>("rate_limited", static s => s.RateLimited),
        Counter<LocalRateLimitStats>("enforced", static s => s.Enforced),
        Counter<LocalRateLimitStats>("shadow_mode", static s => s.ShadowMode),
    ]);

    /// <summary><c>cluster.NAME.ratelimit.</c></summary>
    public static readonly StatTable<RateLimitStats> RateLimit = new(
    [
        Counter<RateLimitStats>("ok", static s => s.Ok),
        Counter<RateLimitStats>("error", static s => s.Error),
        Counter<RateLimitStats>("over_limit", static s => s.OverLimit),
        Counter<RateLimitStats>("failure_mode_allowed", static s => s.FailureModeAllowed),
    ]);

    /// <summary><c>ratelimit.STAT_PREFIX.</c></summary>
    public static readonly StatTable<ConnectionRateLimitStats> ConnectionRateLimit = new(
    [
        Counter<ConnectionRateLimitStats>("total", static s => s.Total),
        Counter<ConnectionRateLimitStats>("ok", static s => s.Ok),
        Counter<ConnectionRateLimitStats>("error", static s => s.Error),
        Counter<ConnectionRateLimitStats>("over_limit", static s => s.OverLimit),
        Counter<ConnectionRateLimitStats>("failure_mode_allowed", static s => s.FailureModeAllowed),
        Counter<ConnectionRateLimitStats>("cx_closed", static s => s.Closed),
        Gauge<ConnectionRateLimitStats>("active", static s => s.Active),
    ]);

    /// <summary><c>local_rate_limit.STAT_PREFIX.</c></summary>
    public static readonly StatTable<ConnectionRateStats> ConnectionRate = new([Counter<ConnectionRateStats>("rate_limited", static s => s.RateLimited)]);

    /// <summary><c>connection_limit.STAT_PREFIX.</c></summary>
    public static readonly StatTable<ConnectionLimitStats> ConnectionLimit = new(
    [
        Counter<ConnectionLimitStats>("limited_connections", static s => s.LimitedConnections),
        Gauge<ConnectionLimitStats>("active_connections", static s => s.ActiveConnections),
    ]);

    /// <summary><c>http.STAT_PREFIX.csrf.</c></summary>
    public static readonly StatTable<CsrfStats> Csrf = new(
    [
        Counter<CsrfStats>("missing_source_origin", static s => s.MissingSourceOrigin),
        Counter<CsrfStats>("request_invalid", static s => s.RequestInvalid),
        Counter<CsrfStats>("request_valid", static s => s.RequestValid),
    ]);

    /// <summary><c>http.STAT_PREFIX.rbac.</c>, <c>tcp.rbac.</c></summary>
    public static readonly StatTable<RbacStats> Rbac = new(
    [
        Counter<RbacStats>("allowed", static s => s.Allowed),
        Counter<RbacStats>("denied", static s => s.Denied),
        Counter<RbacStats>("shadow_allowed", static s => s.ShadowAllowed),
        Counter<RbacStats>("shadow_denied", static s => s.ShadowDenied),
    ]);

    /// <summary><c>http.STAT_PREFIX.ext_authz.</c></summary>
    public static readonly StatTable<ExtAuthzStats> ExtAuthz = new(
    [
        Counter<ExtAuthzStats>("ok", static s => s.Ok),
        Counter<ExtAuthzStats>("denied", static s => s.Denied),
        Counter<ExtAuthzStats>("error", static s => s.Error),
        Counter<ExtAuthzStats>("disabled", static s => s.Disabled),
        Counter<ExtAuthzStats>("failure_mode_allowed", static s => s.FailureModeAllowed),
        Counter<ExtAuthzStats>("invalid", static s => s.Invalid),
    ]);

    /// <summary><c>ext_authz.STAT_PREFIX.</c></summary>
    public static readonly StatTable<ConnectionExtAuthzStats> ConnectionExtAuthz = new(
    [
        Counter<ConnectionExtAuthzStats>("ok", static s => s.Ok),
        Counter<ConnectionExtAuthzStats>("denied", static s => s.Denied),
        Counter<ConnectionExtAuthzStats>("error", static s => s.Error),
        Counter<ConnectionExtAuthzStats>("disabled", static s => s.Disabled),
        Counter<ConnectionExtAuthzStats>("failure_mode_allowed", static s => s.FailureModeAllowed),
        Counter<ConnectionExtAuthzStats>("total", static s => s.Total),
        Counter<ConnectionExtAuthzStats>("cx_closed", static s => s.Closed),
    ]);

    /// <summary><c>http.STAT_PREFIX.jwt_authn.</c></summary>
    public static readonly StatTable<JwtStats> Jwt = new(
    [
        Counter<JwtStats>("allowed", static s => s.Allowed),
        Counter<JwtStats>("denied", static s => s.Denied),
        Counter<JwtStats>("cors_preflight_bypassed", static s => s.PreflightsBypassed),
        Counter<JwtStats>("jwks_fetch_success", static s => s.KeysFetched),
        Counter<JwtStats>("jwks_fetch_failed", static s => s.KeysNotFetched),
        Counter<JwtStats>("jwt_cache_hit", static s => s.CacheHits),
        Counter<JwtStats>("jwt_cache_miss", static s => s.CacheMisses),
    ]);

    /// <summary><c>http.STAT_PREFIX.oauth_</c></summary>
    public static readonly StatTable<OAuth2Stats> OAuth2 = new(
    [
        Counter<OAuth2Stats>("failure", static s => s.Failure),
        Counter<OAuth2Stats>("success", static s => s.Success),
        Counter<OAuth2Stats>("passthrough", static s => s.PassedThrough),
        Counter<OAuth2Stats>("unauthorized_rq", static s => s.Unauthorized),
        Counter<OAuth2Stats>("refreshtoken_success", static s => s.RefreshSuccess),
        Counter<OAuth2Stats>("refreshtoken_failure", static s => s.RefreshFailure),
        Counter<OAuth2Stats>("allow_failed_passthrough", static s => s.AllowedFailed),
    ]);

    /// <summary><c>http.STAT_PREFIX.api_key_auth.</c></summary>
    public static readonly StatTable<ApiKeyAuthStats> ApiKeyAuth = new(
    [
        Counter<ApiKeyAuthStats>("allowed", static s => s.Allowed),
        Counter<ApiKeyAuthStats>("unauthorized", static s => s.Unauthorized),
        Counter<ApiKeyAuthStats>("forbidden", static s => s.Forbidden),
    ]);

    /// <summary><c>http.STAT_PREFIX.basic_auth.</c></summary>
    public static readonly StatTable<BasicAuthStats> BasicAuth = new(
    [
        Counter<BasicAuthStats>("allowed", static s => s.Allowed),
        Counter<BasicAuthStats>("denied", static s => s.Denied),
    ]);

    /// <summary><c>http.STAT_PREFIX.compressor.LIBRARY.CODING.</c></summary>
    public static readonly StatTable<CompressorStats> Compressor = new(
    [
        Counter<CompressorStats>("compressed", static s => s.Compressed),
        Counter<CompressorStats>("not_compressed", static s => s.NotCompressed),
        Counter<CompressorStats>("total_uncompressed_bytes", static s => s.TotalUncompressedBytes),
        Counter<CompressorStats>("total_compressed_bytes", static s => s.TotalCompressedBytes),
        Counter<CompressorStats>("content_length_too_small", static s => s.ContentLengthTooSmall),
        Counter<CompressorStats>("not_compressed_etag", static s => s.NotCompressedEtag),
        Counter<CompressorStats>("no_accept_header", static s => s.NoAcceptHeader),
        Counter<CompressorStats>("header_identity", static s => s.HeaderIdentity),
        Counter<CompressorStats>("header_compressor_used", static s => s.HeaderCompressorUsed),
        Counter<CompressorStats>("header_compressor_overshadowed", static s => s.HeaderCompressorOvershadowed),
        Counter<CompressorStats>("header_wildcard", static s => s.HeaderWildcard),
        Counter<CompressorStats>("header_not_valid", static s => s.HeaderNotValid),
    ]);

    /// <summary><c>http.STAT_PREFIX.</c></summary>
    public static readonly StatTable<HttpConnectionManagerStats> HttpConnectionManager = new(
    [
        Counter<HttpConnectionManagerStats>("downstream_cx_total", static s => s.DownstreamCxTotal),
        Gauge<HttpConnectionManagerStats>("downstream_cx_active", static s => s.DownstreamCxActive, static s => s.DownstreamCxTotal != 0),
        Counter<HttpConnectionManagerStats>("downstream_cx_http1_total", static s => s.DownstreamCxHttp1Total),
        Gauge<HttpConnectionManagerStats>("downstream_cx_http1_active", static s => s.DownstreamCxHttp1Active, static s => s.DownstreamCxHttp1Total != 0),
        Counter<HttpConnectionManagerStats>("downstream_cx_http2_total", static s => s.DownstreamCxHttp2Total),
        Gauge<HttpConnectionManagerStats>("downstream_cx_http2_active", static s => s.DownstreamCxHttp2Active, static s => s.DownstreamCxHttp2Total != 0),
        Counter<HttpConnectionManagerStats>("downstream_cx_ssl_total", static s => s.DownstreamCxSslTotal),
        Gauge<HttpConnectionManagerStats>("downstream_cx_ssl_active", static s => s.DownstreamCxSslActive, static s => s.DownstreamCxSslTotal != 0),
        Counter<HttpConnectionManagerStats>("downstream_cx_upgrades_total", static s => s.DownstreamCxUpgradesTotal),
        Gauge<HttpConnectionManagerStats>("downstream_cx_upgrades_active", static s => s.DownstreamCxUpgradesActive, static s => s.DownstreamCxUpgradesTotal != 0),
        Counter<HttpConnectionManagerStats>("downstream_cx_destroy", static s => s.DownstreamCxDestroy),
        Counter<HttpConnectionManagerStats>("downstream_cx_destroy_local", static s => s.DownstreamCxDestroyLocal),
        Counter<HttpConnectionManagerStats>("downstream_cx_destroy_remote", static s => s.DownstreamCxDestroyRemote),
        Counter<HttpConnectionManagerStats>("downstream_cx_destroy_active_rq", static s => s.DownstreamCxDestroyActiveRq),
        Counter<HttpConnectionManagerStats>("downstream_cx_destroy_local_active_rq", static s => s.DownstreamCxDestroyLocalActiveRq),
        Counter<HttpConnectionManagerStats>("downstream_cx_destroy_remote_active_rq", static s => s.DownstreamCxDestroyRemoteActiveRq),
        Counter<HttpConnectionManagerStats>("downstream_cx_drain_close", static s => s.DownstreamCxDrainClose),
        Counter<HttpConnectionManagerStats>("downstream_cx_idle_timeout", static s => s.DownstreamCxIdleTimeout),
        Counter<HttpConnectionManagerStats>("downstream_cx_max_duration_reached", static s => s.DownstreamCxMaxDurationReached),
        Counter<HttpConnectionManagerStats>("downstream_cx_max_requests_reached", static s => s.DownstreamCxMaxRequestsReached),
        Counter<HttpConnectionManagerStats>("downstream_cx_delayed_close_timeout", static s => s.DownstreamCxDelayedCloseTimeout),
        Counter<HttpConnectionManagerStats>("downstream_cx_overload_disable_keepalive", static s => s.DownstreamCxOverloadDisableKeepalive),
        Counter<HttpConnectionManagerStats>("downstream_cx_protocol_error", static s => s.DownstreamCxProtocolError),
        Counter<HttpConnectionManagerStats>("downstream_cx_rx_bytes_total", static s => s.DownstreamCxRxBytesTotal),
        Gauge<HttpConnectionManagerStats>("downstream_cx_rx_bytes_buffered", static s => s.DownstreamCxRxBytesBuffered, static s => s.DownstreamCxTotal != 0),
        Counter<HttpConnectionManagerStats>("downstream_cx_tx_bytes_total", static s => s.DownstreamCxTxBytesTotal),
        Gauge<HttpConnectionManagerStats>("downstream_cx_tx_bytes_buffered", static s => s.DownstreamCxTxBytesBuffered, static s => s.DownstreamCxTotal != 0),
        Histogram<HttpConnectionManagerStats>("downstream_cx_length_ms", static s => s.DownstreamCxLengthMs),
        Counter<HttpConnectionManagerStats>("downstream_flow_control_paused_reading_total", static s => s.DownstreamFlowControlPausedReadingTotal),
        Counter<HttpConnectionManagerStats>("downstream_flow_control_resumed_reading_total", static s => s.DownstreamFlowControlResumedReadingTotal),
        Counter<HttpConnectionManagerStats>("downstream_rq_total", static s => s.DownstreamRqTotal),
        Gauge<HttpConnectionManagerStats>("downstream_rq_active", static s => s.DownstreamRqActive, static s => s.DownstreamRqTotal != 0),
        Counter<HttpConnectionManagerStats>("downstream_rq_http1_total", static s => s.DownstreamRqHttp1Total),
        Counter<HttpConnectionManagerStats>("downstream_rq_http2_total", static s => s.DownstreamRqHttp2Total),
        Counter<HttpConnectionManagerStats>("downstream_rq_1xx", static s => s.DownstreamRq1xx),
        Counter<HttpConnectionManagerStats>("downstream_rq_2xx", static s => s.DownstreamRq2xx),
        Counter<HttpConnectionManagerStats>("downstream_rq_3xx", static s => s.DownstreamRq3xx),
        Counter<HttpConnectionManagerStats>("downstream_rq_4xx", static s => s.DownstreamRq4xx),
        Counter<HttpConnectionManagerStats>("downstream_rq_5xx", static s => s.DownstreamRq5xx),
        Counter<HttpConnectionManagerStats>("downstream_rq_completed", static s => s.DownstreamRqCompleted),
        Histogram<HttpConnectionManagerStats>("downstream_rq_time", static s => s.DownstreamRqTime),
        Counter<HttpConnectionManagerStats>("downstream_rq_timeout", static s => s.DownstreamRqTimeout),
        Counter<HttpConnectionManagerStats>("downstream_rq_header_timeout", static s => s.DownstreamRqHeaderTimeout),
        Counter<HttpConnectionManagerStats>("downstream_rq_overload_close", static s => s.DownstreamRqOverloadClose),
        Counter<HttpConnectionManagerStats>("downstream_rq_idle_timeout", static s => s.DownstreamRqIdleTimeout),
        Counter<HttpConnectionManagerStats>("downstream_rq_max_duration_reached", static s => s.DownstreamRqMaxDurationReached),
        Counter<HttpConnectionManagerStats>("downstream_rq_too_large", static s => s.DownstreamRqTooLarge),
        Counter<HttpConnectionManagerStats>("downstream_rq_non_relative_path", static s => s.DownstreamRqNonRelativePath),
        Counter<HttpConnectionManagerStats>("downstream_rq_redirected_with_normalized_path", static s => s.DownstreamRqRedirectedWithNormalizedPath),
        Counter<HttpConnectionManagerStats>("downstream_rq_failed_path_normalization", static s => s.DownstreamRqFailedPathNormalization),
        Counter<HttpConnectionManagerStats>("downstream_rq_response_before_rq_complete", static s => s.DownstreamRqResponseBeforeRqComplete),
        Counter<HttpConnectionManagerStats>("downstream_rq_rx_reset", static s => s.DownstreamRqRxReset),
        Counter<HttpConnectionManagerStats>("downstream_rq_tx_reset", static s => s.DownstreamRqTxReset),
        Counter<HttpConnectionManagerStats>("downstream_rq_too_many_premature_resets", static s => s.DownstreamRqTooManyPrematureResets),
        Counter<HttpConnectionManagerStats>("downstream_rq_ws_on_non_ws_route", static s => s.DownstreamRqWsOnNonWsRoute),
        Counter<HttpConnectionManagerStats>("no_route", static s => s.NoRoute),
        Counter<HttpConnectionManagerStats>("no_cluster", static s => s.NoCluster),
        Counter<HttpConnectionManagerStats>("rq_total", static s => s.RqTotal),
        Counter<HttpConnectionManagerStats>("rq_direct_response", static s => s.RqDirectResponse),
        Counter<HttpConnectionManagerStats>("passthrough_internal_redirect_bad_location", static s => s.PassthroughInternalRedirectBadLocation),
        Counter<HttpConnectionManagerStats>("passthrough_internal_redirect_unsafe_scheme", static s => s.PassthroughInternalRedirectUnsafeScheme),
        Counter<HttpConnectionManagerStats>("passthrough_internal_redirect_too_many_redirects", static s => s.PassthroughInternalRedirectTooManyRedirects),
        Counter<HttpConnectionManagerStats>("passthrough_internal_redirect_no_route", static s => s.PassthroughInternalRedirectNoRoute),
        Counter<HttpConnectionManagerStats>("passthrough_internal_redirect_predicate", static s => s.PassthroughInternalRedirectPredicate),
        Counter<HttpConnectionManagerStats>("rq_reset_after_downstream_response_started", static s => s.RqResetAfterDownstreamResponseStarted),
        Counter<HttpConnectionManagerStats>("fault.delays_injected", static s => s.FaultDelaysInjected),
        Counter<HttpConnectionManagerStats>("fault.aborts_injected", static s => s.FaultAbortsInjected),
        Counter<HttpConnectionManagerStats>("fault.faults_overflow", static s => s.FaultFaultsOverflow),
        Gauge<HttpConnectionManagerStats>("fault.active_faults", static s => s.FaultActiveFaults, static s => s.FaultDelaysInjected + s.FaultAbortsInjected != 0),
        Counter<HttpConnectionManagerStats>("cors.origin_valid", static s => s.CorsOriginValid),
        Counter<HttpConnectionManagerStats>("cors.origin_invalid", static s => s.CorsOriginInvalid),
    ]);

    /// <summary><c>listener.ADDRESS.</c></summary>
    public static readonly StatTable<ListenerStats> Listener = new(
    [
        Histogram<ListenerStats>("connections_accepted_per_socket_event", static s => s.ConnectionsAcceptedPerSocketEvent),
        PerWorker(Counter<ListenerStats>("downstream_cx_total", static s => s.DownstreamCxTotal)),
        PerWorker(Gauge<ListenerStats>("downstream_cx_active", static s => s.DownstreamCxActive, static s => s.DownstreamCxTotal != 0)),
        Counter<ListenerStats>("downstream_cx_destroy", static s => s.DownstreamCxDestroy),
        Histogram<ListenerStats>("downstream_cx_length_ms", static s => s.DownstreamCxLengthMs),
        Counter<ListenerStats>("downstream_cx_overflow", static s => s.DownstreamCxOverflow),
        Counter<ListenerStats>("downstream_cx_transport_socket_connect_timeout", static s => s.DownstreamCxTransportSocketConnectTimeout),
        Counter<ListenerStats>("downstream_cx_overload_reject", static s => s.DownstreamCxOverloadReject),
        Counter<ListenerStats>("downstream_global_cx_overflow", static s => s.DownstreamGlobalCxOverflow),
        Counter<ListenerStats>("downstream_pre_cx_timeout", static s => s.DownstreamPreCxTimeout),
        Gauge<ListenerStats>("downstream_pre_cx_active", static s => s.DownstreamPreCxActive, static s => s.DownstreamCxTotal != 0),
        Counter<ListenerStats>("downstream_listener_filter_error", static s => s.DownstreamListenerFilterError),
        Counter<ListenerStats>("downstream_listener_filter_remote_close", static s => s.DownstreamListenerFilterRemoteClose),
        Counter<ListenerStats>("no_filter_chain_match", static s => s.NoFilterChainMatch),
    ]);

    /// <summary><c>listener.ADDRESS.http.STAT_PREFIX.</c></summary>
    public static readonly StatTable<ListenerHttpStats> ListenerHttp = new(
    [
        Counter<ListenerHttpStats>("downstream_rq_1xx", static s => s.DownstreamRq1xx),
        Counter<ListenerHttpStats>("downstream_rq_2xx", static s => s.DownstreamRq2xx),
        Counter<ListenerHttpStats>("downstream_rq_3xx", static s => s.DownstreamRq3xx),
        Counter<ListenerHttpStats>("downstream_rq_4xx", static s => s.DownstreamRq4xx),
        Counter<ListenerHttpStats>("downstream_rq_5xx", static s => s.DownstreamRq5xx),
        Counter<ListenerHttpStats>("downstream_rq_completed", static s => s.DownstreamRqCompleted),
    ]);

    /// <summary><c>server.</c></summary>
    public static readonly StatTable<ServerStats> Server = new(
    [
        Gauge<ServerStats>("concurrency", static s => s.Concurrency),
        Gauge<ServerStats>("live", static s => s.Live),
        Gauge<ServerStats>("state", static s => s.State),
        Gauge<ServerStats>("uptime", static s => s.Uptime),
        Gauge<ServerStats>("total_connections", static s => s.TotalConnections),
        Gauge<ServerStats>("memory_allocated", static s => s.MemoryAllocated),
        Gauge<ServerStats>("memory_heap_size", static s => s.MemoryHeapSize),
        Gauge<ServerStats>("memory_physical_size", static s => s.MemoryPhysicalSize),
        OnceUsed(Gauge<ServerStats>("days_until_first_cert_expiring", static s => s.DaysUntilFirstCertExpiring, static s => s.HasCertificates)),
        OnceUsed(Gauge<ServerStats>("version", static s => s.Version, static s => s.Version != 0)),
        Counter<ServerStats>("envoy_bug_failures", static s => s.EnvoyBugFailures),
        Counter<ServerStats>("background_failures", static s => s.BackgroundFailures),
        Histogram<ServerStats>("initialization_time_ms", static s => s.InitializationTimeMs),
    ]);

    /// <summary><c>overload.</c></summary>
    public static readonly StatTable<OverloadStats> Overload = new(
    [
        Gauge<OverloadStats>("memory_budget.limit_bytes", static s => s.LimitBytes),
        Gauge<OverloadStats>("memory_budget.used_bytes", static s => s.UsedBytes),
        Gauge<OverloadStats>("memory_budget.socket_bytes", static s => s.SocketBytes),
        Gauge<OverloadStats>("memory_budget.pressure", static s => s.Pressure),
        Gauge<OverloadStats>("envoy.overload_actions.disable_http_keepalive.active", static s => s.DisableHttpKeepaliveActive),
        Gauge<OverloadStats>("envoy.overload_actions.stop_accepting_requests.active", static s => s.StopAcceptingRequestsActive),
        Gauge<OverloadStats>("envoy.overload_actions.reject_incoming_connections.active", static s => s.RejectIncomingConnectionsActive),
        Counter<OverloadStats>("envoy.overload_actions.reset_high_memory_stream.count", static s => s.ResetHighMemoryStreamCount),
    ]);

    /// <summary><c>listener_manager.</c></summary>
    public static readonly StatTable<ListenerManagerStats> ListenerManager = new(
    [
        Counter<ListenerManagerStats>("listener_added", static s => s.ListenerAdded),
        Counter<ListenerManagerStats>("listener_modified", static s => s.ListenerModified),
        Counter<ListenerManagerStats>("listener_removed", static s => s.ListenerRemoved),
        Counter<ListenerManagerStats>("listener_stopped", static s => s.ListenerStopped),
        Counter<ListenerManagerStats>("listener_create_success", static s => s.ListenerCreateSuccess),
        Counter<ListenerManagerStats>("listener_create_failure", static s => s.ListenerCreateFailure),
        Counter<ListenerManagerStats>("listener_in_place_updated", static s => s.ListenerInPlaceUpdated),
        Gauge<ListenerManagerStats>("total_filter_chains_draining", static s => s.TotalFilterChainsDraining),
        Gauge<ListenerManagerStats>("total_listeners_active", static s => s.TotalListenersActive),
        Gauge<ListenerManagerStats>("total_listeners_draining", static s => s.TotalListenersDraining),
        Gauge<ListenerManagerStats>("total_listeners_warming", static s => s.TotalListenersWarming),
        Gauge<ListenerManagerStats>("workers_started", static s => s.WorkersStarted),
    ]);

    /// <summary><c>cluster_manager.</c></summary>
    public static readonly StatTable<ClusterManagerStats> ClusterManager = new(
    [
        Counter<ClusterManagerStats>("cluster_added", static s => s.ClusterAdded),
        Counter<ClusterManagerStats>("cluster_modified", static s => s.ClusterModified),
        Counter<ClusterManagerStats>("cluster_removed", static s => s.ClusterRemoved),
        Counter<ClusterManagerStats>("cluster_updated", static s => s.ClusterUpdated),
        Gauge<ClusterManagerStats>("active_clusters", static s => s.ActiveClusters),
    ]);

    /// <summary><c>listener_manager.lds.</c>, <c>sds.NAME.</c></summary>
    public static readonly StatTable<SubscriptionStats> Subscription = new(
    [
        Counter<SubscriptionStats>("update_attempt", static s => s.UpdateAttempt),
        Counter<SubscriptionStats>("update_success", static s => s.UpdateSuccess),
        Counter<SubscriptionStats>("update_rejected", static s => s.UpdateRejected),
        Gauge<SubscriptionStats>("update_time", static s => s.UpdateTime, static s => s.UpdateTime != 0),
        Histogram<SubscriptionStats>("update_duration", static s => s.UpdateDuration),
        Gauge<SubscriptionStats>("version", static s => s.Version, static s => s.Version != 0),
    ],
    texts: [new TextReadout<SubscriptionStats>("version_text", static s => s.VersionText)]);

    /// <summary><c>cluster_manager.cds.</c>, <c>http.STAT_PREFIX.rds.ROUTE.</c></summary>
    public static readonly StatTable<SubscriptionStats> ReloadedSubscription = new(
    [
        .. Subscription.Fields,
        Counter<SubscriptionStats>("config_reload", static s => s.ConfigReload),
        Gauge<SubscriptionStats>("config_reload_time_ms", static s => s.ConfigReloadTimeMs, static s => s.ConfigReloadTimeMs != 0),
    ],
    texts: Subscription.Texts);

    /// <summary><c>filesystem.</c></summary>
    public static readonly StatTable<AccessLogFileStats> AccessLogFile = new(
    [
        Counter<AccessLogFileStats>("logs_dropped", static s => s.LogsDropped),
        Counter<AccessLogFileStats>("write_buffered", static s => s.WriteBuffered),
        Counter<AccessLogFileStats>("write_completed", static s => s.WriteCompleted),
        Counter<AccessLogFileStats>("write_failed", static s => s.WriteFailed),
        Counter<AccessLogFileStats>("flushed_by_timer", static s => s.FlushedByTimer),
        Counter<AccessLogFileStats>("reopen_failed", static s => s.ReopenFailed),
        Gauge<AccessLogFileStats>("write_total_buffered", static s => s.WriteTotalBuffered),
    ]);
}
