using Tidegate.Http;
using Tidegate.Http.Headers;
using Tidegate.Proxy.Routing;

namespace Tidegate.Proxy.Runtime;

/// <summary>What is worth another attempt (Envoy: <c>RetryPolicy.retry_on</c>, its tokens).</summary>
[Flags]
public enum RetryConditions : uint
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary><c>5xx</c>: any 5xx, or no answer at all (reset, time-out of the attempt).</summary>
    Any5xx = 1 << 0,

    /// <summary><c>gateway-error</c>: 502, 503 or 504, or no answer.</summary>
    GatewayError = 1 << 1,

    /// <summary><c>reset</c>: no answer at all.</summary>
    Reset = 1 << 2,

    /// <summary><c>reset-before-request</c>: no answer, and the request's head was not sent yet.</summary>
    ResetBeforeRequest = 1 << 3,

    /// <summary><c>connect-failure</c>: no connection, for whatever reason.</summary>
    ConnectFailure = 1 << 4,

    /// <summary><c>retriable-4xx</c>: 409.</summary>
    Retriable4xx = 1 << 5,

    /// <summary><c>refused-stream</c>: HTTP/2 REFUSED_STREAM.</summary>
    RefusedStream = 1 << 6,

    /// <summary><c>retriable-status-codes</c>: see <see cref="RuntimeRetryPolicy.RetriableStatusCodes"/>.</summary>
    RetriableStatusCodes = 1 << 7,

    /// <summary><c>retriable-headers</c>: see <see cref="RuntimeRetryPolicy.RetriableHeaders"/>.</summary>
    RetriableHeaders = 1 << 8,

    /// <summary><c>envoy-ratelimited</c>: the answer has <c>x-envoy-ratelimited</c>.</summary>
    EnvoyRateLimited = 1 << 9,

    /// <summary><c>http3-post-connect-failure</c>.</summary>
    Http3PostConnectFailure = 1 << 10,

    /// <summary><c>cancelled</c>: gRPC status 1 in the answer's head.</summary>
    GrpcCancelled = 1 << 11,

    /// <summary><c>deadline-exceeded</c>: gRPC status 4.</summary>
    GrpcDeadlineExceeded = 1 << 12,

    /// <summary><c>internal</c>: gRPC status 13.</summary>
    GrpcInternal = 1 << 13,

    /// <summary><c>resource-exhausted</c>: gRPC status 8.</summary>
    GrpcResourceExhausted = 1 << 14,

    /// <summary><c>unavailable</c>: gRPC status 14.</summary>
    GrpcUnavailable = 1 << 15,
}

/// <summary>When and how often a request is tried again (Envoy: <c>RetryPolicy</c>; istio-gateway.md 4.10, 13). Immutable.</summary>
public sealed record RuntimeRetryPolicy
{
    private const RetryConditions Grpc = RetryConditions.GrpcCancelled | RetryConditions.GrpcDeadlineExceeded | RetryConditions.GrpcInternal
        | RetryConditions.GrpcResourceExhausted | RetryConditions.GrpcUnavailable;

    /// <summary>What is worth another attempt.</summary>
    public RetryConditions Conditions { get; init; }

    /// <summary>Attempts after the first (Envoy: 1 when unset).</summary>
    public uint NumRetries { get; init; } = 1;

    /// <summary>The limit of one attempt in milliseconds; 0 is none.</summary>
    public long PerTryTimeoutMs { get; init; }

    /// <summary>The first pause is a random time up to this; each further one up to twice as long (Envoy: <c>base_interval</c>, 25 ms).</summary>
    public long BackOffBaseMs { get; init; } = 25;

    /// <summary>No pause is longer (Envoy: <c>max_interval</c>, ten times the base).</summary>
    public long BackOffMaxMs { get; init; } = 250;

    /// <summary>Whether endpoints that were tried are avoided (Envoy: <c>envoy.retry_host_predicates.previous_hosts</c>).</summary>
    public bool AvoidsPreviousHosts { get; init; }

    /// <summary>
    /// After so many attempts the priorities that were tried are passed over, and again after as many more; 0 for never (Envoy:
    /// <c>envoy.retry_priorities.previous_priorities</c>, <c>update_frequency</c>; Istio: <c>retryRemoteLocalities</c>).
    /// </summary>
    public int PriorityUpdateFrequency { get; init; }

    /// <summary>How often another endpoint is drawn before one that was tried is taken (Envoy: 1 when unset).</summary>
    public int HostSelectionRetryMaxAttempts { get; init; } = 1;

    /// <summary>Statuses for <see cref="RetryConditions.RetriableStatusCodes"/>.</summary>
    public IReadOnlyList<int> RetriableStatusCodes { get; init; } = [];

    /// <summary>Conditions on the answer's fields for <see cref="RetryConditions.RetriableHeaders"/>; one met is enough.</summary>
    public IReadOnlyList<HeaderMatcher> RetriableHeaders { get; init; } = [];

    /// <summary>Conditions on the request's fields: unless one is met, nothing is tried again. Empty for no condition.</summary>
    public IReadOnlyList<HeaderMatcher> RetriableRequestHeaders { get; init; } = [];

    /// <summary>Whether there is another attempt when no connection could be made.</summary>
    public bool RetriesConnectFailure => Has(RetryConditions.ConnectFailure | RetryConditions.Any5xx | RetryConditions.GatewayError | RetryConditions.Reset);

    /// <summary>Whether there is another attempt when the connection ended, or the stream was reset, before the answer began.</summary>
    public bool RetriesReset => Has(RetryConditions.Any5xx | RetryConditions.GatewayError | RetryConditions.Reset);

    /// <summary>Whether there is another attempt when that happened before the request's head was sent.</summary>
    public bool RetriesResetBeforeRequest => RetriesReset || Has(RetryConditions.ResetBeforeRequest);

    /// <summary>Whether there is another attempt when the upstream refused the stream.</summary>
    public bool RetriesRefusedStream => RetriesReset || Has(RetryConditions.RefusedStream);

    /// <summary>Whether there is another attempt when one took too long.</summary>
    public bool RetriesTimeout => RetriesReset;

    /// <summary>Reads one token of <c>retry_on</c>; null when it is unknown.</summary>
    public static RetryConditions? ConditionOf(string token) => token switch
    {
        "5xx" => RetryConditions.Any5xx,
        "gateway-error" => RetryConditions.GatewayError,
        "reset" => RetryConditions.Reset,
        "reset-before-request" => RetryConditions.ResetBeforeRequest,
        "connect-failure" => RetryConditions.ConnectFailure,
        "retriable-4xx" => RetryConditions.Retriable4xx,
        "refused-stream" => RetryConditions.RefusedStream,
        "retriable-status-codes" => RetryConditions.RetriableStatusCodes,
        "retriable-headers" => RetryConditions.RetriableHeaders,
        "envoy-ratelimited" => RetryConditions.EnvoyRateLimited,
        "http3-post-connect-failure" => RetryConditions.Http3PostConnectFailure,
        "cancelled" => RetryConditions.GrpcCancelled,
        "deadline-exceeded" => RetryConditions.GrpcDeadlineExceeded,
        "internal" => RetryConditions.GrpcInternal,
        "resource-exhausted" => RetryConditions.GrpcResourceExhausted,
        "unavailable" => RetryConditions.GrpcUnavailable,
        _ => null,
    };

    /// <summary>Whether a request with these fields may be tried again at all.</summary>
    public bool RetriesRequest(HeaderMap request)
    {
        for (int i = 0; i < RetriableRequestHeaders.Count; i++)
        {
            if (RetriableRequestHeaders[i].Matches(request))
            {
                return true;
            }
        }

        return RetriableRequestHeaders.Count == 0;
    }

    /// <summary>Whether an answer is to be thrown away for another attempt.</summary>
    public bool RetriesStatus(ResponseHead response)
    {
        int status = response.Status;

        // An answer of a rate limit would be the same again: only who asks for it tries it again.
        if (response.Headers.Contains(KnownHeader.XEnvoyRatelimited))
        {
            return Has(RetryConditions.EnvoyRateLimited);
        }

        return (status is >= 500 and < 600 && Has(RetryConditions.Any5xx))
            || (status is 502 or 503 or 504 && Has(RetryConditions.GatewayError))
            || (status == 409 && Has(RetryConditions.Retriable4xx))
            || (Has(RetryConditions.RetriableStatusCodes) && IsRetriableStatus(status))
            || (Has(RetryConditions.RetriableHeaders) && HasRetriableHeader(response.Headers))
            || (Has(Grpc) && response.Headers.TryGet(KnownHeader.GrpcStatus, out ReadOnlySpan<byte> grpc) && Has(GrpcConditionOf(grpc)));
    }

    private static RetryConditions GrpcConditionOf(ReadOnlySpan<byte> status) => status switch
    {
        [(byte)'1'] => RetryConditions.GrpcCancelled,
        [(byte)'4'] => RetryConditions.GrpcDeadlineExceeded,
        [(byte)'8'] => RetryConditions.GrpcResourceExhausted,
        [(byte)'1', (byte)'3'] => RetryConditions.GrpcInternal,
        [(byte)'1', (byte)'4'] => RetryConditions.GrpcUnavailable,
        _ => RetryConditions.None,
    };

    private bool Has(RetryConditions conditions) => (Conditions & conditions) != 0;

    private bool IsRetriableStatus(int status)
    {
        for (int i = 0; i < RetriableStatusCodes.Count; i++)
        {
            if (RetriableStatusCodes[i] == status)
            {
                return true;
            }
        }

        return false;
    }

    private bool HasRetriableHeader(HeaderMap headers)
    {
        for (int i = 0; i < RetriableHeaders.Count; i++)
        {
            if (RetriableHeaders[i].Matches(headers))
            {
                return true;
            }
        }

        return false;
    }
}
