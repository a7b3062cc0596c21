using Tidegate.Proxy.Clusters.Balancing;

namespace Tidegate.Proxy.Clusters;

/// <summary>How one of several equal endpoints is chosen.</summary>
public enum LoadBalancerKind : byte
{
    /// <summary>One after the other, by weight (Envoy: <c>ROUND_ROBIN</c>).</summary>
    RoundRobin,

    /// <summary>The one with fewer requests of some drawn at random (Envoy: <c>LEAST_REQUEST</c>).</summary>
    LeastRequest,

    /// <summary>Drawn at random, whatever the weights (Envoy: <c>RANDOM</c>).</summary>
    Random,

    /// <summary>By the request's hash, on a ring (Envoy: <c>RING_HASH</c>); at random for a request that has none.</summary>
    RingHash,

    /// <summary>By the request's hash, in a table (Envoy: <c>MAGLEV</c>); at random for a request that has none.</summary>
    Maglev,
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

    /// <summary>Whether requests fail in panic instead of going to endpoints that are not healthy (Envoy: <c>fail_traffic_on_panic</c>).</summary>
    public bool FailsTrafficOnPanic { get; init; }

    /// <summary>How an endpoint that has just become healthy gets its full share; null for at once.</summary>
    public SlowStart? SlowStart { get; init; }

    /// <summary>For <see cref="LoadBalancerKind.RingHash"/>.</summary>
    public RingHashOptions RingHash { get; init; } = RingHashOptions.Default;

    /// <summary>For <see cref="LoadBalancerKind.Maglev"/>: a prime (Envoy: <c>table_size</c>).</summary>
    public int MaglevTableSize { get; init; } = 65537;

    /// <summary>Whether an endpoint's name, where it has one, stands for it in hash tables (Envoy: <c>use_hostname_for_hashing</c>).</summary>
    public bool HashesHostnames { get; init; }

    /// <summary>Whether requests are to be hashed.</summary>
    public bool UsesHash => Kind is LoadBalancerKind.RingHash or LoadBalancerKind.Maglev;
}
