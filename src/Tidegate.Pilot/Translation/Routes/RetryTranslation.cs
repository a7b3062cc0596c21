using Envoy.Config.Route.V3;
using Envoy.Extensions.Retry.Host.PreviousHosts.V3;
using Envoy.Extensions.Retry.Priority.PreviousPriorities.V3;
using Google.Protobuf.WellKnownTypes;
using Tidegate.Pilot.Resources;
using static Envoy.Config.Route.V3.RetryPolicy.Types;

namespace Tidegate.Pilot.Translation.Routes;

/// <summary>A route's <c>retries</c> (spec 4.10).</summary>
internal static class RetryTranslation
{
    private const string DefaultConditions = "connect-failure,refused-stream,unavailable,cancelled,retriable-status-codes";
    private const string StatusCodes = "retriable-status-codes";

    // Thousands of routes have the built-in policy, which is half of what they need: they share it, as nobody changes a message once it is made.
    private static readonly RetryPolicy BuiltIn1_16 = MakeBuiltIn(isConsistentHash: false, CompatibilityVersion.Istio1_16);
    private static readonly RetryPolicy BuiltInForHash = MakeBuiltIn(isConsistentHash: true, CompatibilityVersion.Current);
    private static readonly RetryPolicy BuiltIn = MakeBuiltIn(isConsistentHash: false, CompatibilityVersion.Current);

    /// <summary>The retry policy, or null when retries are switched off (<c>attempts: 0</c>).</summary>
    /// <param name="retries">What the route says; null for the built-in policy.</param>
    /// <param name="isConsistentHash">
    /// Whether the one destination is chosen by a hash: then a retry must not move on to another endpoint.
    /// </param>
    /// <param name="version">Whose built-in policy.</param>
    public static RetryPolicy? Translate(HttpRetry? retries, bool isConsistentHash, CompatibilityVersion version)
    {
        if (retries is { Attempts: <= 0 })
        {
            return null;
        }
        if (retries is null)
        {
            return version == CompatibilityVersion.Istio1_16 ? BuiltIn1_16 : isConsistentHash ? BuiltInForHash : BuiltIn;
        }
        var policy = MakeBuiltIn(isConsistentHash, version);
        Apply(policy, retries);
        return policy;
    }

    private static RetryPolicy MakeBuiltIn(bool isConsistentHash, CompatibilityVersion version)
    {
        var policy = new RetryPolicy { RetryOn = DefaultConditions, NumRetries = 2, HostSelectionRetryMaxAttempts = 5 };
        if (version == CompatibilityVersion.Istio1_16)
        {
            // 1.16 did not tell hashing apart, and retried a 503 of the application.
            policy.RetryHostPredicate.Add(PreviousHosts());
            policy.RetriableStatusCodes.Add(503);
        }
        else if (!isConsistentHash)
        {
            policy.RetryHostPredicate.Add(PreviousHosts());
        }
        return policy;
    }

    private static void Apply(RetryPolicy policy, HttpRetry retries)
    {
        policy.NumRetries = (uint)retries.Attempts;
        if (!string.IsNullOrEmpty(retries.RetryOn))
        {
            SetConditions(policy, retries.RetryOn);
        }
        if (retries.PerTryTimeout is { } perTryTimeout)
        {
            policy.PerTryTimeout = Durations.Of(perTryTimeout);
        }
        if (retries.RetryIgnorePreviousHosts is { } ignorePreviousHosts)
        {
            policy.RetryHostPredicate.Clear();
            if (ignorePreviousHosts)
            {
                policy.RetryHostPredicate.Add(PreviousHosts());
            }
        }
        if (retries.RetryRemoteLocalities == true)
        {
            policy.RetryPriority = new RetryPriority
            {
                Name = "envoy.retry_priorities.previous_priorities",
                TypedConfig = Any.Pack(new PreviousPrioritiesConfig { UpdateFrequency = 2 }),
            };
        }
        if (retries.Backoff is { } backoff)
        {
            policy.RetryBackOff = new RetryBackOff { BaseInterval = Durations.Of(backoff) };
        }
    }

    /// <summary>
    /// Numbers among the conditions that are HTTP status codes go to the list of codes. <c>503</c> alone leaves an empty first condition:
    /// <c>,retriable-status-codes</c>, as in Istio.
    /// </summary>
    private static void SetConditions(RetryPolicy policy, string retryOn)
    {
        policy.RetriableStatusCodes.Clear();
        var conditions = new List<string>();
        foreach (var part in retryOn.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (HttpStatus.TryParse(part, out var code))
            {
                policy.RetriableStatusCodes.Add(code);
            }
            else
            {
                conditions.Add(part);
            }
        }
        policy.RetryOn = string.Join(',', conditions);
        if (policy.RetriableStatusCodes.Count > 0 && !policy.RetryOn.Contains(StatusCodes, StringComparison.Ordinal))
        {
            policy.RetryOn += "," + StatusCodes;
        }
    }

    private static RetryHostPredicate PreviousHosts() => new()
    {
        Name = "envoy.retry_host_predicates.previous_hosts",
        TypedConfig = Any.Pack(new PreviousHostsPredicate()),
    };
}
