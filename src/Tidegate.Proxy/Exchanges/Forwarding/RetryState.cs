using Tidegate.Http;
using Tidegate.Proxy.Clusters;
using Tidegate.Proxy.LocalReplies;
using Tidegate.Proxy.Requests;
using Tidegate.Proxy.Runtime;
using Tidegate.Proxy.Upstream;
using Tidegate.Proxy.Workers;

namespace Tidegate.Proxy.Exchanges.Forwarding;

/// <summary>
/// What one request may still try: attempts left, endpoints tried, the pause before the next (Envoy: <c>retry_policy</c>).
/// </summary>
internal sealed class RetryState(Worker worker)
{
    private readonly List<RuntimeEndpoint> _tried = [];
    private WorkerCluster _cluster = null!;
    private RuntimeRetryPolicy? _policy;
    private int _retriesDone;
    private int _retriesCounted;
    private bool _isStaleRetryUsed;
    private ulong _passedOver;
    private int _roundStart;

    /// <summary>Whether a body has to be kept for another attempt.</summary>
    public bool IsEnabled => _policy is { NumRetries: > 0 };

    /// <summary>What the access log says when no attempt is left.</summary>
    public ResponseFlags LimitFlag { get; private set; }

    /// <summary>Begins a request.</summary>
    public void Begin(WorkerCluster cluster, RuntimeRetryPolicy? policy, RequestHead request)
    {
        _cluster = cluster;
        _policy = policy is not null && policy.RetriesRequest(request.Headers) ? policy : null;
        _retriesDone = 0;
        _isStaleRetryUsed = false;
        _passedOver = 0;
        _roundStart = 0;
        LimitFlag = ResponseFlags.None;
        _tried.Clear();
    }

    /// <summary>Ends a request.</summary>
    public void End()
    {
        while (_retriesCounted > 0)
        {
            _retriesCounted--;
            _cluster.Resources.Retries.Return();
        }

        _tried.Clear();
    }

    /// <summary>
    /// An endpoint for the next attempt, if possible one that was not tried (Envoy: <c>envoy.retry_host_predicates.previous_hosts</c>).
    /// </summary>
    public RuntimeEndpoint? ChooseEndpoint(HttpExchange exchange)
    {
        PassOverPriorities();
        RuntimeEndpoint? endpoint = _cluster.ChooseEndpoint(exchange.HashKey, attempt: 0, _passedOver);
        if (endpoint is null)
        {
            return null;
        }

        if (_policy is { AvoidsPreviousHosts: true } && exchange.AttemptCount > 0)
        {
            for (int i = 0; i < _policy.HostSelectionRetryMaxAttempts && _tried.Contains(endpoint); i++)
            {
                endpoint = _cluster.ChooseEndpoint(exchange.HashKey, i + 1, _passedOver) ?? endpoint;
            }
        }

        if (IsEnabled)
        {
            _tried.Add(endpoint);
        }

        return endpoint;
    }

    // Envoy's previous_priorities: once in a while those of all endpoints tried so far; when none is left, from the beginning.
    private void PassOverPriorities()
    {
        int tried = _tried.Count - _roundStart;
        if (_policy is not { PriorityUpdateFrequency: > 0 and int frequency } || tried == 0 || tried % frequency != 0)
        {
            return;
        }

        for (int i = _roundStart; i < _tried.Count; i++)
        {
            uint priority = _tried[i].State.Priority;
            _passedOver |= priority < 64 ? 1UL << (int)priority : 0;
        }

        if (!_cluster.Current.Balancing.Loads.CanTakeWithout(_passedOver))
        {
            _passedOver = 0;
            _roundStart = _tried.Count;
        }
    }

    /// <summary>Whether an answer is to be thrown away for another attempt.</summary>
    public bool ShouldRetryAnswer(ResponseHead response, bool canReplay)
    {
        if (_policy is null)
        {
            return false;
        }

        if (!_policy.RetriesStatus(response))
        {
            if (_retriesDone > 0)
            {
                _cluster.Stats.UpstreamRqRetrySuccess++;
            }

            return false;
        }

        return TakeRetry(canReplay);
    }

    /// <summary>Whether another attempt follows one that got no answer.</summary>
    /// <param name="reset">Why it got none.</param>
    /// <param name="canReplay">Whether the request can be sent again as it was.</param>
    /// <param name="isStale">Whether the connection was a kept-alive one that the upstream had given up.</param>
    /// <param name="method">The request's method.</param>
    public bool ShouldRetryReset(UpstreamReset reset, bool canReplay, bool isStale, KnownMethod method)
    {
        if (reset == UpstreamReset.Overflow)
        {
            return false;
        }

        // RFC 9112, section 9.3.1: an idempotent request whose kept-alive connection closed without an answer may be sent again.
        // It is no attempt in the sense of the policy, and it happens once; a route that wants no retries gets none.
        if (isStale && IsEnabled && canReplay && !_isStaleRetryUsed && IsIdempotent(method))
        {
            _isStaleRetryUsed = true;
            return true;
        }

        // RFC 9113, section 8.7: what the endpoint has not looked at may be sent again, whatever it is.
        if (reset == UpstreamReset.RefusedStream && canReplay && !_isStaleRetryUsed && _policy is not { RetriesRefusedStream: true })
        {
            _isStaleRetryUsed = true;
            return true;
        }

        bool isRetriable = _policy is not null && reset switch
        {
            UpstreamReset.RefusedStream => _policy.RetriesRefusedStream,
            UpstreamReset.ConnectionFailure or UpstreamReset.LocalConnectionFailure or UpstreamReset.ConnectionTimeout => _policy.RetriesConnectFailure || _policy.RetriesResetBeforeRequest,
            _ => _policy.RetriesReset,
        };
        return isRetriable && TakeRetry(canReplay);
    }

    /// <summary>Whether another attempt follows one that took too long.</summary>
    /// <param name="canReplay">Whether the request can be sent again as it was.</param>
    /// <param name="isBeforeRequest">Whether it took too long before the request's head was sent.</param>
    public bool ShouldRetryTimeout(bool canReplay, bool isBeforeRequest) =>
        _policy is not null && (_policy.RetriesTimeout || (isBeforeRequest && _policy.RetriesResetBeforeRequest)) && TakeRetry(canReplay);

    /// <summary>
    /// Whether another attempt is made beside one that takes too long. As in Envoy it is not asked what <c>retry_on</c> says, only
    /// whether attempts are left (<c>hedge_on_per_try_timeout</c>).
    /// </summary>
    public bool ShouldHedge(bool canReplay) => _policy is not null && TakeRetry(canReplay);

    /// <summary>Whether this answer is one that the policy would have another attempt for, were one left.</summary>
    public bool IsRetriable(ResponseHead response) => _policy is not null && _policy.RetriesStatus(response);

    /// <summary>How long to wait before the next attempt, in milliseconds: fully jittered exponential back-off (Envoy: <c>retry_back_off</c>).</summary>
    public long NextPauseMs()
    {
        if (_policy is null || _retriesDone == 0)
        {
            return 0;
        }

        long ceiling = Math.Min(_policy.BackOffMaxMs, _policy.BackOffBaseMs << Math.Min(_retriesDone - 1, 20));
        long pauseMs = worker.Random.NextInt64(ceiling + 1);
        _cluster.Stats.UpstreamRqRetryBackoffExponential++;
        return pauseMs;
    }

    private static bool IsIdempotent(KnownMethod method) =>
        method is KnownMethod.Get or KnownMethod.Head or KnownMethod.Put or KnownMethod.Delete or KnownMethod.Options or KnownMethod.Trace;

    private bool TakeRetry(bool canReplay)
    {
        if (_retriesDone >= _policy!.NumRetries)
        {
            _cluster.Stats.UpstreamRqRetryLimitExceeded++;
            LimitFlag = ResponseFlags.UpstreamRetryLimitExceeded;
            return false;
        }

        if (!canReplay)
        {
            _cluster.Stats.RetryOrShadowAbandoned++;
            return false;
        }

        if (!_cluster.Resources.TryTakeRetry(_cluster.Current.CircuitBreakers, out bool isCounted))
        {
            _cluster.Stats.UpstreamRqRetryOverflow++;
            LimitFlag = ResponseFlags.UpstreamOverflow;
            return false;
        }

        _retriesCounted += isCounted ? 1 : 0;
        _retriesDone++;
        _cluster.Stats.UpstreamRqRetry++;
        return true;
    }
}
