using System.Collections.Frozen;

namespace Tidegate.Pilot.Translation.Features;

/// <summary>
/// What the proxy acts on. Everything is translated as far as the Envoy API goes; what the proxy does not act on yet gives a warning at each
/// use, and servers that it could not serve get no filter chain. A feature that the proxy has learned is moved up here, and that is all.
/// </summary>
public sealed class ProxyFeatures
{
    private readonly FrozenSet<ProxyFeature> _actedOn;
    private readonly FrozenSet<string>? _filters;

    private ProxyFeatures(IEnumerable<ProxyFeature> actedOn, IEnumerable<string>? filters)
    {
        _actedOn = actedOn.ToFrozenSet();
        _filters = filters?.ToFrozenSet();
    }

    /// <summary>What Tidegate's proxy acts on today.</summary>
    public static ProxyFeatures Tidegate { get; } = new(
    [
        ProxyFeature.TlsTermination,
        ProxyFeature.UpstreamTls,
        ProxyFeature.TcpProxy,
        ProxyFeature.DownstreamProxyProtocol,
        ProxyFeature.UpstreamProxyProtocol,
        ProxyFeature.Redirect,
        ProxyFeature.HttpsRedirect,
        ProxyFeature.DirectResponse,
        ProxyFeature.Rewrite,
        ProxyFeature.Headers,
        ProxyFeature.Timeout,
        ProxyFeature.Retries,
        ProxyFeature.Fault,
        ProxyFeature.Mirror,
        ProxyFeature.Cors,
        ProxyFeature.LeastRequest,
        ProxyFeature.ConsistentHash,
        ProxyFeature.Warmup,
        ProxyFeature.OriginalDestination,
        ProxyFeature.Locality,
        ProxyFeature.OutlierDetection,
        ProxyFeature.RetryBudget,
        ProxyFeature.Dns,
    ],
    [
        "envoy.extensions.filters.listener.proxy_protocol.v3.ProxyProtocol",
        "envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector",
        "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
        "envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy",
        "envoy.extensions.filters.http.buffer.v3.Buffer",
        "envoy.extensions.filters.http.buffer.v3.BufferPerRoute",
        "envoy.extensions.filters.http.compressor.v3.Compressor",
        "envoy.extensions.filters.http.compressor.v3.CompressorPerRoute",
        "envoy.extensions.filters.http.cors.v3.Cors",
        "envoy.extensions.filters.http.cors.v3.CorsPolicy",
        "envoy.extensions.filters.http.fault.v3.HTTPFault",
        "envoy.extensions.filters.http.grpc_stats.v3.FilterConfig",
        "envoy.extensions.filters.http.header_mutation.v3.HeaderMutation",
        "envoy.extensions.filters.http.header_mutation.v3.HeaderMutationPerRoute",
        "envoy.extensions.filters.http.health_check.v3.HealthCheck",
        "envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit",
        "envoy.extensions.filters.http.router.v3.Router",
    ]);

    /// <summary>A proxy that acts on everything, as Envoy does.</summary>
    public static ProxyFeatures All { get; } = new(Enum.GetValues<ProxyFeature>(), null);

    /// <summary>Whether the proxy has the filter that a message of that full name configures, in a listener or for a route.</summary>
    public bool HasFilter(string configuration) => _filters?.Contains(configuration) ?? true;

    /// <summary>Whether the proxy acts on it.</summary>
    public bool Has(ProxyFeature feature) => _actedOn.Contains(feature);
}
