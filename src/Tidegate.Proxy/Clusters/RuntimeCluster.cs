using Envoy.Config.Cluster.V3;
using Envoy.Config.Core.V3;
using Tidegate.Http.Headers;
using Tidegate.Proxy.Clusters.Balancing;
using Tidegate.Proxy.Clusters.HealthChecks;
using Tidegate.Proxy.Tls;
using Tidegate.Proxy.Tls.Secrets;

namespace Tidegate.Proxy.Clusters;

/// <summary>
/// A compiled cluster. Immutable but for <see cref="Endpoints"/>, which is swapped whole. A request that holds one goes on with it when the
/// configuration changes or the cluster is removed. Durations are milliseconds.
/// </summary>
public sealed class RuntimeCluster
{
    private volatile BalancingPlan _balancing = BalancingPlan.Empty;

    /// <summary>Its place.</summary>
    public required ClusterSlot Slot { get; init; }

    /// <summary>What it was compiled from.</summary>
    public required Cluster Source { get; init; }

    /// <summary>Its name.</summary>
    public string Name => Slot.Name;

    /// <summary>The name in statistics where it differs; empty when not (Envoy: <c>alt_stat_name</c>).</summary>
    public string AltStatName { get; init; } = string.Empty;

    /// <summary>The name in statistics.</summary>
    public string StatName => AltStatName.Length > 0 ? AltStatName : Name;

    /// <summary>Where its endpoints come from.</summary>
    public Cluster.Types.DiscoveryType Type { get; init; }

    /// <summary>The name of its assignment for EDS: <c>service_name</c>, or its own.</summary>
    public string EdsServiceName { get; init; } = string.Empty;

    /// <summary>Whether clients get the names of an answer's fields in the case in which they came (Envoy: <c>preserve_case</c>).</summary>
    public bool KeepsNameCase { get; init; }

    /// <summary>In which case endpoints get names that came in none of their own (Envoy: <c>proper_case_words</c>).</summary>
    public NameCase RequestNameCase { get; init; }

    /// <summary>Whether trailers pass to and from endpoints that are spoken to in HTTP/1.1; without it they are dropped (Envoy: <c>enable_trailers</c>).</summary>
    public bool PassesHttp1Trailers { get; init; }

    /// <summary>Whether it is one of the bootstrap's.</summary>
    public bool IsStatic { get; init; }

    /// <summary>The limit of making a connection (Envoy: 5 s when unset; Istio sets 10 s).</summary>
    public long ConnectTimeoutMs { get; init; } = 5000;

    /// <summary>The limits of what is under way at once.</summary>
    public CircuitBreakers CircuitBreakers { get; init; } = CircuitBreakers.Default;

    /// <summary>How an endpoint is chosen.</summary>
    public LoadBalancerPolicy LoadBalancer { get; init; } = new();

    /// <summary>The protocol that its endpoints are spoken to in.</summary>
    public UpstreamProtocol Protocol { get; init; }

    /// <summary>How its endpoints are spoken to in HTTP/2, where they are.</summary>
    public UpstreamHttp2 Http2 { get; init; } = UpstreamHttp2.Default;

    /// <summary>Requests after which a connection is closed; 0 is no limit.</summary>
    public uint MaxRequestsPerConnection { get; init; }

    /// <summary>How long a connection may rest; null leaves it to the proxy's options, 0 is no limit (Envoy: <c>idle_timeout</c>).</summary>
    public long? IdleTimeoutMs { get; init; }

    /// <summary>How long a connection may live; 0 is no limit (Envoy: <c>max_connection_duration</c>).</summary>
    public long MaxConnectionDurationMs { get; init; }

    /// <summary>How long a request may take; 0 is no limit (Envoy: <c>max_stream_duration</c> of the cluster's protocol options).</summary>
    public long MaxStreamDurationMs { get; init; }

    /// <summary>Whether TCP keep-alive is on, and how; null when it is off.</summary>
    public TcpKeepalive? TcpKeepalive { get; init; }

    /// <summary>The version of the PROXY header that connections begin with; 0 for none.</summary>
    public int ProxyHeaderVersion { get; init; }

    /// <summary>TLS with its endpoints; null for plain TCP.</summary>
    public UpstreamTls? Tls { get; init; }

    /// <summary>How single endpoints are connected to; the first that fits counts, and <see cref="Tls"/> where none does.</summary>
    internal IReadOnlyList<TransportMatch> TransportMatches { get; init; } = [];

    /// <summary>TLS with one endpoint; null for plain TCP.</summary>
    public UpstreamTls? TlsWith(RuntimeEndpoint endpoint)
    {
        foreach (TransportMatch match in TransportMatches)
        {
            if (match.Fits(endpoint.State.Metadata))
            {
                return match.Tls;
            }
        }

        return Tls;
    }

    /// <summary>The places of the secrets that its connections take.</summary>
    internal IEnumerable<SecretSlot> Secrets => TransportMatches.Select(static match => match.Tls).Append(Tls).OfType<UpstreamTls>().SelectMany(static tls => tls.Secrets);

    /// <summary>Whether a key is written in the configuration itself instead of in a secret.</summary>
    internal bool HasInlineKey => Tls is { HasInlineKey: true } || TransportMatches.Any(static match => match.Tls is { HasInlineKey: true });

    /// <summary>Whether connections to endpoints are made in the same way.</summary>
    internal bool HasSameTransportAs(RuntimeCluster other) =>
        Protocol == other.Protocol && Http2 == other.Http2 && Equals(Source.TransportSocket, other.Source.TransportSocket) && Source.TransportSocketMatches.Equals(other.Source.TransportSocketMatches);

    /// <summary>When an endpoint that answers badly is left out; null for never.</summary>
    public OutlierPolicy? Outliers { get; init; }

    /// <summary>How its endpoints are asked whether they are well; null when they are not.</summary>
    public HealthCheckPolicy? HealthCheck { get; init; }

    /// <summary>All metadata (Istio: the services behind it).</summary>
    public Metadata? Metadata { get; init; }

    /// <summary>Its endpoints now; empty until the first are known.</summary>
    public EndpointSet Endpoints
    {
        get => _balancing.Endpoints;
        internal set => _balancing = BalancingPlan.Of(value, LoadBalancer);
    }

    /// <summary>What is to be known of the endpoints to choose one. Read once per choice.</summary>
    public BalancingPlan Balancing => _balancing;

    /// <inheritdoc/>
    public override string ToString() => Name;
}
