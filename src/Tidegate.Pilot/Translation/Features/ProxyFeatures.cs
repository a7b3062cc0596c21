using System.Collections.Frozen;

namespace Tidegate.Pilot.Translation.Features;

/// <summary>
/// What the proxy acts on. Everything is translated as far as the Envoy API goes; what the proxy does not act on yet gives a warning at each
/// use, and servers that it could not serve get no filter chain. A feature that the proxy has learned is moved up here, and that is all.
/// </summary>
public sealed class ProxyFeatures
{
    private readonly FrozenSet<ProxyFeature> _actedOn;

    private ProxyFeatures(IEnumerable<ProxyFeature> actedOn, FieldTable? fields)
    {
        _actedOn = actedOn.ToFrozenSet();
        Fields = fields;
    }

    /// <summary>What Tidegate's proxy acts on today.</summary>
    public static ProxyFeatures Tidegate { get; } = new(
    [
        ProxyFeature.TlsTermination,
        ProxyFeature.UpstreamTls,
        ProxyFeature.UpstreamHttp2,
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
        ProxyFeature.GrpcWeb,
        ProxyFeature.Tunnel,
    ],
    FieldTable.Tidegate);

    /// <summary>A proxy that acts on everything, as Envoy does.</summary>
    public static ProxyFeatures All { get; } = new(Enum.GetValues<ProxyFeature>(), null);

    /// <summary>What the proxy does with the fields of what EnvoyFilters patch in; null for a proxy that acts on all of them.</summary>
    public FieldTable? Fields { get; }

    /// <summary>Whether the proxy acts on it.</summary>
    public bool Has(ProxyFeature feature) => _actedOn.Contains(feature);
}
