namespace Tidegate.Pilot.Translation.Features;

/// <summary>What an object can ask of the proxy beyond matching requests and sending them to endpoints.</summary>
public enum ProxyFeature
{
    /// <summary>Servers that terminate TLS.</summary>
    TlsTermination,

    /// <summary>Servers that pass bytes on: TCP, and TLS that is not terminated.</summary>
    TcpProxy,

    /// <summary>Listeners whose connections begin with a PROXY header.</summary>
    DownstreamProxyProtocol,

    /// <summary><c>http[].redirect</c>.</summary>
    Redirect,

    /// <summary><c>tls.httpsRedirect</c> of a server.</summary>
    HttpsRedirect,

    /// <summary><c>http[].directResponse</c>.</summary>
    DirectResponse,

    /// <summary><c>http[].rewrite</c>.</summary>
    Rewrite,

    /// <summary><c>http[].headers</c> and those of destinations.</summary>
    Headers,

    /// <summary><c>http[].timeout</c>.</summary>
    Timeout,

    /// <summary><c>http[].retries</c>.</summary>
    Retries,

    /// <summary><c>http[].fault</c>.</summary>
    Fault,

    /// <summary><c>http[].mirror</c> and <c>mirrors</c>.</summary>
    Mirror,

    /// <summary><c>http[].corsPolicy</c>.</summary>
    Cors,

    /// <summary>Statistics of single routes: <c>match.statPrefix</c>.</summary>
    RouteStatistics,

    /// <summary>Servers of protocol GRPC-WEB.</summary>
    GrpcWeb,

    /// <summary><c>loadBalancer.consistentHash</c>.</summary>
    ConsistentHash,

    /// <summary><c>loadBalancer.simple: LEAST_REQUEST</c>, which is also the default.</summary>
    LeastRequest,

    /// <summary><c>loadBalancer.warmup</c>.</summary>
    Warmup,

    /// <summary><c>loadBalancer.simple: PASSTHROUGH</c>.</summary>
    OriginalDestination,

    /// <summary><c>loadBalancer.localityLbSetting</c> and <c>zoneAwareLbSetting</c>.</summary>
    Locality,

    /// <summary><c>outlierDetection</c>.</summary>
    OutlierDetection,

    /// <summary><c>tls</c> towards the upstream.</summary>
    UpstreamTls,

    /// <summary>HTTP/2 towards the upstream.</summary>
    UpstreamHttp2,

    /// <summary><c>proxyProtocol</c> towards the upstream.</summary>
    UpstreamProxyProtocol,

    /// <summary><c>tunnel</c>.</summary>
    Tunnel,

    /// <summary><c>retryBudget</c>.</summary>
    RetryBudget,

    /// <summary>Services whose names the proxy resolves by DNS.</summary>
    Dns,

    /// <summary>Services that are resolved for each request's host.</summary>
    DynamicDns,
}
