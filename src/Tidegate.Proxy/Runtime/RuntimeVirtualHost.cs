using Envoy.Config.Route.V3;
using Tidegate.Http.Headers;
using Tidegate.Proxy.Fields;
using Tidegate.Proxy.Filters.RateLimits;
using Tidegate.Proxy.Routing;
using Tidegate.Xds;

namespace Tidegate.Proxy.Runtime;

/// <summary>Which requests without TLS are redirected (Envoy: <c>VirtualHost.require_tls</c>).</summary>
public enum TlsRequirement : byte
{
    /// <summary>None.</summary>
    None,

    /// <summary>Those from outside; as good as all, since no request counts as internal here.</summary>
    ExternalOnly,

    /// <summary>All.</summary>
    All,
}

/// <summary>The routes of some domains.</summary>
public sealed class RuntimeVirtualHost
{
    private RuntimeRoute[] _routes = [];
    private VirtualHost? _inForce;

    /// <summary>Its name, such as <c>webapp.istioinaction.io:80</c>.</summary>
    public required string Name { get; init; }

    /// <summary>The version that it stands for, with units that may have been refused.</summary>
    public required VirtualHost Source { get; init; }

    /// <summary>What is in force of it: <see cref="Source"/>, unless units of that were refused.</summary>
    public VirtualHost InForce => _inForce ?? Source;

    /// <summary>What of <see cref="Source"/> was refused: routes, or the virtual host itself.</summary>
    public IReadOnlyList<XdsRefusedUnit> Refused { get; private set; } = [];

    /// <summary>Whether it was refused and no earlier version was good: it answers 503 to everything.</summary>
    public bool IsUnavailable { get; init; }

    /// <summary>Its domains as they were written.</summary>
    public IReadOnlyList<string> Domains => Source.Domains;

    /// <summary>Its routes in order.</summary>
    public IReadOnlyList<RuntimeRoute> Routes => _routes;

    /// <summary>Which requests without TLS are redirected.</summary>
    public TlsRequirement TlsRequirement { get; init; }

    /// <summary>The route that redirects to https; null when TLS is not required.</summary>
    public RuntimeRoute? TlsRedirect { get; private set; }

    /// <summary>Whether the upstream is told which attempt it sees (Envoy: <c>include_request_attempt_count</c>).</summary>
    public bool IncludesAttemptCount { get; init; }

    /// <summary>What requests are to rate limits, where their routes do not say it.</summary>
    internal RequestDescriptor[] RateLimits { get; init; } = [];

    /// <summary>Whether the client is told how many attempts there were (Envoy: <c>include_attempt_count_in_response</c>).</summary>
    public bool IncludesAttemptCountInResponse { get; init; }

    /// <summary>Whether a request has to come again with TLS: it came without, and no trusted proxy says that its client came with (istio-gateway.md 3.4).</summary>
    public bool RequiresTls(in RouteRequest request) =>
        TlsRequirement != TlsRequirement.None
        && !request.IsTls
        && !(request.Headers.TryGet(KnownHeader.XForwardedProto, out ReadOnlySpan<byte> proto) && proto.SequenceEqual("https"u8));

    /// <summary>The first route whose conditions are met.</summary>
    public RuntimeRoute? Match(in RouteRequest request)
    {
        foreach (RuntimeRoute route in _routes)
        {
            if (route.Matcher.Matches(request))
            {
                return route;
            }
        }

        return null;
    }

    /// <summary>The same, for a later version that was refused: with the domains of that one, and all else as it was.</summary>
    /// <param name="source">The version that was refused.</param>
    /// <param name="refused">What was wrong with it.</param>
    internal RuntimeVirtualHost StandingIn(VirtualHost source, IReadOnlyList<XdsRefusedUnit> refused)
    {
        var inForce = new VirtualHost(InForce);
        inForce.Domains.Clear();
        inForce.Domains.Add(source.Domains);
        var host = new RuntimeVirtualHost
        {
            Name = source.Name,
            Source = source,
            TlsRequirement = TlsRequirement,
            IncludesAttemptCount = IncludesAttemptCount,
            IncludesAttemptCountInResponse = IncludesAttemptCountInResponse,
        };
        host._inForce = inForce;
        host.SetRoutes([.. _routes.Select(route => route with { VirtualHost = host })], TlsRedirect?.ResponseHeaders ?? HeaderMutations.None, refused);
        return host;
    }

    /// <summary>Gives it its routes, while it is compiled: they refer to it and it to them.</summary>
    /// <param name="routes">Its routes.</param>
    /// <param name="responseHeaders">What is done to the answer's fields where it answers itself.</param>
    /// <param name="refused">What of <see cref="Source"/> was refused.</param>
    internal void SetRoutes(IReadOnlyList<RuntimeRoute> routes, HeaderMutations responseHeaders, IReadOnlyList<XdsRefusedUnit> refused)
    {
        _routes = [.. routes];
        Refused = refused;
        if (_inForce is null && refused.Count > 0)
        {
            _inForce = new VirtualHost(Source);
            _inForce.Routes.Clear();
            _inForce.Routes.Add(_routes.Select(static route => route.Source));
        }

        TlsRedirect = TlsRequirement == TlsRequirement.None ? null : new RuntimeRoute
        {
            Name = string.Empty,
            Matcher = new RouteMatcher { Path = PathMatcher.OfText(PathMatchKind.Prefix, string.Empty, isCaseSensitive: true) },
            VirtualHost = this,
            Action = RouteActionKind.Redirect,
            Redirect = new Redirect { Scheme = "https", KeepsAuthority = true },
            ResponseHeaders = responseHeaders,
        };
    }
}
