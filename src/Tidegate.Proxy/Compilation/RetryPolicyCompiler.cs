using Envoy.Config.Route.V3;
using Envoy.Extensions.Retry.Priority.PreviousPriorities.V3;
using Tidegate.Proxy.Runtime;

namespace Tidegate.Proxy.Compilation;

/// <summary>Compiles retry policies (istio-gateway.md 4.10, 13).</summary>
internal static class RetryPolicyCompiler
{
    /// <summary>Compiles a policy; null when it asks for no attempt.</summary>
    public static RuntimeRetryPolicy? Compile(RetryPolicy policy, MatcherCompiler matchers, CompileScope scope)
    {
        RetryConditions conditions = RetryConditions.None;
        foreach (string token in policy.RetryOn.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            // Envoy passes over what it does not know, and Istio lets statuses through here.
            conditions |= RuntimeRetryPolicy.ConditionOf(token) ?? RetryConditions.None;
            scope.NoteIf(RuntimeRetryPolicy.ConditionOf(token) is null, $"the retry condition \"{token}\" is unknown");
        }

        bool avoidsPreviousHosts = false;
        for (int i = 0; i < policy.RetryHostPredicate.Count; i++)
        {
            string name = policy.RetryHostPredicate[i].Name;
            bool isPreviousHosts = name == "envoy.retry_host_predicates.previous_hosts";
            scope.At("retry_host_predicate", i).RefuseIf(!isPreviousHosts, $"the retry host predicate \"{name}\" is not supported");
            avoidsPreviousHosts |= isPreviousHosts;
        }

        scope.NoteIf(policy.PerTryIdleTimeout is not null, "per_try_idle_timeout is not acted on");
        scope.NoteIf(policy.RateLimitedRetryBackOff is not null, "rate_limited_retry_back_off is not acted on");
        long baseMs = scope.At("retry_back_off.base_interval").MillisecondsOrNull(policy.RetryBackOff?.BaseInterval) ?? 25;
        long maxMs = scope.At("retry_back_off.max_interval").MillisecondsOrNull(policy.RetryBackOff?.MaxInterval) ?? (baseMs * 10);
        scope.At("retry_back_off").RefuseIf(maxMs < baseMs, "max_interval is shorter than base_interval");
        uint numRetries = policy.NumRetries ?? 1;
        if (conditions == RetryConditions.None || numRetries == 0)
        {
            return null;
        }

        return new RuntimeRetryPolicy
        {
            Conditions = conditions,
            NumRetries = numRetries,
            PerTryTimeoutMs = scope.At("per_try_timeout").MillisecondsOrNull(policy.PerTryTimeout) ?? 0,
            BackOffBaseMs = Math.Max(1, baseMs),
            BackOffMaxMs = Math.Max(1, maxMs),
            AvoidsPreviousHosts = avoidsPreviousHosts,
            PriorityUpdateFrequency = policy.RetryPriority is { } priority ? UpdateFrequency(priority, scope.At("retry_priority")) : 0,
            HostSelectionRetryMaxAttempts = policy.HostSelectionRetryMaxAttempts == 0 ? 1 : (int)Math.Clamp(policy.HostSelectionRetryMaxAttempts, 1, 1000),
            RetriableStatusCodes = [.. policy.RetriableStatusCodes.Select(static code => (int)code)],
            RetriableHeaders = [.. policy.RetriableHeaders.Select((header, i) => matchers.Header(header, scope.At("retriable_headers", i)))],
            RetriableRequestHeaders =
                [.. policy.RetriableRequestHeaders.Select((header, i) => matchers.Header(header, scope.At("retriable_request_headers", i)))],
        };
    }

    private static int UpdateFrequency(RetryPolicy.Types.RetryPriority priority, CompileScope scope)
    {
        if (priority.TypedConfig is not { } config || !config.Is(PreviousPrioritiesConfig.Descriptor))
        {
            scope.Refuse($"the retry priority \"{priority.Name}\" is not supported");
            return 0;
        }

        int frequency = config.Unpack<PreviousPrioritiesConfig>().UpdateFrequency;
        scope.RefuseIf(frequency <= 0, "update_frequency has to be greater than 0");
        return frequency;
    }

    /// <summary>Whether a hedge policy asks for attempts beside those that take too long. Of the rest of it Envoy does nothing either.</summary>
    public static bool Hedges(HedgePolicy policy, CompileScope scope)
    {
        scope.NoteIf(policy.InitialRequests > 1, "initial_requests is not acted on");
        scope.NoteIf(policy.AdditionalRequestChance is { Numerator: > 0 }, "additional_request_chance is not acted on");
        return policy.HedgeOnPerTryTimeout;
    }
}
