namespace Tidegate.Proxy.Requests;

/// <summary>
/// Why a response is what it is, beyond its status (Envoy: access log <c>%RESPONSE_FLAGS%</c>). The order of the members is the
/// order in which Envoy prints several of them.
/// </summary>
[Flags]
public enum ResponseFlags
{
    /// <summary>Nothing to say: printed as <c>-</c>.</summary>
    None = 0,

    /// <summary>LH: a local health check failed.</summary>
    FailedLocalHealthCheck = 1 << 0,

    /// <summary>UH: the cluster has no healthy endpoint.</summary>
    NoHealthyUpstream = 1 << 1,

    /// <summary>UT: the upstream did not answer in time.</summary>
    UpstreamRequestTimeout = 1 << 2,

    /// <summary>LR: the gateway reset the stream.</summary>
    LocalReset = 1 << 3,

    /// <summary>UR: the upstream reset the stream.</summary>
    UpstreamRemoteReset = 1 << 4,

    /// <summary>UF: the connection to the upstream could not be made.</summary>
    UpstreamConnectionFailure = 1 << 5,

    /// <summary>UC: the upstream closed the connection before its answer was whole.</summary>
    UpstreamConnectionTermination = 1 << 6,

    /// <summary>UO: a circuit breaker is open.</summary>
    UpstreamOverflow = 1 << 7,

    /// <summary>NR: no route, or no filter chain, matched.</summary>
    NoRouteFound = 1 << 8,

    /// <summary>DI: a fault rule delayed the request.</summary>
    DelayInjected = 1 << 9,

    /// <summary>FI: a fault rule aborted the request.</summary>
    FaultInjected = 1 << 10,

    /// <summary>RL: the request was rate limited.</summary>
    RateLimited = 1 << 11,

    /// <summary>UAEX: the external authorizer denied the request.</summary>
    UnauthorizedExternalService = 1 << 12,

    /// <summary>RLSE: the rate limit service failed.</summary>
    RateLimitServiceError = 1 << 13,

    /// <summary>DC: the client closed the connection.</summary>
    DownstreamConnectionTermination = 1 << 14,

    /// <summary>URX: retries or connect attempts are used up.</summary>
    UpstreamRetryLimitExceeded = 1 << 15,

    /// <summary>SI: the stream was idle for too long.</summary>
    StreamIdleTimeout = 1 << 16,

    /// <summary>IH: a strictly checked <c>x-envoy-*</c> header is invalid.</summary>
    InvalidEnvoyRequestHeaders = 1 << 17,

    /// <summary>DPE: the client broke the protocol.</summary>
    DownstreamProtocolError = 1 << 18,

    /// <summary>UMSDR: the stream lasted longer than allowed.</summary>
    UpstreamMaxStreamDurationReached = 1 << 19,

    /// <summary>UPE: the upstream broke the protocol.</summary>
    UpstreamProtocolError = 1 << 20,

    /// <summary>NC: the route names a cluster that does not exist.</summary>
    NoClusterFound = 1 << 21,

    /// <summary>OM: the overload manager ended the request.</summary>
    OverloadManager = 1 << 22,

    /// <summary>DT: the request or the connection lasted longer than allowed.</summary>
    DurationTimeout = 1 << 23,

    /// <summary>DR: the client reset the stream.</summary>
    DownstreamRemoteReset = 1 << 24,

    /// <summary>LD: the request went round through the gateway itself. Not one of Envoy's.</summary>
    LoopDetected = 1 << 25,
}
