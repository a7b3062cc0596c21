using Tidegate.Pilot.Resources;
using Tidegate.Pilot.Sources.Reading;
using Delegate = Tidegate.Pilot.Resources.Delegate;

namespace Tidegate.Pilot.Sources.Kinds;

/// <summary>Reads a VirtualService's <c>spec</c> (Istio: <c>networking/v1alpha3/virtual_service.proto</c>).</summary>
internal static class VirtualServiceReading
{
    public static VirtualServiceSpec Read(ObjectReader spec) => new()
    {
        Hosts = spec.Texts("hosts"),
        Gateways = spec.Texts("gateways"),
        Http = spec.Objects("http", ReadHttpRoute),
        Tls = spec.Objects("tls", ReadTlsRoute),
        Tcp = spec.Objects("tcp", ReadTcpRoute),
        ExportTo = spec.Texts("exportTo"),
    };

    private static HttpRoute ReadHttpRoute(ObjectReader route) => new()
    {
        Name = route.Text("name"),
        Match = route.Objects("match", ReadMatch),
        Route = route.Objects("route", ReadHttpDestination),
        Redirect = route.Object("redirect", ReadRedirect),
        DirectResponse = route.Object("directResponse", ReadDirectResponse),
        Delegate = route.Object("delegate", reader => new Delegate(reader.Text("name"), reader.Text("namespace"))),
        Rewrite = route.Object("rewrite", ReadRewrite),
        Timeout = route.Duration("timeout"),
        Retries = route.Object("retries", ReadRetry),
        Fault = route.Object("fault", ReadFault),
        Mirror = route.Object("mirror", ReadDestination),
        Mirrors = route.Objects("mirrors", ReadMirror),
        MirrorPercent = route.OptionalUnsigned("mirrorPercent"),
        MirrorPercentage = ReadPercentage(route, "mirrorPercentage"),
        CorsPolicy = route.Object("corsPolicy", ReadCors),
        Headers = route.Object("headers", ReadHeaders),
    };

    private static HttpMatchRequest ReadMatch(ObjectReader match) => new()
    {
        Name = match.Text("name"),
        Uri = match.Object("uri", ReadStringMatch),
        Scheme = match.Object("scheme", ReadStringMatch),
        Method = match.Object("method", ReadStringMatch),
        Authority = match.Object("authority", ReadStringMatch),
        Headers = match.ObjectMap("headers", ReadStringMatch),
        Port = match.Unsigned("port"),
        SourceLabels = match.Map("sourceLabels"),
        Gateways = match.Texts("gateways"),
        QueryParams = match.ObjectMap("queryParams", ReadStringMatch),
        IgnoreUriCase = match.Flag("ignoreUriCase"),
        WithoutHeaders = match.ObjectMap("withoutHeaders", ReadStringMatch),
        SourceNamespace = match.Text("sourceNamespace"),
        StatPrefix = match.Text("statPrefix"),
    };

    private static StringMatch ReadStringMatch(ObjectReader match)
    {
        (StringMatchKind Kind, string? Value)[] given =
        [
            (StringMatchKind.Exact, match.OptionalText("exact")),
            (StringMatchKind.Prefix, match.OptionalText("prefix")),
            (StringMatchKind.Regex, match.OptionalText("regex")),
        ];
        List<(StringMatchKind Kind, string? Value)> present = [.. given.Where(one => one.Value is not null)];
        if (present.Count > 1)
        {
            match.Error(string.Empty, "has more than one of exact, prefix and regex; give one");
        }

        return present.Count == 0 ? new StringMatch(StringMatchKind.Present, string.Empty) : new StringMatch(present[0].Kind, present[0].Value!);
    }

    private static Destination ReadDestination(ObjectReader destination) => new()
    {
        Host = destination.Text("host"),
        Subset = destination.Text("subset"),
        Port = destination.Object("port", reader => new PortSelector(reader.Unsigned("number")))?.Number,
    };

    private static HttpRouteDestination ReadHttpDestination(ObjectReader destination) => new()
    {
        Destination = destination.Object("destination", ReadDestination),
        Weight = (int)destination.Number("weight"),
        Headers = destination.Object("headers", ReadHeaders),
    };

    private static RouteDestination ReadRouteDestination(ObjectReader destination) => new()
    {
        Destination = destination.Object("destination", ReadDestination),
        Weight = (int)destination.Number("weight"),
    };

    private static Headers ReadHeaders(ObjectReader headers) => new()
    {
        Request = headers.Object("request", ReadOperations),
        Response = headers.Object("response", ReadOperations),
    };

    private static HeaderOperations ReadOperations(ObjectReader operations) => new()
    {
        Set = operations.Map("set"),
        Add = operations.Map("add"),
        Remove = operations.Texts("remove"),
    };

    private static HttpRedirect ReadRedirect(ObjectReader redirect) => new()
    {
        Uri = redirect.Text("uri"),
        PrefixRewrite = redirect.Text("prefixRewrite"),
        Authority = redirect.Text("authority"),
        Port = redirect.OptionalUnsigned("port"),
        DerivePort = redirect.OptionalEnum(
            "derivePort",
            ("FROM_PROTOCOL_DEFAULT", RedirectPortSelection.FromProtocolDefault),
            ("FROM_REQUEST_PORT", RedirectPortSelection.FromRequestPort)),
        Scheme = redirect.Text("scheme"),
        RedirectCode = redirect.Unsigned("redirectCode"),
    };

    private static HttpDirectResponse ReadDirectResponse(ObjectReader response) => new()
    {
        Status = response.Unsigned("status"),
        Body = response.Object("body", ReadBody),
    };

    private static HttpBody ReadBody(ObjectReader body) => new(body.OptionalText("string"), body.OptionalBytes("bytes"));

    private static HttpRewrite ReadRewrite(ObjectReader rewrite) => new()
    {
        Uri = rewrite.Text("uri"),
        Authority = rewrite.Text("authority"),
        UriRegexRewrite = rewrite.Object("uriRegexRewrite", reader => new RegexRewrite(reader.Text("match"), reader.Text("rewrite"))),
    };

    public static HttpRetry ReadRetry(ObjectReader retry) => new()
    {
        Attempts = (int)retry.Number("attempts"),
        PerTryTimeout = retry.Duration("perTryTimeout"),
        RetryOn = retry.Text("retryOn"),
        RetryRemoteLocalities = retry.OptionalFlag("retryRemoteLocalities"),
        RetryIgnorePreviousHosts = retry.OptionalFlag("retryIgnorePreviousHosts"),
        Backoff = retry.Duration("backoff"),
    };

    private static HttpMirrorPolicy ReadMirror(ObjectReader mirror) => new()
    {
        Destination = mirror.Object("destination", ReadDestination),
        Percentage = ReadPercentage(mirror, "percentage"),
    };

    private static HttpFaultInjection ReadFault(ObjectReader fault) => new()
    {
        Delay = fault.Object("delay", ReadDelay),
        Abort = fault.Object("abort", ReadAbort),
    };

    private static FaultDelay ReadDelay(ObjectReader delay) => new()
    {
        FixedDelay = delay.Duration("fixedDelay"),
        ExponentialDelay = delay.Duration("exponentialDelay"),
        Percent = (int)delay.Number("percent"),
        Percentage = ReadPercentage(delay, "percentage"),
    };

    private static FaultAbort ReadAbort(ObjectReader abort) => new()
    {
        HttpStatus = (int?)abort.OptionalNumber("httpStatus"),
        GrpcStatus = abort.OptionalText("grpcStatus"),
        Http2Error = abort.OptionalText("http2Error"),
        Percentage = ReadPercentage(abort, "percentage"),
    };

    // Istio: Percent {value}. Without a value it is 0, as protobuf has it.
    private static double? ReadPercentage(ObjectReader owner, string name) =>
        owner.Object(name, reader => new Percent(reader.OptionalDouble("value") ?? 0))?.Value;

    private static CorsPolicy ReadCors(ObjectReader cors) => new()
    {
        AllowOrigin = cors.Texts("allowOrigin"),
        AllowOrigins = cors.Objects("allowOrigins", ReadStringMatch),
        AllowMethods = cors.Texts("allowMethods"),
        AllowHeaders = cors.Texts("allowHeaders"),
        ExposeHeaders = cors.Texts("exposeHeaders"),
        MaxAge = cors.Duration("maxAge"),
        AllowCredentials = cors.OptionalFlag("allowCredentials"),
        UnmatchedPreflights = cors.Enum(
            "unmatchedPreflights",
            ("UNSPECIFIED", UnmatchedPreflights.Unspecified),
            ("FORWARD", UnmatchedPreflights.Forward),
            ("IGNORE", UnmatchedPreflights.Ignore)),
    };

    private static TlsRoute ReadTlsRoute(ObjectReader route) => new()
    {
        Match = route.Objects("match", ReadTlsMatch),
        Route = route.Objects("route", ReadRouteDestination),
    };

    private static TlsMatchAttributes ReadTlsMatch(ObjectReader match) => new()
    {
        SniHosts = match.Texts("sniHosts"),
        DestinationSubnets = match.Texts("destinationSubnets"),
        Port = match.Unsigned("port"),
        SourceLabels = match.Map("sourceLabels"),
        Gateways = match.Texts("gateways"),
        SourceNamespace = match.Text("sourceNamespace"),
    };

    private static TcpRoute ReadTcpRoute(ObjectReader route) => new()
    {
        Match = route.Objects("match", ReadL4Match),
        Route = route.Objects("route", ReadRouteDestination),
    };

    private static L4MatchAttributes ReadL4Match(ObjectReader match) => new()
    {
        DestinationSubnets = match.Texts("destinationSubnets"),
        Port = match.Unsigned("port"),
        SourceSubnet = match.Text("sourceSubnet"),
        SourceLabels = match.Map("sourceLabels"),
        Gateways = match.Texts("gateways"),
        SourceNamespace = match.Text("sourceNamespace"),
    };

    private sealed record PortSelector(uint Number);

    private sealed record Percent(double Value);
}
