namespace Tidegate.Proxy.Runtime;

/// <summary>How one of several equal endpoints is chosen.</summary>
public enum LoadBalancerKind : byte
{
    /// <summary>One after the other, by weight (Envoy: <c>ROUND_ROBIN</c>).</summary>
    RoundRobin,

    /// <summary>The one with fewer requests of some drawn at random (Envoy: <c>LEAST_REQUEST</c>).</summary>
    LeastRequest,

    /// <summary>Drawn at random, whatever the weights (Envoy: <c>RANDOM</c>).</summary>
    Random,
}

/// <summary>How an endpoint is chosen (Envoy: <c>lb_policy</c>, <c>common_lb_config</c>). Immutable.</summary>
public sealed record LoadBalancerPolicy
{
    /// <summary>How one of several equal endpoints is chosen.</summary>
    public LoadBalancerKind Kind { get; init; }

    /// <summary>How many endpoints are drawn for <see cref="LoadBalancerKind.LeastRequest"/> (Envoy: <c>choice_count</c>).</summary>
    public int ChoiceCount { get; init; } = 2;

    /// <summary>How much the requests under way count against the weight for <see cref="LoadBalancerKind.LeastRequest"/>; 0 ignores them (Envoy: <c>active_request_bias</c>).</summary>
    public double ActiveRequestBias { get; init; } = 1;

    /// <summary>
    /// With fewer healthy endpoints than this share, in percent, all endpoints are taken for healthy; 0 never does (Envoy: 50 when unset; Istio sets 0).
    /// </summary>
    public double HealthyPanicThreshold { get; init; } = 50;

    /// <summary>Whether a locality is chosen by its weight before an endpoint in it is (Envoy: <c>locality_weighted_lb_config</c>).</summary>
    public bool IsLocalityWeighted { get; init; }
}
