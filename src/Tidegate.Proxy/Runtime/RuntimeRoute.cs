using System.Runtime.CompilerServices;
using Envoy.Config.Core.V3;
using Envoy.Config.Route.V3;
using Tidegate.Proxy.Clusters;
using Tidegate.Proxy.Fields;
using Tidegate.Proxy.Filters.RateLimits;
using Tidegate.Proxy.LocalReplies;
using Tidegate.Proxy.Routing;
using Tidegate.Proxy.Runtime.Hashing;

namespace Tidegate.Proxy.Runtime;

/// <summary>What becomes of a request that a route takes.</summary>
public enum RouteActionKind : byte
{
    /// <summary>It goes to a cluster, or to one of several by weight.</summary>
    Forward,

    /// <summary>The client is sent elsewhere.</summary>
    Redirect,

    /// <summary>The gateway answers itself.</summary>
    DirectResponse,

    /// <summary>A filter answers; when none does, it is 404 (Envoy: <c>non_forwarding_action</c>).</summary>
    None,

    /// <summary>It was refused and no earlier version was good: its requests are answered 503, and no later route gets them.</summary>
    Unavailable,
}

/// <summary>
/// One compiled route: its conditions and all that is done with a request that meets them. Durations are milliseconds; 0 is "no limit".
/// Immutable; equal only to itself.
/// </summary>
public sealed record RuntimeRoute
{
    private readonly RouteDestination[] _destinations = [];
    private readonly RouteDestination? _only;

    /// <summary>Its name; empty when it has none, as on gateways by default.</summary>
    public required string Name { get; init; }

    /// <summary>Its conditions.</summary>
    public required RouteMatcher Matcher { get; init; }

    /// <summary>The virtual host that it belongs to.</summary>
    public required RuntimeVirtualHost VirtualHost { get; init; }

    /// <summary>What it was compiled from; null for the redirect of a virtual host that requires TLS.</summary>
    public Route? Source { get; init; }

    /// <summary>What becomes of a request.</summary>
    public RouteActionKind Action { get; init; }

    /// <summary>Where requests go: one destination or more for <see cref="RouteActionKind.Forward"/>, none otherwise.</summary>
    public IReadOnlyList<RouteDestination> Destinations
    {
        get => _destinations;
        internal init
        {
            _destinations = [.. value];
            _only = _destinations.Length == 1 ? _destinations[0] : null;
            TotalWeight = 0;
            foreach (RouteDestination destination in _destinations)
            {
                TotalWeight += destination.Weight;
            }
        }
    }

    /// <summary>The sum of the destinations' weights.</summary>
    public ulong TotalWeight { get; private init; }

    /// <summary>For <see cref="RouteActionKind.Redirect"/>.</summary>
    public Redirect? Redirect { get; init; }

    /// <summary>For <see cref="RouteActionKind.DirectResponse"/>.</summary>
    public DirectResponse? DirectResponse { get; init; }

    /// <summary>For <see cref="RouteActionKind.Unavailable"/>: the answer, whose details name the object that was refused.</summary>
    internal LocalReply? Refusal { get; init; }

    /// <summary>Where copies of its requests go.</summary>
    public IReadOnlyList<RouteMirror> Mirrors { get; init; } = [];

    /// <summary>What is done to the answer's fields where no destination was chosen: redirects and direct responses.</summary>
    public HeaderMutations ResponseHeaders { get; init; } = HeaderMutations.None;

    /// <summary>From the end of the request to the end of the answer, retries included (Envoy: <c>timeout</c>, 15 s when unset; Istio always sets it, by default to 0).</summary>
    public long TimeoutMs { get; init; }

    /// <summary>How long nothing may happen on the stream; null leaves it to the listener (Envoy: <c>idle_timeout</c>).</summary>
    public long? IdleTimeoutMs { get; init; }

    /// <summary>From the request's begin to the answer's end; null when it is not set (Envoy: <c>max_stream_duration</c>).</summary>
    public long? MaxStreamDurationMs { get; init; }

    /// <summary>
    /// What the client's <c>grpc-timeout</c> may ask for at most, as the limit of time of the whole exchange; null does not read it, 0 is no limit (Envoy:
    /// <c>grpc_timeout_header_max</c>).
    /// </summary>
    public long? GrpcDurationMaxMs { get; init; }

    /// <summary>The same as the route's timeout, where the route has none or a longer one (Envoy: <c>max_grpc_timeout</c>).</summary>
    public long? GrpcTimeoutMaxMs { get; init; }

    /// <summary>When to try again; null for never.</summary>
    public RuntimeRetryPolicy? RetryPolicy { get; init; }

    /// <summary>Whether an attempt that passes <see cref="RuntimeRetryPolicy.PerTryTimeoutMs"/> goes on beside another one (Envoy: <c>hedge_on_per_try_timeout</c>).</summary>
    public bool HedgesOnPerTryTimeout { get; init; }

    /// <summary>Which redirects of the upstream are followed for the client; null for none (Envoy: <c>internal_redirect_policy</c>).</summary>
    internal InternalRedirectRules? InternalRedirects { get; init; }

    /// <summary>What requests are to rate limits.</summary>
    internal RequestDescriptor[] RateLimits { get; init; } = [];

    /// <summary>Whether those of the virtual host count as well (Envoy: <c>include_vh_rate_limits</c>).</summary>
    public bool IncludesHostRateLimits { get; init; }

    /// <summary>What consistent load balancing goes by; null when nothing (Envoy: <c>hash_policy</c>).</summary>
    public RequestHash? Hash { get; init; }

    /// <summary>The status when the cluster does not exist (Envoy: <c>cluster_not_found_response_code</c>).</summary>
    public int ClusterNotFoundStatus { get; init; } = 503;

    /// <summary>How the path changes on its way upstream; null when it does not.</summary>
    public PathRewrite? PathRewrite { get; init; }

    /// <summary>How the host changes on its way upstream, for all destinations; null when it does not, or each destination has its own.</summary>
    public HostRewrite? HostRewrite { get; init; }

    /// <summary>Whether a host that changes is kept in <c>x-forwarded-host</c> (Envoy: <c>append_x_forwarded_host</c>).</summary>
    public bool AppendsForwardedHost { get; init; }

    /// <summary>The operation's name for tracing: <c>webapp.istioinaction.svc.cluster.local:80/*</c>; empty when there is none.</summary>
    public string DecoratorOperation { get; init; } = string.Empty;

    /// <summary>Whether the upstream learns <see cref="DecoratorOperation"/> (Envoy: <c>decorator.propagate</c>).</summary>
    public bool PropagatesDecorator { get; init; } = true;

    /// <summary>The object that the route comes from (Istio: <c>metadata.filter_metadata.istio.config</c>); null when it does not say.</summary>
    public string? ConfigPath { get; init; }

    /// <summary>All metadata.</summary>
    public Metadata? Metadata { get; init; }

    /// <summary>Tunnels that the route allows or forbids against its listener.</summary>
    public UpgradeSet Upgrades { get; init; } = UpgradeSet.None;

    /// <summary>Whether CONNECT ends here; null where it goes on to the endpoint.</summary>
    public ConnectTermination? EndsConnect { get; init; }

    /// <summary>The filters of requests that no destination of its own is chosen for: what the route says to them, else the levels above.</summary>
    internal RouteFilters Filters { get; init; } = RouteFilters.Default;

    /// <summary>Whether the upstream is told which attempt it sees.</summary>
    public bool IncludesAttemptCount => VirtualHost.IncludesAttemptCount;

    /// <summary>The destination of a request, by weight.</summary>
    /// <param name="random">A random number.</param>
    public RouteDestination ChooseDestination(ulong random)
    {
        if (_only is not null)
        {
            return _only;
        }

        RouteDestination[] destinations = _destinations;
        ulong at = random % TotalWeight;
        int i = 0;
        while (at >= destinations[i].Weight)
        {
            at -= destinations[i++].Weight;
        }

        return destinations[i];
    }

    /// <inheritdoc/>
    public bool Equals(RuntimeRoute? other) => ReferenceEquals(this, other);

    /// <inheritdoc/>
    public override int GetHashCode() => RuntimeHelpers.GetHashCode(this);

    /// <inheritdoc/>
    public override string ToString() => Name;

    /// <summary>The cluster of a request, by weight.</summary>
    /// <param name="random">A random number.</param>
    public ClusterSlot ChooseCluster(ulong random) => ChooseDestination(random).Cluster;
}
