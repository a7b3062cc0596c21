namespace Tidegate.Pilot.Resources;

/// <summary>Where requests for hosts go (Istio: <c>networking/v1alpha3/virtual_service.proto</c>).</summary>
public sealed record VirtualService(ResourceMetadata Metadata, Origin Origin, VirtualServiceSpec Spec) : Resource(Metadata, Origin), IHasApiKind
{
    /// <inheritdoc/>
    public static ApiKind KindOfType { get; } = new(ApiGroups.Networking, "VirtualService");

    /// <inheritdoc/>
    public override ApiKind ApiKind => KindOfType;
}

/// <summary><c>VirtualService.spec</c>.</summary>
public sealed record VirtualServiceSpec
{
    /// <summary><c>hosts</c>; empty for a delegate.</summary>
    public IReadOnlyList<string> Hosts { get; init; } = [];

    /// <summary><c>gateways</c>; empty means <c>mesh</c>.</summary>
    public IReadOnlyList<string> Gateways { get; init; } = [];

    /// <summary><c>http</c>.</summary>
    public IReadOnlyList<HttpRoute> Http { get; init; } = [];

    /// <summary><c>tls</c>.</summary>
    public IReadOnlyList<TlsRoute> Tls { get; init; } = [];

    /// <summary><c>tcp</c>.</summary>
    public IReadOnlyList<TcpRoute> Tcp { get; init; } = [];

    /// <summary><c>exportTo</c>.</summary>
    public IReadOnlyList<string> ExportTo { get; init; } = [];
}

/// <summary>Istio: <c>HTTPRoute</c>.</summary>
public sealed record HttpRoute
{
    /// <summary><c>name</c>.</summary>
    public string Name { get; init; } = string.Empty;

    /// <summary><c>match</c>: any of them.</summary>
    public IReadOnlyList<HttpMatchRequest> Match { get; init; } = [];

    /// <summary><c>route</c>.</summary>
    public IReadOnlyList<HttpRouteDestination> Route { get; init; } = [];

    /// <summary><c>redirect</c>.</summary>
    public HttpRedirect? Redirect { get; init; }

    /// <summary><c>directResponse</c>.</summary>
    public HttpDirectResponse? DirectResponse { get; init; }

    /// <summary><c>delegate</c>.</summary>
    public Delegate? Delegate { get; init; }

    /// <summary><c>rewrite</c>.</summary>
    public HttpRewrite? Rewrite { get; init; }

    /// <summary><c>timeout</c>.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary><c>retries</c>.</summary>
    public HttpRetry? Retries { get; init; }

    /// <summary><c>fault</c>.</summary>
    public HttpFaultInjection? Fault { get; init; }

    /// <summary><c>mirror</c>.</summary>
    public Destination? Mirror { get; init; }

    /// <summary><c>mirrors</c>.</summary>
    public IReadOnlyList<HttpMirrorPolicy> Mirrors { get; init; } = [];

    /// <summary><c>mirrorPercent</c>: deprecated, whole percents.</summary>
    public uint? MirrorPercent { get; init; }

    /// <summary><c>mirrorPercentage.value</c>.</summary>
    public double? MirrorPercentage { get; init; }

    /// <summary><c>corsPolicy</c>.</summary>
    public CorsPolicy? CorsPolicy { get; init; }

    /// <summary><c>headers</c>.</summary>
    public Headers? Headers { get; init; }
}

/// <summary>Istio: <c>HTTPMatchRequest</c>: all of it has to hold.</summary>
public sealed record HttpMatchRequest
{
    /// <summary><c>name</c>.</summary>
    public string Name { get; init; } = string.Empty;

    /// <summary><c>uri</c>.</summary>
    public StringMatch? Uri { get; init; }

    /// <summary><c>scheme</c>.</summary>
    public StringMatch? Scheme { get; init; }

    /// <summary><c>method</c>.</summary>
    public StringMatch? Method { get; init; }

    /// <summary><c>authority</c>.</summary>
    public StringMatch? Authority { get; init; }

    /// <summary><c>headers</c>.</summary>
    public IReadOnlyDictionary<string, StringMatch> Headers { get; init; } = NoMatches;

    /// <summary><c>port</c>; 0 when it is not given.</summary>
    public uint Port { get; init; }

    /// <summary><c>sourceLabels</c>.</summary>
    public IReadOnlyDictionary<string, string> SourceLabels { get; init; } = ResourceMetadata.NoEntries;

    /// <summary><c>gateways</c>.</summary>
    public IReadOnlyList<string> Gateways { get; init; } = [];

    /// <summary><c>queryParams</c>.</summary>
    public IReadOnlyDictionary<string, StringMatch> QueryParams { get; init; } = NoMatches;

    /// <summary><c>ignoreUriCase</c>.</summary>
    public bool IgnoreUriCase { get; init; }

    /// <summary><c>withoutHeaders</c>.</summary>
    public IReadOnlyDictionary<string, StringMatch> WithoutHeaders { get; init; } = NoMatches;

    /// <summary><c>sourceNamespace</c>.</summary>
    public string SourceNamespace { get; init; } = string.Empty;

    /// <summary><c>statPrefix</c>.</summary>
    public string StatPrefix { get; init; } = string.Empty;

    private static IReadOnlyDictionary<string, StringMatch> NoMatches { get; } = new Dictionary<string, StringMatch>();
}

/// <summary>Istio: <c>Destination</c>.</summary>
public sealed record Destination
{
    /// <summary><c>host</c>.</summary>
    public string Host { get; init; } = string.Empty;

    /// <summary><c>subset</c>.</summary>
    public string Subset { get; init; } = string.Empty;

    /// <summary><c>port.number</c>; null when no port is given.</summary>
    public uint? Port { get; init; }
}

/// <summary>Istio: <c>HTTPRouteDestination</c>.</summary>
public sealed record HttpRouteDestination
{
    /// <summary><c>destination</c>.</summary>
    public Destination? Destination { get; init; }

    /// <summary><c>weight</c>.</summary>
    public int Weight { get; init; }

    /// <summary><c>headers</c>.</summary>
    public Headers? Headers { get; init; }
}

/// <summary>Istio: <c>RouteDestination</c>, of TCP and TLS routes.</summary>
public sealed record RouteDestination
{
    /// <summary><c>destination</c>.</summary>
    public Destination? Destination { get; init; }

    /// <summary><c>weight</c>.</summary>
    public int Weight { get; init; }
}

/// <summary>Istio: <c>Delegate</c>.</summary>
public sealed record Delegate(string Name, string Namespace);

/// <summary>Istio: <c>Headers</c>.</summary>
public sealed record Headers
{
    /// <summary><c>request</c>.</summary>
    public HeaderOperations? Request { get; init; }

    /// <summary><c>response</c>.</summary>
    public HeaderOperations? Response { get; init; }
}

/// <summary>Istio: <c>Headers.HeaderOperations</c>.</summary>
public sealed record HeaderOperations
{
    /// <summary><c>set</c>.</summary>
    public IReadOnlyDictionary<string, string> Set { get; init; } = ResourceMetadata.NoEntries;

    /// <summary><c>add</c>.</summary>
    public IReadOnlyDictionary<string, string> Add { get; init; } = ResourceMetadata.NoEntries;

    /// <summary><c>remove</c>.</summary>
    public IReadOnlyList<string> Remove { get; init; } = [];
}

/// <summary>Istio: <c>HTTPRedirect</c>.</summary>
public sealed record HttpRedirect
{
    /// <summary><c>uri</c>.</summary>
    public string Uri { get; init; } = string.Empty;

    /// <summary><c>prefixRewrite</c>.</summary>
    public string PrefixRewrite { get; init; } = string.Empty;

    /// <summary><c>authority</c>.</summary>
    public string Authority { get; init; } = string.Empty;

    /// <summary><c>port</c>.</summary>
    public uint? Port { get; init; }

    /// <summary><c>derivePort</c>: <c>FROM_PROTOCOL_DEFAULT</c> or <c>FROM_REQUEST_PORT</c>; null when it is not given.</summary>
    public RedirectPortSelection? DerivePort { get; init; }

    /// <summary><c>scheme</c>.</summary>
    public string Scheme { get; init; } = string.Empty;

    /// <summary><c>redirectCode</c>; 0 when it is not given.</summary>
    public uint RedirectCode { get; init; }
}

/// <summary>Istio: <c>HTTPRedirect.RedirectPortSelection</c>.</summary>
public enum RedirectPortSelection
{
    /// <summary>FROM_PROTOCOL_DEFAULT.</summary>
    FromProtocolDefault,

    /// <summary>FROM_REQUEST_PORT.</summary>
    FromRequestPort,
}

/// <summary>Istio: <c>HTTPDirectResponse</c>.</summary>
public sealed record HttpDirectResponse
{
    /// <summary><c>status</c>.</summary>
    public uint Status { get; init; }

    /// <summary><c>body.string</c> or <c>body.bytes</c>; null when no body is given.</summary>
    public HttpBody? Body { get; init; }
}

/// <summary>Istio: <c>HTTPBody</c>.</summary>
/// <param name="Text"><c>string</c>; null when the body is given as bytes.</param>
/// <param name="Bytes"><c>bytes</c>, decoded; null when the body is given as text.</param>
public sealed record HttpBody(string? Text, byte[]? Bytes);

/// <summary>Istio: <c>HTTPRewrite</c>.</summary>
public sealed record HttpRewrite
{
    /// <summary><c>uri</c>.</summary>
    public string Uri { get; init; } = string.Empty;

    /// <summary><c>authority</c>.</summary>
    public string Authority { get; init; } = string.Empty;

    /// <summary><c>uriRegexRewrite</c>.</summary>
    public RegexRewrite? UriRegexRewrite { get; init; }
}

/// <summary>Istio: <c>RegexRewrite</c>.</summary>
public sealed record RegexRewrite(string Match, string Rewrite);

/// <summary>Istio: <c>HTTPRetry</c>.</summary>
public sealed record HttpRetry
{
    /// <summary><c>attempts</c>.</summary>
    public int Attempts { get; init; }

    /// <summary><c>perTryTimeout</c>.</summary>
    public TimeSpan? PerTryTimeout { get; init; }

    /// <summary><c>retryOn</c>.</summary>
    public string RetryOn { get; init; } = string.Empty;

    /// <summary><c>retryRemoteLocalities</c>.</summary>
    public bool? RetryRemoteLocalities { get; init; }

    /// <summary><c>retryIgnorePreviousHosts</c>.</summary>
    public bool? RetryIgnorePreviousHosts { get; init; }

    /// <summary><c>backoff</c>.</summary>
    public TimeSpan? Backoff { get; init; }
}

/// <summary>Istio: <c>HTTPMirrorPolicy</c>.</summary>
public sealed record HttpMirrorPolicy
{
    /// <summary><c>destination</c>.</summary>
    public Destination? Destination { get; init; }

    /// <summary><c>percentage.value</c>.</summary>
    public double? Percentage { get; init; }
}

/// <summary>Istio: <c>CorsPolicy</c>.</summary>
public sealed record CorsPolicy
{
    /// <summary><c>allowOrigin</c>: deprecated.</summary>
    public IReadOnlyList<string> AllowOrigin { get; init; } = [];

    /// <summary><c>allowOrigins</c>.</summary>
    public IReadOnlyList<StringMatch> AllowOrigins { get; init; } = [];

    /// <summary><c>allowMethods</c>.</summary>
    public IReadOnlyList<string> AllowMethods { get; init; } = [];

    /// <summary><c>allowHeaders</c>.</summary>
    public IReadOnlyList<string> AllowHeaders { get; init; } = [];

    /// <summary><c>exposeHeaders</c>.</summary>
    public IReadOnlyList<string> ExposeHeaders { get; init; } = [];

    /// <summary><c>maxAge</c>.</summary>
    public TimeSpan? MaxAge { get; init; }

    /// <summary><c>allowCredentials</c>.</summary>
    public bool? AllowCredentials { get; init; }

    /// <summary><c>unmatchedPreflights</c>.</summary>
    public UnmatchedPreflights UnmatchedPreflights { get; init; }
}

/// <summary>Istio: <c>CorsPolicy.UnmatchedPreflights</c>.</summary>
public enum UnmatchedPreflights
{
    /// <summary>UNSPECIFIED.</summary>
    Unspecified,

    /// <summary>FORWARD.</summary>
    Forward,

    /// <summary>IGNORE.</summary>
    Ignore,
}

/// <summary>Istio: <c>HTTPFaultInjection</c>.</summary>
public sealed record HttpFaultInjection
{
    /// <summary><c>delay</c>.</summary>
    public FaultDelay? Delay { get; init; }

    /// <summary><c>abort</c>.</summary>
    public FaultAbort? Abort { get; init; }
}

/// <summary>Istio: <c>HTTPFaultInjection.Delay</c>.</summary>
public sealed record FaultDelay
{
    /// <summary><c>fixedDelay</c>.</summary>
    public TimeSpan? FixedDelay { get; init; }

    /// <summary><c>exponentialDelay</c>: not supported, as in Istio.</summary>
    public TimeSpan? ExponentialDelay { get; init; }

    /// <summary><c>percent</c>: deprecated.</summary>
    public int Percent { get; init; }

    /// <summary><c>percentage.value</c>.</summary>
    public double? Percentage { get; init; }
}

/// <summary>Istio: <c>HTTPFaultInjection.Abort</c>.</summary>
public sealed record FaultAbort
{
    /// <summary><c>httpStatus</c>.</summary>
    public int? HttpStatus { get; init; }

    /// <summary><c>grpcStatus</c>: a name such as <c>UNAVAILABLE</c>.</summary>
    public string? GrpcStatus { get; init; }

    /// <summary><c>http2Error</c>: not supported, as in Istio.</summary>
    public string? Http2Error { get; init; }

    /// <summary><c>percentage.value</c>.</summary>
    public double? Percentage { get; init; }
}

/// <summary>Istio: <c>TLSRoute</c>.</summary>
public sealed record TlsRoute
{
    /// <summary><c>match</c>.</summary>
    public IReadOnlyList<TlsMatchAttributes> Match { get; init; } = [];

    /// <summary><c>route</c>.</summary>
    public IReadOnlyList<RouteDestination> Route { get; init; } = [];
}

/// <summary>Istio: <c>TLSMatchAttributes</c>.</summary>
public sealed record TlsMatchAttributes
{
    /// <summary><c>sniHosts</c>.</summary>
    public IReadOnlyList<string> SniHosts { get; init; } = [];

    /// <summary><c>destinationSubnets</c>.</summary>
    public IReadOnlyList<string> DestinationSubnets { get; init; } = [];

    /// <summary><c>port</c>.</summary>
    public uint Port { get; init; }

    /// <summary><c>sourceLabels</c>.</summary>
    public IReadOnlyDictionary<string, string> SourceLabels { get; init; } = ResourceMetadata.NoEntries;

    /// <summary><c>gateways</c>.</summary>
    public IReadOnlyList<string> Gateways { get; init; } = [];

    /// <summary><c>sourceNamespace</c>.</summary>
    public string SourceNamespace { get; init; } = string.Empty;
}

/// <summary>Istio: <c>TCPRoute</c>.</summary>
public sealed record TcpRoute
{
    /// <summary><c>match</c>.</summary>
    public IReadOnlyList<L4MatchAttributes> Match { get; init; } = [];

    /// <summary><c>route</c>.</summary>
    public IReadOnlyList<RouteDestination> Route { get; init; } = [];
}

/// <summary>Istio: <c>L4MatchAttributes</c>.</summary>
public sealed record L4MatchAttributes
{
    /// <summary><c>destinationSubnets</c>.</summary>
    public IReadOnlyList<string> DestinationSubnets { get; init; } = [];

    /// <summary><c>port</c>.</summary>
    public uint Port { get; init; }

    /// <summary><c>sourceSubnet</c>.</summary>
    public string SourceSubnet { get; init; } = string.Empty;

    /// <summary><c>sourceLabels</c>.</summary>
    public IReadOnlyDictionary<string, string> SourceLabels { get; init; } = ResourceMetadata.NoEntries;

    /// <summary><c>gateways</c>.</summary>
    public IReadOnlyList<string> Gateways { get; init; } = [];

    /// <summary><c>sourceNamespace</c>.</summary>
    public string SourceNamespace { get; init; } = string.Empty;
}
